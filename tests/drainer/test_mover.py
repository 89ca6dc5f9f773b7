"""Which chunks may start, and how long the drainer rests."""

import asyncio
from collections.abc import Sequence

import pytest

from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Leased, Wish
from synqd.models.names import Key, Model
from synqd.movers.drainer.mover import CUT_SECONDS, FENCED, IDLE, LEASE_SECONDS, HungCarrier
from synqd_demo.fake_synerise import FakeSynerise
from tests.drainer.conftest import MakeBench
from tests.support.bench import Bench
from tests.support.clocks import HandClock

CLIENTS = "/v4/clients/batch"


def arrived(fake: FakeSynerise) -> set[tuple[str, str]]:
    """(workspace, kind) of what has arrived."""
    profiles = {(name, "customer") for name in ("first", "second") if fake.profiles(name)}
    return profiles | {(name, "order") for name in ("first", "second") if fake.transactions(name)}


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        (("first", Model.CUSTOMER), {("first", "customer")}),
        (("first", None), {("first", "customer"), ("first", "order")}),
        ((None, Model.ORDER), {("first", "order"), ("second", "order")}),
        ((None, None), {(name, kind) for name in ("first", "second") for kind in ("customer", "order")}),
        (("third", None), set()),
    ],
)
async def test_a_hold_keeps_only_what_it_names(
    bench: Bench, fake: FakeSynerise, hold: tuple[str | None, Model | None], held: set[tuple[str, str]]
) -> None:
    for model in (Model.CUSTOMER, Model.ORDER):
        bench.rows[model].values = {1: "value"}
        await bench.want(model, 1)
        await bench.want(model, 1, store_id=3)
    await bench.queue.holds.put(*hold, "an operator")
    await bench.run(seconds=10, until=lambda: False)
    everything = {(name, kind) for name in ("first", "second") for kind in ("customer", "order")}
    # An order makes a profile of its buyer, too.
    seen = {(name, kind) for name, kind in arrived(fake) if kind == "order" or _customers(fake, name)}
    assert seen == everything - held
    await bench.queue.holds.lift(*hold)
    await bench.run(seconds=10)
    assert arrived(fake) == everything


def _customers(fake: FakeSynerise, workspace: str) -> list[str]:
    return [one["email"] for one in fake.profiles(workspace) if one["email"].startswith("customer")]


async def test_it_rests_until_the_next_item_is_due(bench: Bench, clock: HandClock) -> None:
    assert await bench.drainer.tick() == IDLE
    bench.rows[Model.CUSTOMER].before = _locked
    await bench.want(Model.CUSTOMER, 1)
    assert await bench.drainer.tick() == 0.0
    await asyncio.wait_for(bench.woken.wait(), 10)
    rest = await bench.drainer.tick()
    assert 0 < rest < IDLE
    clock.pass_(rest)
    assert await bench.drainer.tick() == 0.0


async def test_an_item_that_is_not_quiet_yet_is_waited_for_to_the_millisecond(bench: Bench) -> None:
    await bench.queue.outbox.intake([Wish(Key(Model.CUSTOMER, 1, 1), quiet=0.1)])
    assert await bench.drainer.tick() == pytest.approx(0.15, abs=0.0005)


async def _locked(items: Sequence[Leased]) -> None:
    raise MagentoUnavailable("the tables are locked")


async def test_it_looks_every_second_whether_it_may_send_again(bench: Bench) -> None:
    object.__setattr__(bench.drainer._deps, "lapsed", lambda: MagentoUnavailable("not ours any more"))
    await bench.want(Model.CUSTOMER, 1)
    assert await bench.drainer.tick() == FENCED
    assert bench.drainer.busy == 0


async def test_a_chunk_is_cut_when_its_lease_is_over_and_not_before(bench: Bench, clock: HandClock) -> None:
    begun, ended, end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hang(_: Sequence[Leased]) -> None:
        begun.set()
        while not end.is_set():
            try:
                await end.wait()
            except asyncio.CancelledError:
                ended.set()

    bench.rows[Model.CUSTOMER].before = hang
    await bench.want(Model.CUSTOMER, 1)
    await bench.drainer.tick()
    await begun.wait()
    clock.pass_(LEASE_SECONDS)
    await bench.drainer.tick()
    await asyncio.sleep(0)
    assert not ended.is_set()
    clock.pass_(0.1)
    await bench.drainer.tick()
    await asyncio.wait_for(ended.wait(), 5)
    clock.pass_(CUT_SECONDS)
    await bench.drainer.tick()
    clock.pass_(0.1)
    with pytest.raises(HungCarrier, match="customer for first"):
        await bench.drainer.tick()
    end.set()


async def test_after_a_stop_nothing_starts(bench: Bench, fake: FakeSynerise) -> None:
    bench.rows[Model.CUSTOMER].values = {1: "Anna"}
    await bench.drainer.stop(0.0)
    await bench.want(Model.CUSTOMER, 1)
    assert await bench.drainer.tick() == IDLE
    assert bench.drainer.busy == 0


async def test_a_stop_lets_chunks_end_and_keeps_what_breakers_learnt(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    async with make_bench() as bench:
        bench.rows[Model.CUSTOMER].values = {1: "Anna"}
        fake.add_fault("status", status=403, path=CLIENTS)
        await bench.want(Model.CUSTOMER, 1)
        await bench.drainer.tick()
        assert bench.drainer.busy == 1
        await bench.drainer.stop(20.0)
        assert bench.drainer.busy == 0
        assert await bench.waiting() == 1
        assert (await bench.queue.facts.breakers()).keys() == {"first/clients"}


async def test_continuous_changes_one_by_one_share_no_request(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    async with make_bench(sync={"continuous": "separate"}) as bench:
        bench.rows[Model.CUSTOMER].values = dict.fromkeys(range(1, 6), "Anna")
        await bench.want(Model.CUSTOMER, *range(1, 6))
        await bench.run()
    assert [one.items for one in fake.requests(path=CLIENTS)] == [1] * 5
