"""Each sweep in its own rhythm, and one that cannot look keeps no other from it."""

import pytest

from synqd.models.errors import MagentoUnavailable, StorageUnavailable
from synqd.movers.sweeper import Sweeper
from synqd.movers.sweeper.mover import LONGEST_REST
from synqd.runtime.supervisor import Loop, Progress
from tests.support.clocks import HandClock

LOCKED = MagentoUnavailable("the table is locked")


class Looks:
    """A sweep that counts its looks; some fail."""

    def __init__(self, every: float, error: Exception | None = None) -> None:
        self.every, self.error, self.looks = every, error, 0

    async def run(self) -> float:
        self.looks += 1
        if self.error:
            raise self.error
        return self.every


async def test_a_sweep_that_cannot_look_waits_alone() -> None:
    clock = HandClock()
    locked, often, seldom = Looks(2.0, LOCKED), Looks(2.0), Looks(30.0)
    sweeper, progress = Sweeper([locked, often, seldom], clock), Progress(clock)
    turning = Loop(sweeper, clock, progress)
    end = clock.now() + 100.0
    while clock.now() < end:
        clock.pass_(await turning._turn())
    assert (often.looks, seldom.looks) == (50, 4)
    assert 8 <= locked.looks <= 15, "ever less often"
    assert progress.trouble == {"sweeper": "the table is locked"}
    locked.error = None
    clock.pass_(LONGEST_REST)
    await turning._turn()
    assert progress.trouble == {}


async def test_a_full_disk_hinders_all() -> None:
    sweeper = Sweeper([Looks(2.0, StorageUnavailable("the disk is full"))], HandClock())
    with pytest.raises(StorageUnavailable):
        await sweeper.tick()
