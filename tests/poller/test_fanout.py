"""From causes to live changes and jobs, and what keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from synqd.config import Routes
from synqd.entities import Source
from synqd.entities.watch import EVERYTHING
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Want
from synqd.models.names import Lane, Model, Stream
from synqd.models.shop import Shop
from synqd.movers.capture import Pending
from synqd.movers.capture.pending import CEILING, Cause
from synqd.movers.fanout import AGAIN, FEW, OUTAGE, FanOut
from synqd.queue import JobKind, Queue, QueueSettings
from tests.support.bench import NoSource, Rows, settings_for, small_shop
from tests.support.clocks import HandClock

PRODUCTS = [Stream(Model.PRODUCT, store_id) for store_id in (1, 2, 3)]
LOCKED = MagentoUnavailable("the table is locked")


class Reachable(Rows):
    """Entities of store view 1 that causes lead to, by key; some keys cannot be read."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.behind: dict[str, Sequence[int]] = {}
        self.locked: Callable[[str], bool] = lambda _: False
        self.asked: list[str] = []

    async def reach(self, source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
        self.asked.append(key)
        if self.locked(key):
            raise LOCKED
        return [one for one in self.behind.get(key, ()) if one > after][:limit]

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        return dict.fromkeys(ids, frozenset({1}))


class Spreading:
    """A fan-out over a queue file, turned by hand."""

    def __init__(self, queue: Queue, clock: HandClock) -> None:
        self.queue, self.clock = queue, clock
        self.rows = {model: Reachable(model) for model in Model}
        self.woken: list[str] = []
        self.pending = Pending(queue, clock)
        routes = Routes.build(settings_for("http://127.0.0.1:1"), small_shop())
        entities = dict(self.rows)
        self.mover = FanOut(routes, queue, NoSource(), entities, self.pending, self.woken.append, clock)

    async def tell(self, *causes: Cause) -> None:
        """Causes that are due."""
        await self.pending.load()
        await self.pending.add(causes)
        self.clock.pass_(CEILING)

    async def live(self, model: Model) -> int:
        return (await self.queue.facts.counts()).depth.get((Stream(model, 1), Lane.LIVE), 0)


@pytest.fixture
async def spreading(tmp_path: Path) -> AsyncIterator[Spreading]:
    clock = HandClock()
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), clock) as queue:
        yield Spreading(queue, clock)


def category(key: str, model: Model = Model.PRODUCT) -> Cause:
    return Cause(model, "category", key)


async def test_a_few_become_live_changes(spreading: Spreading) -> None:
    spreading.rows[Model.PRODUCT].behind = {"3": range(1, FEW + 1)}
    await spreading.tell(category("3"))
    await spreading.mover.tick()
    assert await spreading.live(Model.PRODUCT) == FEW
    assert (await spreading.queue.jobs.page(), len(spreading.pending)) == ([], 0)
    assert spreading.woken == ["drainer"]


async def test_many_become_a_batch_of_what_differs(spreading: Spreading) -> None:
    spreading.rows[Model.PRODUCT].behind = {"3": range(1, FEW + 2)}
    await spreading.tell(category("3"))
    await spreading.mover.tick()
    (job,) = await spreading.queue.jobs.page()
    assert (job.kind, job.want, job.origin) == (JobKind.BATCH, Want.NOTHING, "category 3 changed")
    assert [part.total for part in job.parts] == [FEW + 1] * 3
    assert await spreading.live(Model.PRODUCT) == 0


async def test_a_full_job_under_way_is_followed_by_one_more_and_never_begun_anew(
    spreading: Spreading,
) -> None:
    job = await spreading.queue.jobs.submit_full(PRODUCTS[:1], Want.FORCE, "an operator")
    await spreading.tell(Cause(Model.PRODUCT, EVERYTHING, "attribute 7 deleted"))
    await spreading.tell(Cause(Model.PRODUCT, EVERYTHING, "triggers made anew"))
    assert await spreading.mover.tick() == AGAIN
    assert [one.job_id for one in await spreading.queue.jobs.page()] == [job.job_id]
    await spreading.queue.jobs.cancel(job.job_id, "test")
    await spreading.mover.tick()
    newest, _ = await spreading.queue.jobs.page()
    assert (newest.want, newest.origin) == (Want.NOTHING, "attribute 7 deleted and 1 more")


async def test_a_full_job_that_an_operator_paused_keeps_what_was_demanded(spreading: Spreading) -> None:
    """Nobody knows for how long it is paused, so it is begun anew: it may have passed what changed."""
    demanded = Want.FORCE | Want.REASSERT_CONSENT
    job = await spreading.queue.jobs.submit_full(PRODUCTS[:1], demanded, "an operator")
    await spreading.queue.jobs.pause(job.job_id, "test")
    await spreading.tell(Cause(Model.PRODUCT, EVERYTHING, "attribute 7 deleted"))
    await spreading.mover.tick()
    newest = {
        part.stream: part.want
        for job in await spreading.queue.jobs.page(unfinished=True)
        for part in job.parts
    }
    assert newest == dict.fromkeys(PRODUCTS, Want.NOTHING) | {PRODUCTS[0]: demanded}


async def test_a_model_that_cannot_be_read_keeps_no_other_waiting(spreading: Spreading) -> None:
    customers, products = spreading.rows[Model.CUSTOMER], spreading.rows[Model.PRODUCT]
    customers.locked, customers.behind, products.behind = lambda _: True, {"1": [4]}, {"3": [5]}
    await spreading.tell(category("1", Model.CUSTOMER), category("3"))
    assert await spreading.mover.tick() == AGAIN
    assert await spreading.live(Model.PRODUCT) == 1
    assert spreading.mover.hindrances.worst is LOCKED
    customers.locked = lambda _: False
    await spreading.mover.tick()
    assert await spreading.live(Model.CUSTOMER) == 0, "it is not asked again at once"
    spreading.clock.pass_(1.0)
    await spreading.mover.tick()
    assert await spreading.live(Model.CUSTOMER) == 1
    assert (spreading.mover.hindrances.found, len(spreading.pending)) == ({}, 0)


async def test_a_cause_that_cannot_be_read_keeps_no_other_of_its_model_waiting(spreading: Spreading) -> None:
    products = spreading.rows[Model.PRODUCT]
    products.behind = {str(n): [n] for n in range(1, 9)}
    products.locked = lambda key: key == "1"
    await spreading.tell(*(category(str(n)) for n in range(1, 9)))
    await spreading.mover.tick()
    assert await spreading.live(Model.PRODUCT) == 7
    assert len(spreading.pending) == 1


async def test_an_outage_is_not_asked_cause_by_cause_and_no_cause_stands_before_the_others_for_ever(
    spreading: Spreading,
) -> None:
    products = spreading.rows[Model.PRODUCT]
    products.behind = {str(n): [n] for n in range(1, 10)}
    products.locked = lambda key: key < "7"
    await spreading.tell(*(category(str(n)) for n in range(1, 10)))
    await spreading.mover.tick()
    assert len(products.asked) == 1 + OUTAGE
    for _ in range(3):
        spreading.clock.pass_(20.0)
        await spreading.mover.tick()
    assert await spreading.live(Model.PRODUCT) == 3
    assert len(spreading.pending) == 6
