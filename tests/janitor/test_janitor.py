"""The janitor's chores with a clock turned by hand, over a real database and a real queue file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from synqd.config import MagentoSettings, Routes, Settings
from synqd.entities import Source, create_entities
from synqd.janitor import Census, Charge, Janitor
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Wish
from synqd.models.names import Key, Lane, Model
from synqd.models.settle import Ack
from synqd.models.shop import StoreView
from synqd.queue import Queue, QueueSettings
from tests.queue.words import sent
from tests.support.clocks import HandClock
from tests.support.database import Database

MINUTE = 60.0


class Housekeeping:
    """A janitor, its clock and what it tells."""

    def __init__(self, charge: Charge, clock: HandClock) -> None:
        self.janitor = Janitor(charge)
        self.notices = charge.notices
        self.metrics = charge.metrics
        self.clock = clock

    async def pass_(self, seconds: float) -> None:
        """Lets that much time pass, with the janitor's turns in it."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            rest = await self.janitor.tick()
            self.clock.pass_(min(rest, end - self.clock.now()))
        await self.janitor.tick()

    def metric(self, name: str) -> float | None:
        found: float | None = self.metrics.registry.get_sample_value(f"synqd_{name}")
        return found


@asynccontextmanager
async def housekeeping(database: Database, home: Path) -> AsyncIterator[Housekeeping]:
    (home / "password").write_text(database.password)
    place = MagentoSettings(
        socket=Path(database.socket),
        database=database.name,
        user=database.user,
        password_file=home / "password",
    )
    workspaces = {"main": {"api_key_file": "unused", "websites": ["home"]}}
    settings = Settings.model_validate({"magento": place.model_dump(), "workspaces": workspaces})
    clock, entities = HandClock(), create_entities()
    watches = {model: entity.watches for model, entity in entities.items()}
    async with (
        Magento.open(settings.magento, watches) as magento,
        Queue.open(home / "queue.db", QueueSettings(reserve_bytes=0), clock) as queue,
    ):
        await magento.changelog.install()
        routes = Routes.build(settings, await magento.shop())
        charge = Charge(
            settings, routes, queue, magento, entities, Census(), Metrics(), clock, lambda: None, {}
        )
        yield Housekeeping(charge, clock)


@pytest.fixture
async def keeping(shop: Database, tmp_path: Path) -> AsyncIterator[Housekeeping]:
    async with housekeeping(shop, tmp_path) as made:
        yield made


async def test_triggers_that_are_dropped_are_told_of_within_a_minute_and_until_they_are_back(
    keeping: Housekeeping, shop: Database
) -> None:
    await keeping.pass_(1)
    assert keeping.notices == {}
    assert keeping.metric("changelog_faults") == 0
    (trigger, *_) = await shop.sql(
        "SELECT trigger_name AS name FROM information_schema.triggers"
        " WHERE trigger_schema = %s AND trigger_name LIKE 'synqd%%' ORDER BY 1",
        shop.name,
    )
    definition = (await shop.sql(f"SHOW CREATE TRIGGER `{trigger['name']}`"))[0]["SQL Original Statement"]
    await shop.sql(f"DROP TRIGGER `{trigger['name']}`")
    await keeping.pass_(MINUTE)
    assert "synqd changelog install" in keeping.notices["changelog"]
    assert keeping.metric("changelog_faults") == 1
    await shop.sql(definition.replace("%", "%%"))
    await keeping.pass_(MINUTE)
    assert keeping.notices == {}
    assert keeping.metric("changelog_faults") == 0


async def test_a_watched_table_that_is_gone_is_told_of_and_ends_nothing(
    keeping: Housekeeping, shop: Database
) -> None:
    await shop.sql("RENAME TABLE newsletter_subscriber TO put_aside")
    try:
        with pytest.raises(MagentoUnavailable, match="newsletter_subscriber"):
            await keeping.pass_(MINUTE)  # they cannot be counted either
        assert "newsletter_subscriber" in keeping.notices["changelog"]
    finally:
        await shop.sql("RENAME TABLE put_aside TO newsletter_subscriber")
    await keeping.pass_(MINUTE)
    assert keeping.notices == {}


async def test_one_chore_that_cannot_be_done_keeps_no_other_from_running(keeping: Housekeeping) -> None:
    await keeping.pass_(1)
    calls: list[str] = []

    async def fail() -> None:
        calls.append("failed")
        raise MagentoUnavailable("away")

    async def work() -> None:
        calls.append("worked")

    for chore, run in zip(keeping.janitor._chores[:2], (fail, work), strict=True):
        chore.run = run
    keeping.clock.pass_(11)
    with pytest.raises(MagentoUnavailable):
        await keeping.janitor.tick()
    assert calls == ["failed", "worked"]


async def test_a_stream_of_which_more_lives_than_there_is_is_not_counted_without_end(
    keeping: Housekeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Synerise has and Magento has no more makes it so for good."""
    charge = keeping.janitor._charge
    stream = min(one for one in charge.routes.streams if one.model is Model.ORDER)
    entity, counted = charge.entities[Model.ORDER], list[float]()
    count = entity.count

    async def noted(source: Source, store: StoreView) -> int:
        if store.store_id == stream.store_id:
            counted.append(keeping.clock.now())
        return await count(source, store)

    monkeypatch.setattr(entity, "count", noted)
    await keeping.pass_(1)

    async def send(ids: range) -> None:
        await charge.queue.intake([Wish(Key(Model.ORDER, stream.store_id, one), quiet=9.0) for one in ids])
        items = await charge.queue.lease(stream, Lane.LIVE, 500, 60)
        await charge.queue.settle([Ack(one, sent(wire_key=str(one.key.entity_id))) for one in items])

    await send(range(100_001, 100_101))
    before = len(counted)
    await keeping.pass_(200)
    assert len(counted) - before == 1
    await send(range(100_101, 100_111))
    await keeping.pass_(60)
    assert len(counted) - before == 2, "still more was sent"


async def test_a_chore_that_fails_is_not_tried_at_every_turn(keeping: Housekeeping) -> None:
    await keeping.pass_(1)
    calls: list[float] = []

    async def fail() -> None:
        calls.append(keeping.clock.now())
        raise MagentoUnavailable("away")

    chore = keeping.janitor._chores[0]
    chore.run = fail
    keeping.clock.pass_(chore.period)
    with pytest.raises(MagentoUnavailable):
        await keeping.janitor.tick()
    await keeping.janitor.tick()
    keeping.clock.pass_(chore.period / 2)
    await keeping.janitor.tick()
    assert len(calls) == 1
