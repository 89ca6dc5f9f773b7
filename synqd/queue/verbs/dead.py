"""What cannot be delivered: dead letters."""

from collections.abc import Callable, Sequence

from synqd.queue import (
    dead_letters,
)
from synqd.queue.database import Database
from synqd.queue.dead_letters import DeadFilter, DeadLetter
from synqd.queue.store import Store
from synqd.runtime.clock import milliseconds


class DeadLetterVerbs:
    """What cannot be delivered: dead letters."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(self, which: DeadFilter, limit: int = 50, after: int | None = None) -> list[DeadLetter]:
        """Dead letters by id (oldest first), after letter ``after`` for the next page."""
        return await self._store.read(dead_letters.page, which, after or 0, limit)

    async def get(self, letter_id: int) -> DeadLetter:
        """One dead letter. Raises: Invalid if unknown."""
        return await self._store.read(dead_letters.get, letter_id)

    async def missing(self, ids: Sequence[int]) -> list[int]:
        """Those of the numbers that no dead letter has."""
        return await self._store.read(dead_letters.missing, ids)

    async def retry(self, which: DeadFilter) -> int:
        """Enqueue these again (batch lane, forced), until delivered or failed again; returns how many."""
        return await self._over_letters(
            lambda db, after: dead_letters.retry_page(
                db, which, after, self._store.now(), self._store.settings, self._store.served
            )
        )

    async def discard(self, which: DeadFilter) -> int:
        """Remove these letters for good; returns how many."""
        return await self._over_letters(
            lambda db, after: dead_letters.discard_page(db, which, after, self._store.settings.page)
        )

    async def bound_payloads(self) -> int:
        """Drop payloads of dead letters that are too old or, together, too large, up to a page of either.

        Returns how many went.
        """

        def bound(db: Database) -> int:
            before = self._store.now() - milliseconds(self._store.settings.payload_life)
            old = dead_letters.expire_payloads(db, before, self._store.settings.page)
            return old + dead_letters.bound_payloads(db, self._store.settings.payload_bytes)

        return await self._store.write(bound)

    async def _over_letters(self, page: Callable[[Database, int], tuple[int, int | None]]) -> int:
        """Go over the dead letters of now, a page a transaction; returns how many were dealt with."""
        last = await self._store.ask(dead_letters.newest)
        done, after = 0, 0
        while after < last:
            number, end = await self._store.write(page, after)
            if end is None:
                break
            done, after = done + number, end
        return done
