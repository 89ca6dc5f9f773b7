"""A stranger on the same host who opens connections and does nothing useful with them.

Run as a process of its own, as another user: ``python flood.py UID TARGET CONNECTIONS``. The target is
``HOST:PORT`` or a path. A third each says nothing, half a request, or a whole one whose answer is never read.
"""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
import time

KINDS = (b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
AT_A_TIME = 2_000
WAITING = {errno.EAGAIN, errno.EINPROGRESS, errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT}


def become(user: int) -> None:
    """Another user, where root runs the tests."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def connect(target: str) -> socket.socket | None:
    """A connection that is made or on its way; None if the kernel's queue is full just now."""
    host, _, port = target.rpartition(":")
    made = socket.socket(socket.AF_INET if host else socket.AF_UNIX)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    try:
        made.connect((host, int(port)) if host else target)
    except OSError as error:
        if error.errno == errno.EINPROGRESS:
            return made
        made.close()
        if error.errno in WAITING:
            return None
        raise
    return made


def say(made: socket.socket, number: int) -> None:
    try:
        made.send(KINDS[number % len(KINDS)])
    except OSError as error:
        if error.errno not in {*WAITING, errno.EPIPE, errno.ENOTCONN}:
            raise


def flood(target: str, connections: int) -> None:
    """Tries to connect one time after the other, and keeps as many connections as fit."""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    most = min(AT_A_TIME, files // 2)
    held: list[socket.socket] = []
    for number in range(connections):
        one = connect(target)
        if one is None:
            time.sleep(0.0005)
            continue
        say(one, number)
        held.append(one)
        if len(held) > most:
            held.pop(0).close()


if __name__ == "__main__":
    _, user, aim, count = sys.argv
    become(int(user))
    flood(aim, int(count))
