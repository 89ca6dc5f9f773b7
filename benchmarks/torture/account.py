"""What a victim went through, and the line that tells it."""

import statistics
from dataclasses import dataclass, field
from typing import Self

from benchmarks.torture.witness import Witness


@dataclass
class Account:
    """Numbers of one part of the torture, or of both.

    Attributes:
        faults, after_apply: what went wrong at Synerise (a reload of the daemon counts, too), and in how
            many of the requests that it met everything was stored, but the answer never came.
        lost, stale: things that Synerise does not hold at the end, and those that it holds otherwise than the
            shop (an old content, a thing that is gone, another consent).
        repeated: items that arrived although Synerise held exactly this already.
        unrecorded: items of which the sender could not know whether they had arrived: each may be repeated.
        unexplained: items that were repeated more often than that.
        recoveries: seconds from a start to the first delivery.
    """

    kills: int = 0
    faults: int = 0
    after_apply: int = 0
    lost: int = 0
    stale: int = 0
    repeated: int = 0
    unrecorded: int = 0
    unexplained: int = 0
    recoveries: list[float] = field(default_factory=list)

    def __add__(self, other: Self) -> "Account":
        both = {name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__}
        return Account(**both)

    def witnessed(self, witness: Witness, others: int) -> Self:
        """Itself with what a witness counted; ``others``: what went wrong elsewhere than at Synerise."""
        self.faults, self.after_apply = witness.faults + others, witness.after_apply
        self.repeated, self.unrecorded = witness.repeated, witness.unrecorded
        self.unexplained = witness.unexplained
        return self

    @property
    def fine(self) -> bool:
        """Whether every promise held."""
        return not (self.lost or self.stale or self.unexplained)

    def line(self) -> str:
        worst = max(self.recoveries, default=0.0)
        middle = statistics.median(self.recoveries) if self.recoveries else 0.0
        return (
            f"kills {self.kills}, faults {self.faults} (after apply {self.after_apply}), lost {self.lost},"
            f" stale {self.stale}, repeated {self.repeated} (not recorded {self.unrecorded}),"
            f" recovery {middle:.2f} s, worst {worst:.2f} s"
        )
