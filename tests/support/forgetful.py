"""A proxy that gives each statement whatever connection is free, so that what a session has set is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.proxy import Proxy

RESET = b"\x01\x00\x00\x00\x1f"
"""The command that sets a session back to the server's defaults, which is what another connection is."""
QUERY = (0, 3)
"""A packet's number and its first byte, where it is a statement."""
HEAD = 4


class Forgetful(Proxy):
    """Sets the session back before each statement of a connection but the first ``faithful``.

    It counts on a client that sends a statement only after the answer to the one before.
    """

    def __init__(self, target: Path, faithful: int = 0) -> None:
        super().__init__(target)
        self.socket = target
        self.faithful = faithful

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self.socket)
        answers = asyncio.create_task(self._answers(there, writer))
        statements = 0
        try:
            while True:
                packet = await _packet(reader)
                statements += (packet[3], packet[HEAD]) == QUERY
                if statements > self.faithful:
                    answers.cancel()
                    await asyncio.gather(answers, return_exceptions=True)
                    back.write(RESET)
                    await _packet(there)
                    answers = asyncio.create_task(self._answers(there, writer))
                back.write(packet)
        except asyncio.IncompleteReadError:
            return
        finally:
            answers.cancel()
            back.transport.abort()  # before the next await, where a cancellation may strike
            await asyncio.gather(answers, return_exceptions=True)


async def _packet(stream: asyncio.StreamReader) -> bytes:
    head = await stream.readexactly(HEAD)
    return head + await stream.readexactly(int.from_bytes(head[:3], "little"))
