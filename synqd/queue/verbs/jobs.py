"""Full and batch jobs."""

import asyncio
from collections.abc import AsyncIterable, Collection, Iterable, Mapping, Sequence

from synqd.models.item import Want, Wish
from synqd.models.names import Model, Stream
from synqd.queue import (
    batches,
    flags,
    jobs,
    membership,
)
from synqd.queue.batches import BatchPage, Keys
from synqd.queue.connection import snapshot
from synqd.queue.database import Database
from synqd.queue.jobs import Job, Part
from synqd.queue.store import Store


class JobVerbs:
    """Full and batch jobs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def submit_full(
        self,
        streams: Sequence[Stream],
        want: Want,
        origin: str,
        noting: tuple[str, str] | None = None,
    ) -> Job:
        """Start a full job; unfinished full parts of the same streams are replaced.

        ``noting`` is a fact about the file (``facts.set_meta``) that becomes true by the same transaction.
        """

        def submit(db: Database) -> Job:
            if noting:
                flags.set_meta(db, *noting)
            return jobs.submit_full(db, streams, want, origin, self._store.now())

        job = await self._store.take_in(submit)
        await self.sweep()
        return job

    async def submit_batch(
        self,
        streams: Sequence[Stream],
        pages: AsyncIterable[BatchPage | Sequence[int]],
        want: Want,
        origin: str,
        given: str = "ids",
    ) -> Job:
        """Start a batch job of one model, page by page: accepted whole or not at all.

        Args:
            streams: one model in some store views.
            pages: entity ids, or what came of looking keys up.
            want: extra demands.
            origin: who asks.
            given: what the keys are that have to be looked up later.

        Raises: Invalid if there is nothing to send or for several models; whatever ``pages`` raises, after
            which nothing is left.
        """
        job_id = await self._store.take_in(batches.draft, streams, want, origin, given, self._store.now())
        try:
            async for page in pages:
                one = page if isinstance(page, BatchPage) else BatchPage(page)
                await self._store.take_in(self._add, job_id, given, one)
            return await self._store.take_in(batches.start, job_id, self._store.now())
        except BaseException:
            # Also when cancelled: a draft that is left until the next start would only take up room.
            await asyncio.shield(self._store.write(batches.drop_drafts, job_id))
            raise

    async def batch_page(self, part: Part, limit: int) -> list[int]:
        """The next entity ids of a batch part after its position, ascending."""
        return await self._store.ask(batches.batch_page, part.job_id, part.position, limit)

    async def keys_to_look_up(self, limit: int, models: Collection[Model] = tuple(Model)) -> Keys | None:
        """Keys of these models that Magento could not be asked about when their batch was submitted."""
        return await self._store.ask(snapshot, batches.next_keys, limit, models)

    async def looked_up(self, keys: Keys, ids: Sequence[int], unknown: Mapping[str, str]) -> None:
        """Put ids in the place of keys; ``unknown`` are those that name nothing, with the reason."""

        def put(db: Database) -> None:
            batches.looked_up(
                db, keys, ids, self._store.blotting.keys(keys.given, unknown), self._store.now()
            )

        await self._store.take_in(put)

    async def pageable(self) -> list[Part]:
        """Parts of running jobs that have ids left to select, oldest job first."""
        return await self._store.ask(snapshot, jobs.pageable)

    async def begin_part(self, part_id: int, until: int, total: int) -> None:
        """Note the high-water mark of a full part and how many ids there are; once noted, it stays."""
        await self._store.write(jobs.begin_part, part_id, until, total, self._store.now())

    async def advance_part(
        self, part_id: int, position: int, wishes: Iterable[Wish], *, finished: bool
    ) -> bool:
        """Enqueue a page, its membership and the new position in one transaction.

        False: the part is not to be paged now (paused, cancelled, replaced), and nothing was done.
        """
        args = (part_id, position, list(wishes), self._store.now(), self._store.settings)
        return await self._store.take_in(jobs.advance_part, *args, finished=finished)

    async def pause(self, job_id: int, by: str) -> Job:
        """Stop selecting, and take what only it wants off the outbox; it stays selected.

        What is in flight is delivered. Raises: Invalid if unknown or over.
        """
        await self._store.write(jobs.pause, job_id, by, self._store.now())
        await self.withdraw()
        return await self.get(job_id)

    async def resume(self, job_id: int, by: str) -> Job:
        """Go on; ``restore`` brings its rows back. Raises: Invalid if unknown or over."""
        return await self._store.write(jobs.resume, job_id, by, self._store.now())

    async def cancel(self, job_id: int, by: str) -> Job:
        """End a job and drop what only it wants (S18). Raises: Invalid if unknown or over."""
        await self._store.write(jobs.cancel, job_id, by, self._store.now())
        await self.sweep()
        return await self.get(job_id)

    async def withdraw(self) -> int:
        """Take rows that only paused jobs want off the outbox; returns how many."""
        withdrawn = 0
        while page := await self._store.write(membership.withdraw_page, self._store.settings.page):
            withdrawn += page
        return withdrawn

    async def restore(self) -> int:
        """Bring back a page of rows that pauses of resumed jobs took off the outbox; returns how many."""
        return await self._store.take_in(
            jobs.restore, self._store.settings.page, self._store.now(), self._store.settings
        )

    async def sweep(self) -> int:
        """Drop members of cancelled and replaced parts that a crash left; returns how many."""
        dropped = 0
        while page := await self._store.write(
            membership.sweep_page, self._store.now(), self._store.settings.page
        ):
            dropped += page
        return dropped

    async def get(self, job_id: int) -> Job:
        """One job with parts, reasons and unknown keys. Raises: Invalid if unknown."""
        return await self._store.read(jobs.get, job_id)

    async def page(
        self, limit: int = 50, before: int | None = None, *, unfinished: bool = False
    ) -> list[Job]:
        """Jobs, newest first, older than job ``before`` for the next page."""
        return await self._store.read(jobs.page, limit, before, unfinished=unfinished)

    def _add(self, db: Database, job_id: int, given: str, page: BatchPage) -> None:
        batches.add(db, job_id, self._store.blotting.page(given, page))
