"""Jobs page by page: where they end, what they wait for, and what keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from synqd.config import Routes
from synqd.entities import Source
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Want
from synqd.models.names import Key, Model, Stream
from synqd.models.shop import Shop
from synqd.movers.jobrunner import JobRunner
from synqd.movers.jobrunner.mover import FULL, IDLE, PAGE, TRICKLE
from synqd.queue import BatchPage, JobState, Part
from tests.support.bench import Bench, NoSource, small_shop
from tests.support.clocks import HandClock

PRODUCTS, OTHER_PRODUCTS = Stream(Model.PRODUCT, 1), Stream(Model.PRODUCT, 2)
ORDERS = Stream(Model.ORDER, 1)
LOCKED = MagentoUnavailable("the table is locked")


class Runner:
    """A job runner over a bench, turned by hand."""

    def __init__(self, bench: Bench, **sections: Any) -> None:
        self.bench = bench
        assert isinstance(bench.clock, HandClock)
        self.clock = bench.clock
        settings = bench.settings.model_copy(update=sections)
        routes = Routes.build(settings, small_shop())
        self.woken = 0
        self.mover = JobRunner(
            settings, routes, bench.queue, NoSource(), dict(bench.rows), self._wake, bench.clock
        )

    def _wake(self) -> None:
        self.woken += 1

    async def full(self, *streams: Stream) -> int:
        return (await self.bench.queue.jobs.submit_full(streams, Want.FORCE, "a test")).job_id

    async def batch(self, stream: Stream, page: BatchPage, given: str = "ids") -> int:
        async def pages() -> AsyncIterator[BatchPage]:
            yield page

        job = await self.bench.queue.jobs.submit_batch([stream], pages(), Want.FORCE, "a test", given)
        return job.job_id

    async def parts(self, job_id: int) -> Sequence[Part]:
        return (await self.bench.queue.jobs.get(job_id)).parts


@pytest.fixture
def runner(bench: Bench) -> Runner:
    return Runner(bench)


def unreadable(*_: object, **__: object) -> Any:
    raise LOCKED


async def test_a_full_job_selects_up_to_what_there_was_when_it_began(runner: Runner) -> None:
    rows = runner.bench.rows[Model.PRODUCT]
    rows.values = dict.fromkeys(range(1, PAGE + 10), "bag")
    job_id = await runner.full(PRODUCTS)
    assert await runner.mover.tick() == 0.0
    rows.values[PAGE + 50] = "a live change"
    while await runner.mover.tick() == 0.0:
        pass
    (part,) = await runner.parts(job_id)
    assert (part.selected, part.total, part.until, part.state) == (PAGE + 9, PAGE + 9, PAGE + 9, "draining")
    assert runner.woken == 3, "two pages, and the end"
    assert await runner.mover.tick() == IDLE


async def test_with_full_lanes_a_part_trickles_only_when_nothing_of_it_is_left(bench: Bench) -> None:
    queue = bench.settings.queue.model_copy(update={"full_backlog": 1_000})
    runner = Runner(bench, queue=queue)
    for model in (Model.PRODUCT, Model.ORDER):
        bench.rows[model].values = dict.fromkeys(range(1, 5_000), "x")
    first = await runner.full(PRODUCTS)
    while await runner.mover.tick() == 0.0:
        pass
    second = await runner.full(ORDERS)
    while await runner.mover.tick() == 0.0:
        pass
    assert [part.selected for one in (first, second) for part in await runner.parts(one)] == [1_000, TRICKLE]
    assert await runner.mover.tick() == FULL


async def test_what_waits_in_a_stream_that_is_switched_off_takes_no_room(bench: Bench) -> None:
    """Nobody delivers it before the drainer has its turn."""
    queue = bench.settings.queue.model_copy(update={"full_backlog": 1_000})
    bench.rows[Model.PRODUCT].values = dict.fromkeys(range(1, 3_000), "x")
    before = Runner(bench, queue=queue)
    await before.full(OTHER_PRODUCTS)
    while await before.mover.tick() == 0.0:
        pass
    sync = bench.settings.sync.model_copy(update={"stores": ("store1", "store3")})
    runner = Runner(bench, queue=queue, sync=sync)
    job_id = await runner.full(PRODUCTS)
    while await runner.mover.tick() == 0.0:
        pass
    assert [part.selected for part in await runner.parts(job_id)] == [1_000]


async def test_a_part_that_is_switched_off_ends_and_says_so(bench: Bench) -> None:
    bench.rows[Model.PRODUCT].values = {1: "bag"}
    runner = Runner(bench, sync=bench.settings.sync.model_copy(update={"stores": ("store1",)}))
    job_id = await runner.full(OTHER_PRODUCTS)
    assert await runner.mover.tick() == 0.0
    job = await bench.queue.jobs.get(job_id)
    assert (job.state, job.parts[0].selected) == (JobState.FINISHED, 0)


async def test_a_batch_selects_what_belongs_there_or_was_sent_from_there(runner: Runner) -> None:
    async def locate(source: Source, shop: Shop, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        return {1: frozenset({1}), 2: frozenset({2})}

    runner.bench.rows[Model.PRODUCT].locate = locate  # type: ignore[method-assign]
    await runner.bench.want(Model.PRODUCT, 3)  # known from there: it waits
    job_id = await runner.batch(PRODUCTS, BatchPage((1, 2, 3, 4)))
    while await runner.mover.tick() == 0.0:
        pass
    (part,) = await runner.parts(job_id)
    assert part.selected == 2
    waiting = await runner.bench.queue.outbox.waiting([Key(Model.PRODUCT, 1, n) for n in range(1, 5)])
    assert {key.entity_id for key in waiting} == {1, 3}


async def test_a_model_that_cannot_be_read_keeps_no_job_of_another_waiting(runner: Runner) -> None:
    rows = runner.bench.rows
    rows[Model.PRODUCT].values = dict.fromkeys(range(1, 11), "bag")
    rows[Model.ORDER].values = {1: "sku"}
    high = rows[Model.ORDER].high
    rows[Model.ORDER].high = unreadable  # type: ignore[method-assign]
    older, newer = await runner.full(ORDERS), await runner.full(PRODUCTS)
    while await runner.mover.tick() == 0.0:
        pass
    assert [part.selected for part in await runner.parts(newer)] == [10]
    assert runner.mover.hindrances.worst is LOCKED
    rows[Model.ORDER].high = high  # type: ignore[method-assign]
    assert await runner.mover.tick() == FULL, "it is not asked again at once"
    runner.clock.pass_(1.0)
    while await runner.mover.tick() == 0.0:
        pass
    assert [part.selected for part in await runner.parts(older)] == [1]
    assert runner.mover.hindrances.worst is None


async def test_keys_of_a_model_that_cannot_be_read_keep_no_others_waiting(runner: Runner) -> None:
    async def resolve(source: Source, via: str, keys: Sequence[str]) -> dict[str, Sequence[int]]:
        return {key: (7,) for key in keys if key == "sku7"}

    async def locate(source: Source, shop: Shop, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        return dict.fromkeys(ids, frozenset({1}))

    products = runner.bench.rows[Model.PRODUCT]
    products.resolve, products.locate = resolve, locate  # type: ignore[method-assign]
    runner.bench.rows[Model.ORDER].resolve = unreadable  # type: ignore[method-assign]
    older = await runner.batch(ORDERS, BatchPage(later=["000000001"]), "increment_ids")
    newer = await runner.batch(PRODUCTS, BatchPage(later=["sku7", "sku8"]), "skus")
    while await runner.mover.tick() == 0.0:
        pass
    job = await runner.bench.queue.jobs.get(newer)
    assert (job.parts[0].selected, job.unknown_keys) == (1, {"sku8": "not in Magento"})
    assert (await runner.bench.queue.jobs.get(older)).looking_up
