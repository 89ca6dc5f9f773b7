"""``Queue``: everything that outlives the process, by what it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from synqd.queue.settings import QueueSettings
from synqd.queue.store import Store
from synqd.queue.verbs.capture import CaptureVerbs
from synqd.queue.verbs.dead import DeadLetterVerbs
from synqd.queue.verbs.facts import FactVerbs
from synqd.queue.verbs.file import FileVerbs
from synqd.queue.verbs.holds import HoldVerbs
from synqd.queue.verbs.jobs import JobVerbs
from synqd.queue.verbs.ledger import LedgerVerbs
from synqd.queue.verbs.log import LogVerbs
from synqd.queue.verbs.outbox import OutboxVerbs
from synqd.queue.verbs.people import PersonVerbs
from synqd.queue.verbs.verifications import VerificationVerbs
from synqd.runtime.clock import Clock


class Queue:
    """``async with Queue.open(path) as queue: await queue.outbox.lease(...)``.

    Every verb is one await around one transaction, and may raise StorageUnavailable (disk full or failing)
    or Corrupt (Fatal).
    """

    def __init__(self, store: Store) -> None:
        """Args: store: the open file."""
        self.outbox = OutboxVerbs(store)
        self.capture = CaptureVerbs(store)
        self.ledger = LedgerVerbs(store)
        self.dead = DeadLetterVerbs(store)
        self.jobs = JobVerbs(store)
        self.holds = HoldVerbs(store)
        self.verifications = VerificationVerbs(store)
        self.people = PersonVerbs(store)
        self.log = LogVerbs(store)
        self.facts = FactVerbs(store)
        self.file = FileVerbs(store)
        self._store = store

    def __repr__(self) -> str:
        return f"Queue({self._store})"

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, settings: QueueSettings | None = None, clock: Clock | None = None
    ) -> AsyncIterator[Self]:
        """Open the file, see ``Store.open``."""
        async with Store.open(path, settings, clock) as store:
            yield cls(store)
