"""``Queue``: everything that outlives the process, by what it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from synqd.queue.settings import QueueSettings
from synqd.queue.store import Store
from synqd.queue.verbs.capture import Capture
from synqd.queue.verbs.dead import Dead
from synqd.queue.verbs.facts import Facts
from synqd.queue.verbs.file import File
from synqd.queue.verbs.holds import Holds
from synqd.queue.verbs.jobs import Jobs
from synqd.queue.verbs.ledger import Ledger
from synqd.queue.verbs.log import Log
from synqd.queue.verbs.outbox import Outbox
from synqd.queue.verbs.people import People
from synqd.queue.verbs.verifications import Verifications
from synqd.runtime.clock import Clock


class Queue:
    """``async with Queue.open(path) as queue: await queue.outbox.lease(...)``.

    Every verb is one await around one transaction, and may raise StorageUnavailable (disk full or failing)
    or Corrupt (Fatal).
    """

    def __init__(self, store: Store) -> None:
        """Args: store: the open file."""
        self.outbox = Outbox(store)
        self.capture = Capture(store)
        self.ledger = Ledger(store)
        self.dead = Dead(store)
        self.jobs = Jobs(store)
        self.holds = Holds(store)
        self.verifications = Verifications(store)
        self.people = People(store)
        self.log = Log(store)
        self.facts = Facts(store)
        self.file = File(store)
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
