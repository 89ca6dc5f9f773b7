"""Edits in the back office and of the configuration, right and wrong, under the running daemon (S27)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import Inside, inside

RENAME = "UPDATE customer_entity SET firstname = %s WHERE entity_id = 301"


@pytest.fixture
async def here(house: House) -> AsyncIterator[Inside]:
    async with inside(house) as running:
        await running.full()
        yield running


async def goes_on(here: Inside, shop: Database, name: str) -> None:
    """Changes of what is left still arrive."""
    await shop.sql(RENAME, name)
    await here.settled()
    names = {one.get("customId"): one.get("firstName") for one in here.house.fake.profiles()}
    assert names["301"] == name


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            "UPDATE store_website SET code = 'home_new' WHERE code = 'home'",
            "website home is called home_new now",
        ),
        ("UPDATE store_website SET code = 'trade_new' WHERE code = 'trade'", "is called trade_new now"),
        (
            "SET foreign_key_checks = 0; DELETE FROM store_website WHERE code = 'trade'",
            "has no website trade",
        ),
        ("UPDATE store SET is_active = 0 WHERE code = 'trade_en'", None),
    ],
)
async def test_an_edit_of_the_layout_takes_out_its_own_part_at_most(
    here: Inside, shop: Database, edit: str, words: str | None
) -> None:
    stored = {bag.name: len(bag.items) for bag in here.house.fake.catalogs()}
    shop.run(edit)
    await here.reopened()
    await goes_on(here, shop, "Edited")
    notice = here.daemon.house.notices.get("shop edited")
    assert (notice is None) if words is None else (notice is not None and words in notice)
    await here.swept()
    assert {bag.name: len(bag.items) for bag in here.house.fake.catalogs()} == stored
    assert not [item for bag in here.house.fake.catalogs() for item in bag.items.values() if item.deleted]


async def test_codes_that_were_exchanged_go_on_as_what_they_meant(here: Inside, shop: Database) -> None:
    before = {store: route.workspace for store, route in here.generation.parts.routes.by_store.items()}
    shop.run(
        "UPDATE store_website SET code = 'x' WHERE code = 'home';"
        "UPDATE store_website SET code = 'home' WHERE code = 'trade';"
        "UPDATE store_website SET code = 'trade' WHERE code = 'x';"
    )
    await here.reopened()
    routes = here.generation.parts.routes
    assert {store: route.workspace for store, route in routes.by_store.items()} == before
    assert "website home is called trade now" in here.daemon.house.notices["shop edited"]


async def test_a_renamed_store_view_keeps_its_own_settings(house: House, shop: Database) -> None:
    house.extra = '\n[product.store.home_de]\nattribute_format = "id"\n'
    house.configure()
    async with inside(house) as here:
        await shop.sql("UPDATE store SET code = 'home_at' WHERE code = 'home_de'")
        await here.reopened()
        route = next(
            one for one in here.generation.parts.routes.by_store.values() if one.store.code == "home_at"
        )
        assert here.generation.parts.settings.product.at(route.store).attribute_format == "id"


WRONG = [
    ('websites = ["home"]', 'websites = ["hme"]', "did you mean home"),
    ("enabled = true", "enabled = true\nenabeld = 1", "enabeld"),
    ('user = "root"', 'user = "nobody"', "nobody"),
    ("first.key", "no.key", "no.key"),
    ('database = "', 'database = "no_', "no_"),
    ('table_prefix = ""', 'table_prefix = "no_"', "no_"),
    ("enabled = true", 'enabled = true\n[[schedule]]\ncron = "61 * * * *"', "61"),
    ("enabled = true", 'enabled = true\n[[schedule]]\ncron = "1 * * * *"\nstores = ["nowhere"]', "nowhere"),
]


@pytest.mark.parametrize(("old", "new", "words"), WRONG)
async def test_a_wrong_reload_is_refused_and_the_old_configuration_works_on(
    house: House, shop: Database, fake: FakeSynerise, old: str, new: str, words: str
) -> None:
    async with house.daemon:
        await house.ctl("full", "--model", "customer", "--all-stores", "--watch")
        house.configure((old, new))
        refused = await house.failing("reload")
        assert words in refused.err
        await shop.sql(RENAME, "After")
        await Control(house.home / "control.sock").until(
            "/v1/status", lambda _: any(one.get("firstName") == "After" for one in fake.profiles())
        )
        house.configure()
        assert (await house.ctl("reload"))["changed"] == []


async def test_a_key_that_synerise_denies_is_refused(house: House) -> None:
    async with house.daemon:
        (house.home / "denied.key").write_text("33333333-aaaa-4bbb-8ccc-333333333333")
        house.configure(("first.key", "denied.key"))
        refused = await house.failing("reload")
        assert "workspaces.first" in refused.err


async def test_what_cannot_be_asked_is_taken_over_and_said(house: House, shop: Database) -> None:
    async with house.daemon:
        house.configure((f'socket = "{shop.socket}"', 'host = "127.0.0.1"\nport = 1'))
        answer = await house.ctl("reload")
        assert answer["changed"] == ["magento.port", "magento.socket"]
        assert "Magento could not be asked" in answer["notes"][0]
        house.configure()
        assert "magento.socket" in (await house.ctl("reload"))["changed"]


async def test_switching_off_always_applies(house: House, shop: Database) -> None:
    async with house.daemon:
        house.configure(("enabled = true", "enabled = false"), ('database = "', 'database = "no_'))
        assert (await house.ctl("reload"))["changed"] == ["magento.database", "sync.enabled"]
        assert (await house.ctl("status"))["enabled"] is False


async def test_only_what_depends_on_a_change_begins_anew(here: Inside) -> None:
    before = here.generation
    here.house.configure(("[queue]", '[log]\nlevel = "debug"\n\n[queue]'))
    reload = await here.daemon.reload()
    assert reload.change.keys == ["log.level"]
    assert here.daemon.generation is before
    assert not here.daemon._again.is_set()


async def test_a_configuration_that_worked_waits_at_a_start_for_what_is_wrong_now(
    house: House, shop: Database
) -> None:
    async with inside(house) as here:
        await here.full()
    remembered = await shop.sql("SELECT installation_id AS id FROM synqd_meta WHERE id = 1")
    await shop.sql("UPDATE synqd_meta SET installation_id = REPEAT('x', 36) WHERE id = 1")
    async with house.daemon:
        control = Control(house.home / "control.sock")
        status = await control.until(
            "/v1/status", lambda one: any("another shop's" in place["detail"] for place in one["conditions"])
        )
        assert status["enabled"] is True
        await shop.sql("UPDATE synqd_meta SET installation_id = %s WHERE id = 1", remembered[0]["id"])
        await control.until("/v1/status", lambda one: all(place["usable"] for place in one["conditions"]))


async def test_a_mismatch_that_is_found_later_stops_reading_and_not_the_process(
    here: Inside, shop: Database
) -> None:
    await shop.sql("UPDATE synqd_meta SET installation_id = REPEAT('x', 36) WHERE id = 1")
    here.daemon._again.set()
    async with asyncio.timeout(30):
        while all(one.usable for one in here.daemon.health.conditions()):
            await asyncio.sleep(0.02)
    assert here.daemon.generation is None
    (reason,) = [one.detail for one in here.daemon.health.conditions() if not one.usable]
    assert "belongs to change log" in str(reason)
