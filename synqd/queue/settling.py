"""Recording what became of leased items: decided purely, then written in one go (Q4, Q5, Q6, Q9, Q10)."""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, assert_never

from synqd.clock import milliseconds
from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Lane, Stream
from synqd.models.settle import Ack, Bury, Release, Retry, Settlement, Skipped, Unchanged
from synqd.queue import counters, dead_letters, journal, ledger, membership, telling
from synqd.queue.membership import SENT, UNCHANGED, Ending, Endings
from synqd.queue.records import Fate, QueueSettings, Settled
from synqd.queue.rows import address
from synqd.queue.statements import load

SQL = load("settling")


class Held(NamedTuple):
    """A row as it is when its settlement arrives."""

    token: int | None
    revision: int
    alive: bool
    fingerprint_id: int | None
    """Of the settings it was last sent with, if it is alive by the ledger."""


@dataclass(slots=True)
class Plan:
    """What has to be written for a list of settlements."""

    now: int
    max_backoff: float
    leaving: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    put_off: list[tuple[int, int, int]] = field(default_factory=list)
    """Row id, due time, failures of its own."""
    entries: list[tuple[Key, LedgerEntry]] = field(default_factory=list)
    current: list[Key] = field(default_factory=list)
    """Items that Synerise has as they are now: neither dead nor skipped any more."""
    confirmed: list[tuple[Key, int, str]] = field(default_factory=list)
    """Living items that the present settings change nothing about: settings they were sent with, present."""
    skips: list[tuple[Key, str]] = field(default_factory=list)
    burials: list[Bury] = field(default_factory=list)
    troubles: list[Retry] = field(default_factory=list)
    """Retries that have a cause to tell."""
    former: Counter[tuple[Stream, int]] = field(default_factory=Counter)
    """Living items that are overwritten, by the settings they were sent with before."""
    depth: Counter[tuple[Stream, Lane]] = field(default_factory=Counter)
    alive: Counter[Stream] = field(default_factory=Counter)
    endings: Endings = field(default_factory=dict)

    def add(self, settlement: Settlement, held: Held | None) -> Fate:
        """Decide about one settlement, given its row (None: gone)."""
        item = settlement.item
        if held is None or held.token != item.token:
            return Fate.LOST
        stream = Stream(item.key.model, item.key.store_id)
        if isinstance(settlement, Ack):
            self.entries.append((item.key, settlement.entry))
            self.alive[stream] += settlement.entry.alive - held.alive
            if held.fingerprint_id is not None:
                self.former[stream, held.fingerprint_id] += 1
        if isinstance(settlement, Unchanged | Skipped) and settlement.settings and held.fingerprint_id:
            self.confirmed.append((item.key, held.fingerprint_id, settlement.settings))
        if isinstance(settlement, Ack | Unchanged):
            self.current.append(item.key)
        if isinstance(settlement, Release):
            self.waiting.append(item.row_id)
        elif held.revision != item.revision:
            self.waiting.append(item.row_id)
            return Fate.AGAIN
        elif isinstance(settlement, Retry):
            rest = milliseconds(min(max(0.0, settlement.delay), self.max_backoff))
            self.put_off.append((item.row_id, self.now + rest, int(settlement.own_fault)))
            if settlement.cause:
                self.troubles.append(settlement)
        else:
            self._end(settlement, stream)
        return Fate.DONE

    def _end(self, settlement: Ack | Unchanged | Skipped | Bury, stream: Stream) -> None:
        item = settlement.item
        match settlement:
            case Ack():
                ending = SENT
            case Unchanged():
                ending = UNCHANGED
            case Skipped(reason=reason):
                ending = Ending("skipped", reason)
                self.skips.append((item.key, reason))
            case Bury(reason=reason):
                ending = Ending("dead", reason)
                self.burials.append(settlement)
            case _:
                assert_never(settlement)
        self.leaving.append(item.row_id)
        self.depth[stream, item.lane] += 1
        self.endings.setdefault(stream, {}).setdefault(ending, []).append(item.key.entity_id)


def settle(
    db: sqlite3.Connection, settlements: Sequence[Settlement], now: int, settings: QueueSettings
) -> Settled:
    """Record settlements; each is checked against its row's token and revision."""
    rows = _held(db, settlements)
    plan = Plan(now, settings.max_backoff)
    # A row is settled once: a second settlement of it finds nothing.
    fates = tuple(plan.add(settlement, rows.pop(settlement.item.row_id, None)) for settlement in settlements)
    _move_rows(db, plan)
    _remember(db, plan)
    ended = _account(db, plan)
    journal.trim(db, settings.log_lines)
    return Settled(fates, ended)


def _held(db: sqlite3.Connection, settlements: Sequence[Settlement]) -> dict[int, Held]:
    ids = json.dumps([settlement.item.row_id for settlement in settlements])
    return {
        row_id: Held(token, revision, bool(alive), fingerprint_id if alive else None)
        for row_id, token, revision, alive, fingerprint_id in db.execute(SQL["held"], (ids,))
    }


def _move_rows(db: sqlite3.Connection, plan: Plan) -> None:
    db.executemany(SQL["remove"], [(row_id,) for row_id in plan.leaving])
    for (stream, lane), number in plan.depth.items():
        counters.add(db, "depth", stream, -number, lane)
    db.executemany(SQL["unlease"], [(row_id,) for row_id in plan.waiting])
    db.executemany(SQL["put_off"], plan.put_off)


def _remember(db: sqlite3.Connection, plan: Plan) -> None:
    if plan.entries:
        ledger.record(db, plan.entries, plan.former)
        ledger.stamp(db, {Stream(key.model, key.store_id) for key, _ in plan.entries}, plan.now)
        for stream, change in plan.alive.items():
            counters.add(db, "alive", stream, change)
    ledger.confirm(db, plan.confirmed)
    dead_letters.revive(db, plan.current)
    dead_letters.bury(db, plan.burials, plan.now)
    _unskip(db, [*plan.current, *(burial.item.key for burial in plan.burials)])
    db.executemany(SQL["skip"], [(*address(key), reason, plan.now) for key, reason in plan.skips])


def _account(db: sqlite3.Connection, plan: Plan) -> tuple[int, ...]:
    """Accounts for what left, and writes it into the log; returns the jobs that ended by it."""
    ended: list[int] = []
    for stream, by_ending in plan.endings.items():
        shares = membership.end(db, stream, by_ending, plan.now)
        journal.append(db, telling.chunk(stream, by_ending, shares), plan.now)
        done = dict.fromkeys(share.job_id for share in shares if share.ended)
        ended += [job_id for job_id in done if membership.finish_job(db, job_id, plan.now)]
    journal.append(db, [*telling.burials(plan.burials), *telling.troubles(plan.troubles)], plan.now)
    return tuple(ended)


def _unskip(db: sqlite3.Connection, keys: Sequence[Key]) -> None:
    (any_skip,) = db.execute(SQL["any_skip"]).fetchone()
    if any_skip:
        db.executemany(SQL["unskip"], map(address, keys))
