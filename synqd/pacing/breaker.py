"""When an endpoint of a workspace may be called. Pure: state and facts in, state or decision out.

Closed: requests flow, ``allowed`` of them at a time. Failures in a row open it; so do a refused key, a
missing permission and a misused endpoint, which are distinct phases with their own, longer pauses because
only an operator (or a release) ends them. When a pause is over, one request at a time is let through as a
probe: a failure starts a new and longer pause, a success closes the breaker. Then the requests in flight grow
1, 2, 4, ... with each success, so that a server that has just recovered is not run over; only full speed
forgets earlier pauses.

Times are wall-clock seconds, so a state outlives a restart. A clock that is set back makes a pause at most
twice as long, or ends it at once; one that is set forward ends it early. Either costs no more than a probe.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from synqd.pacing.backoff import Backoff

FULL = 1 << 30
"""``allowed`` of a breaker at full speed: no limit of its own."""


class Phase(StrEnum):
    """What a breaker says about its endpoint."""

    CLOSED = "closed"
    OPEN = "open"
    """Unavailable: failures in a row, or told to come back later."""
    DENIED = "denied"
    """The key was refused, so nothing of the workspace works; heals when an operator puts it right."""
    FORBIDDEN = "forbidden"
    """The key lacks the permission for this endpoint; heals when an operator grants it."""
    MISUSED = "misused"
    """The endpoint does not take what is sent, whatever the items: a bug, or a wrong address."""


PAUSES = Backoff(base=2.0, cap=120.0)
FIRST_LOOK = 10.0
"""Seconds of the first pause after a refusal of rights; the next are twice as long up to the policy's."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Thresholds and pauses, in seconds."""

    failures: int = 5
    """Failures in a row that open it."""
    pauses: Backoff = PAUSES
    """Pauses while unavailable, by how often it opened in a row."""
    forbidden: float = 300.0
    misused: float = 600.0
    longest: float = 900.0
    """The most that a Retry-After may ask for."""
    max_in_flight: int = 8


@dataclass(frozen=True, slots=True)
class BreakerState:
    """State of one breaker; ``to_json`` and ``from_json`` carry it over a restart.

    Attributes:
        phase: see ``Phase``; whether a pause is over is a matter of time, see ``admit``.
        failures: failures in a row while closed.
        trips: pauses in a row without a return to full speed.
        since, pause: the present pause: its begin (seconds since the epoch) and its length.
        allowed: requests that may be in flight while closed.
        reason: what happened last, for status and log.
    """

    phase: Phase = Phase.CLOSED
    failures: int = 0
    trips: int = 0
    since: float = 0.0
    pause: float = 0.0
    allowed: int = FULL
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The state as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "BreakerState":
        """The state that ``to_json`` gave.

        Raises:
            TypeError, ValueError: it was written by something else; start with a fresh state.
        """
        return cls(**{**stored, "phase": Phase(stored.get("phase", ""))})


class Admission(NamedTuple):
    """Whether a request may start.

    Attributes:
        go: it may.
        probe: it decides whether the pause ends; be gentle (one chunk).
        wait: if it may not, seconds until asking again makes sense; infinite when only the end of a
            request in flight changes that.
    """

    go: bool
    probe: bool = False
    wait: float = 0.0


def admit(state: BreakerState, in_flight: int, now: float) -> Admission:
    """Whether one more request may start while ``in_flight`` others are under way."""
    if state.phase is Phase.CLOSED:
        free = in_flight < state.allowed
        return Admission(free, wait=0.0 if free else math.inf)
    left = remaining(state, now)
    if left > 0:
        return Admission(False, wait=left)
    return Admission(in_flight == 0, probe=True, wait=0.0 if in_flight == 0 else math.inf)


def remaining(state: BreakerState, now: float) -> float:
    """Seconds until the present pause is over; 0 when there is none."""
    passed = now - state.since
    if state.phase is Phase.CLOSED or passed >= state.pause or passed < -state.pause:
        return 0.0
    return state.pause - passed


def succeeded(state: BreakerState, now: float, policy: BreakerPolicy) -> BreakerState:
    """After a request that was answered as it should be, refused items included."""
    if state.phase is not Phase.CLOSED:
        # Not a probe but a request from before the pause: the reason for the pause is younger.
        if remaining(state, now) > 0:
            return state
        return BreakerState(trips=state.trips, allowed=1)
    if state.allowed * 2 < policy.max_in_flight:
        return replace(state, failures=0, allowed=state.allowed * 2)
    return BreakerState()


def failed(
    state: BreakerState,
    now: float,
    policy: BreakerPolicy,
    chance: float,
    reason: str,
    retry_after: float | None = None,
) -> BreakerState:
    """After a request that found the endpoint unavailable.

    Args:
        state: state before.
        now: seconds since the epoch.
        policy: thresholds and pauses.
        chance: a fresh random number, ``0 <= chance < 1``.
        reason: what happened.
        retry_after: seconds that the answer asked for; opens at once.
    """
    least = min(retry_after or 0.0, policy.longest)
    left = remaining(state, now)
    if left > 0:
        return replace(state, since=now, pause=least) if least > left else state
    failures = state.failures + 1
    if state.phase is Phase.CLOSED and failures < policy.failures and not least:
        return replace(state, failures=failures, reason=reason)
    ceiling = policy.pauses.ceiling(state.trips + 1)
    pause = max(ceiling * (1 + chance) / 2, least * (1 + chance / 10))
    return BreakerState(Phase.OPEN, 0, state.trips + 1, now, pause, 1, reason)


def slowed(state: BreakerState) -> BreakerState:
    """After a 429, which is no failure: those who follow begin one at a time when its pause is over."""
    return replace(state, allowed=1) if state.phase is Phase.CLOSED else state


def denied(
    state: BreakerState, now: float, policy: BreakerPolicy, chance: float, reason: str
) -> BreakerState:
    """After an answer that the key is not accepted: a look soon, then every few minutes."""
    return _without_rights(state, Phase.DENIED, now, policy, chance, reason)


def forbidden(
    state: BreakerState, now: float, policy: BreakerPolicy, chance: float, reason: str
) -> BreakerState:
    """After an answer that a permission is missing: a look soon, then every few minutes."""
    return _without_rights(state, Phase.FORBIDDEN, now, policy, chance, reason)


def misused(
    state: BreakerState, now: float, policy: BreakerPolicy, chance: float, reason: str
) -> BreakerState:
    """After an answer that no item can be blamed for and that time does not heal."""
    return _held(state, Phase.MISUSED, now, policy.misused, chance, reason)


def _without_rights(
    state: BreakerState, phase: Phase, now: float, policy: BreakerPolicy, chance: float, reason: str
) -> BreakerState:
    # A hiccup of the login, or a right that is granted at once, should not cost minutes.
    pause = min(policy.forbidden, FIRST_LOOK * 2.0 ** min(state.trips, 30))
    return _held(state, phase, now, pause, chance, reason)


def _held(
    state: BreakerState, phase: Phase, now: float, pause: float, chance: float, reason: str
) -> BreakerState:
    if state.phase is phase and remaining(state, now) > 0:
        return state
    return BreakerState(phase, 0, state.trips + 1, now, pause * (0.75 + chance / 2), 1, reason)
