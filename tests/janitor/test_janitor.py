"""The janitor's chores with a clock turned by hand, over a real database and a real queue file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from synqd.config import MagentoSettings, Routes, Settings
from synqd.entities import create_entities
from synqd.janitor import Census, Charge, Janitor
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.errors import MagentoUnavailable
from synqd.queue import Queue, QueueSettings
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
