"""Special prices begin and end by the calendar; no row changes then."""

from datetime import date, datetime, time, timedelta

from synqd.entities.product.market import HOME_ZONE, TIME_ZONE, zone_of
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.movers.sweeper.deps import SweepDeps
from synqd.runtime.clock import utc

FACT = "special prices swept"
"""Name of the queue's fact that holds the day up to which this was done."""
LONGEST_REST = 30.0


class PriceDays:
    """Wakes the products whose special price begins or ends when the day turns (S22).

    The day is kept in the queue file, so days that passed while the daemon was down are made up for.
    """

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps

    async def run(self) -> float:
        """Spreads what begins or ends between the day of the last look and today, whichever is earlier."""
        deps = self._deps
        name = deps.routes.shop.config.at_default(TIME_ZONE, HOME_ZONE)
        now = utc(deps.clock).astimezone(zone_of(name))
        today = now.date()
        known = await deps.queue.facts.meta(FACT)
        if known != today.isoformat():
            if known is not None:
                first, last = sorted((date.fromisoformat(known), today))
                await deps.tell([Cause(Model.PRODUCT, "day", f"{first}/{last}")])
            await deps.queue.facts.set_meta(FACT, today.isoformat())
        return min(LONGEST_REST, until_tomorrow(now))


def until_tomorrow(now: datetime) -> float:
    """Seconds to the next midnight of the moment's own zone, a little more than less."""
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    return (midnight - now).total_seconds() + 0.05
