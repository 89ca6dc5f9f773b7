"""What systemd is told: ready, reloading, stopping, a status line, and that progress is made.

The protocol is a datagram of ``NAME=value`` lines to the socket in ``$NOTIFY_SOCKET`` (sd_notify(3)). Without
that variable nothing is sent. A message that systemd does not take at once is dropped, not waited for: the
event loop is worth more, and systemd notices a missing READY or WATCHDOG by itself.
"""

import os
import socket
import time
from collections.abc import Mapping
from typing import Self

from synqd.models.errors import Fatal


class Notifier:
    """Speaks to the service manager that started this process, if there is one.

    Attributes:
        watchdog_seconds: the time after which systemd kills a process that did not call ``watchdog()``;
            None when it does not watch. Call it at least twice as often.
    """

    def __init__(self, address: str | None = None, watchdog_seconds: float | None = None) -> None:
        """Args: address: a path, ``@name`` (abstract) or None; watchdog_seconds: see above.

        Raises:
            Fatal: the address is of a kind that is not known here.
        """
        if address is not None and not address.startswith(("/", "@")):
            raise Fatal(f"NOTIFY_SOCKET={address}: only a path or an abstract socket (@name) can be used")
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.

        Raises:
            Fatal: one of them makes no sense.
        """
        variables = os.environ if environment is None else environment
        return cls(variables.get("NOTIFY_SOCKET") or None, _watchdog_seconds(variables))

    def ready(self, status: str = "") -> bool:
        """Start, or reload, is over. True if systemd took the message (so with the others)."""
        return self._send({"READY": "1", "STATUS": status})

    def reloading(self) -> bool:
        """A reload begins; ``ready()`` ends it. The time stamp is what Type=notify-reload asks for."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        return self._send({"RELOADING": "1", "MONOTONIC_USEC": str(microseconds)})

    def stopping(self, status: str = "") -> bool:
        """The end begins."""
        return self._send({"STOPPING": "1", "STATUS": status})

    def status(self, text: str) -> bool:
        """One line for ``systemctl status``."""
        return self._send({"STATUS": text})

    def watchdog(self) -> bool:
        """Progress was made; call it only from the place that proves it."""
        return self._send({"WATCHDOG": "1"})

    def _send(self, assignments: Mapping[str, str]) -> bool:
        if self._address is None:
            return False
        lines = [f"{name}={' '.join(value.split())}" for name, value in assignments.items() if value]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto("\n".join(lines).encode(errors="replace"), self._address)
        except OSError:
            return False
        return True


def _watchdog_seconds(variables: Mapping[str, str]) -> float | None:
    text = variables.get("WATCHDOG_USEC", "")
    if not text or variables.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    if not text.isdecimal() or int(text) == 0:
        raise Fatal(f"WATCHDOG_USEC={text}: is not a number of microseconds")
    return int(text) / 1_000_000
