"""``Queue``: the verbs of the place, each one transaction and one await."""

from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from synqd.clock import Clock
from synqd.models.change import Cursor, Installation
from synqd.models.item import Leased, LedgerEntry, Ready, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Settlement
from synqd.queue.records import (
    BreakerState,
    Counts,
    DeadFilter,
    DeadLetter,
    Enqueued,
    Flag,
    ItemFacts,
    Job,
    Part,
    Pruned,
    QueueSettings,
    Reaped,
    Settled,
    Sizes,
)


class Queue:
    """The queue file; every verb may raise StorageUnavailable (disk full or failing) or Corrupt (Fatal)."""

    opened_clean: bool
    """Whether the process before closed the file in order (or there was none); if not, ``check`` it."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, settings: QueueSettings | None = None, clock: Clock | None = None
    ) -> AsyncIterator[Self]:
        """Create or migrate the file, release all leases of the process before, and close at the end.

        Raises: Fatal for a file of a newer version or a foreign one; Corrupt (Fatal) for a broken one.
        """
        raise NotImplementedError
        yield

    # Intake

    async def intake(self, wishes: Iterable[Wish], cursors: Iterable[Cursor] = ()) -> Enqueued:
        """Enqueue wishes and move cursors in one transaction (Q1, Q2).

        A live wish also reaches the store views where the entity was sent before or waits; with store
        view 0 it reaches only those. ``Wish.part_id`` is for ``advance_part``.
        Raises: StorageUnavailable at once while the reserve is gone (Q8).
        """
        raise NotImplementedError

    async def cursor(self, source: str) -> Cursor | None:
        """How far ``source`` was read, or None if never."""
        raise NotImplementedError

    async def cursors(self) -> list[Cursor]:
        """All cursors, by source."""
        raise NotImplementedError

    # Delivery

    async def ready(self, streams: Collection[Stream] | None = None) -> list[Ready]:
        """For each stream and lane with rows that are not leased: when the first is due."""
        raise NotImplementedError

    async def lease(self, stream: Stream, lane: Lane, limit: int, seconds: float) -> list[Leased]:
        """Hand out up to ``limit`` due rows in order of (due, arrival) for ``seconds`` (Q3)."""
        raise NotImplementedError

    async def settle(self, settlements: Sequence[Settlement]) -> Settled:
        """Record what became of leased items (Q4, Q5, Q6, Q9, Q10). On a full disk it frees the reserve.

        The caller shields it from cancellation: what was delivered has to be recorded.
        """
        raise NotImplementedError

    async def settle_and_lease(
        self, settlements: Sequence[Settlement], stream: Stream, lane: Lane, limit: int, seconds: float
    ) -> tuple[Settled, list[Leased]]:
        """``settle`` and the next ``lease`` in one transaction."""
        raise NotImplementedError

    async def reap(self) -> Reaped:
        """Return leases past their deadline and pull back times a clock jump left far ahead (Q3, Q7)."""
        raise NotImplementedError

    # Ledger

    async def known(self, keys: Sequence[Key]) -> dict[Key, LedgerEntry]:
        """Ledger entries of those items that have one."""
        raise NotImplementedError

    async def owners(self, workspace: str, model: Model, wire_keys: Sequence[str]) -> dict[str, list[Key]]:
        """Living items that own these wire keys; keys nobody owns are left out (S8)."""
        raise NotImplementedError

    async def ledger_page(
        self, model: Model, after: tuple[int, int] | None, limit: int, store_id: int | None = None
    ) -> list[tuple[Key, LedgerEntry]]:
        """Ledger entries after (entity id, store view id), in that order."""
        raise NotImplementedError

    async def facts(self, model: Model, entity_id: int) -> list[ItemFacts]:
        """All that is known of an entity, per store view."""
        raise NotImplementedError

    async def void(self, stream: Stream) -> int:
        """Forget what was sent of a stream (its catalog is gone, S15); returns how many entries."""
        raise NotImplementedError

    # Jobs

    async def submit_full(self, streams: Sequence[Stream], want: Want, origin: str) -> Job:
        """Start a full job; unfinished full parts of the same streams are replaced."""
        raise NotImplementedError

    async def submit_batch(
        self, streams: Sequence[Stream], pages: AsyncIterable[Sequence[int]], want: Want, origin: str
    ) -> Job:
        """Start a batch job of one model from pages of entity ids: accepted whole or not at all.

        Raises: Invalid for no ids or several models; whatever ``pages`` raises, after which nothing is left.
        """
        raise NotImplementedError

    async def batch_page(self, part: Part, limit: int) -> list[int]:
        """The next entity ids of a batch part after its position, ascending."""
        raise NotImplementedError

    async def pageable(self) -> list[Part]:
        """Parts of running jobs that have ids left to select, oldest job first."""
        raise NotImplementedError

    async def advance_part(
        self, part_id: int, position: int, wishes: Iterable[Wish], *, finished: bool, total: int | None = None
    ) -> bool:
        """Enqueue a page, its membership and the new position in one transaction.

        ``total`` notes how many ids there are in all. False: the part is not to be paged now (paused,
        cancelled, replaced), and nothing was done.
        """
        raise NotImplementedError

    async def pause_job(self, job_id: int) -> Job:
        """Stop selecting; what is enqueued is delivered. Raises: Invalid if unknown or over."""
        raise NotImplementedError

    async def resume_job(self, job_id: int) -> Job:
        """Go on selecting. Raises: Invalid if unknown or over."""
        raise NotImplementedError

    async def cancel_job(self, job_id: int) -> Job:
        """End a job and drop what only it wants (S18). Raises: Invalid if unknown or over."""
        raise NotImplementedError

    async def sweep(self) -> int:
        """Drop members of cancelled and replaced parts that a crash left; returns how many."""
        raise NotImplementedError

    async def job(self, job_id: int) -> Job:
        """One job with parts and reasons. Raises: Invalid if unknown."""
        raise NotImplementedError

    async def jobs(
        self, limit: int = 50, before: int | None = None, *, unfinished: bool = False
    ) -> list[Job]:
        """Jobs, newest first, older than job ``before`` for the next page."""
        raise NotImplementedError

    # Dead letters

    async def dead_letters(
        self, which: DeadFilter, limit: int = 50, after: int | None = None
    ) -> list[DeadLetter]:
        """Dead letters by id (oldest first), after letter ``after`` for the next page."""
        raise NotImplementedError

    async def dead_letter(self, letter_id: int) -> DeadLetter:
        """One dead letter. Raises: Invalid if unknown."""
        raise NotImplementedError

    async def retry_dead(self, which: DeadFilter) -> int:
        """Enqueue these again (batch lane, forced) and remove the letters; returns how many."""
        raise NotImplementedError

    async def discard_dead(self, which: DeadFilter) -> int:
        """Remove these letters for good; returns how many."""
        raise NotImplementedError

    # Flags and facts

    async def flags(self) -> dict[str, Flag]:
        """All flags by name."""
        raise NotImplementedError

    async def set_flag(self, name: str, value: str, by: str) -> None:
        """Set a flag."""
        raise NotImplementedError

    async def clear_flag(self, name: str) -> bool:
        """Remove a flag; False if it was not set."""
        raise NotImplementedError

    async def breakers(self) -> dict[str, BreakerState]:
        """Saved circuit breakers by name."""
        raise NotImplementedError

    async def save_breaker(self, name: str, state: str) -> None:
        """Save a circuit breaker's state (JSON text)."""
        raise NotImplementedError

    async def meta(self, name: str) -> str | None:
        """A fact about this file."""
        raise NotImplementedError

    async def set_meta(self, name: str, value: str) -> None:
        """Note a fact about this file."""
        raise NotImplementedError

    async def installation(self) -> Installation | None:
        """Whose changes this file holds (S3), or None for a new file."""
        raise NotImplementedError

    async def adopt(self, installation: Installation) -> None:
        """From now on this file belongs to that installation (S3)."""
        raise NotImplementedError

    # Numbers and upkeep

    async def counts(self) -> Counts:
        """Exact depths and totals, at a cost that does not grow with them."""
        raise NotImplementedError

    async def oldest(self) -> dict[tuple[Stream, Lane], int]:
        """When the oldest row of each stream and lane was first wanted (milliseconds, within 5 s)."""
        raise NotImplementedError

    async def sizes(self) -> Sizes:
        """Bytes on disk."""
        raise NotImplementedError

    async def probe(self) -> None:
        """A round trip through the writing connection, for the watchdog (S21)."""
        raise NotImplementedError

    async def check(self, *, thorough: bool = False) -> None:
        """Verify the file beside the running work. Raises: Corrupt, naming file and remedy."""
        raise NotImplementedError

    async def prune(self, job_retention: float) -> Pruned:
        """Remove jobs that ended more than ``job_retention`` seconds ago and id lists of ended jobs."""
        raise NotImplementedError

    async def shrink(self, pages: int = 2000) -> None:
        """Give up to ``pages`` free pages back to the file system and empty the write-ahead log."""
        raise NotImplementedError

    @property
    def reserve_freed(self) -> bool:
        """Whether the disk was full and intake is closed until ``renew_reserve`` succeeds (Q8)."""
        raise NotImplementedError

    async def free_reserve(self) -> None:
        """Give the reserve's space to acks and close intake (S16)."""
        raise NotImplementedError

    async def renew_reserve(self) -> bool:
        """Allocate the reserve again and open intake; False while the disk has no room."""
        raise NotImplementedError
