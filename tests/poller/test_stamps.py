"""Read-only capture: rows that say themselves when they changed are found however late they are committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from synqd.config import Routes
from synqd.entities import DECLARED, Source
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Skipped
from synqd.models.shop import Shop
from synqd.movers.capture import Pending
from synqd.movers.sweeper import SweepDeps, stamps
from synqd.movers.sweeper.stamps import Stamps
from synqd.queue import Queue, QueueSettings
from tests.magento.places import WATCHES
from tests.magento.places import settings_for as place_for
from tests.support.bench import Rows, settings_for, small_shop
from tests.support.clocks import HandClock
from tests.support.database import Database

CUSTOMERS = Stream(Model.CUSTOMER, 1)
ADD = (
    "INSERT INTO customer_entity (entity_id, website_id, store_id, email, updated_at)"
    " VALUES (%s, NULL, NULL, CONCAT(%s, '@x.example'), NOW() - INTERVAL %s SECOND)"
)
CHANGE = (
    "UPDATE customer_entity SET firstname = %s, updated_at = NOW() - INTERVAL %s SECOND WHERE entity_id = %s"
)


class Located(Rows):
    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        return dict.fromkeys(ids, frozenset({1}))


class Watchman:
    """The look at customers, and what it wakes."""

    def __init__(self, queue: Queue, magento: Magento, database: Database) -> None:
        self.queue, self.database, self.clock = queue, database, HandClock()
        routes = Routes.build(
            settings_for("http://127.0.0.1:1", magento={"capture": "readonly"}), small_shop()
        )
        rows = {model: Located(model) for model in Model}
        pending = Pending(queue, self.clock)
        self.deps = SweepDeps(
            routes, queue, magento, rows, pending, self.clock, lambda _: None, {}, Metrics()
        )
        self.restart()

    def restart(self) -> None:
        self.look = Stamps(self.deps, Model.CUSTOMER, DECLARED[Model.CUSTOMER].stamped[0])

    async def woken(self) -> set[int]:
        """Looks, and tells which customers it has enqueued since the last time."""
        await self.look.run()
        found = await self.queue.outbox.lease(CUSTOMERS, Lane.LIVE, 1000, 60)
        await self.queue.outbox.settle([Skipped(item, "seen") for item in found])
        return {item.key.entity_id for item in found}


@pytest.fixture
async def watchman(empty_shop: Database, tmp_path: Path) -> AsyncIterator[Watchman]:
    await empty_shop.sql("DELETE FROM customer_entity")
    async with (
        Magento.open(place_for(empty_shop, capture="readonly"), WATCHES) as magento,
        Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0, settle=0.0)) as queue,
    ):
        yield Watchman(queue, magento, empty_shop)


async def test_what_a_long_transaction_changed_is_found_when_it_commits(watchman: Watchman) -> None:
    for number in (2, 5, 6):
        await watchman.database.sql(ADD, number, number, 4000)
    assert await watchman.woken() == set(), "the first look notes where to begin"
    assert await watchman.woken() == set()
    async with watchman.database.connect(autocommit=False) as other, other.cursor() as cursor:
        await cursor.execute(CHANGE, ("Late", 3600, 5))
        await cursor.execute(ADD, (3, 3, 3500))
        assert await watchman.woken() == set()
        await other.commit()
    assert await watchman.woken() == {3, 5}
    assert await watchman.woken() == set(), "once"
    await watchman.database.sql(CHANGE, "Too late", 7300, 6)
    assert await watchman.woken() == set(), "two hours are the limit"


async def test_after_a_restart_the_overlap_is_compared_again(watchman: Watchman) -> None:
    await watchman.database.sql(ADD, 1, 1, 9000)
    await watchman.database.sql(ADD, 2, 2, 4000)
    await watchman.woken()
    watchman.restart()
    assert await watchman.woken() == {2}


async def test_while_very_much_changes_the_overlap_is_shorter_but_never_gone(
    watchman: Watchman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "MOST_SEEN", 3)
    await watchman.woken()
    for number in range(1, 7):
        await watchman.database.sql(ADD, number, number, 1000 * (7 - number))
    assert await watchman.woken() == {1, 2, 3, 4, 5, 6}
    for restarted in (False, True):
        if restarted:
            watchman.restart()
        await watchman.database.sql(CHANGE, "Before", 5000, 1)
        assert await watchman.woken() == ({4, 5, 6} if restarted else set()), "before the three newest"
    await watchman.database.sql(CHANGE, "Late", 100, 1)
    assert await watchman.woken() == {1}
