"""Each key of the configuration with a wrong value and another right one under a running daemon (S27)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from synqd.cli.synqd.starting import toml_value
from synqd.config import Settings
from synqd.models.errors import ConfigError
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import Inside, inside

WRONG = "{ nonsense = 1 }"
"""No key takes this but those that take any text."""


def keys(settings: Settings) -> Iterator[tuple[str, BaseModel, str]]:
    """Each key as its variable, the section's values, and its name; of the workspaces those of the first."""
    for section in Settings.model_fields:
        values = getattr(settings, section)
        if section == "schedule":
            continue  # a list; variables cannot name its keys
        name = f"SYNQD_{section}".upper()
        if section == "workspaces":
            name, values = f"{name}__FIRST", values["first"]
        for key in type(values).model_fields:
            yield f"{name}__{key.upper()}", values, key


def others(section: BaseModel, key: str) -> Iterator[Any]:
    """Other values that may be right; the same one where nothing else can be."""
    value = getattr(section, key)
    declared = type(section).model_fields[key].annotation
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1, value / 2)
    elif get_origin(declared) is Literal:
        yield from (choice for choice in get_args(declared) if choice != value)
    if value is not None:
        yield value


def fits(section: BaseModel, key: str, value: object) -> bool:
    try:
        type(section).model_validate({**section.model_dump(), key: value})
    except ValidationError:
        return False
    return True


async def works(here: Inside) -> None:
    """A generation works, after the reload that the daemon has taken over."""
    async with asyncio.timeout(30):
        while here.daemon._again.is_set() or here.daemon.generation is None:  # no event says so
            assert here.daemon.settings.sync.enabled
            await asyncio.sleep(0.02)


async def test_each_key_is_refused_or_taken_over_and_never_an_exit(
    house: House, shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    async with inside(house) as here:
        await here.full()
        for variable, section, key in keys(here.daemon.settings):
            before = here.daemon.settings
            with monkeypatch.context() as patched:
                patched.setenv(variable, WRONG)
                if not (fits(section, key, WRONG) or fits(section, key, (WRONG,))):
                    with pytest.raises(ConfigError, match=key):
                        await here.daemon.reload()
                    assert here.daemon.settings is before
                right = next((value for value in others(section, key) if fits(section, key, value)), None)
                if right is not None:
                    patched.setenv(variable, toml_value(right))
                    await taken_over_or_refused(here, before, key, new=right != getattr(section, key))
            await here.daemon.reload()
            await works(here)
            tried += 1
        await shop.sql("UPDATE customer_entity SET firstname = 'Reloaded' WHERE entity_id = 301")
        await here.settled()
        assert "Reloaded" in {one.get("firstName") for one in house.fake.profiles()}
    assert tried >= 60


async def taken_over_or_refused(here: Inside, before: Settings, key: str, *, new: bool) -> None:
    """What a value means for the others (a way to log in that needs another key) may still be wrong."""
    try:
        reload = await here.daemon.reload()
    except ConfigError:
        assert here.daemon.settings is before
        return
    told = [*reload.change.keys, *reload.change.restart_needed]
    assert [name.rpartition(".")[2] for name in told] == [key] * new, "exactly what differs is told"
    if here.daemon.settings.sync.enabled:
        await works(here)
