"""Limiting requests, and noticing clients that do not wait as long as they were told.

Synerise publishes no limit; this is a test device. A *scope* (key, host or path) has its own allowance. After
a refusal that announces a wait, every request of the scope that comes before the wait is over is counted as
`early_retries`, no matter whether the allowance would let it pass; `penalty_s` makes such a request lengthen
it.
"""

import math
from collections import Counter
from dataclasses import dataclass
from email.utils import formatdate

from synqd_demo.fake_synerise.answers import HTML, HTML_PAGE, Answer, Refusals
from synqd_demo.fake_synerise.settings import RateSettings

_HUGE_S = 86_400
_TOLERANCE_S = 0.005
"""A client's clock may run that much ahead of ours without being called early."""


@dataclass(slots=True)
class _Wait:
    given_at: float
    until: float


@dataclass(slots=True)
class _Allowance:
    """What one scope has used: start and count of the window, or tokens left and when they were counted."""

    since: float
    used: float = 0.0
    tokens: float = 0.0


class RateGate:
    """Decides on each request. All times are epoch seconds from the server's clock."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._waits: dict[str, _Wait] = {}
        self._allowances: dict[str, _Allowance] = {}

    def forget(self) -> None:
        """Start afresh, as after a change of the settings."""
        self._waits.clear()
        self._allowances.clear()

    def announce(self, scope: str, now: float, wait_s: float) -> None:
        """Remember that the scope was told to stay away for `wait_s`."""
        known = self._waits.get(scope)
        if known is None or known.until < now + wait_s:
            given_at = now if known is None or known.until <= now else known.given_at
            self._waits[scope] = _Wait(given_at, now + wait_s)

    def notice(self, scope: str, now: float, settings: RateSettings) -> bool:
        """Count the request if it ignores an announced wait; tell whether that lengthened the wait."""
        wait = self._waits.get(scope)
        if wait is None:
            return False
        if now >= wait.until - _TOLERANCE_S:
            del self._waits[scope]
            return False
        if now <= wait.given_at + settings.grace_ms / 1000:
            return False
        self._counters["early_retries"] += 1
        if settings.penalty_s <= 0:
            return False
        wait.until += settings.penalty_s
        return True

    def remaining(self, scope: str, now: float) -> float:
        """Give how long the scope still has to stay away."""
        wait = self._waits.get(scope)
        return max(0.0, wait.until - now) if wait is not None else 0.0

    def take(self, scope: str, now: float, cost: float, settings: RateSettings) -> float:
        """Take `cost` from the scope's allowance; give 0 when granted, else the seconds until it would be."""
        if settings.bucket > 0:
            return self._from_bucket(scope, now, cost, settings)
        if settings.limit > 0:
            return self._from_window(scope, now, cost, settings)
        return 0.0

    def _from_bucket(self, scope: str, now: float, cost: float, settings: RateSettings) -> float:
        bucket = self._allowances.get(scope)
        if bucket is None:
            bucket = self._allowances[scope] = _Allowance(now, tokens=settings.bucket)
        bucket.tokens = min(settings.bucket, bucket.tokens + (now - bucket.since) * settings.refill_per_s)
        bucket.since = now
        cost = min(cost, settings.bucket)
        if bucket.tokens >= cost:
            bucket.tokens -= cost
            return 0.0
        return (cost - bucket.tokens) / settings.refill_per_s

    def _from_window(self, scope: str, now: float, cost: float, settings: RateSettings) -> float:
        window = self._allowances.get(scope)
        if window is None or now >= window.since + settings.window_s:
            window = self._allowances[scope] = _Allowance(now)
        cost = min(cost, settings.limit)
        if window.used + cost <= settings.limit:
            window.used += cost
            return 0.0
        return window.since + settings.window_s - now


def retry_after(form: str, now: float, wait_s: float) -> tuple[str | None, float]:
    """Give the Retry-After header (None: none) and the wait a client reads from it (0: none)."""
    if form == "none":
        return None, 0.0
    if form == "garbage":
        return "soon, maybe", 0.0
    if form == "float":
        tenths = max(0.1, math.ceil(wait_s * 10) / 10)
        return f"{tenths:.1f}", tenths
    if form == "huge":
        return str(_HUGE_S), float(_HUGE_S)
    if form == "http_date":
        until = math.ceil(now + wait_s)
        return formatdate(until, usegmt=True), until - now
    seconds = max(1, math.ceil(wait_s))
    return str(seconds), float(seconds)


def refusal(status: int, header: str | None, body: str, refusals: Refusals) -> Answer:
    """Give the 429 (or 503) with the wanted kind of body."""
    headers = () if header is None else (("Retry-After", header),)
    if body == "empty":
        return Answer(status, headers=headers)
    if body == "html":
        return Answer(status, HTML_PAGE, HTML, headers)
    shaped = refusals.refuse(status, "Too many requests")
    return Answer(shaped.status, shaped.body, shaped.content_type, headers)
