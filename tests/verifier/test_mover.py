"""Magento against the ledger, page by page: what is counted, repaired and waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from synqd.config import Routes
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Leased, Want
from synqd.models.names import Lane, Model, Stream
from synqd.models.wire import Parcel, Skip
from synqd.movers.verifier import Verifier
from synqd.movers.verifier.mover import FULL, IDLE, PAGE
from synqd.queue import Verification
from synqd_demo.fake_synerise import FakeSynerise
from tests.support.bench import KEYS, Bench, NoSource, parcel, small_shop, wire
from tests.support.clocks import HandClock

CUSTOMERS, ORDERS = Stream(Model.CUSTOMER, 1), Stream(Model.ORDER, 1)
OTHER_CUSTOMERS = Stream(Model.CUSTOMER, 3)
LOCKED = MagentoUnavailable("the table is locked")


class Comparison:
    """A verifier over a bench, turned by hand."""

    def __init__(self, bench: Bench, **sections: Any) -> None:
        self.bench = bench
        assert isinstance(bench.clock, HandClock)
        self.clock = bench.clock
        settings = bench.settings.model_copy(update=sections)
        routes = Routes.build(settings, small_shop())
        self.mover = Verifier(
            *(settings, routes, bench.queue, NoSource(), dict(bench.rows)),
            *(bench.workspaces, bench.clock, lambda: None),
        )

    async def begin(self, *streams: Stream, repair: bool = False, remote: int = 0) -> None:
        await self.bench.queue.verifications.submit(streams, "a test", repair=repair, remote=remote)

    async def run(self) -> Verification:
        """Turns until it rests."""
        while await self.mover.tick() == 0.0:
            pass
        return await self.bench.queue.verifications.get()

    async def figures(self) -> list[dict[str, int]]:
        return [{name: n for name, n in part.figures.items() if n} for part in (await self.run()).parts]


@pytest.fixture
def comparison(bench: Bench) -> Comparison:
    return Comparison(bench)


async def send(bench: Bench, model: Model, *ids: int, store_id: int = 1) -> None:
    bench.rows[model].values |= dict.fromkeys(ids, "as sent")
    await bench.want(model, *ids, store_id=store_id, lane=Lane.BATCH)
    await bench.run()


def unreadable(*_: object, **__: object) -> Any:
    raise LOCKED


async def test_what_is_right_missing_stale_and_gone_is_counted_and_named(comparison: Comparison) -> None:
    bench, rows = comparison.bench, comparison.bench.rows[Model.CUSTOMER]
    await send(bench, Model.CUSTOMER, 1, 2, 3)
    rows.values = {1: "as sent", 2: "changed", 4: "never sent"}

    def make(item: Leased) -> Parcel | Skip:
        if item.key.entity_id == 3:
            return parcel(wire(item.key, "removal"), alive=False)
        return parcel(wire(item.key, rows.values[item.key.entity_id]))

    rows.make = make
    await comparison.begin(CUSTOMERS)
    assert await comparison.figures() == [{"checked": 4, "correct": 1, "stale": 1, "gone": 1, "missing": 1}]
    (part,) = (await bench.queue.verifications.get()).parts
    assert {(one.kind, one.entity_id) for one in part.samples} == {("stale", 2), ("gone", 3), ("missing", 4)}
    assert await bench.waiting() == 0, "nobody asked for repairs"


async def test_repairs_are_enqueued_and_arrive(comparison: Comparison, fake: FakeSynerise) -> None:
    bench, rows = comparison.bench, comparison.bench.rows[Model.CUSTOMER]
    await send(bench, Model.CUSTOMER, 1)
    rows.values |= {1: "changed", 2: "never sent"}
    await comparison.begin(CUSTOMERS, repair=True)
    (figures,) = await comparison.figures()
    assert figures["repaired"] == 2
    await bench.run()
    assert {one["firstName"] for one in fake.profiles()} == {"changed", "never sent"}
    await comparison.begin(CUSTOMERS)
    assert await comparison.figures() == [{"checked": 2, "correct": 2}]


async def test_what_waits_already_is_no_fault(comparison: Comparison) -> None:
    bench = comparison.bench
    await send(bench, Model.CUSTOMER, 1)
    bench.rows[Model.CUSTOMER].values[1] = "changed"
    await bench.want(Model.CUSTOMER, 1)
    await comparison.begin(CUSTOMERS, repair=True)
    assert await comparison.figures() == [{"checked": 1, "waiting": 1}]


async def test_old_versions_of_what_is_skipped_are_counted_and_named(comparison: Comparison) -> None:
    bench, rows = comparison.bench, comparison.bench.rows[Model.CUSTOMER]
    await send(bench, Model.CUSTOMER, 1)
    rows.values[2] = "never sent"
    rows.make = lambda item: Skip("its e-mail is unfit")
    await comparison.begin(CUSTOMERS)
    assert await comparison.figures() == [{"checked": 2, "skipped": 2, "old_alive": 1}]
    (sample,) = (await bench.queue.verifications.get()).parts[0].samples
    assert sample == ("old alive", 1, "customer1@example.com", "its e-mail is unfit")


async def test_every_page_is_counted_once(comparison: Comparison) -> None:
    ids = range(1, 2 * PAGE + 3)
    comparison.bench.rows[Model.CUSTOMER].values = dict.fromkeys(ids, "never sent")
    await comparison.begin(CUSTOMERS)
    assert await comparison.figures() == [{"checked": len(ids), "missing": len(ids)}]
    assert await comparison.mover.tick() == IDLE


async def test_one_item_that_cannot_be_mapped_is_skipped_with_the_reason(comparison: Comparison) -> None:
    bench, rows = comparison.bench, comparison.bench.rows[Model.CUSTOMER]
    await send(bench, Model.CUSTOMER, 1, 2, 3)

    def make(item: Leased) -> Parcel | Skip:
        if item.key.entity_id == 2:
            raise ZeroDivisionError
        return parcel(wire(item.key, "as sent"))

    rows.make = make
    await comparison.begin(CUSTOMERS)
    assert await comparison.figures() == [{"checked": 3, "correct": 2, "skipped": 1, "old_alive": 1}]


async def test_a_part_that_is_switched_off_ends(bench: Bench) -> None:
    comparison = Comparison(bench, sync=bench.settings.sync.model_copy(update={"stores": ("store1",)}))
    await comparison.begin(OTHER_CUSTOMERS)
    assert (await comparison.run()).state == "finished"


async def test_repairs_wait_for_room_but_not_for_what_nobody_delivers(bench: Bench) -> None:
    queue = bench.settings.queue.model_copy(update={"full_backlog": 1_000})
    bench.rows[Model.CUSTOMER].values = {1: "never sent"}
    job = await bench.queue.jobs.submit_full([OTHER_CUSTOMERS], Want.FORCE, "a test")
    (part,) = job.parts
    await bench.queue.jobs.advance_part(part.part_id, 2_000, part.wishes(range(1, 2_001)), finished=True)
    full = Comparison(bench, queue=queue)
    await full.begin(CUSTOMERS, repair=True)
    assert await full.mover.tick() == 0.0, "it begins"
    assert await full.mover.tick() == FULL
    off = bench.settings.sync.model_copy(update={"stores": ("store1", "store2")})
    assert (await Comparison(bench, queue=queue, sync=off).run()).state == "finished"


async def test_a_model_that_cannot_be_read_keeps_no_other_waiting(comparison: Comparison) -> None:
    bench = comparison.bench
    bench.rows[Model.ORDER].values = {1: "never sent"}
    page = bench.rows[Model.CUSTOMER].page
    bench.rows[Model.CUSTOMER].page = unreadable  # type: ignore[method-assign]
    await comparison.begin(CUSTOMERS, ORDERS)
    assert await comparison.figures() == [{}, {"checked": 1, "missing": 1}]
    assert comparison.mover.hindrances.worst is LOCKED
    assert await comparison.mover.tick() == FULL, "it is not asked again at once"
    bench.rows[Model.CUSTOMER].page = page  # type: ignore[method-assign]
    comparison.clock.pass_(1.0)
    assert (await comparison.run()).state == "finished"
    assert not comparison.mover.hindrances.found


async def test_a_workspace_that_cannot_be_read_back_keeps_only_its_store_views_waiting(
    comparison: Comparison, fake: FakeSynerise
) -> None:
    bench = comparison.bench
    for stream in (CUSTOMERS, OTHER_CUSTOMERS):
        await send(bench, Model.CUSTOMER, 1, store_id=stream.store_id)
    fake.deactivate(KEYS["first"])
    await comparison.begin(CUSTOMERS, OTHER_CUSTOMERS, remote=5)
    here, there = await comparison.figures()
    assert (here, there["read"], there["correct"]) == ({}, 1, 1)
    assert set(comparison.mover.hindrances.found) == {CUSTOMERS}
    fake.activate(KEYS["first"])
    comparison.clock.pass_(1.0)
    assert (await comparison.run()).state == "finished"


async def test_what_synerise_holds_otherwise_is_told_by_the_names_of_fields(
    comparison: Comparison, fake: FakeSynerise
) -> None:
    bench = comparison.bench
    await send(bench, Model.PRODUCT, 1, 2, 3)
    fake.items("store-1")["sku1"]["name"] = "somebody changed it"
    await comparison.begin(Stream(Model.PRODUCT, 1), remote=3)
    (figures,) = await comparison.figures()
    assert (figures["read"], figures.get("different")) == (3, 1)
    samples: Sequence[Any] = (await bench.queue.verifications.get()).parts[0].samples
    assert [(one.kind, one.entity_id, one.detail) for one in samples] == [("different", 1, "name")]
