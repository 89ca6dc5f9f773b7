"""The file underneath ``Queue``: two connections, a clock, the reserve; how it is opened and closed."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from synqd.models.errors import StorageUnavailable
from synqd.queue import maintenance
from synqd.queue.blotting import Blotting
from synqd.queue.connection import Connection, snapshot
from synqd.queue.errors import DiskFull
from synqd.queue.records import QueueSettings
from synqd.queue.reserve import Reserve
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
        self._path = path
        self._settings = settings
        self._clock = clock
        self._writer = Connection(path, settings.cache_bytes, writing=True)
        self._reader = Connection(path, settings.cache_bytes // ASIDE, writing=False)
        self._reserve = Reserve(path, settings.reserve_bytes)
        self._blotting = Blotting()
        self._inode = 0
        self._raw: int | None = None
        """Descriptor of the file, for who reads it raw; closed when no connection is open any more."""
        self._failing = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._rewriting = asyncio.Lock()
        self.opened_clean = True
        """Whether the process before closed the file in order (or there was none); if not, ``check`` it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._path}, {self._reserve})"

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
            store._raw = maintenance.open_raw(path)
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
                maintenance.close_raw(store._raw)

    @property
    def reserve_freed(self) -> bool:
        """Whether the disk was full and intake is closed until ``renew_reserve`` succeeds (Q8)."""
        return self._reserve.freed

    async def free_reserve(self) -> None:
        """Give the reserve's space to acks and close intake (S16)."""
        await self._writer.run(lambda _: self._reserve.free())

    async def renew_reserve(self) -> bool:
        """Allocate the reserve again and open intake; False while the disk has no room."""
        return await self._writer.run(lambda _: self._reserve.renew())

    async def _prepare(self) -> None:
        sizes = await self._writer.run(maintenance.sizes, self._path, self._reserve.held())
        if sizes.file + sizes.wal <= self._settings.quick_check_bytes:
            await self._writer.run(maintenance.check, self._path, thorough=False)
        self._inode = maintenance.inode_of(self._path) or 0
        self.opened_clean = await self._write_surely(maintenance.prepare, self._path)
        await self.renew_reserve()

    async def _note_closed(self) -> None:
        try:
            await self._write(maintenance.note_closed)
        except StorageUnavailable:
            # Nothing else is lost by it: the next start takes the file for unclean and checks it.
            return

    def _now(self) -> int:
        return milliseconds(self._clock.now())

    async def _write(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        if not self._writable.is_set():
            # Here, not in SQLite: the thread has to answer the heartbeat meanwhile.
            with suppress(TimeoutError):
                async with asyncio.timeout(WRITE_WAIT):
                    await self._writable.wait()
        return await self._writer.transaction(fn, *args, **kwargs)

    async def _make_sure(self) -> None:
        """After something could not be recorded, writes before more is handed out or taken back (S16).

        Leases write nothing into the file: without this the same items would be sent again and again while
        nothing of it could be recorded. Raises: StorageUnavailable as long as the file cannot be written.
        """
        if self._failing:
            await self._write_surely(maintenance.prove)
            self._failing = False

    async def _write_surely(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like ``_write``, for what must fit on a full disk: it may use up the reserve (Q8)."""
        try:
            try:
                return await self._write(fn, *args, **kwargs)
            except DiskFull:
                if not self._reserve.held():
                    raise
                await self.free_reserve()
            return await self._write(fn, *args, **kwargs)
        except StorageUnavailable:
            self._failing = True
            raise

    async def _take_in(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like ``_write``, for what makes the file grow: closed while the reserve is gone (Q8)."""
        if self._reserve.freed:
            raise StorageUnavailable(
                f"the disk of queue file {self._path} is full, nothing new is taken in: make room there"
            )
        return await self._write(fn, *args, **kwargs)

    async def _read(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._reader.run(snapshot, fn, *args, **kwargs)
