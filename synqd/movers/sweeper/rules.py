"""Prices by catalog rules stand in an index table alone (S23): no trigger survives there, so it is compared.

The rows of today are what counts, so a day that turns, an index run and a time without the daemon are all
the same: other sums than those remembered. Sums are by buckets of ids, and a bucket whose sum differs has
its products looked at; those whose price is the same are not sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from synqd.entities.product.market import HOME_ZONE, TIME_ZONE, zone_of
from synqd.entities.shop_inputs import BUCKET, changed_buckets, index_runs, rule_price_sums
from synqd.entities.watch import RANGE
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.movers.sweeper.deps import SweepDeps
from synqd.runtime.clock import utc

FACT = "rule prices"
LOOK_EVERY = 5.0
"""Seconds between two looks whether an index run has ended or a day has turned."""
COMPARE_EVERY = 300.0
"""Seconds after which prices are compared although nobody told of a change."""

_Slice = tuple[int, str]
"""Website and time zone: store views that share both see the same rule prices."""


class RulePrices:
    """Wakes the products whose rule price is another one."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps
        self._seen: tuple[str, tuple[date, ...]] | None = None
        self._compared = 0.0

    async def run(self) -> float:
        """Compares if an index run or a midnight was since the last look, or it is long ago."""
        slices = self._slices()
        runs = await index_runs(self._deps.magento.source)
        seen = runs, tuple(slices.values())
        now = self._deps.clock.monotonic()
        if seen != self._seen or now - self._compared >= COMPARE_EVERY:
            await self._compare(slices)
            self._seen, self._compared = seen, now
        return LOOK_EVERY

    def _slices(self) -> Mapping[_Slice, date]:
        """Today in each website and zone that is synchronized."""
        shop, now = self._deps.routes.shop, utc(self._deps.clock)
        found: dict[_Slice, date] = {}
        for _, route in sorted(self._deps.routes.by_store.items()):
            zone = zone_of(shop.config.at_store(TIME_ZONE, route.store, HOME_ZONE))
            found[route.store.website_id, zone.key] = now.astimezone(zone).date()
        return found

    async def _compare(self, slices: Mapping[_Slice, date]) -> None:
        known = await self._deps.recall(FACT)
        sums: dict[str, Mapping[str, int]] = {}
        changed: set[int] = set()
        for (website_id, zone), day in slices.items():
            name = f"{website_id} {zone}"
            sums[name] = found = await rule_price_sums(self._deps.magento.source, website_id, day)
            changed |= changed_buckets((known or {}).get(name, found), found)
        await self._deps.tell(Cause(Model.PRODUCT, RANGE, ids) for ids in ranges(changed))
        if sums != known:
            await self._deps.note(FACT, sums)


def ranges(buckets: Iterable[int]) -> Iterator[str]:
    """Ranges of ids (``FIRST-LAST``) that cover buckets; neighbours share one.

    >>> list(ranges({3, 1, 2}))
    ['64-255']
    """
    begun: int | None = None
    last = -2
    for bucket in sorted(buckets):
        if begun is not None and bucket != last + 1:
            yield f"{begun * BUCKET}-{last * BUCKET + BUCKET - 1}"
            begun = None
        begun = bucket if begun is None else begun
        last = bucket
    if begun is not None:
        yield f"{begun * BUCKET}-{last * BUCKET + BUCKET - 1}"
