"""Causes that wait to be spread: one each, safe in the queue file, bounded, and quiet before they go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd.entities.watch import EVERYTHING, RANGE
from synqd.models.names import Model
from synqd.movers.capture.pending import CEILING, MOST_KEYS, QUIET, Cause, Pending, origin
from synqd.movers.sweeper.rules import ranges
from synqd.queue import Queue, QueueSettings
from tests.support.clocks import HandClock

CATEGORY = Cause(Model.PRODUCT, "category", "12")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def queue(tmp_path: Path, clock: HandClock) -> AsyncIterator[Queue]:
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), clock) as opened:
        yield opened


async def test_a_cause_told_twice_is_one_and_waits_for_quiet(queue: Queue, clock: HandClock) -> None:
    pending = Pending(queue, clock)
    await pending.add([CATEGORY])
    clock.pass_(QUIET * 0.9)
    await pending.add([CATEGORY])
    clock.pass_(QUIET * 0.9)
    assert not pending.due()
    clock.pass_(QUIET * 0.2)
    assert list(pending.due()[Model.PRODUCT]) == [CATEGORY]


async def test_restless_causes_go_at_their_ceiling(queue: Queue, clock: HandClock) -> None:
    pending, begun = Pending(queue, clock), clock.now()
    while not pending.due():
        await pending.add([CATEGORY])
        clock.pass_(QUIET / 2)
    assert clock.now() - begun <= CEILING + QUIET


async def test_what_was_told_survives_a_crash(queue: Queue, clock: HandClock) -> None:
    await Pending(queue, clock).add([CATEGORY])
    after = Pending(queue, clock)
    await after.load()
    clock.pass_(QUIET)
    assert list(after.due()[Model.PRODUCT]) == [CATEGORY]


async def test_what_is_told_while_it_is_spread_is_spread_again(queue: Queue, clock: HandClock) -> None:
    pending = Pending(queue, clock)
    await pending.add([CATEGORY])
    clock.pass_(QUIET)
    spread = pending.due()[Model.PRODUCT]
    await pending.add([CATEGORY])
    await pending.done(spread)
    assert len(pending) == 1
    clock.pass_(QUIET)
    await pending.done(pending.due()[Model.PRODUCT])
    assert len(pending) == 0


async def test_very_many_causes_are_everything(queue: Queue, clock: HandClock) -> None:
    pending = Pending(queue, clock)
    await pending.add(Cause(Model.PRODUCT, "option", str(number)) for number in range(MOST_KEYS + 1))
    clock.pass_(QUIET)
    assert [cause.via for cause in pending.due()[Model.PRODUCT]] == [EVERYTHING]


async def test_so_many_causes_of_a_kind_stay_apart_and_other_kinds_with_them(queue: Queue) -> None:
    pending = Pending(queue, HandClock())
    options = [Cause(Model.PRODUCT, "option", str(number)) for number in range(MOST_KEYS)]
    await pending.add([CATEGORY, *options])
    assert len(pending) == MOST_KEYS + 1
    await pending.add([Cause(Model.PRODUCT, "option", "one more")])
    assert len(pending) == 2, "the category is not an option"


async def test_it_rests_until_the_first_cause_is_due(queue: Queue, clock: HandClock) -> None:
    pending = Pending(queue, clock)
    assert pending.rest() == 60.0
    await pending.add([CATEGORY])
    clock.pass_(0.2)
    await pending.add([Cause(Model.PRODUCT, "option", "7")])
    assert pending.rest() == pytest.approx(QUIET - 0.2)
    clock.pass_(QUIET - 0.2)
    assert pending.rest() == 0.0
    assert list(pending.due()[Model.PRODUCT]) == [CATEGORY]


async def test_an_age_is_told_in_seconds_and_never_negative(queue: Queue, clock: HandClock) -> None:
    pending, now = Pending(queue, clock), int(clock.now() * 1000)
    assert (pending.age(now - 2_500), pending.age(now + 2_500)) == (2.5, 0.0)


async def test_a_clock_set_back_delays_nothing_for_ever(queue: Queue, clock: HandClock) -> None:
    pending = Pending(queue, clock)
    await pending.add([CATEGORY])
    clock.pass_(-86_400.0)
    assert pending.due()


@pytest.mark.parametrize(
    ("causes", "text"),
    [
        ([CATEGORY], "category 12 changed"),
        ([CATEGORY, Cause(Model.PRODUCT, "option", "7")], "category 12 changed and 1 more"),
        ([Cause(Model.PRODUCT, EVERYTHING, "taxes changed")], "taxes changed"),
        ([Cause(Model.PRODUCT, RANGE, "0-63")], "rule prices or missed changes, ids 0-63"),
    ],
)
def test_an_origin_says_what_changed(causes: list[Cause], text: str) -> None:
    assert origin(causes) == text


@pytest.mark.parametrize(
    ("buckets", "found"),
    [([], []), ([0], ["0-63"]), ([3, 1, 2], ["64-255"]), ([0, 2], ["0-63", "128-191"])],
)
def test_neighbouring_buckets_share_a_range(buckets: list[int], found: list[str]) -> None:
    assert list(ranges(buckets)) == found
