"""What a worker does with errors: of the queue file, of Magento, of several requests at once."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from synqd.models.errors import MagentoUnavailable, StorageUnavailable
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.settle import Settlement
from synqd.movers.drainer.recording import STORAGE
from synqd.movers.drainer.settlements import lonely
from synqd.movers.drainer.slots import together
from synqd.queue import Settled
from synqd.synerise import Delivered, DeliveryReport, ObstacleKind, Outcome, Postponed, Refused
from synqd_demo.fake_synerise import FakeSynerise
from tests.support.bench import Bench
from tests.support.clocks import HandClock

CLIENTS = "/v4/clients/batch"


def failing(bench: Bench, monkeypatch: pytest.MonkeyPatch, times: int) -> Callable[[], int]:
    """The queue file cannot be written for so many settlements; tells how many were tried."""
    settle, tried = bench.queue.outbox.settle, 0

    async def full(settlements: Sequence[Settlement]) -> Settled:
        nonlocal tried
        tried += 1
        if tried <= times:
            raise StorageUnavailable("the disk is full")
        return await settle(settlements)

    monkeypatch.setattr(bench.queue.outbox, "settle", full)
    return lambda: tried


async def test_what_was_sent_is_recorded_as_soon_as_the_queue_file_can_be_written(
    bench: Bench,
    fake: FakeSynerise,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """S16: the chunk keeps its place meanwhile, and nothing is sent again because of it."""
    bench.rows[Model.CUSTOMER].values = {1: "Anna"}
    tried = failing(bench, monkeypatch, 3)
    await bench.want(Model.CUSTOMER, 1)
    began = clock.now()
    await bench.run()
    assert tried() == 4
    assert clock.now() - began == sum(STORAGE.ceiling(failures) for failures in (1, 2, 3))
    assert len(fake.requests(path=CLIENTS)) == 1
    assert caplog.text.count("outcome.not_recorded") == 1, "it is told once"


async def test_a_chunk_that_can_neither_be_read_nor_given_back_is_leased_again_later(
    bench: Bench, fake: FakeSynerise, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(items: Sequence[Leased]) -> None:
        raise MagentoUnavailable("the tables are locked")

    rows = bench.rows[Model.CUSTOMER]
    rows.values, rows.before = {1: "Anna"}, locked
    tried = failing(bench, monkeypatch, 1)
    await bench.want(Model.CUSTOMER, 1)
    await bench.drainer.tick()
    await asyncio.wait_for(bench.woken.wait(), 10)
    await bench.drainer.tick()
    assert tried() == 1
    assert bench.progress.trouble == {"drainer": "the tables are locked"}
    rows.before = None
    clock.pass_(700.0)
    await bench.queue.outbox.reap()
    await bench.run()
    assert len(fake.profiles()) == 1


async def test_of_several_errors_one_that_no_waiting_heals_is_raised() -> None:
    async def fail(error: Exception | None) -> None:
        if error:
            raise error

    outage, bug = MagentoUnavailable("an outage"), KeyError("a bug")
    with pytest.raises(KeyError):
        await together([fail(outage), fail(bug), fail(StorageUnavailable("full"))])
    with pytest.raises(MagentoUnavailable):
        await together([fail(None), fail(outage)])
    await together([fail(None), fail(None)])


DOWN = Postponed(ObstacleKind.UNAVAILABLE, "HTTP 500", status=500)


@pytest.mark.parametrize(
    ("outcomes", "alone"),
    [
        ([DOWN], True),
        ([DOWN, DOWN], False),
        ([Postponed(ObstacleKind.UNAVAILABLE, "HTTP 499", status=499)], False),
        ([Postponed(ObstacleKind.UNAVAILABLE, "no answer in time")], False),
        ([Postponed(ObstacleKind.SUSPECT, "HTTP 500", status=500)], False),
        ([Refused("refused", "HTTP 400", 400)], False),
        ([Delivered(202)], False),
    ],
)
def test_who_fails_alone_with_an_answer_says_nothing_about_the_endpoint(
    outcomes: list[Outcome], alone: bool
) -> None:
    assert lonely(DeliveryReport(tuple(outcomes))) is alone
