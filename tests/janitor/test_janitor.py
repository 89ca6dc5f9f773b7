"""The janitor's chores with a clock turned by hand, over a real database and a real queue file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from synqd.config import MagentoSettings, Routes, Settings
from synqd.entities import Source, create_entities
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Wish
from synqd.models.names import Key, Lane, Model
from synqd.models.settle import Ack
from synqd.models.shop import StoreView
from synqd.movers.janitor import DAY, Census, Janitor, JanitorParts
from synqd.queue import Line, LogFilter, Queue, QueueSettings
from synqd.runtime.supervisor import Loop, Progress
from tests.queue.words import sent
from tests.support.clocks import HandClock
from tests.support.database import Database

MINUTE = 60.0


class Housekeeping:
    """A janitor, its clock and what it tells."""

    def __init__(self, charge: JanitorParts, clock: HandClock) -> None:
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
        charge = JanitorParts(
            settings, routes, queue, magento, entities, Census(), Metrics(), clock, lambda: None, {}
        )
        yield Housekeeping(charge, clock)


@pytest.fixture
async def keeping(shop: Database, tmp_path: Path) -> AsyncIterator[Housekeeping]:
    async with housekeeping(shop, tmp_path) as made:
        yield made


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
        await charge.queue.outbox.intake(
            [Wish(Key(Model.ORDER, stream.store_id, one), quiet=9.0) for one in ids]
        )
        items = await charge.queue.outbox.lease(stream, Lane.LIVE, 500, 60)
        await charge.queue.outbox.settle([Ack(one, sent(wire_key=str(one.key.entity_id))) for one in items])

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


async def test_lines_of_the_log_go_after_the_days_that_are_configured(keeping: Housekeeping) -> None:
    queue, settings = keeping.janitor._charge.queue, keeping.janitor._charge.settings
    (prune,) = [chore for chore in keeping.janitor._chores if chore.name == "prune"]
    await queue.log.note(Line("old"))
    keeping.clock.pass_((settings.queue.log_days - 1) * DAY)
    await queue.log.note(Line("new"))
    await prune.run()
    assert [one.line.event for one in await queue.log.page(LogFilter())] == ["old", "new"]
    keeping.clock.pass_(1.5 * DAY)
    await prune.run()
    assert [one.line.event for one in await queue.log.page(LogFilter())] == ["new"]


async def test_a_trouble_is_told_once_until_it_is_over(
    keeping: Housekeeping, caplog: pytest.LogCaptureFixture
) -> None:
    progress = Progress(keeping.clock)
    loop = Loop(keeping.janitor, keeping.clock, progress)
    chores = keeping.janitor._chores
    away = True

    async def count() -> None:
        if away:
            raise MagentoUnavailable("away")

    for chore in chores:
        chore.run = count if chore.name == "lag" else idle
    caplog.set_level("INFO", logger="synqd.supervisor")
    for _ in range(40):
        keeping.clock.pass_(1)
        await loop._turn()
    assert [one.getMessage() for one in caplog.records] == ["mover.waiting"]
    away = False
    keeping.clock.pass_(60)
    await loop._turn()
    assert [one.getMessage() for one in caplog.records] == ["mover.waiting", "mover.recovered"]


async def idle() -> None:
    pass
