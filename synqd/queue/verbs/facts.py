"""Small facts that outlive a process, and numbers for people and metrics."""

from collections.abc import Mapping

from synqd.models.change import Claim, Installation
from synqd.models.names import Lane, Stream
from synqd.models.person import FORGOTTEN
from synqd.queue import (
    counters,
    facts,
    flags,
    maintenance,
)
from synqd.queue.counters import Counts
from synqd.queue.database import Database
from synqd.queue.flags import BreakerState
from synqd.queue.store import Store

LEFT_OUT_AGE = 10.0
"""Seconds after which items that are left out are counted again: that reads all of them."""


class FactVerbs:
    """Small facts that outlive a process, and numbers for people and metrics."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._left_out: tuple[float, Mapping[Stream, Mapping[str, int]]] | None = None

    async def breakers(self) -> dict[str, BreakerState]:
        """Saved circuit breakers by name."""
        return await self._store.ask(flags.breakers)

    async def save_breaker(self, name: str, state: str) -> None:
        """Save a circuit breaker's state (JSON text)."""
        await self._store.write(
            lambda db: flags.save_breaker(db, name, self._store.blotting.text(state), self._store.now())
        )

    async def meta(self, name: str) -> str | None:
        """A fact about this file."""
        return await self._store.ask(flags.meta, name)

    async def set_meta(self, name: str, value: str) -> None:
        """Note a fact about this file."""
        await self._store.write(flags.set_meta, name, value)

    async def installation(self) -> Installation | None:
        """Whose changes this file holds (S3), or None for a new file."""
        return await self._store.ask(flags.installation)

    async def adopt(self, installation: Installation) -> None:
        """From now on this file belongs to that installation (S3)."""
        await self._store.write(flags.adopt, installation)

    async def claim(self) -> Claim | None:
        """This file's last claim of the change log (S3); None if its owner's log was never claimed."""
        return await self._store.ask(flags.claim)

    async def note_claim(self, claimed: Claim) -> None:
        """Note a claim before it is made. On a full disk it frees the reserve: sending hangs on it.

        Raises: StorageUnavailable also if the file was taken away: what is put back may lack it.
        """

        def note(db: Database) -> None:
            maintenance.make_sure_of(self._store.path, self._store.inode)
            flags.note_claim(db, claimed)

        await self._store.write_surely(note)

    async def counts(self) -> Counts:
        """Exact depths and totals, at a cost that does not grow with them."""
        return await self._store.read(counters.counts)

    async def left_out(self) -> Mapping[Stream, Mapping[str, int]]:
        """How many items of each stream are left out, by reason, of some seconds ago: they are counted."""
        now = self._store.clock.monotonic()
        if self._left_out is None or now - self._left_out[0] > LEFT_OUT_AGE:
            self._left_out = now, await self._store.read(facts.left_out, FORGOTTEN)
        return self._left_out[1]

    @property
    def turnover(self) -> Mapping[Stream, int]:
        """How often items of each stream went, or came as live changes, since this file was opened."""
        return self._store.turnover

    async def oldest(self) -> dict[tuple[Stream, Lane], int]:
        """When the oldest row of each stream and lane was first wanted (milliseconds, within 5 s)."""
        return await self._store.read(counters.oldest)
