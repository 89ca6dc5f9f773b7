"""Upkeep, one chore after the other: expired leases, the reserve, old rows, free space, a look around.

A chore is a method with a period. ``tick()`` runs what is due; a chore that fails for a passing reason is
tried again at its next turn and never keeps the others from running.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from synqd.config import Routes, Settings
from synqd.entities import DECLARED, Entity
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.errors import Denied, MagentoUnavailable, Transient
from synqd.models.names import Model, Stream
from synqd.queue import FORGOTTEN_LOST, OLD, REBUILT, UNSURE, JobKind, PartState, Queue
from synqd.runtime.clock import Clock, milliseconds
from synqd.runtime.hindrances import Hindrances
from synqd.runtime.logs import get_logger

DAY = 86_400.0
JOB_RETENTION = 90 * DAY
AGAIN = 30.0
"""Seconds after which a chore that could not be done is tried again at the latest."""
SCRUB_AFTER = 600.0
"""Seconds after a start: writing the file anew may take long, and shall not come with each start."""
COUNTING = 20.0
"""Times as long as counting took until the next one, where items come and go."""
PURGE_BATCHES = 50
PRUNE_PAGES = 500
"""Transactions that pruning takes at most before others have their turn."""
REBUILT_NOTICE = (
    "the queue file was broken or lost and is begun anew: what was sent before is not known any more; run"
    " `synqctl full --all-stores` (or `synqctl verify --repair`); pauses, jobs and dead letters are gone"
)
FORGOTTEN_NOTICE = (
    "; before that, `synqctl forget` whoever had been forgotten: that is not known any more either"
)
OLD_NOTICE = (
    "the queue file is older than what was sent last: everything that it says was sent is in doubt and is"
    " sent again by itself; `synqctl forget` whoever was forgotten since it was saved, that is not known any"
    " more; pauses, jobs and dead letters are those of then"
)


UNSURE_NOTICE = (
    'the queue file is new; with [magento] capture = "readonly" nothing tells whether there was another one'
    " before: if it was lost, run `synqctl full --all-stores`, after `synqctl forget` of whoever had been"
    " forgotten; this ends with a full synchronization of everything"
)


def rebuilt_notice(fact: str) -> str:
    """What the operator has to know, or do, about a file that was begun anew or is an old one."""
    if fact.endswith(OLD):
        return OLD_NOTICE
    if fact.endswith(UNSURE):
        return UNSURE_NOTICE
    return REBUILT_NOTICE + (FORGOTTEN_NOTICE if fact.endswith(FORGOTTEN_LOST) else "")


def _since(fact: str) -> int:
    """The beginning of such a fact as a time, in milliseconds since the epoch."""
    return milliseconds(datetime.fromisoformat(fact.split(maxsplit=1)[0]).timestamp())


log = get_logger("janitor")


@dataclass
class Census:
    """How many entities Magento has per stream, counted now and then.

    ``totals`` maps a stream to the number of entities and when they were counted (seconds since the epoch).
    """

    totals: dict[Stream, tuple[int, float]] = field(default_factory=dict)
    unplaced: dict[Model, int] = field(default_factory=dict)
    """Rows of Magento's that belong to no store view (S32)."""
    turnover: dict[Stream, int] = field(default_factory=dict)
    """``FactVerbs.turnover`` of then."""

    def moved(self, stream: Stream, turnover: Mapping[Stream, int]) -> bool:
        """Whether items of a stream went, or came, since they were counted."""
        return turnover.get(stream, 0) != self.turnover.get(stream, 0)


@dataclass(frozen=True)
class JanitorParts:
    """What the janitor looks after.

    ``again`` is called when the shop's layout or configuration has changed, so that all movers must be made
    anew; ``notices`` is where it leaves what operators should know (name -> sentence).
    """

    settings: Settings
    routes: Routes
    queue: Queue
    magento: Magento
    entities: Mapping[Model, Entity]
    census: Census
    metrics: Metrics
    clock: Clock
    again: Callable[[], None]
    notices: dict[str, str]


@dataclass
class Chore:
    """Something done every ``period`` seconds."""

    name: str
    period: float
    run: Callable[[], Awaitable[None]]
    due: float = 0.0
    """On the monotonic clock; at once by default."""


class Janitor:
    """The mover that keeps the house clean."""

    name = "janitor"
    patience = 300.0

    def __init__(self, charge: JanitorParts) -> None:
        self._charge = charge
        self._recounted: dict[Stream, int] = {}
        """How much had been sent when a stream was last counted for that."""
        self._count_again = 0.0
        self.hindrances: Hindrances[str] = Hindrances()
        """Chores that could not be done at their last turn."""
        self._chores = [
            Chore("reap", 5.0, self._reap),
            Chore("reserve", 10.0, self._renew_reserve),
            Chore("lag", 10.0, self._measure_lag),
            Chore("rebuilt", 10.0, self._look_at_rebuild),
            Chore("layout", 30.0, self._look_at_layout),
            Chore("census", 300.0, self._count),
            Chore("recount", 5.0, self._recount),
            Chore("purge", 300.0, self._purge),
            Chore("shrink", 600.0, charge.queue.file.shrink),
            Chore("sweep", 600.0, self._sweep),
            Chore("scrub", 3600.0, self._scrub, charge.clock.monotonic() + SCRUB_AFTER),
            Chore("prune", 3600.0, self._prune),
            Chore("payloads", 3600.0, self._bound_payloads),
        ]

    async def tick(self) -> float:
        """Runs the chores that are due; rests until the next.

        Raises:
            Transient, Denied: of the chore that has failed most, where one could not be done, after all were
                tried. Until that chore is done ``hindrances`` tell it, so that a trouble is told once.
        """
        failed = False
        for chore in self._chores:
            now = self._charge.clock.monotonic()
            if now < chore.due:
                continue
            chore.due = now + chore.period
            try:
                await chore.run()
            except (Transient, Denied) as error:
                chore.due, failed = now + min(chore.period, AGAIN), True
                self.hindrances.failed(chore.name, error, now)
            else:
                self.hindrances.passed(chore.name)
        if failed and (worst := self.hindrances.worst):
            raise worst
        return max(0.1, min(chore.due for chore in self._chores) - self._charge.clock.monotonic())

    async def _reap(self) -> None:
        reaped = await self._charge.queue.outbox.reap()
        if reaped.expired or reaped.pulled_back:
            log.warning("queue.reaped", expired=reaped.expired, pulled_back=reaped.pulled_back)

    async def _renew_reserve(self) -> None:
        if self._charge.queue.file.reserve_freed and await self._charge.queue.file.renew_reserve():
            log.info("queue.reserve_renewed")

    async def _measure_lag(self) -> None:
        cursors = {cursor.source: cursor for cursor in await self._charge.queue.capture.cursors()}
        known = {
            source: cursors[source] for source in self._charge.magento.reader.sources if source in cursors
        }
        for source, lag in (await self._charge.magento.reader.lag(known)).items():
            gaps = sum(gap.last - gap.first + 1 for gap in known[source].gaps)
            seconds = lag.seconds or 0.0
            self._charge.metrics.changelog_lag(source, rows=lag.rows, seconds=seconds, gaps=gaps)

    async def _look_at_rebuild(self) -> None:
        """The notice of a rebuild ends when every stream was sent in full since (S17)."""
        fact = await self._charge.queue.facts.meta(REBUILT)
        if not fact:
            return
        self._charge.notices[REBUILT], since = rebuilt_notice(fact), _since(fact)
        jobs = await self._charge.queue.jobs.page(limit=1000)
        done = {
            part.stream
            for job in jobs
            for part in job.parts
            if job.created_at >= since and part.kind is JobKind.FULL and part.state is PartState.FINISHED
        }
        if self._charge.routes.streams <= done:
            await self._charge.queue.facts.set_meta(REBUILT, "")
            self._charge.notices.pop(REBUILT, None)
            log.info("queue.restored")

    async def _look_at_layout(self) -> None:
        """New store views, another base URL and the like concern every mover."""
        if await self._charge.magento.shop() != self._charge.routes.shop:
            log.info("shop.changed")
            self._charge.again()

    async def _recount(self) -> None:
        """Where items went or came, or more was sent than was counted: a total must not mislead.

        Where that does not help, since Synerise has what Magento has no more, it is not done again before
        still more was sent. Counting takes a small share of the time, however restless a shop is.
        """
        begun = self._charge.clock.monotonic()
        if begun < self._count_again:
            return
        alive, totals = (await self._charge.queue.facts.counts()).alive, self._charge.census.totals
        turnover, census = self._charge.queue.facts.turnover, self._charge.census
        more = [one for one in totals if alive.get(one, 0) > max(totals[one][0], self._recounted.get(one, 0))]
        await self._count([*more, *(one for one in totals if census.moved(one, turnover))])
        now = self._charge.clock.monotonic()
        self._count_again = now + (now - begun) * COUNTING
        self._recounted |= {one: alive[one] for one in more}

    async def _count(self, streams: Iterable[Stream] | None = None) -> None:
        """Counts streams; one that cannot be counted keeps no other from it."""
        on, first = self._charge.routes.streams, None
        for stream in sorted(on if streams is None else on.intersection(streams)):
            store = self._charge.routes.by_store[stream.store_id].store
            turnover = self._charge.queue.facts.turnover.get(stream, 0)
            try:
                total = await self._charge.entities[stream.model].count(self._charge.magento.source, store)
            except (MagentoUnavailable, Denied) as error:
                first = first or error
            else:
                self._charge.census.totals[stream] = (total, self._charge.clock.now())
                self._charge.census.turnover[stream] = turnover
        if streams is None:
            await self._count_unplaced()
        if first:
            raise first

    async def _count_unplaced(self) -> None:
        """Rows that no store view counts, so that totals add up to what the tables hold."""
        for model in self._charge.settings.sync.models:
            if statement := DECLARED[model].unplaced:
                ((number,),) = await self._charge.magento.source.fetch(statement)
                self._charge.census.unplaced[model] = int(number)

    async def _purge(self) -> None:
        """Removes rows of synqd's own change log that are older than the retention and were read (S1)."""
        cursors = {cursor.source: cursor for cursor in await self._charge.queue.capture.cursors()}
        retention = self._charge.settings.magento.retention_days * DAY
        removed = 0
        for _ in range(PURGE_BATCHES):
            batch = await self._charge.magento.reader.purge(cursors, retention)
            removed += batch
            if not batch:
                break
        if removed:
            log.info("changelog.purged", rows=removed)

    async def _sweep(self) -> None:
        await self._charge.queue.jobs.sweep()

    async def _scrub(self) -> None:
        """What a crash or a full disk kept ``forget`` from finishing."""
        if await self._charge.queue.people.scrub():
            log.info("queue.scrubbed")

    async def _prune(self) -> None:
        jobs = lists = lines = 0
        for _ in range(PRUNE_PAGES):
            log_retention = self._charge.settings.queue.log_days * DAY
            pruned = await self._charge.queue.file.prune(JOB_RETENTION, log_retention)
            jobs, lists = jobs + pruned.jobs, lists + pruned.batch_ids
            lines += pruned.log_lines
            if not (pruned.jobs or pruned.batch_ids or pruned.log_lines):
                break
        if jobs or lists or lines:
            log.info("queue.pruned", jobs=jobs, batch_ids=lists, log_lines=lines)

    async def _bound_payloads(self) -> None:
        """Payloads of dead letters that nobody looks after would fill the disk."""
        dropped = 0
        for _ in range(PRUNE_PAGES):
            page = await self._charge.queue.dead.bound_payloads()
            dropped += page
            if not page:
                break
        if dropped:
            log.info("dead.payloads_dropped", payloads=dropped)
