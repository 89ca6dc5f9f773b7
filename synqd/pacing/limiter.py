"""How fast requests may follow each other. Pure: state and time in, state and waiting time out.

Two rules. A ceiling of requests a second, as a token bucket that holds one second's worth. And the pause that
a 429 asks for: as long as its Retry-After says, or growing with each 429 in a row when it says nothing.

Times are wall-clock seconds, so a pause outlives a restart; a clock that is set back makes a pause at most
twice as long, or ends it at once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from synqd.pacing.backoff import Backoff

LONGEST = 900.0
"""The most seconds that a Retry-After may ask for."""

UNASKED = Backoff(base=2.0, cap=120.0)
"""Pauses after a 429 that names none, by the number of 429 in a row."""


@dataclass(frozen=True, slots=True)
class LimiterState:
    """State of one limiter; ``to_json`` and ``from_json`` carry it over a restart.

    Attributes:
        tokens: requests that may start at once, as of ``at``; None before the first request.
        at: when ``tokens`` was counted, seconds since the epoch.
        since, pause: the present pause: its begin and its length in seconds.
        throttles: 429 answers since the last request that was taken.
    """

    tokens: float | None = None
    at: float = 0.0
    since: float = 0.0
    pause: float = 0.0
    throttles: int = 0

    def to_json(self) -> dict[str, Any]:
        """The state as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "LimiterState":
        """The state that ``to_json`` gave.

        Raises:
            TypeError: it was written by something else; start with a fresh state.
        """
        return cls(**stored)


def paused(state: LimiterState, now: float) -> float:
    """Seconds until the present pause is over; 0 when there is none."""
    passed = now - state.since
    return 0.0 if passed >= state.pause or passed < -state.pause else state.pause - passed


def take(state: LimiterState, now: float, per_second: float | None) -> tuple[LimiterState, float]:
    """Books one request.

    Args:
        state: state before.
        now: seconds since the epoch.
        per_second: the ceiling; None for none.

    Returns:
        The next state, and the seconds after which the request may start. The booking stands: whoever waits
        does not ask again, and those who come later queue up behind.
    """
    if per_second is None:
        return state, 0.0
    burst = max(1.0, per_second)
    held = burst if state.tokens is None else state.tokens
    tokens = min(burst, held + max(0.0, now - state.at) * per_second) - 1
    return replace(state, tokens=tokens, at=now), max(0.0, -tokens / per_second)


def throttled(state: LimiterState, now: float, chance: float, retry_after: float | None) -> LimiterState:
    """After a 429.

    Args:
        state: state before.
        now: seconds since the epoch.
        chance: a fresh random number, ``0 <= chance < 1``.
        retry_after: seconds that the answer asked for; None (or 0) if it named no wait.
    """
    left = paused(state, now)
    # Requests that were under way together are all told the same: only the first lengthens the series.
    throttles = state.throttles + (1 if left == 0 else 0)
    asked = min(retry_after or UNASKED.ceiling(throttles) * (1 + chance) / 2, LONGEST)
    if asked <= left:
        return state
    return replace(state, since=now, pause=asked, throttles=throttles)


def accepted(state: LimiterState) -> LimiterState:
    """After a request that was taken."""
    return replace(state, throttles=0) if state.throttles else state
