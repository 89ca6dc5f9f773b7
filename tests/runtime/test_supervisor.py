"""The loop around a mover: rests, wakes, outages, bugs, and proof of progress."""

import asyncio
import errno
from collections.abc import Callable

import pytest

from synqd.models.errors import Denied, MagentoUnavailable, StorageUnavailable, SyneriseUnavailable
from synqd.runtime.hindrances import Hindrances
from synqd.runtime.supervisor import Loop, Progress
from synqd.synerise import ObstacleKind, Postponed
from synqd.synerise.obstacles import held
from tests.support.clocks import HandClock


class Scripted:
    """A mover whose turns a test scripts; after the last it stops its own loop."""

    name = "scripted"

    def __init__(self, *turns: float | Exception, patience: float = 300.0) -> None:
        self.patience = patience
        self.turns = list(turns)
        self.troubles: list[str] = []
        self.turning: Loop | None = None
        self.ended = asyncio.Event()

    async def tick(self) -> float:
        assert self.turning is not None
        self.troubles.append(self.turning._progress.trouble.get(self.name, ""))
        turn = self.turns.pop(0)
        if not self.turns:
            self.turning.stop()
            self.ended.set()
        if isinstance(turn, Exception):
            raise turn
        return turn


@pytest.fixture
def progress() -> Progress:
    return Progress(HandClock())


def turning(mover: Scripted, progress: Progress) -> Loop:
    mover.turning = Loop(mover, HandClock(), progress)
    return mover.turning


async def run(mover: Scripted, progress: Progress) -> None:
    async with asyncio.timeout(20):
        await turning(mover, progress).run()


async def test_no_rest_means_the_next_turn_at_once(progress: Progress) -> None:
    mover = Scripted(0.0, 0.0, 0.0)
    await run(mover, progress)
    assert mover.turns == []
    assert progress.ages() == {}, "it was stopped on purpose"


async def test_a_wake_ends_the_rest(progress: Progress) -> None:
    mover = Scripted(3600.0, 0.0)
    loop = asyncio.create_task(run(mover, progress))
    while not mover.troubles:
        await asyncio.sleep(0)
    assert mover.turning is not None
    mover.turning.wake()
    await asyncio.wait_for(loop, 10)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EMFILE, "Too many open files"), MemoryError(), RuntimeError("can't start new thread")],
    ids=repr,
)
async def test_a_machine_that_is_short_of_something_is_waited_for(
    progress: Progress, error: Exception
) -> None:
    mover = Scripted(error, 0.0, 0.0)
    loop = asyncio.create_task(run(mover, progress))
    while not progress.trouble:
        await asyncio.sleep(0)
    assert mover.turning is not None
    mover.turning.wake()
    await asyncio.wait_for(loop, 10)
    assert mover.troubles[1].startswith("the daemon cannot go on now: ")
    assert mover.troubles[2] == ""


@pytest.mark.parametrize(
    "error", [MagentoUnavailable("away"), StorageUnavailable("disk is full"), Denied("no right")]
)
async def test_what_passes_is_waited_out_and_told_meanwhile(progress: Progress, error: Exception) -> None:
    mover = Scripted(error, 0.0, 0.0)
    heard: list[tuple[str, bool]] = []
    progress.turns = lambda name, ok: heard.append((name, ok))
    loop = asyncio.create_task(run(mover, progress))
    while not progress.trouble:
        await asyncio.sleep(0)
    assert progress.causes == {"scripted": error}
    assert mover.turning is not None
    mover.turning.wake()
    await asyncio.wait_for(loop, 10)
    assert mover.troubles == ["", str(error), ""]
    assert heard == [("scripted", False), ("scripted", True), ("scripted", True)]


async def test_pauses_grow_up_to_a_bound_and_respect_what_was_asked(progress: Progress) -> None:
    loop = turning(Scripted(0.0), progress)
    pauses = [loop._wait_out(MagentoUnavailable("away")) for _ in range(12)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(pauses) == 15.0
    assert loop._wait_out(MagentoUnavailable("away", retry_after=40)) == 40


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("another")])
async def test_a_bug_is_not_waited_out(progress: Progress, error: Exception) -> None:
    with pytest.raises(type(error)):
        await run(Scripted(error, 0.0), progress)
    assert progress.ages() == {}


async def test_a_turn_that_does_not_end_is_noticed() -> None:
    clock = HandClock()
    progress = Progress(clock)

    class Hung:
        name = "hung"
        patience = 30.0
        begun = asyncio.Event()

        async def tick(self) -> float:
            self.begun.set()
            await asyncio.Event().wait()
            return 0.0

    loop = asyncio.create_task(Loop(Hung(), clock, progress).run())
    await Hung.begun.wait()
    clock.pass_(30)
    assert list(progress.stuck()) == []
    clock.pass_(1)
    assert list(progress.stuck()) == [("hung", 31.0)]
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)


async def test_a_mover_that_waits_outside_still_turns() -> None:
    """An outage of hours makes nobody restart the daemon: each failed turn is a turn."""
    clock = HandClock()
    progress = Progress(clock)
    mover = Scripted(*[MagentoUnavailable("away")] * 50, 0.0)
    loop: Callable[[], asyncio.Task[None]] = lambda: asyncio.create_task(run(mover, progress))  # noqa: E731
    task = loop()
    while mover.turns:
        clock.pass_(15)
        assert list(progress.stuck()) == []
        seen = len(mover.turns)
        if mover.turning:
            mover.turning.wake()
        while len(mover.turns) == seen and not task.done():
            await asyncio.sleep(0)
    await asyncio.wait_for(task, 10)


def test_partial_trouble_is_told_once_and_taken_back() -> None:
    progress = Progress(HandClock())
    error = MagentoUnavailable("a table is locked")
    progress.hinder("drainer", error)
    progress.hinder("drainer", error)
    assert progress.trouble == {"drainer": "a table is locked"}
    progress.free("drainer")
    progress.free("drainer")
    assert (progress.trouble, progress.causes) == ({}, {})


def test_trouble_is_told_without_whoever_was_forgotten() -> None:
    forgotten: set[str] = set()
    progress = Progress(HandClock(), words=lambda text: "(erased)" if forgotten else text)
    progress.hinder("verifier", SyneriseUnavailable("503 for ann"))
    assert progress.trouble == {"verifier": "503 for ann"}
    forgotten.add("ann")
    progress.retell()
    assert progress.trouble == {"verifier": "(erased)"}
    progress.hinder("verifier", SyneriseUnavailable("504 for ann"))
    assert progress.trouble == {"verifier": "(erased)"}


class Divided(Scripted):
    """A mover of two parts, of which one cannot be done in some turns."""

    def __init__(self, *failing: bool) -> None:
        super().__init__(*[0.0] * len(failing))
        self.failing = list(failing)
        self.hindrances: Hindrances[str] = Hindrances()
        self.clock = HandClock()

    async def tick(self) -> float:
        with self.hindrances.attempt("part", self.clock):
            if self.failing.pop(0):
                raise MagentoUnavailable("a table is locked")
        return await super().tick()


async def test_a_part_that_has_to_wait_is_told_while_turns_keep_their_rhythm(progress: Progress) -> None:
    mover, told = Divided(False, True, True, False, False), list[bool]()
    progress.turns = lambda name, ok: told.append(ok)
    await run(mover, progress)
    assert mover.troubles == ["", "", "a table is locked", "a table is locked", ""]
    assert told == [True] * 5


async def test_a_full_disk_is_no_hindrance_of_a_part(progress: Progress) -> None:
    hindrances: Hindrances[str] = Hindrances()
    with pytest.raises(StorageUnavailable), hindrances.attempt("part", HandClock()):
        raise StorageUnavailable("the disk is full")
    assert hindrances.found == {}


def test_a_part_that_takes_long_to_fail_waits_for_as_long() -> None:
    hindrances, clock = Hindrances[str](), HandClock()
    for seconds, pause in [(0.0, 0.5), (0.0, 1.0), (30.0, 30.0)]:
        with hindrances.attempt("part", clock):
            clock.pass_(seconds)
            raise MagentoUnavailable("no answer")
        assert hindrances.pause("part", clock.monotonic()) == pause
    assert hindrances.pause("another", clock.monotonic()) == 0.0


async def test_a_rest_is_never_so_long_that_it_looks_like_a_mover_that_hangs(progress: Progress) -> None:
    mover = Scripted(3600.0, 0.0, patience=0.3)
    async with asyncio.timeout(5):
        await turning(mover, progress).run()
    assert mover.turns == []


def test_what_an_answer_said_is_for_operators_and_names_nobody_who_was_forgotten(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said, forgotten = "profile ann@example.com", set[str]()
    progress = Progress(HandClock(), words=lambda text: "(erased)" if text in forgotten else text)
    error = held(Postponed(ObstacleKind.UNAVAILABLE, "HTTP 503", said=said, answer=said))
    hindrances: Hindrances[str] = Hindrances()
    hindrances.failed("store view", error, 0.0)
    progress.hinder("verifier", error)
    assert progress.in_full("verifier") == "HTTP 503; the answer said: profile ann@example.com"
    assert progress.trouble["verifier"] == "HTTP 503"
    assert [record.context["reason"] for record in caplog.records] == ["HTTP 503"]  # type: ignore[attr-defined]
    forgotten.add(said)
    hindrances.retell(progress.words)
    progress.retell()
    assert progress.in_full("verifier") == "HTTP 503; the answer said: (erased)"
    assert "ann" not in repr(vars(error))
    assert progress.in_full("drainer") is None
