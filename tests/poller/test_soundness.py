"""Whether everything is captured, and what becomes of an interruption, however short it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from synqd.config import Routes, Settings
from synqd.entities import create_entities
from synqd.entities.watch import EVERYTHING, SINCE
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.names import Model
from synqd.movers.capture import interruption
from synqd.movers.capture.pending import KEYS_WANTED, Cause, Pending
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.interrupted import Interrupted
from synqd.movers.sweeper.soundness import Soundness
from synqd.queue import Queue, QueueSettings
from tests.support.clocks import HandClock
from tests.support.database import Database

MINUTE = 60.0
OWN = (
    "SELECT trigger_name AS name FROM information_schema.triggers"
    " WHERE trigger_schema = DATABASE() AND trigger_name LIKE %s ORDER BY 1"
)


@dataclass
class Watchman:
    """The two sweeps over a shop, with what they tell."""

    deps: SweepDeps
    clock: HandClock
    sweeps: tuple[Soundness, Interrupted]
    woken: list[str] = field(default_factory=list)

    async def look(self) -> None:
        """A minute passes, and they look."""
        self.clock.pass_(MINUTE)
        for sweep in self.sweeps:
            await sweep.run()

    def faults(self, kind: str) -> float | None:
        found: float | None = self.deps.metrics.registry.get_sample_value(
            "synqd_changelog_faults", {"kind": kind}
        )
        return found

    async def told(self) -> set[Cause]:
        """What has to be compared; forgotten by asking."""
        self.clock.pass_(MINUTE)
        due = self.deps.pending.due()
        causes = {cause for told in due.values() for cause in told}
        for each in due.values():
            await self.deps.pending.done(each)
        return causes


@asynccontextmanager
async def watching(database: Database, home: Path, **magento: str) -> AsyncIterator[Watchman]:
    (home / "password").write_text(database.password)
    section = {
        "socket": database.socket,
        "database": database.name,
        "user": database.user,
        "password_file": str(home / "password"),
        "table_prefix": database.prefix,
        **magento,
    }
    workspaces = {"main": {"api_key_file": "unused", "websites": ["home"]}}
    settings = Settings.model_validate({"magento": section, "workspaces": workspaces})
    clock, entities = HandClock(), create_entities()
    watches = {model: entity.watches for model, entity in entities.items()}
    async with (
        Magento.open(settings.magento, watches) as place,
        Queue.open(home / "queue.db", QueueSettings(reserve_bytes=0), clock) as queue,
    ):
        if settings.magento.capture == "triggers":
            await place.changelog.install()
        routes = Routes.build(settings, await place.shop())
        woken: list[str] = []
        pending = Pending(queue, clock)
        deps = SweepDeps(routes, queue, place, entities, pending, clock, woken.append, {}, Metrics())
        made = Watchman(deps, clock, (Soundness(deps), Interrupted(deps)), woken)
        await made.look()
        yield made


@pytest.fixture
async def watchman(shop: Database, tmp_path: Path) -> AsyncIterator[Watchman]:
    async with watching(shop, tmp_path) as made:
        yield made


async def own_triggers(shop: Database, like: str) -> Sequence[str]:
    return [row["name"] for row in await shop.sql(OWN, f"synqd\\_{like}%")]


async def made_again(shop: Database, name: str) -> None:
    """Drops a trigger and makes it anew, as `setup:upgrade` and `indexer:set-mode` do with Magento's."""
    (row,) = await shop.sql(f"SHOW CREATE TRIGGER `{name}`")
    shop.run(
        f"SET sql_mode = '{row['sql_mode']}'; DROP TRIGGER `{name}`;\nDELIMITER $$\n"
        f"{row['SQL Original Statement']}$$\nDELIMITER ;\n"
    )


async def rebuild(shop: Database, table: str) -> None:
    """Makes a table anew, at another second than before: the server counts in seconds."""
    sql = f"SELECT create_time AS made FROM information_schema.tables WHERE table_name = '{table}'"
    sql += " AND table_schema = DATABASE()"
    before = await shop.sql(sql)
    while await shop.sql(sql) == before:
        await shop.sql(f"ALTER TABLE {table} ENGINE = InnoDB")


async def test_triggers_that_are_dropped_are_told_of_within_a_minute_and_until_they_are_back(
    watchman: Watchman, shop: Database
) -> None:
    assert watchman.deps.notices == {}
    assert watchman.faults("missing") == 0
    (trigger, *_) = await own_triggers(shop, "customer_entity_int")
    (row,) = await shop.sql(f"SHOW CREATE TRIGGER `{trigger}`")
    await shop.sql(f"DROP TRIGGER `{trigger}`")
    await watchman.look()
    assert "synqd changelog install" in watchman.deps.notices["changelog"]
    assert watchman.faults("missing") == 1
    assert await watchman.told() == set()  # as long as changes escape, nothing is made good
    await shop.sql(row["SQL Original Statement"].replace("%", "%%"))
    await watchman.look()
    assert watchman.deps.notices == {}
    assert watchman.faults("missing") == 0
    assert {(cause.model, cause.via) for cause in await watchman.told()} == {(Model.CUSTOMER, EVERYTHING)}
    assert await watchman.deps.queue.facts.meta(KEYS_WANTED)


async def test_a_watched_table_that_is_gone_is_told_of_and_ends_nothing(
    watchman: Watchman, shop: Database
) -> None:
    await shop.sql("RENAME TABLE newsletter_subscriber TO put_aside")
    try:
        await watchman.look()
        assert "newsletter_subscriber" in watchman.deps.notices["changelog"]
    finally:
        await shop.sql("RENAME TABLE put_aside TO newsletter_subscriber")
    await watchman.look()
    assert watchman.deps.notices == {}


async def test_a_trigger_of_magentos_that_was_made_anew_between_two_looks_is_noticed(
    watchman: Watchman, shop: Database
) -> None:
    await made_again(shop, "trg_catalog_product_entity_varchar_after_update")
    await watchman.look()
    assert watchman.deps.notices == {}
    assert {(cause.model, cause.via) for cause in await watchman.told()} == {(Model.PRODUCT, EVERYTHING)}
    await watchman.look()
    assert await watchman.told() == set()


async def test_one_of_a_view_that_nobody_listens_to_concerns_nobody(
    watchman: Watchman, shop: Database
) -> None:
    await made_again(shop, "trg_catalogrule_after_update")
    await watchman.look()
    assert await watchman.told() == set()


async def test_a_trigger_of_ours_that_was_made_anew_between_two_looks_is_noticed(
    watchman: Watchman, shop: Database
) -> None:
    (trigger,) = await own_triggers(shop, "newsletter_subscriber_au")
    await made_again(shop, trigger)
    await watchman.look()
    assert {cause.model for cause in await watchman.told()} == {Model.SUBSCRIBER}


async def test_read_only_capture_notices_it_as_well(shop: Database, tmp_path: Path) -> None:
    async with watching(shop, tmp_path, capture="readonly") as watchman:
        await made_again(shop, "trg_catalog_product_entity_varchar_after_update")
        await watchman.look()
        assert {cause.model for cause in await watchman.told()} == {Model.PRODUCT}


async def test_a_table_that_was_emptied_without_a_row_event_is_noticed(
    watchman: Watchman, shop: Database
) -> None:
    shop.run("SET foreign_key_checks = 0; TRUNCATE TABLE catalog_product_entity_tier_price")
    await shop.sql(
        "INSERT INTO catalog_product_entity_tier_price (entity_id, all_groups, customer_group_id, qty, value,"
        " website_id) SELECT MIN(entity_id), 1, 0, 1, 7.77, 0 FROM catalog_product_entity"
    )
    await watchman.look()
    assert {(cause.model, cause.via) for cause in await watchman.told()} == {(Model.PRODUCT, EVERYTHING)}


async def test_a_table_without_ids_that_was_emptied_is_noticed(watchman: Watchman, shop: Database) -> None:
    shop.run("ANALYZE TABLE catalog_product_website")
    await watchman.look()
    await watchman.told()
    shop.run("SET foreign_key_checks = 0; TRUNCATE TABLE catalog_product_website")
    await watchman.look()
    assert {cause.model for cause in await watchman.told()} == {Model.PRODUCT}


async def test_a_table_that_was_restored_is_noticed(watchman: Watchman, shop: Database) -> None:
    await rebuild(shop, "customer_address_entity")
    await watchman.look()
    assert {cause.model for cause in await watchman.told()} == {Model.CUSTOMER}


async def test_of_many_orders_only_those_are_compared_that_say_they_changed(
    watchman: Watchman, shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rebuild(shop, "sales_order_item")
    await watchman.look()
    assert [cause.via for cause in await watchman.told()] == [EVERYTHING]
    monkeypatch.setattr(interruption, "FEW_ORDERS", -1)
    for table in ("sales_order_item", "sales_order_address"):
        await rebuild(shop, table)
        await watchman.look()
        (told,) = await watchman.told()
        assert told.via == (SINCE if table == "sales_order_item" else EVERYTHING)


async def test_a_log_that_fell_silent_is_made_good_and_wakes(watchman: Watchman, shop: Database) -> None:
    await shop.sql("UPDATE synqd_meta SET installed_at = NOW() - INTERVAL 1 DAY WHERE id = 3")
    before = (await shop.sql("SELECT COUNT(*) AS n FROM synqd_customer_cl"))[0]["n"]
    await shop.sql("UPDATE customer_entity SET firstname = 'Unheard'")
    assert (await shop.sql("SELECT COUNT(*) AS n FROM synqd_customer_cl"))[0]["n"] == before
    await watchman.look()
    assert {cause.model for cause in await watchman.told()} == set(Model)
    await shop.sql("UPDATE customer_entity SET firstname = 'Heard'")
    assert (await shop.sql("SELECT COUNT(*) AS n FROM synqd_customer_cl"))[0]["n"] > before


async def test_a_transaction_of_the_shop_never_waits_for_the_day_to_be_moved(
    watchman: Watchman, shop: Database
) -> None:
    await shop.sql("UPDATE synqd_meta SET installed_at = NOW() + INTERVAL 1 HOUR WHERE id = 3")
    due = "SELECT installed_at < NOW() + INTERVAL 2 HOUR AS due FROM synqd_meta WHERE id = 3"
    async with shop.connect(autocommit=False) as writer, writer.cursor() as cursor:
        await cursor.execute("UPDATE customer_entity SET firstname = 'Open'")
        # With a binary log by statement, the trigger shares this lock until the transaction ends.
        await cursor.execute("SELECT 1 FROM synqd_meta WHERE id = 3 LOCK IN SHARE MODE")
        await watchman.look()
        assert await shop.sql(due) == [{"due": 1}]
        await shop.sql("UPDATE newsletter_subscriber SET subscriber_status = 3")  # nobody waits meanwhile
        await writer.commit()
    await watchman.look()
    assert await shop.sql(due) == [{"due": 0}]


async def test_a_definer_that_is_gone_is_a_fault_of_its_own(watchman: Watchman, shop: Database) -> None:
    shop.run(f"CREATE USER leaver@localhost; GRANT ALL ON {shop.name}.* TO leaver@localhost;")
    (trigger,) = await own_triggers(shop, "newsletter_subscriber_au")
    (row,) = await shop.sql(f"SHOW CREATE TRIGGER `{trigger}`")
    statement = row["SQL Original Statement"].replace("`root`", "`leaver`")
    shop.run(
        f"DROP TRIGGER `{trigger}`;\nDELIMITER $$\n{statement}$$\nDELIMITER ;\nDROP USER leaver@localhost;"
    )
    await watchman.look()
    assert watchman.faults("definer") == 1
    assert "writes of the shop fail" in watchman.deps.notices["changelog"]
