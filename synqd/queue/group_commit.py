"""Settlements and notes share transactions: what comes while the file is being written waits for the next.

Requests leave and are answered one by one, so what they carry is noted and settled in small lots; a
transaction for each would write the same pages and wait for the disk again and again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from synqd.models.settle import Settlement
from synqd.queue.notes import Note
from synqd.queue.settling import Settled

Write = Callable[[Sequence[Settlement], Sequence[Note]], Awaitable[Settled]]


class Lot(NamedTuple):
    """What one caller wants to be written."""

    settlements: Sequence[Settlement]
    notes: Sequence[Note]
    done: asyncio.Future[Settled]


class Gathering:
    """Writes lots together; each caller learns its own fates, or the error that struck all."""

    def __init__(self, write: Write) -> None:
        """Args: write: notes and settles in one transaction, or raises and has done nothing."""
        self._write = write
        self._waiting: list[Lot] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, settlements: Sequence[Settlement] = (), notes: Sequence[Note] = ()) -> Settled:
        """``Queue.settle`` and ``Queue.depart``; a caller that is cancelled does not stop it."""
        done: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self._waiting.append(Lot(settlements, notes, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="settle")
        return await done

    async def _write_all(self) -> None:
        while self._waiting:
            lots, self._waiting = self._waiting, []
            settlements = [one for lot in lots for one in lot.settlements]
            try:
                settled = await self._write(settlements, [note for lot in lots for note in lot.notes])
            except BaseException as error:
                for lot in lots:
                    if not lot.done.done():
                        lot.done.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                _tell(lots, settled)


def _tell(lots: Sequence[Lot], settled: Settled) -> None:
    begin = 0
    for lot in lots:
        end = begin + len(lot.settlements)
        if not lot.done.done():
            lot.done.set_result(Settled(settled.fates[begin:end], settled.finished_jobs))
        begin = end
