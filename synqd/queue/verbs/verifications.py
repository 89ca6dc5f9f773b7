"""Comparisons of Magento with the ledger."""

from collections.abc import Mapping, Sequence

from synqd.models.item import Wish
from synqd.models.names import Stream
from synqd.queue import (
    intake,
    verifications,
)
from synqd.queue.connection import snapshot
from synqd.queue.database import Database
from synqd.queue.store import Store
from synqd.queue.verifications import Sample, Verification, VerificationPart


class VerificationVerbs:
    """Comparisons of Magento with the ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def submit(
        self, streams: Sequence[Stream], origin: str, *, repair: bool, remote: int
    ) -> Verification:
        """Start a comparison of Magento with the ledger; one that is not over is cancelled.

        Args:
            streams: models and store views.
            origin: who asks.
            repair: findings shall be enqueued.
            remote: items of each stream that shall be read back from Synerise.
        """
        return await self._store.take_in(
            verifications.submit, streams, origin, self._store.now(), repair=repair, remote=remote
        )

    async def get(self, number: int | None = None) -> Verification:
        """One comparison, the newest by default. Raises: Invalid if there is none."""
        return await self._store.read(verifications.get, number)

    async def cancel(self, number: int, by: str) -> Verification:
        """End a comparison early. Raises: Invalid if unknown or over."""
        return await self._store.write(verifications.cancel, number, by, self._store.now())

    async def next_part(self) -> tuple[Verification, VerificationPart] | None:
        """The part of a comparison to go on with."""
        return await self._store.ask(snapshot, verifications.next_part)

    async def begin(self, part: VerificationPart, until: int, total: int) -> None:
        """Note where a part will end."""
        await self._store.write(verifications.begin, part.part_id, until, total)

    async def advance(
        self,
        part: VerificationPart,
        position: int,
        figures: Mapping[str, int],
        samples: Sequence[Sample],
        repairs: Sequence[Wish],
        *,
        done: bool,
    ) -> bool:
        """Add what a page showed, and enqueue its repairs; False if the comparison was cancelled."""

        def advance(db: Database) -> bool:
            now, named = self._store.now(), self._store.blotting.samples(part.stream.model, samples)
            if not verifications.advance(db, part, position, figures, named, now, done=done):
                return False
            intake.enqueue(db, repairs, now, self._store.settings, standing=True)
            return True

        return await self._store.take_in(advance)
