"""The queue against a model of it: any order of verbs, crashes and clock jumps ends in the same state."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from synqd.models.item import Leased, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack, Bury, Release, Retry, Settlement, Skipped, Unchanged
from synqd.queue import (
    DeadFilter,
    Fate,
    QueueSettings,
    dead_letters,
    delivery,
    intake,
    jobs,
    ledger,
    membership,
    notes,
    settling,
)
from synqd.queue import counters as counters_module
from synqd.queue.connection import connect, transact
from synqd.queue.flights import Flights
from synqd.queue.maintenance import check, prepare
from tests.queue.words import ack, bulk, bury, flight, key, live

SETTINGS = QueueSettings(settle=0.25, settle_ceiling=0.75, max_backoff=100, max_lease=50, page=3)
LEASE = 10_000
STORES = (1, 2)

OUTCOMES = (
    "ack",
    "tombstone",
    "same",
    "skip",
    "move",
    "retry",
    "own",
    "give",
    "bury",
    "unknown",
    "unservable",
    "cut",
)

entities = st.lists(st.integers(1, 5), min_size=1, max_size=4)
stores = st.sampled_from(STORES)


@dataclass(frozen=True)
class Row:
    lane: Lane
    revision: int
    attempts: int
    want: Want
    standing: bool
    first_at: int
    due_at: int
    token: int | None = None
    until: int | None = None


@dataclass
class PartModel:
    job_id: int
    store_id: int
    going: bool = True
    paging: bool = True
    members: set[int] = field(default_factory=set)
    account: Counter[str] = field(default_factory=Counter)


class QueueMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.crashes = 0
        self.path = self.folder / "queue.db"
        self.db = self.opened()
        self.now = 1_000_000
        self.tokens = 0
        self.rows: dict[Key, Row] = {}
        self.alive: dict[Key, bool] = {}
        self.doubt: set[Key] = set()
        self.flights = Flights()
        self.noted: set[tuple[Key, int]] = set()
        """Items that have left, with their tokens, and were not settled yet."""
        self.dead: set[Key] = set()
        self.parts: dict[int, PartModel] = {}
        self.held: list[Leased] = []

    def opened(self) -> sqlite3.Connection:
        db = connect(self.path, 1 << 20, writing=True)
        # Durability has tests of its own; here a crash is a copy of what is on file.
        db.execute("PRAGMA synchronous = OFF")
        transact(db, prepare, self.path)
        return db

    def teardown(self) -> None:
        self.db.close()
        shutil.rmtree(self.folder)

    # What happens

    @rule(ids=entities, store_id=stores, quiet=st.sampled_from([0.0, 0.1, 5.0]))
    def change_some(self, ids: list[int], store_id: int, quiet: float) -> None:
        self.change(ids, store_id, quiet)

    def change(self, ids: list[int], store_id: int, quiet: float) -> None:
        wishes = [live(entity_id, store_id, quiet=quiet) for entity_id in ids]
        asked = {wish.key for wish in wishes}
        everywhere = {key(entity_id, store) for entity_id in ids for store in STORES}
        may_live = {place for place in everywhere if self.alive.get(place) or place in self.doubt}
        known = may_live | (everywhere & self.rows.keys())
        transact(self.db, intake.intake, wishes, [], self.now, SETTINGS)
        for wish in [*wishes, *(Wish(place, quiet=quiet) for place in sorted(known - asked))]:
            self.wished(wish, standing=True)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def change_in_flight(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.held))
        self.change([item.key.entity_id], item.key.store_id, 5.0)

    @rule(ids=entities, store_id=stores)
    def ask_batch(self, ids: list[int], store_id: int) -> None:
        wishes = [bulk(entity_id, store_id, Lane.BATCH) for entity_id in ids]
        transact(self.db, intake.intake, wishes, [], self.now, SETTINGS)
        for wish in wishes:
            self.wished(wish, standing=True)

    @rule(store_id=stores)
    def submit(self, store_id: int) -> None:
        stream = Stream(Model.PRODUCT, store_id)
        job = transact(self.db, jobs.submit_full, [stream], Want.FORCE, "test", self.now)
        for part in self.parts.values():
            part.going = part.going and part.store_id != store_id
        self.parts[job.parts[0].part_id] = PartModel(job.job_id, store_id)

    @precondition(lambda self: self.parts)
    @rule(data=st.data(), ids=entities, finished=st.booleans())
    def page(self, data: st.DataObject, ids: list[int], *, finished: bool) -> None:
        part_id = data.draw(st.sampled_from(sorted(self.parts)))
        part = self.parts[part_id]
        wishes = [bulk(entity_id, part.store_id) for entity_id in ids]
        args = (part_id, max(ids), wishes, self.now, SETTINGS)
        took = transact(self.db, jobs.advance_part, *args, finished=finished)
        assert took == (part.going and part.paging)
        if not took:
            return
        for wish in wishes:
            self.wished(wish, standing=False)
        part.account["selected"] += len(set(ids) - part.members)
        part.members |= set(ids)
        part.paging = not finished
        self.finish(part)

    @precondition(lambda self: any(part.going for part in self.parts.values()))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        going = sorted(part_id for part_id, part in self.parts.items() if part.going)
        part = self.parts[data.draw(st.sampled_from(going))]
        transact(self.db, jobs.cancel, part.job_id, "test", self.now)
        part.going = False

    @rule()
    def sweep(self) -> None:
        while transact(self.db, membership.sweep_page, self.now, SETTINGS.page):
            pass
        for part in self.parts.values():
            if not part.going and part.members:
                self.abandon(part)

    @rule(store_id=stores, lane=st.sampled_from(Lane), limit=st.integers(1, 4))
    def lease(self, store_id: int, lane: Lane, limit: int) -> None:
        self.tokens += 1
        until = self.now + LEASE
        stream = Stream(Model.PRODUCT, store_id)
        items = transact(self.db, delivery.lease, stream, lane, limit, self.tokens, self.now, until)
        due = [
            (row.due_at, place)
            for place, row in self.rows.items()
            if (place.store_id, row.lane, row.token) == (store_id, lane, None) and row.due_at <= self.now
        ]
        assert len(items) == min(limit, len(due))
        assert [self.rows[item.key].due_at for item in items] == sorted(at for at, _ in due)[: len(items)]
        for item in items:
            row = self.rows[item.key]
            assert (item.revision, item.attempts, item.want) == (row.revision, row.attempts, row.want)
            assert bool(item.known and item.known.alive) == self.alive.get(item.key, False)
            assert bool(item.known and item.known.doubt is not None) == (item.key in self.doubt)
            self.rows[item.key] = replace(row, token=self.tokens, until=until)
        self.held += items

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def depart(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(sorted({item.token for item in self.held})))
        chunk = [item for item in self.held if item.token == token]
        items = data.draw(st.lists(st.sampled_from(chunk), min_size=1, max_size=3, unique_by=id))
        note = self.flights.begin("main", [flight(item) for item in items])
        transact(self.db, notes.write, [note], self.now)
        self.noted |= {(item.key, item.token) for item in items}

    @precondition(lambda self: self.held)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def settle(self, data: st.DataObject, outcome: str) -> None:
        items = data.draw(st.lists(st.sampled_from(self.held), min_size=1, max_size=3, unique_by=id))
        settlements = [self.settlement(item, outcome) for item in items]
        landing = self.flights.landing(settlements)
        args = (settlements, self.now, SETTINGS, self.flights)
        settled = transact(self.db, settling.settle, *args)
        transact(self.db, notes.remove, landing.notes)
        transact(self.db, notes.leave_out, landing.partly)
        self.flights.landed(landing)
        for settlement, fate in zip(settlements, settled.fates, strict=True):
            assert fate is self.expected(settlement)
            self.settled(settlement, fate)
            # Settled or lost, most holders forget the item; some try again.
            if outcome != "retry":
                self.held.remove(settlement.item)

    @rule()
    def reap(self) -> None:
        while transact(self.db, delivery.reap, self.now, SETTINGS).pulled_back >= SETTINGS.page:
            pass
        self.rows = {place: self.reaped(row) for place, row in self.rows.items()}

    @rule(milliseconds=st.sampled_from([50, 300, 1_000, 20_000, 500_000, -300, -20_000, -500_000]))
    def turn_clock(self, milliseconds: int) -> None:
        self.now += milliseconds

    @rule()
    def crash(self) -> None:
        self.crashes += 1
        copy = self.folder / f"queue{self.crashes}.db"
        for suffix in ("", "-wal"):
            beside = Path(f"{self.path}{suffix}")
            if beside.exists():
                shutil.copy(beside, f"{copy}{suffix}")
        self.db.close()
        self.path = copy
        self.db = self.opened()
        for place, row in self.rows.items():
            self.rows[place] = replace(row, token=None, until=None)
        for place in {place for place, _ in self.noted} & self.rows.keys():
            self.doubted(place)
        self.noted.clear()
        self.flights = Flights()
        self.held.clear()

    @rule(retry=st.booleans())
    def decide_on_dead(self, *, retry: bool) -> None:
        after = 0
        while True:
            if retry:
                args = (DeadFilter(), after, self.now, SETTINGS)
                _, end = transact(self.db, dead_letters.retry_page, *args)
            else:
                _, end = transact(self.db, dead_letters.discard_page, DeadFilter(), after, SETTINGS.page)
            if end is None:
                break
            after = end
        for place in self.dead if retry else ():
            self.wished(bulk(place.entity_id, place.store_id, Lane.BATCH), standing=True)
        self.dead.clear()

    # What the model makes of it

    def wished(self, wish: Wish, *, standing: bool) -> None:
        rest = max(0, 250 - round(wish.quiet * 1000)) if wish.lane is Lane.LIVE else 0
        due = self.now + rest
        row = self.rows.get(wish.key)
        if row is None:
            self.rows[wish.key] = Row(wish.lane, 1, 0, wish.want, standing, self.now, due)
            return
        first = min(row.first_at, self.now)
        if wish.lane > Lane.LIVE:
            due = row.due_at if row.lane is Lane.LIVE else min(row.due_at, due)
        elif row.token is None and row.lane is Lane.LIVE:
            due = min(due, first + 750)
        if row.token is not None or (wish.lane is Lane.LIVE and row.lane is not Lane.LIVE):
            first = self.now
        self.rows[wish.key] = replace(
            row,
            lane=min(row.lane, wish.lane),
            revision=row.revision + 1,
            attempts=0,
            want=row.want | wish.want,
            standing=row.standing or standing,
            first_at=first,
            due_at=due,
        )

    def reaped(self, row: Row) -> Row:
        token, until, due_at = row.token, row.until, row.due_at
        if until is not None:
            token, until = (None, None) if until <= self.now else (token, min(until, self.now + 50_000))
        if token is None and due_at > self.now + 100_000:
            due_at = self.now
        return replace(row, token=token, until=until, due_at=due_at)

    def settlement(self, item: Leased, outcome: str) -> Settlement:
        made: dict[str, Settlement] = {
            "ack": ack(item),
            "tombstone": ack(item, alive=False),
            "same": Unchanged(item),
            "skip": Skipped(item, "off"),
            "move": Skipped(item, "elsewhere", moved=True),
            "retry": Retry(item, 5),
            "own": Retry(item, 500, own_fault=True),
            "give": Release(item),
            "bury": bury(item),
            "unknown": Retry(item, 5, doubtful=True),
            "cut": Release(item, doubtful=True),
            "unservable": replace(bury(item), doubtful=True),
        }
        return made[outcome]

    def expected(self, settlement: Settlement) -> Fate:
        item = settlement.item
        row = self.rows.get(item.key)
        if row is None or row.token != item.token:
            return Fate.LOST
        newer = row.revision != item.revision and not isinstance(settlement, Release)
        return Fate.AGAIN if newer else Fate.DONE

    def settled(self, settlement: Settlement, fate: Fate) -> None:
        place = settlement.item.key
        self.learned(settlement, fate)
        if fate is Fate.LOST:
            return
        if isinstance(settlement, Ack):
            self.alive[place] = settlement.entry.alive
            self.doubt.discard(place)
        if isinstance(settlement, Skipped) and settlement.moved and settlement.item.known:
            self.alive[place] = False
        if isinstance(settlement, Ack | Unchanged):
            self.dead.discard(place)
        if fate is Fate.AGAIN or isinstance(settlement, Release):
            row = self.rows[place]
            first = min(row.first_at, settlement.item.first_at)
            unserved = isinstance(settlement, Retry | Release | Bury)
            self.rows[place] = replace(
                row, token=None, until=None, first_at=first if unserved else row.first_at
            )
        elif isinstance(settlement, Retry):
            row, delay = self.rows[place], round(min(settlement.delay, 100) * 1000)
            attempts = row.attempts + settlement.own_fault
            self.rows[place] = replace(
                row, token=None, until=None, due_at=self.now + delay, attempts=attempts
            )
        else:
            self.ended(settlement)

    def learned(self, settlement: Settlement, fate: Fate) -> None:
        """What may have arrived is in doubt: all that left, but for what was answered."""
        place = settlement.item.key
        left = (place, settlement.item.token)
        if left not in self.noted:
            return
        self.noted.remove(left)
        answered = isinstance(settlement, Unchanged | Skipped) or (
            isinstance(settlement, Retry | Bury | Release) and not settlement.doubtful
        )
        if not answered and not (isinstance(settlement, Ack) and fate is not Fate.LOST):
            self.doubted(place)

    def doubted(self, place: Key) -> None:
        self.doubt.add(place)
        self.alive[place] = False

    def ended(self, settlement: Settlement) -> None:
        place = settlement.item.key
        del self.rows[place]
        if isinstance(settlement, Bury):
            self.dead.add(place)
        outcome = {Ack: "sent", Unchanged: "unchanged", Skipped: "skipped", Bury: "dead"}[type(settlement)]
        for part in self.parts.values():
            if part.store_id == place.store_id and place.entity_id in part.members:
                part.members.remove(place.entity_id)
                part.account[outcome] += 1
                self.finish(part)

    def abandon(self, part: PartModel) -> None:
        others = [p for p in self.parts.values() if p.going and p.store_id == part.store_id]
        for entity_id in sorted(part.members):
            place = key(entity_id, part.store_id)
            row = self.rows.get(place)
            if row and row.token is not None:
                continue
            part.members.remove(entity_id)
            part.account["dropped"] += 1
            if row and not row.standing and not any(entity_id in other.members for other in others):
                del self.rows[place]

    def finish(self, part: PartModel) -> None:
        if part.going and not part.paging and not part.members:
            part.going = False

    # What has to hold at every moment

    @invariant()
    def rows_are_as_modelled(self) -> None:
        found = self.db.execute(
            "SELECT store_id, entity_id, lane, revision, attempts, want, standing, first_at, due_at,"
            " token, until FROM outbox LEFT JOIN leases ON row_id = id"
        )
        rows = {
            key(entity_id, store_id): Row(Lane(lane), rev, tries, Want(want), bool(standing), *times)
            for store_id, entity_id, lane, rev, tries, want, standing, *times in found
        }
        assert rows == self.rows

    @invariant()
    def numbers_are_exact(self) -> None:
        counts = counters_module.counts(self.db)
        depth = Counter((place[:2], row.lane) for place, row in self.rows.items())
        assert {where: n for where, n in counts.depth.items() if n} == depth
        alive = Counter(place[:2] for place, is_alive in self.alive.items() if is_alive)
        assert {stream: n for stream, n in counts.alive.items() if n} == alive
        assert {stream: n for stream, n in counts.dead.items() if n} == Counter(k[:2] for k in self.dead)

    @invariant()
    def doubt_is_as_modelled(self) -> None:
        page = ledger.page(self.db, Model.PRODUCT, (0, 0), 100, None)
        assert {place for place, entry in page if entry.doubt is not None} == self.doubt
        (noted,) = self.db.execute("SELECT count(*) FROM notes").fetchone()
        assert bool(noted) <= bool(self.noted)

    @invariant()
    def jobs_add_up(self) -> None:
        for part_id, model in self.parts.items():
            job = jobs.get(self.db, model.job_id)
            part = next(part for part in job.parts if part.part_id == part_id)
            found = {
                name: getattr(part, name)
                for name in ("selected", "sent", "unchanged", "skipped", "dead", "dropped")
                if getattr(part, name)
            }
            assert found == {name: n for name, n in model.account.items() if n}
            assert part.open == len(model.members)
            assert job.state.final != model.going

    @invariant()
    def file_is_whole(self) -> None:
        check(self.db, self.path, thorough=False)


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(
    max_examples=80,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
