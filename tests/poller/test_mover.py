"""From the rows of real change logs to the outbox: together with the cursor, each model by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from synqd.config import Routes
from synqd.entities import Source
from synqd.entities.watch import EVERYTHING
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.errors import MagentoUnavailable, StorageUnavailable
from synqd.models.names import Lane, Model, Stream
from synqd.models.shop import Shop
from synqd.movers.capture import Pending
from synqd.movers.capture.pending import KEYS_WANTED
from synqd.movers.poller import Poller
from synqd.queue import Queue, QueueSettings
from synqd.runtime.supervisor import Loop, Progress
from tests.magento.places import WATCHES
from tests.magento.places import settings_for as place_for
from tests.support.bench import Rows, settings_for, small_shop
from tests.support.clocks import HandClock
from tests.support.database import Database, numbers

LOCKED = MagentoUnavailable("the table is locked")


class Located(Rows):
    """Entities of store view 1 and one that is not there; it may be impossible, or take long, to tell."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.locked = False
        self.free = asyncio.Event()
        self.free.set()

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        await self.free.wait()
        if self.locked:
            raise LOCKED
        return dict.fromkeys(ids, frozenset({1, 9}))


class Capture:
    """A poller between the change logs of a database and a queue file, turned by hand."""

    def __init__(
        self, queue: Queue, magento: Magento, database: Database, clock: HandClock, home: Path
    ) -> None:
        self.queue, self.magento, self.database, self.clock, self.home = queue, magento, database, clock, home
        self.rows = {model: Located(model) for model in Model}
        self.metrics, self.woken = Metrics(), list[str]()
        self.pending = Pending(queue, clock)
        self.poller = self.started()

    def started(self, **sync: object) -> Poller:
        settings = settings_for("http://127.0.0.1:1", queue={"directory": self.home}, sync=sync)
        routes = Routes.build(settings, small_shop())
        return Poller(
            routes,
            self.queue,
            self.magento,
            dict(self.rows),
            self.pending,
            self.metrics,
            self.clock,
            self.woken.append,
        )

    async def change(self, model: Model, *ids: int) -> None:
        for entity_id in ids:
            await self.database.sql(f"INSERT INTO synqd_{model}_cl (entity_id) VALUES (%s)", entity_id)

    async def waiting(self, model: Model) -> int:
        return (await self.queue.facts.counts()).depth.get((Stream(model, 1), Lane.LIVE), 0)

    async def high(self, model: Model) -> int:
        cursor = await self.queue.capture.cursor(f"synqd_{model}_cl")
        assert cursor is not None
        return cursor.high

    async def until_waiting(self, model: Model, number: int) -> None:
        async with asyncio.timeout(20):
            while await self.waiting(model) < number:
                await self.poller.tick()


@pytest.fixture
async def capture(empty_shop: Database, tmp_path: Path) -> AsyncIterator[Capture]:
    clock = HandClock()
    async with (
        Magento.open(place_for(empty_shop), WATCHES, clock) as magento,
        Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=1 << 20), clock) as queue,
    ):
        await magento.changelog.install()
        made = Capture(queue, magento, empty_shop, clock, tmp_path)
        await made.poller.begin()
        yield made
        await made.poller.end()


async def test_rows_become_wishes_together_with_their_cursor(capture: Capture) -> None:
    await capture.change(Model.CUSTOMER, 4, 5, 4)
    await capture.change(Model.PRODUCT, 7)
    assert await capture.poller.tick() == capture.poller._settings.magento.poll_interval
    assert (await capture.waiting(Model.CUSTOMER), await capture.waiting(Model.PRODUCT)) == (2, 1)
    assert (await capture.high(Model.CUSTOMER), await capture.high(Model.PRODUCT)) == (3, 1)
    assert "drainer" in capture.woken
    dropped = capture.metrics.registry.get_sample_value(
        "synqd_changes_dropped_total", {"model": "customer", "reason": "store-off"}
    )
    assert dropped == 2, "store view 9 is not switched on"


async def test_rows_of_a_model_that_is_switched_off_are_read_and_dropped(capture: Capture) -> None:
    poller = capture.started(models=["product"])
    await poller.begin()
    await capture.change(Model.CUSTOMER, 4)
    await poller.tick()
    assert (await capture.waiting(Model.CUSTOMER), await capture.high(Model.CUSTOMER)) == (0, 1)
    await poller.end()


async def test_a_new_file_begins_at_the_end_and_an_old_one_where_it_stopped(
    capture: Capture, tmp_path: Path
) -> None:
    await capture.change(Model.CUSTOMER, 4)
    await capture.poller.tick()
    await capture.change(Model.CUSTOMER, 5)
    again = capture.started()
    await again.begin()
    await again.tick()
    assert await capture.waiting(Model.CUSTOMER) == 2
    await again.end()
    async with Queue.open(tmp_path / "new.db", QueueSettings(reserve_bytes=0), capture.clock) as queue:
        capture.queue, capture.pending = queue, Pending(queue, capture.clock)
        new = capture.started()
        await new.begin()
        await new.tick()
        assert (await capture.waiting(Model.CUSTOMER), await capture.high(Model.CUSTOMER)) == (0, 2)
        await new.end()


async def test_a_model_that_cannot_be_looked_up_waits_alone(capture: Capture) -> None:
    customers = capture.rows[Model.CUSTOMER]
    customers.locked = True
    progress = Progress(capture.clock)
    turning = Loop(capture.poller, capture.clock, progress)
    await capture.change(Model.CUSTOMER, 4)
    for number in range(1, 9):
        await capture.change(Model.PRODUCT, number)
        rest = await turning._turn()
        assert rest < 1.0
        assert await capture.waiting(Model.PRODUCT) == number
        capture.clock.pass_(rest)
    assert (await capture.waiting(Model.CUSTOMER), await capture.high(Model.CUSTOMER)) == (0, 0)
    assert progress.trouble == {"poller": "the table is locked"}
    customers.locked = False
    capture.clock.pass_(15.0)
    await turning._turn()
    assert (await capture.waiting(Model.CUSTOMER), await capture.high(Model.CUSTOMER)) == (1, 1)
    assert progress.trouble == {}


async def test_a_model_whose_look_up_hangs_waits_alone(capture: Capture) -> None:
    customers = capture.rows[Model.CUSTOMER]
    customers.free.clear()
    await capture.change(Model.CUSTOMER, 4)
    for number in range(1, 4):
        await capture.change(Model.PRODUCT, number)
        await capture.until_waiting(Model.PRODUCT, number)
    await capture.change(Model.CUSTOMER, 5)
    assert await capture.high(Model.CUSTOMER) == 0
    customers.free.set()
    await capture.until_waiting(Model.CUSTOMER, 2)
    assert await capture.high(Model.CUSTOMER) == 2


async def test_what_hangs_is_ended_with_the_poller_and_read_again_by_the_next(capture: Capture) -> None:
    customers = capture.rows[Model.CUSTOMER]
    customers.free.clear()
    await capture.change(Model.CUSTOMER, 4)
    await capture.poller.tick()
    await capture.poller.end()
    assert capture.poller._taking == {}
    customers.free.set()
    capture.poller = capture.started()
    await capture.poller.begin()
    await capture.until_waiting(Model.CUSTOMER, 1)


async def test_rows_that_cannot_be_kept_are_read_again(capture: Capture) -> None:
    await capture.queue.file.free_reserve()
    await capture.change(Model.CUSTOMER, 4)
    with pytest.raises(StorageUnavailable):
        await capture.poller.tick()
    assert await capture.high(Model.CUSTOMER) == 0
    assert await capture.queue.file.renew_reserve()
    await capture.poller.tick()
    assert (await capture.waiting(Model.CUSTOMER), await capture.high(Model.CUSTOMER)) == (1, 1)


async def test_lost_rows_have_everything_compared_and_what_is_gone_looked_up(capture: Capture) -> None:
    await capture.change(Model.CUSTOMER, *range(1, 11))
    await capture.poller.tick()
    await capture.database.sql("DELETE FROM synqd_customer_cl")
    await capture.database.sql("INSERT INTO synqd_customer_cl (version_id, entity_id) VALUES (15, 4)")
    await capture.poller.tick()
    assert await capture.queue.facts.meta(KEYS_WANTED) == "log synqd_customer_cl lost rows"
    causes = [cause for cause in capture.pending._told if cause.model is Model.CUSTOMER]
    assert [cause.via for cause in causes] == [EVERYTHING]
    assert {"fanout", "sweeper"} <= set(capture.woken)
    lost = capture.metrics.registry.get_sample_value("synqd_changes_maybe_lost_total", {"model": "customer"})
    assert lost == 4


async def test_a_bug_in_a_look_up_ends_the_turn(capture: Capture) -> None:
    async def broken(source: Source, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        raise ZeroDivisionError

    capture.rows[Model.CUSTOMER].related = broken  # type: ignore[method-assign]
    await capture.change(Model.CUSTOMER, 4)
    with pytest.raises(ZeroDivisionError):
        await capture.poller.tick()


async def test_a_backlog_is_read_page_after_page(capture: Capture) -> None:
    await capture.database.sql(f"INSERT INTO synqd_customer_cl (entity_id) SELECT seq FROM {numbers(7_000)}")
    assert await capture.poller.tick() == 0.0
    await capture.until_waiting(Model.CUSTOMER, 7_000)
    assert await capture.high(Model.CUSTOMER) == 7_000


async def test_a_claim_that_has_lapsed_is_renewed_before_anything_is_read(capture: Capture) -> None:
    await capture.change(Model.CUSTOMER, 4)
    capture.clock.jump(100.0)
    assert capture.magento.lapsed() is not None
    await capture.poller.tick()
    assert await capture.waiting(Model.CUSTOMER) == 1


async def test_rows_whose_look_up_outlasted_the_claim_are_not_taken(capture: Capture) -> None:
    await capture.change(Model.CUSTOMER, 4)
    capture.poller._start(await capture.magento.reader.read(capture.poller._readable()))
    capture.clock.pass_(100.0)  # the host slept
    await asyncio.gather(*capture.poller._taking.values())
    assert (await capture.waiting(Model.CUSTOMER), await capture.high(Model.CUSTOMER)) == (0, 0)
    capture.clock.pass_(15.0)
    await capture.until_waiting(Model.CUSTOMER, 1)
