"""The file underneath ``Queue``: two connections, a clock, the reserve; how it is opened and closed."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from synqd.models.errors import StorageUnavailable
from synqd.models.names import Stream
from synqd.queue import maintenance, marks
from synqd.queue.blotting import Blotting
from synqd.queue.connection import PATIENCE, Connection, snapshot
from synqd.queue.errors import DiskFull
from synqd.queue.reserve import Reserve
from synqd.queue.settings import QueueSettings
from synqd.runtime.clock import Clock, SystemClock, milliseconds

ASIDE = 4
"""Connections beside the writing one have so large a part of its page cache."""

P = ParamSpec("P")
T = TypeVar("T")

WRITE_WAIT = 10.0
"""Seconds that a writer waits while the file is written anew; then it is told so, and tries again."""


class Store:
    """One writing connection for the movers, one reading one for faces, so that a long list delays nobody."""

    def __init__(self, path: Path, settings: QueueSettings, clock: Clock) -> None:
        """Use ``open``; a store that is not open can do nothing."""
        self.path = path
        self.settings = settings
        self.clock = clock
        self._writer = Connection(path, settings.cache_bytes, writing=True)
        self._reader = Connection(path, settings.cache_bytes // ASIDE, writing=False)
        self.reserve = Reserve(path, settings.reserve_bytes)
        self.blotting = Blotting()
        self.inode = 0
        self.raw: int | None = None
        """Descriptor of the file, for who reads it raw; closed when no connection is open any more."""
        self.turnover: Counter[Stream] = Counter()
        """How often items of each stream went, or came as live changes."""
        self._failing = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._rewriting = asyncio.Lock()
        self.served: frozenset[Stream] | None = None
        """Streams that are delivered; None: all."""
        self.opened_clean = True
        """Whether the process before closed the file in order (or there was none); if not, ``check`` it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path}, {self.reserve})"

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, settings: QueueSettings | None = None, clock: Clock | None = None
    ) -> AsyncIterator[Self]:
        """Create or migrate the file, release all leases of the process before, and close at the end.

        A file of up to ``quick_check_bytes`` is checked first.
        Raises: Fatal for a file of a newer version or a foreign one; Corrupt (Fatal) for a broken one.
        """
        store = cls(path, settings or QueueSettings(), clock or SystemClock())
        await store._writer.start()
        try:
            store.raw = maintenance.open_raw(path)
            await store._prepare()
            await store._reader.start()
            try:
                yield store
            finally:
                await store._reader.finish()
                await store._note_closed()
        finally:
            # Last, and to the end: the thread may be in the midst of a transaction.
            try:
                await store._writer.finish()
            finally:
                maintenance.close_raw(store.raw)

    async def _prepare(self) -> None:
        sizes = await self.ask(maintenance.sizes, self.path, self.reserve.held())
        if sizes.file + sizes.wal <= self.settings.quick_check_bytes:
            await self.ask(maintenance.check, self.path, thorough=False)
        self.inode = maintenance.inode_of(self.path) or 0
        self.opened_clean = await self.write_surely(maintenance.prepare, self.path)
        await self.ask(lambda _: self.reserve.renew())
        self.blotting.marks = await self.ask(marks.read)

    async def _note_closed(self) -> None:
        try:
            await self.write(maintenance.note_closed)
        except StorageUnavailable:
            # Nothing else is lost by it: the next start takes the file for unclean and checks it.
            return

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return milliseconds(self.clock.now())

    async def ask(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a body on the writing connection without a transaction of its own: quick, and newest."""
        return await self._writer.run(fn, *args, **kwargs)

    async def write(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a body as one transaction."""
        if not self._writable.is_set():
            # Here, not in SQLite: the thread has to answer the heartbeat meanwhile.
            with suppress(TimeoutError):
                async with asyncio.timeout(WRITE_WAIT):
                    await self._writable.wait()
        return await self._writer.transaction(fn, *args, **kwargs)

    @asynccontextmanager
    async def nobody_writing(self) -> AsyncIterator[None]:
        """Keeps writers waiting, after those that are at work already."""
        async with self._rewriting:
            self._writable.clear()
            try:
                await self.ask(maintenance.set_patience, 0)
                yield
            finally:
                await self.ask(maintenance.set_patience, PATIENCE)
                self._writable.set()

    async def make_sure(self) -> None:
        """After something could not be recorded, writes before more is handed out or taken back (S16).

        Leases write nothing into the file: without this the same items would be sent again and again while
        nothing of it could be recorded. Raises: StorageUnavailable as long as the file cannot be written.
        """
        if self._failing:
            await self.write_surely(maintenance.prove)
            self._failing = False

    async def write_surely(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like ``write``, for what must fit on a full disk: it may use up the reserve (Q8)."""
        try:
            try:
                return await self.write(fn, *args, **kwargs)
            except DiskFull:
                if not self.reserve.held():
                    raise
                await self.ask(lambda _: self.reserve.free())
            return await self.write(fn, *args, **kwargs)
        except StorageUnavailable:
            self._failing = True
            raise

    async def take_in(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like ``write``, for what makes the file grow: closed while the reserve is gone (Q8)."""
        if self.reserve.freed:
            raise StorageUnavailable(
                f"the disk of queue file {self.path} is full, nothing new is taken in: make room there"
            )
        return await self.write(fn, *args, **kwargs)

    async def read(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a body in one snapshot on the reading connection, so that a long list delays nobody."""
        return await self._reader.run(snapshot, fn, *args, **kwargs)
