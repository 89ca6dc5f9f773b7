"""Settlements share transactions: those that come while the file is being written wait for the next one.

Requests are answered one by one, so what they carried is settled in small lots; a transaction for each would
write the same pages and wait for the disk again and again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from synqd.models.settle import Settlement
from synqd.queue.records import Settled

Write = Callable[[Sequence[Settlement]], Awaitable[Settled]]
Lot = tuple[Sequence[Settlement], asyncio.Future[Settled]]


class Gathering:
    """Writes lots of settlements together; each lot learns its own fates, or the error that struck all."""

    def __init__(self, write: Write) -> None:
        """Args: write: settles in one transaction, or raises and has settled nothing."""
        self._write = write
        self._waiting: list[Lot] = []
        self._writing: asyncio.Task[None] | None = None

    async def settle(self, settlements: Sequence[Settlement]) -> Settled:
        """``Queue.settle``; a caller that is cancelled does not stop it."""
        done: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self._waiting.append((settlements, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="settle")
        return await done

    async def _write_all(self) -> None:
        while self._waiting:
            lots, self._waiting = self._waiting, []
            try:
                settled = await self._write([one for settlements, _ in lots for one in settlements])
            except BaseException as error:
                for _, done in lots:
                    if not done.done():
                        done.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                _tell(lots, settled)


def _tell(lots: Sequence[Lot], settled: Settled) -> None:
    begin = 0
    for settlements, done in lots:
        end = begin + len(settlements)
        if not done.done():
            done.set_result(Settled(settled.fates[begin:end], settled.finished_jobs))
        begin = end
