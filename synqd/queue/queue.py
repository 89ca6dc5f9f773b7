"""``Queue``: the verbs of the place, each one transaction and one await."""

import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from synqd.models.change import Cursor
from synqd.models.errors import StorageUnavailable
from synqd.models.item import Leased, LedgerEntry, Ready, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Release, Settlement
from synqd.queue import (
    cursors,
    dead_letters,
    delivery,
    doubt,
    facts,
    intake,
    ledger,
    notes,
    settling,
    source_items,
    switched_off,
)
from synqd.queue.connection import snapshot
from synqd.queue.flights import Flights
from synqd.queue.group_commit import Gathering
from synqd.queue.notes import Flight, Note
from synqd.queue.records import (
    DeadFilter,
    DeadLetter,
    Enqueued,
    ItemFacts,
    QueueSettings,
    Reaped,
    Settled,
)
from synqd.queue.work import Work
from synqd.runtime.clock import Clock, milliseconds


class Queue(Work):
    """The queue file; every verb may raise StorageUnavailable (disk full or failing) or Corrupt (Fatal)."""

    def __init__(self, path: Path, settings: QueueSettings, clock: Clock) -> None:
        super().__init__(path, settings, clock)
        self._gathering = Gathering(self._settle)
        self._flights = Flights()
        self._served: frozenset[Stream] | None = None
        self._owed: list[Release] = []
        """Rows that were given back when nothing could be recorded."""

    # Who is served

    def serve(self, streams: Collection[Stream]) -> None:
        """From now on only these streams are delivered: changes reach no others, and letters of others stay.

        Until it is called, all are.
        """
        self._served = frozenset(streams)

    async def leave_out(self, streams: Iterable[Stream]) -> int:
        """Skip what waits in streams that are switched off, accounted; returns how many rows left."""
        left = 0
        for stream in streams:
            while page := await self._write(
                switched_off.leave_out_page, stream, self._now(), self._settings.page
            ):
                left += page
        return left

    # Intake

    async def intake(
        self,
        wishes: Iterable[Wish],
        cursors: Iterable[Cursor] = (),
        source_skus: Mapping[int, str | None] = intake.NOTHING,
    ) -> Enqueued:
        """Enqueue wishes and move cursors in one transaction (Q1, Q2).

        A live wish also reaches the store views where the entity was sent before or waits, if they are
        served; with store view 0 it reaches only those. ``Wish.part_id`` is not read: ``advance_part`` names
        its part itself. Wishes about persons who were forgotten are dropped (S20). ``source_skus`` is what
        the rows say of source items: number -> SKU, None for one that is gone.
        Raises: StorageUnavailable at once while the reserve is gone (Q8).
        """
        wanted, read = list(wishes), list(cursors)

        def take_in(db: sqlite3.Connection) -> Enqueued:
            welcome = [wish for wish in wanted if self._blotting.welcome(wish)]
            return intake.intake(db, welcome, read, self._now(), self._settings, source_skus, self._served)

        return await self._take_in(take_in)

    async def source_skus(self, numbers: Sequence[int]) -> dict[int, str]:
        """SKUs of those source items that are remembered (S28)."""
        return await self._writer.run(source_items.known, numbers)

    async def learn_source_skus(self, rows: Sequence[tuple[int, str]]) -> None:
        """Remember source items that are not known yet."""
        await self._take_in(source_items.learn, rows)

    async def forget_source_skus(self) -> None:
        """Forget all of them: another way of capture keeps them up no longer."""
        while await self._write(source_items.forget_page, self._settings.page):
            pass

    async def cursor(self, source: str) -> Cursor | None:
        """How far ``source`` was read, or None if never."""
        return await self._writer.run(cursors.find, source)

    async def cursors(self) -> list[Cursor]:
        """All cursors, by source."""
        return await self._read(cursors.every)

    # Delivery

    async def ready(self, streams: Collection[Stream] | None = None) -> list[Ready]:
        """For each stream and lane with rows that are not leased: when the first is due."""
        return await self._writer.run(delivery.ready, streams)

    async def lease(self, stream: Stream, lane: Lane, limit: int, seconds: float) -> list[Leased]:
        """Hand out up to ``limit`` due rows in order of (due, arrival) for ``seconds`` (Q3).

        Raises: StorageUnavailable while what becomes of them could not be recorded.
        """
        await self._make_sure()
        return await self._write(delivery.lease, stream, lane, limit, *self._term(seconds))

    async def depart(self, workspace: str, requests: Iterable[Sequence[Flight]]) -> None:
        """Note requests before they leave for a workspace, each with items of one lease (Q11).

        The settlement of the items says what became of them, and removes the note. What is doubtful then, or
        was left by a process that ended, is in doubt. On a full disk it frees the reserve.
        """
        await self._gathering.write(notes=[self._flights.begin(workspace, flights) for flights in requests])

    async def settle(self, settlements: Sequence[Settlement]) -> Settled:
        """Record what became of leased items (Q4, Q5, Q6, Q9, Q10, Q11). On a full disk it frees the reserve.

        What is noted and settled at the same time shares a transaction. Once begun it is done, even if the
        caller is cancelled: what was delivered has to be recorded. What was given back and could not be
        recorded is, before anything is handed out or taken back again: nobody else knows that it had left.
        """
        try:
            return await self._gathering.write(settlements)
        except StorageUnavailable:
            self._owed += [one for one in settlements if isinstance(one, Release)]
            raise

    async def reap(self) -> Reaped:
        """Return leases past their deadline and pull back times a clock jump left far ahead (Q3, Q7)."""
        await self._make_sure()
        expired = pulled_back = 0
        while True:
            reaped = await self._write_surely(delivery.reap, self._now(), self._settings)
            expired += reaped.expired
            pulled_back += reaped.pulled_back
            if reaped.pulled_back < self._settings.page:
                return Reaped(expired, pulled_back)

    # Ledger

    async def known(self, keys: Sequence[Key]) -> dict[Key, LedgerEntry]:
        """Ledger entries of those items that have one."""
        return await self._writer.run(ledger.known, keys)

    async def withdrawn(self, workspace: str, emails: Collection[str]) -> dict[str, int]:
        """When the last withdrawal was said that was sent for addresses, or may have been sent (S26).

        By the address as it was given, in milliseconds since the epoch; others are left out.
        """
        return await self._writer.run(ledger.withdrawn, workspace, emails)

    async def holding(self, workspace: str, emails: Collection[str]) -> list[tuple[Key, LedgerEntry]]:
        """Customers and subscribers that were sent last by one of these addresses, gone ones among them."""
        return await self._writer.run(ledger.holding, workspace, emails)

    async def newest_guests(self, workspace: str, marks: Collection[str]) -> dict[str, int]:
        """The newest order whose names were sent for guests (S30), by what the ledger knows them by."""
        return await self._writer.run(ledger.newest_guests, workspace, marks)

    async def ledger_page(
        self, model: Model, after: tuple[int, int] | None, limit: int, store_id: int | None = None
    ) -> list[tuple[Key, LedgerEntry]]:
        """Ledger entries after (entity id, store view id), in that order."""
        return await self._read(ledger.page, model, after or (0, 0), limit, store_id)

    async def facts(self, model: Model, entity_id: int) -> list[ItemFacts]:
        """All that is known of an entity, per store view."""
        return await self._writer.run(snapshot, facts.facts, model, entity_id)

    async def named(
        self, key: str, workspaces: Collection[str], models: Collection[Model]
    ) -> list[tuple[Model, int]]:
        """Entities that are or were known to Synerise by a key, at most a hundred."""
        return await self._read(facts.named, key, workspaces, models)

    async def void(self, stream: Stream) -> int:
        """Forget what was sent of a stream (its catalog is gone, S15); returns how many entries."""
        gone, after = 0, 0
        while True:
            page, last = await self._write(ledger.void_page, stream, after, self._settings.page)
            gone += page
            if last is None:
                return gone
            after = last

    async def doubt_everything(self) -> int:
        """Take all that lives by the ledger for in doubt, since this file is an old one; returns how many."""
        found = 0
        for model in Model:
            after: tuple[int, int] | None = (0, 0)
            while after is not None:
                number, after = await self._write(
                    doubt.mark_page, model, after, self._settings.page, self._now()
                )
                found += number
        return found

    # Dead letters

    async def dead_letters(
        self, which: DeadFilter, limit: int = 50, after: int | None = None
    ) -> list[DeadLetter]:
        """Dead letters by id (oldest first), after letter ``after`` for the next page."""
        return await self._read(dead_letters.page, which, after or 0, limit)

    async def dead_letter(self, letter_id: int) -> DeadLetter:
        """One dead letter. Raises: Invalid if unknown."""
        return await self._read(dead_letters.get, letter_id)

    async def retry_dead(self, which: DeadFilter) -> int:
        """Enqueue these again (batch lane, forced) and remove the letters; returns how many."""
        return await self._over_letters(
            lambda db, after: dead_letters.retry_page(
                db, which, after, self._now(), self._settings, self._served
            )
        )

    async def discard_dead(self, which: DeadFilter) -> int:
        """Remove these letters for good; returns how many."""
        return await self._over_letters(
            lambda db, after: dead_letters.discard_page(db, which, after, self._settings.page)
        )

    async def _make_sure(self) -> None:
        if self._owed:
            owed = list(self._owed)
            await self._gathering.write(owed)
            self._owed = [one for one in self._owed if one not in owed]
        await super()._make_sure()

    async def _settle(self, settlements: Sequence[Settlement], departing: Sequence[Note]) -> Settled:
        landing, now = self._flights.landing(settlements), self._now()

        def record(db: sqlite3.Connection) -> Settled:
            notes.write(db, departing, now, self._concerned())
            settled = Settled(())
            if told := self._blotting.settlements(settlements):
                settled = settling.settle(db, told, now, self._settings, self._flights)
            notes.remove(db, landing.notes)
            notes.leave_out(db, landing.partly)
            return settled

        settled = await self._write_surely(record)
        self._flights.landed(landing)
        return settled

    def _concerned(self) -> Callable[[Flight], bool] | None:
        """Tells flights that are about forgotten persons; None while there are none."""
        return None if self._blotting.idle else self._blotting.concerns_flight

    def _term(self, seconds: float) -> tuple[int, int, int]:
        """A new token, now, and the deadline of a lease."""
        now = self._now()
        return secrets.randbits(62), now, now + milliseconds(min(seconds, self._settings.max_lease))

    async def _over_letters(self, page: Callable[[sqlite3.Connection, int], tuple[int, int | None]]) -> int:
        """Go over the dead letters of now, a page a transaction; returns how many were dealt with."""
        last = await self._writer.run(dead_letters.newest)
        done, after = 0, 0
        while after < last:
            number, end = await self._write(page, after)
            if end is None:
                break
            done, after = done + number, end
        return done
