"""Verbs of the place for long work: jobs, and comparisons of Magento with the ledger."""

import asyncio
import sqlite3
from collections.abc import AsyncIterable, Collection, Iterable, Mapping, Sequence

from synqd.models.item import Want, Wish
from synqd.models.names import Key, Model, Stream
from synqd.queue import batches, flags, intake, jobs, membership, verifications
from synqd.queue.connection import snapshot
from synqd.queue.upkeep import Upkeep
from synqd.queue.workrecords import BatchPage, Job, Keys, Part, Sample, Verification, VerificationPart


class Work(Upkeep):
    """Jobs and verifications."""

    # Jobs

    async def submit_full(
        self,
        streams: Sequence[Stream],
        want: Want,
        origin: str,
        noting: tuple[str, str] | None = None,
    ) -> Job:
        """Start a full job; unfinished full parts of the same streams are replaced.

        ``noting`` is a fact about the file (``set_meta``) that becomes true by the same transaction.
        """

        def submit(db: sqlite3.Connection) -> Job:
            if noting:
                flags.set_meta(db, *noting)
            return jobs.submit_full(db, streams, want, origin, self._now())

        job = await self._take_in(submit)
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
        job_id = await self._take_in(batches.draft, streams, want, origin, given, self._now())
        try:
            async for page in pages:
                one = page if isinstance(page, BatchPage) else BatchPage(page)
                await self._take_in(self._add, job_id, given, one)
            return await self._take_in(batches.start, job_id, self._now())
        except BaseException:
            # Also when cancelled: a draft that is left until the next start would only take up room.
            await asyncio.shield(self._write(batches.drop_drafts, job_id))
            raise

    async def batch_page(self, part: Part, limit: int) -> list[int]:
        """The next entity ids of a batch part after its position, ascending."""
        return await self._writer.run(batches.batch_page, part.job_id, part.position, limit)

    async def keys_to_look_up(self, limit: int, models: Collection[Model] = tuple(Model)) -> Keys | None:
        """Keys of these models that Magento could not be asked about when their batch was submitted."""
        return await self._writer.run(snapshot, batches.next_keys, limit, models)

    async def looked_up(self, keys: Keys, ids: Sequence[int], unknown: Mapping[str, str]) -> None:
        """Put ids in the place of keys; ``unknown`` are those that name nothing, with the reason."""

        def put(db: sqlite3.Connection) -> None:
            batches.looked_up(db, keys, ids, self._blotting.keys(keys.given, unknown), self._now())

        await self._take_in(put)

    async def whereabouts(self, model: Model, ids: Sequence[int]) -> dict[int, set[int]]:
        """Store views where entities live, or may live, by the ledger or wait in the outbox."""
        return await self._writer.run(intake.whereabouts, model, ids)

    async def pageable(self) -> list[Part]:
        """Parts of running jobs that have ids left to select, oldest job first."""
        return await self._writer.run(snapshot, jobs.pageable)

    async def begin_part(self, part_id: int, until: int, total: int) -> None:
        """Note the high-water mark of a full part and how many ids there are; once noted, it stays."""
        await self._write(jobs.begin_part, part_id, until, total, self._now())

    async def advance_part(
        self, part_id: int, position: int, wishes: Iterable[Wish], *, finished: bool
    ) -> bool:
        """Enqueue a page, its membership and the new position in one transaction.

        False: the part is not to be paged now (paused, cancelled, replaced), and nothing was done.
        """
        args = (part_id, position, list(wishes), self._now(), self._settings)
        return await self._take_in(jobs.advance_part, *args, finished=finished)

    async def pause_job(self, job_id: int, by: str) -> Job:
        """Stop selecting, and take what only it wants off the outbox; it stays selected.

        What is in flight is delivered. Raises: Invalid if unknown or over.
        """
        await self._write(jobs.pause, job_id, by, self._now())
        await self.withdraw()
        return await self.job(job_id)

    async def resume_job(self, job_id: int, by: str) -> Job:
        """Go on; ``restore`` brings its rows back. Raises: Invalid if unknown or over."""
        return await self._write(jobs.resume, job_id, by, self._now())

    async def cancel_job(self, job_id: int, by: str) -> Job:
        """End a job and drop what only it wants (S18). Raises: Invalid if unknown or over."""
        await self._write(jobs.cancel, job_id, by, self._now())
        await self.sweep()
        return await self.job(job_id)

    async def withdraw(self) -> int:
        """Take rows that only paused jobs want off the outbox; returns how many."""
        withdrawn = 0
        while page := await self._write(membership.withdraw_page, self._settings.page):
            withdrawn += page
        return withdrawn

    async def restore(self) -> int:
        """Bring back a page of rows that pauses of resumed jobs took off the outbox; returns how many."""
        return await self._take_in(jobs.restore, self._settings.page, self._now(), self._settings)

    async def sweep(self) -> int:
        """Drop members of cancelled and replaced parts that a crash left; returns how many."""
        dropped = 0
        while page := await self._write(membership.sweep_page, self._now(), self._settings.page):
            dropped += page
        return dropped

    async def job(self, job_id: int) -> Job:
        """One job with parts, reasons and unknown keys. Raises: Invalid if unknown."""
        return await self._read(jobs.get, job_id)

    async def jobs(
        self, limit: int = 50, before: int | None = None, *, unfinished: bool = False
    ) -> list[Job]:
        """Jobs, newest first, older than job ``before`` for the next page."""
        return await self._read(jobs.page, limit, before, unfinished=unfinished)

    def _add(self, db: sqlite3.Connection, job_id: int, given: str, page: BatchPage) -> None:
        batches.add(db, job_id, self._blotting.page(given, page))

    # Verifications

    async def submit_verification(
        self, streams: Sequence[Stream], origin: str, *, repair: bool, remote: int
    ) -> Verification:
        """Start a comparison of Magento with the ledger; one that is not over is cancelled.

        Args:
            streams: models and store views.
            origin: who asks.
            repair: findings shall be enqueued.
            remote: items of each stream that shall be read back from Synerise.
        """
        return await self._take_in(
            verifications.submit, streams, origin, self._now(), repair=repair, remote=remote
        )

    async def verification(self, number: int | None = None) -> Verification:
        """One comparison, the newest by default. Raises: Invalid if there is none."""
        return await self._read(verifications.get, number)

    async def cancel_verification(self, number: int, by: str) -> Verification:
        """End a comparison early. Raises: Invalid if unknown or over."""
        return await self._write(verifications.cancel, number, by, self._now())

    async def verifiable(self) -> tuple[Verification, VerificationPart] | None:
        """The part of a comparison to go on with."""
        return await self._writer.run(snapshot, verifications.next_part)

    async def begin_verification(self, part: VerificationPart, until: int, total: int) -> None:
        """Note where a part will end."""
        await self._write(verifications.begin, part.part_id, until, total)

    async def verified(
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

        def advance(db: sqlite3.Connection) -> bool:
            now, named = self._now(), self._blotting.samples(part.stream.model, samples)
            if not verifications.advance(db, part, position, figures, named, now, done=done):
                return False
            intake.enqueue(db, repairs, now, self._settings, standing=True)
            return True

        return await self._take_in(advance)

    async def living(self, stream: Stream, after: int, until: int | None, limit: int) -> list[int]:
        """Ids that the ledger has alive, or in doubt, in a stream: ``after < id <= until``, ascending."""
        return await self._read(verifications.ledger_range, stream, after, until, limit)

    async def waiting(self, keys: Sequence[Key]) -> set[Key]:
        """Those of the items that are in the outbox."""
        return await self._writer.run(verifications.waiting, keys)
