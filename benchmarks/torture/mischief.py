"""The fake Synerise that both parts deliver to, and what goes wrong there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from synqd.runtime.clock import Clock
from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.fake_synerise.settings import ApiKey
from synqd_demo.fake_synerise.settings import Settings as FakeSettings
from tests.support.bench import KEYS

REFUSED = 2
"""Items that a 207 refuses."""
AFTER_APPLY = frozenset(
    {"status_after_apply", "reset_after_apply", "slow_headers", "short_content_length", "bad_chunk"}
)
"""Faults after which everything is stored and the sender has no answer."""
_ITEMS = r"/batch$"


def rules(hang: float) -> list[dict[str, Any]]:
    """What befalls requests with items, about every fifth; ``hang``: seconds."""
    chances: list[tuple[float, dict[str, Any]]] = [
        (0.06, {"action": "status_after_apply", "status": 504}),
        (0.06, {"action": "reset_after_apply"}),
        (0.02, {"action": "slow_headers", "seconds": hang}),
        (0.005, {"action": "short_content_length"}),
        (0.005, {"action": "bad_chunk"}),
        (0.01, {"action": "reset_before"}),
        (0.005, {"action": "reset_mid_request", "after_bytes": 100}),
        (0.01, {"action": "status", "status": 503}),
        (0.002, {"action": "status", "status": 429, "retry_after": 1}),
        (0.01, {"action": "stale_token"}),
        *((0.005, {"action": "partial", "items": REFUSED, "shape": one}) for one in ("errors", "indexed")),
    ]
    return [{**rule, "path": _ITEMS, "probability": chance} for chance, rule in chances]


@asynccontextmanager
async def served(seed: int, clock: Clock) -> AsyncIterator[FakeSynerise]:
    """A fake Synerise with two workspaces, so far without faults."""
    keys = [
        ApiKey(key=key, workspace_id=number, workspace_name=f"workspace {number}")
        for number, key in enumerate(KEYS.values(), start=1)
    ]
    settings = FakeSettings(api_keys=keys, journal_size=20_000, latency_ms=5, seed=seed, now=clock.now)
    async with FakeSynerise(settings) as fake:
        yield fake


def begin(fake: FakeSynerise, hang: float) -> None:
    """From now on things go wrong."""
    for rule in rules(hang):
        fake.add_fault(**rule)
