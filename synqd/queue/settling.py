"""Recording what became of leased items: decided purely, then written in one go (Q4, Q5, Q6, Q9, Q10)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain

from synqd.models.item import Wish, make
from synqd.models.names import Stream
from synqd.models.settle import Ack, Bury, Release, Retry, Settlement, Skipped, Unchanged, is_current
from synqd.queue import (
    counters,
    dead_letters,
    doubt,
    former_keys,
    intake,
    journal,
    leases,
    ledger,
    log_lines,
    membership,
)
from synqd.queue.database import Database
from synqd.queue.flights import Flights
from synqd.queue.membership import SENT, SKIPPED, UNCHANGED, Ending
from synqd.queue.rows import gathered, listed, plain
from synqd.queue.settings import QueueSettings
from synqd.queue.statements import load
from synqd.queue.stream_outcomes import Held, StreamOutcome
from synqd.runtime.clock import milliseconds

SQL = load("settling")


class Fate(Enum):
    """What became of one settlement."""

    DONE = "done"
    """Recorded as asked: the row left the outbox, or waits again after a retry or release."""
    AGAIN = "again"
    """A newer change came in flight: the row waits again with no attempts (Q4); an ack is in the ledger."""
    LOST = "lost"
    """The lease was not held any more (reaped or removed): nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Outcome of ``settle``: one fate for each settlement, in order, and the jobs that ended by it."""

    fates: tuple[Fate, ...]
    finished_jobs: tuple[int, ...] = ()
    turnover: Mapping[Stream, int] = field(default_factory=dict)
    """Items of each stream that went, or came as live changes."""


@dataclass(slots=True)
class SettlementPlan:
    """What has to be written for a list of settlements; ``flights`` are the requests under way."""

    now: int
    max_backoff: float
    flights: Flights = field(default_factory=Flights)
    settled: set[int] = field(default_factory=set)
    leaving: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    put_off: defaultdict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    """Rows by due time and failures of their own."""
    burials: list[Bury] = field(default_factory=list)
    troubles: list[Retry] = field(default_factory=list)
    """Retries that have a cause to tell."""
    unserved: list[tuple[int, int]] = field(default_factory=list)
    """Rows for which more came in flight than a delivery, and since when they were wanted before."""
    outcomes: defaultdict[Stream, StreamOutcome] = field(default_factory=lambda: defaultdict(StreamOutcome))

    def add(self, settlement: Settlement, held: Held) -> Fate:
        """Decide about one settlement, given its row."""
        item = settlement.item
        row_id, key, token, revision, *_ = item
        outcome = self.outcomes[make(Stream, key[:2])]
        # The id of a row that left may be another one's by now; and a row is settled once.
        if held.token != token or row_id in self.settled:
            if row_id not in self.settled:
                self._doubt(outcome, settlement, doubtful=isinstance(settlement, Ack))
            return Fate.LOST
        self.settled.add(row_id)
        if held.in_doubt and is_current(settlement):
            self.waiting.append(row_id)  # it has become so since it was compared
            return Fate.AGAIN
        if isinstance(settlement, Ack):
            outcome.arrive(settlement, held)
        else:
            self._learn(outcome, settlement, held)
        if isinstance(settlement, Release):
            self.waiting.append(row_id)
            return Fate.DONE
        if held.revision != revision:
            self.waiting.append(row_id)
            return Fate.AGAIN
        if isinstance(settlement, Retry):
            self._put_off(settlement)
        else:
            self._end(settlement, outcome)
        return Fate.DONE

    def _learn(self, outcome: StreamOutcome, settlement: Settlement, held: Held) -> None:
        """What the ledger has to know of what was not delivered."""
        item = settlement.item
        entity_id = item.key.entity_id
        if held.wire_key is not None:
            outcome.keys[entity_id] = held.wire_key
        if isinstance(settlement, Unchanged):
            outcome.confirm(entity_id, held, settlement.settings)
            outcome.current.append(entity_id)
        elif isinstance(settlement, Skipped):
            outcome.confirm(entity_id, held, settlement.settings)
            if item.known is not None:
                outcome.let_go(settlement, item.known, held)
        else:
            self._doubt(outcome, settlement)
            if held.revision != item.revision:
                self.unserved.append((item.row_id, item.first_at))

    def _doubt(self, outcome: StreamOutcome, settlement: Settlement, *, doubtful: bool = False) -> None:
        """Keep in mind what may have arrived of an item whose last request was not delivered (S24)."""
        if isinstance(settlement, Retry | Bury | Release):
            doubtful = settlement.doubtful
        if found := self.flights.of(settlement.item, doubtful=doubtful):
            workspace, trace = found
            if doubtful or trace.keys:
                outcome.doubts[workspace].append(trace)

    def _put_off(self, retry: Retry) -> None:
        rest = milliseconds(min(max(0.0, retry.delay), self.max_backoff))
        self.put_off[self.now + rest, int(retry.own_fault)].append(retry.item.row_id)
        if retry.cause:
            self.troubles.append(retry)

    def _end(self, settlement: Ack | Unchanged | Skipped | Bury, outcome: StreamOutcome) -> None:
        item = settlement.item
        if isinstance(settlement, Ack):
            ending = SENT
        elif isinstance(settlement, Unchanged):
            ending = UNCHANGED
        elif isinstance(settlement, Skipped):
            ending = Ending(SKIPPED, settlement.reason)
        else:
            ending = Ending("dead", settlement.reason)
            self.burials.append(settlement)
            outcome.buried.append(item.key.entity_id)
        self.leaving.append(item.row_id)
        outcome.depth[item.lane] += 1
        outcome.endings[ending].append(item.key.entity_id)


def settle(
    db: Database,
    settlements: Sequence[Settlement],
    now: int,
    settings: QueueSettings,
    flights: Flights | None = None,
) -> Settled:
    """Record settlements; each is checked against its row's token and revision.

    ``flights`` are the requests under way.
    """
    plan = SettlementPlan(now, settings.max_backoff, flights or Flights())
    fates = tuple(map(plan.add, settlements, _held(db, settlements)))
    _move_rows(db, plan)
    _record(db, plan)
    intake.enqueue(db, _doubt(db, plan), now, settings, standing=True)
    if plan.burials:
        dead_letters.bound_payloads(db, settings.payload_bytes)
    ended = _account(db, plan)
    journal.trim(db, settings.log_lines)
    turnover = {stream: one.turnover for stream, one in plan.outcomes.items() if one.turnover}
    return Settled(fates, ended, turnover)


def _held(db: Database, settlements: Sequence[Settlement]) -> list[Held]:
    """The row of each settlement."""
    ids = listed([settlement.item.row_id for settlement in settlements])
    return [make(Held, row) for row in gathered(db, SQL["held"], (ids,))]


def _move_rows(db: Database, plan: SettlementPlan) -> None:
    db.execute(SQL["remove"], (listed(plan.leaving),))
    for stream, outcome in plan.outcomes.items():
        for lane, number in outcome.depth.items():
            counters.add(db, "depth", stream, -number, lane)
    leases.leave(db, plan.leaving)
    for (due_at, failures), rows in plan.put_off.items():
        db.execute(SQL["put_off"], (listed(rows), due_at, failures))
    if plan.unserved:
        db.executemany(SQL["still_wanted"], plan.unserved)
    if waiting := [*plan.waiting, *chain.from_iterable(plan.put_off.values())]:
        leases.give_back(db, waiting)


def _record(db: Database, plan: SettlementPlan) -> None:
    for stream, outcome in plan.outcomes.items():
        if outcome.entries or outcome.refreshed:
            ledger.record(db, stream, outcome.entries, outcome.refreshed, outcome.former)
            counters.add(db, "alive", stream, outcome.alive)
        ledger.repeat(db, stream, outcome.repeated)
        former_keys.record(db, outcome.renamed)
        if outcome.sent:
            ledger.stamp(db, stream, plan.now)
        if outcome.confirmed:
            ledger.confirm(db, stream, outcome.confirmed)
        dead_letters.revive(db, stream, outcome.current)
        _unskip(db, stream, outcome)
        note_skips(db, stream, outcome.endings, plan.now)
        for ending, entities in outcome.endings.items():
            if ending.outcome == SKIPPED:
                dead_letters.end_retried(db, stream, entities)
    dead_letters.bury(db, plan.burials, plan.now)


def _doubt(db: Database, plan: SettlementPlan) -> list[Wish]:
    """What is in doubt by what was recorded; returns what has to be looked at for it."""
    for stream, outcome in plan.outcomes.items():
        for workspace, traces in outcome.doubts.items():
            doubt.mark(db, stream, workspace, traces, plan.now)
        for workspace, taken in outcome.taken.items():
            doubt.overwrite(db, stream, workspace, taken, plan.now)
        for workspace, traces in outcome.late.items():
            doubt.keep(db, stream, workspace, traces, plan.now)
    wishes: list[Wish] = []
    for outcome in plan.outcomes.values():
        for workspace, heirs in outcome.heirs.items():
            wishes += doubt.hand_on(db, workspace, sorted(heirs), plan.now)
    return wishes


def _account(db: Database, plan: SettlementPlan) -> tuple[int, ...]:
    """Accounts for what left, and writes it into the log, jobs last; returns the jobs that ended by it."""
    ended: list[int] = []
    for stream, outcome in plan.outcomes.items():
        journal.deliveries(db, stream, outcome.delivered, plan.now)
    journal.append(db, [*log_lines.burials(plan.burials), *log_lines.troubles(plan.troubles)], plan.now)
    for stream, outcome in plan.outcomes.items():
        if not outcome.endings:
            continue
        shares = membership.end(db, stream, outcome.endings, plan.now)
        journal.append(db, log_lines.chunk(stream, outcome, shares), plan.now)
        done = dict.fromkeys(share.job_id for share in shares if share.ended)
        ended += [job_id for job_id in done if membership.finish_job(db, job_id, plan.now)]
    return tuple(ended)


def _unskip(db: Database, stream: Stream, outcome: StreamOutcome) -> None:
    """Notes that items are not skipped any more."""
    model, store_id = plain(stream)
    (any_skip,) = db.execute(SQL["any_skip"]).fetchone()
    if any_skip:
        db.execute(SQL["unskip"], (model, listed([*outcome.current, *outcome.buried]), store_id))


def note_skips(db: Database, stream: Stream, by_ending: Mapping[Ending, list[int]], now: int) -> None:
    """Note why items were skipped."""
    model, store_id = plain(stream)
    for ending, entities in by_ending.items():
        if ending.outcome == SKIPPED:
            db.execute(SQL["skip"], (model, listed(entities), store_id, ending.reason, now))
