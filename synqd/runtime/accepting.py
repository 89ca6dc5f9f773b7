"""Accepts connections for the faces, and never more than this process can afford.

Whoever may connect could otherwise use up the files that the daemon itself needs. So each face keeps a
bounded number of connections open, and only a part of it for one peer (an address; on a unix socket a user).
A newcomer beyond that takes the place of whoever has been there longest without having asked, else of whoever
does not take the answer; who is being answered stays. Newcomers come in at a bounded rate, the others wait in
the kernel's queue. Nothing that clients do writes more than one line of log in some minutes, kind by kind.
"""

import asyncio
import ipaddress
import resource
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from aiohttp import web

from synqd.runtime.logs import Seldom

MOST = 64
"""Connections that a face keeps open, where this process may open files enough."""
SHARE = 8
"""A face takes at most one file of so many."""
LEAST = 4
BACKLOG = 128
RATE = 400.0
"""Connections a second: a few hundredths of a processor, and slow enough that nobody has to give way before
his request, which comes with the connection, could be read."""
RETRY = 1.0
"""Seconds after which accepting is tried again that failed for want of files or memory."""

CREDENTIALS = struct.Struct("3i")
"""``struct ucred`` of unix(7): pid, uid, gid."""


class Stage(IntEnum):
    """How far a connection is; the least gives way first."""

    SILENT = 0
    """Nothing is asked, or not to its end."""
    ANSWERED = 1
    """The answer is made and has to be taken."""
    ASKED = 2
    """It is being answered, or not even set up: it stays."""


@dataclass(eq=False, slots=True)
class Guest:
    """One open connection; ``conn`` is closed when nothing of it takes up a file any more."""

    conn: socket.socket
    peer: str
    protocol: asyncio.BaseProtocol
    transport: asyncio.WriteTransport | None = None
    stage: Stage = Stage.ASKED

    @property
    def gone(self) -> bool:
        """Whether its file is free."""
        return self.conn.fileno() < 0

    def leave(self) -> None:
        """Ends it at once, whatever is under way."""
        if self.transport is not None:
            self.transport.abort()


def affordable() -> int:
    """Connections that one face may keep open in this process (``LimitNOFILE=``)."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(LEAST, min(MOST, files // SHARE))


class Guests:
    """The open connections of one face, the oldest first."""

    def __init__(self, most: int | None = None) -> None:
        """Args: most: connections at a time; what this process can afford by default."""
        self.most = most or affordable()
        self.most_of_one = max(1, self.most // 2)
        self._open: list[Guest] = []
        self._leaving: list[Guest] = []

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, guest: Guest) -> bool:
        """Takes a newcomer in, for whom somebody else may have to leave; False if everybody is at work."""
        self._open = [one for one in self._open if not one.gone]
        kin = [one for one in self._open if one.peer == guest.peer]
        crowded = kin if len(kin) >= self.most_of_one else self._open if len(self) >= self.most else None
        if crowded is not None and not self._dismiss(crowded):
            return False
        self._open.append(guest)
        return True

    def dismiss_silent(self) -> None:
        """Whoever has not asked leaves: files are short."""
        for guest in [one for one in self._open if one.stage is Stage.SILENT]:
            guest.leave()

    def of(self, request: web.BaseRequest) -> Guest | None:
        """Whose request it is; None for a connection that was not accepted here."""
        return next((one for one in self._open if one.protocol is request.protocol), None)

    def _dismiss(self, among: list[Guest]) -> bool:
        idlest = min(among, key=lambda one: one.stage)
        if idlest.stage is Stage.ASKED:
            return False
        idlest.leave()
        self._open.remove(idlest)  # its file is free a moment later
        return True


class Acceptor:
    """Accepts for one listening socket; asyncio's own way tries (and logs) 128 times when files are short."""

    def __init__(
        self,
        listening: socket.socket,
        protocols: Callable[[], asyncio.BaseProtocol],
        guests: Guests,
        seldom: Seldom,
    ) -> None:
        """Args: listening: bound; protocols: makes one for each connection; seldom: tells of trouble."""
        self._listening = listening
        self._protocols = protocols
        self._guests = guests
        self._seldom = seldom
        self._burst = self._left = max(1, guests.most_of_one // 2)
        self._resting: asyncio.TimerHandle | None = None
        self._greetings: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """The listening socket, until the end."""
        return () if self._listening.fileno() < 0 else (self._listening,)

    def open(self) -> None:
        """Begins to accept.

        Raises:
            OSError: somebody else listens at the address.
        """
        self._listening.setblocking(False)
        self._listening.listen(BACKLOG)
        self._loop.add_reader(self._listening, self._accept_some)

    def close(self) -> None:
        """Accepts nobody any more; open connections stay."""
        if self._resting is not None:
            self._resting.cancel()
        if self.sockets:
            self._loop.remove_reader(self._listening)
        self._listening.close()

    def _accept_some(self) -> None:
        while self._left:
            try:
                conn, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._seldom.warning("connections.not_accepted", reason=error.strerror)
                self._guests.dismiss_silent()
                self._rest(RETRY)
                return
            self._left -= 1
            self._greet(conn, address)
        self._rest(self._burst / RATE)

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._resting = self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._left = self._burst
        self._loop.add_reader(self._listening, self._accept_some)

    def _greet(self, conn: socket.socket, address: Any) -> None:
        conn.setblocking(False)
        guest = Guest(conn, peer_of(conn, address), self._protocols())
        if not self._guests.admit(guest):
            self._seldom.warning("connections.turned_away", peer=guest.peer)
            conn.close()
            return
        task = self._loop.create_task(self._serve(guest))
        self._greetings.add(task)
        task.add_done_callback(self._greetings.discard)

    async def _serve(self, guest: Guest) -> None:
        try:
            made, _ = await self._loop.connect_accepted_socket(lambda: guest.protocol, guest.conn)
        except OSError as error:
            self._seldom.warning("connections.not_accepted", reason=error.strerror)
            guest.conn.close()
            return
        assert isinstance(made, asyncio.WriteTransport)  # noqa: S101  # of a stream socket
        # An answer counts as taken when nothing of it waits here: else a connection would outlive its end.
        made.set_write_buffer_limits(0)
        guest.transport, guest.stage = made, Stage.SILENT


def peer_of(conn: socket.socket, address: Any) -> str:
    """Whom connections are counted for: a user on a unix socket, else an address (IPv6: its /64)."""
    if conn.family == socket.AF_UNIX:
        _, uid, _ = credentials(conn)
        return f"uid {uid}"
    host = ipaddress.ip_address(address[0].partition("%")[0])
    if isinstance(host, ipaddress.IPv6Address):
        return str(host.ipv4_mapped or ipaddress.ip_network((host, 64), strict=False))
    return str(host)


def credentials(conn: socket.socket) -> tuple[int, int, int]:
    """Pid, uid and gid at the other end of a unix socket, as the kernel recorded them (SO_PEERCRED)."""
    record = conn.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    pid, uid, gid = CREDENTIALS.unpack(record)
    return pid, uid, gid
