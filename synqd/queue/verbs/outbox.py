"""What waits to be delivered, and what becomes of it."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from synqd.models.change import Cursor
from synqd.models.errors import StorageUnavailable
from synqd.models.item import Leased, Ready, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Release, Settlement
from synqd.queue import (
    delivery,
    intake,
    notes,
    settling,
    switched_off,
    verifications,
)
from synqd.queue.database import Database
from synqd.queue.delivery import Reaped
from synqd.queue.flights import Flights
from synqd.queue.group_commit import Gathering
from synqd.queue.intake import Enqueued
from synqd.queue.notes import Flight, Note
from synqd.queue.settling import Settled
from synqd.queue.store import Store
from synqd.runtime.clock import milliseconds


class OutboxVerbs:
    """What waits to be delivered, and what becomes of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gathering = Gathering(self._settle)
        self._flights = Flights()
        self._owed: list[Release] = []
        """Rows that were given back when nothing could be recorded."""

    def serve(self, streams: Collection[Stream]) -> None:
        """From now on only these streams are delivered: changes reach no others, and letters of others stay.

        Until it is called, all are.
        """
        self._store.served = frozenset(streams)

    async def leave_out(self, streams: Iterable[Stream]) -> int:
        """Skip what waits in streams that are switched off, accounted; returns how many rows left."""
        left = 0
        for stream in streams:
            while page := await self._store.write(
                switched_off.leave_out_page, stream, self._store.now(), self._store.settings.page
            ):
                left += page
        return left

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

        def take_in(db: Database) -> Enqueued:
            welcome = [wish for wish in wanted if self._store.blotting.welcome(wish)]
            return intake.intake(
                db, welcome, read, self._store.now(), self._store.settings, source_skus, self._store.served
            )

        return await self._store.take_in(take_in)

    async def ready(self, streams: Collection[Stream] | None = None) -> list[Ready]:
        """For each stream and lane with rows that are not leased: when the first is due."""
        return await self._store.ask(delivery.ready, streams)

    async def lease(self, stream: Stream, lane: Lane, limit: int, seconds: float) -> list[Leased]:
        """Hand out up to ``limit`` due rows in order of (due, arrival) for ``seconds`` (Q3).

        Raises: StorageUnavailable while what becomes of them could not be recorded.
        """
        await self._make_sure()
        return await self._store.write(delivery.lease, stream, lane, limit, *self._term(seconds))

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
            reaped = await self._store.write_surely(delivery.reap, self._store.now(), self._store.settings)
            expired += reaped.expired
            pulled_back += reaped.pulled_back
            if reaped.pulled_back < self._store.settings.page:
                return Reaped(expired, pulled_back)

    async def whereabouts(self, model: Model, ids: Sequence[int]) -> dict[int, set[int]]:
        """Store views where entities live, or may live, by the ledger or wait in the outbox."""
        return await self._store.ask(intake.whereabouts, model, ids)

    async def waiting(self, keys: Sequence[Key]) -> set[Key]:
        """Those of the items that are in the outbox."""
        return await self._store.ask(verifications.waiting, keys)

    async def _settle(self, settlements: Sequence[Settlement], departing: Sequence[Note]) -> Settled:
        landing, now = self._flights.landing(settlements), self._store.now()

        def record(db: Database) -> Settled:
            notes.write(db, departing, now, self._concerned())
            settled = Settled(())
            if told := self._store.blotting.settlements(settlements):
                settled = settling.settle(db, told, now, self._store.settings, self._flights)
            notes.remove(db, landing.notes)
            notes.leave_out(db, landing.partly)
            return settled

        settled = await self._store.write_surely(record)
        self._flights.landed(landing)
        self._store.turnover.update(settled.turnover)
        return settled

    def _concerned(self) -> Callable[[Flight], bool] | None:
        """Tells flights that are about forgotten persons; None while there are none."""
        return None if self._store.blotting.idle else self._store.blotting.concerns_flight

    def _term(self, seconds: float) -> tuple[int, int, int]:
        """A new token, now, and the deadline of a lease."""
        now = self._store.now()
        return secrets.randbits(62), now, now + milliseconds(min(seconds, self._store.settings.max_lease))

    async def _make_sure(self) -> None:
        if self._owed:
            owed = list(self._owed)
            await self._gathering.write(owed)
            self._owed = [one for one in self._owed if one not in owed]
        await self._store.make_sure()
