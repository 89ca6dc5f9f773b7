"""The unix socket and the HTTP server behind it."""

from typing import Self

from synqd.config import ControlSettings
from synqd.control.operations import Operations


class ControlServer:
    """``async with ControlServer(operations, settings.control): ...`` serves the control socket.

    The caller holds the lock on the state directory: a socket file found at the path belongs to nobody any
    more and is replaced.
    """

    def __init__(self, operations: Operations, settings: ControlSettings) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Starts to serve. Raises Fatal when the socket cannot be made."""
        raise NotImplementedError

    async def __aexit__(self, *_: object) -> None:
        """Ends: open requests get a moment, the socket file is removed if it was made here."""
        raise NotImplementedError
