"""No key of the configuration is read by nobody: a daemon's life is watched for the keys that it reads."""

from collections.abc import Iterator
from typing import Any

import pytest

from synqd.config import Settings
from synqd.config.mapping import Section
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import inside

ELSEWHERE = {
    ("LogSettings", "format"),  # read before anything is opened
    ("LogSettings", "level"),
    ("MagentoSettings", "tls"),  # not asked for over a unix socket
    ("MagentoSettings", "tls_ca"),
    *(("NotifySettings", key) for key in ("events", "format", "name", "secret_file")),  # there is no webhook
    ("SyncSettings", "on_config_change"),  # when a setting of the shop changes
    ("WorkspaceSettings", "environment"),  # base_url is given
    ("WorkspaceSettings", "guid"),  # only auth = "basic"
}
"""Keys that this daemon has no reason to read."""


def keys(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each key, by the class that declares it."""
    for section in Settings.model_fields:
        value = getattr(settings, section)
        parts = {"workspaces": settings.workspaces.values(), "schedule": ()}.get(section, (value,))
        yield from {(type(part).__name__, key) for part in parts for key in type(part).model_fields}


async def test_each_key_is_read(house: House, shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[tuple[str, str]] = set()
    plain = Section.__getattribute__

    def watched(self: Section, name: str) -> Any:
        if name in type(self).model_fields:
            read.add((type(self).__name__, name))
        return plain(self, name)

    monkeypatch.setattr(Section, "__getattribute__", watched)
    async with inside(house) as here:
        await here.full()
        await shop.sql("UPDATE customer_entity SET firstname = 'Zoe' WHERE entity_id = 301")
        await shop.sql("DELETE FROM customer_entity WHERE entity_id = 302")
        await here.settled()
        settings = here.daemon.settings
    assert {*keys(settings)} - read == ELSEWHERE
