"""Where the exporter listens, and by which names it may be asked.

A page in a browser on this host can make its own name mean 127.0.0.1 (DNS rebinding) and then read what it
asks for. It cannot choose the Host that the browser sends: that stays its own name. So on loopback only known
names are answered. Beyond loopback, where the exporter cannot know what it is called, names are checked once
some are given; an address is no name and always passes there.
"""

import errno
import ipaddress
import socket
from collections.abc import Collection, Iterable, Sequence

_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class Hosts:
    """Judges the Host header of requests."""

    def __init__(self, listen: str, allowed: Collection[str], bound: Iterable[str]) -> None:
        """Args: listen: the configured host; allowed: what may be used besides; bound: addresses in use."""
        self._known = {bare(name) for name in ("localhost", listen, *allowed)}
        self._listed = bool(allowed)
        self._on_loopback = all(_is_loopback(address) for address in bound)

    def admits(self, header: str | None) -> bool:
        """Whether a request with this Host may be answered; None where it has none, as from no browser."""
        if header is None or (name := bare(header)) in self._known or _is_loopback(name):
            return True
        return not self._on_loopback and (not self._listed or _address(name) is not None)


def bare(host: str) -> str:
    """A host in lower case, without port, brackets and final dot."""
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    name = text if text.count(":") > 1 else text.partition(":")[0]
    return name.rstrip(".")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return address is not None and address.is_loopback


def bind(host: str, port: int) -> Sequence[socket.socket]:
    """A socket for each address of a host name that this machine has.

    Raises:
        OSError, OverflowError: one of them is in use, or none can be had.
    """
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    found = dict.fromkeys((family, address) for family, _, _, _, address in infos)
    made: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, address in found:
            try:
                made.append(socket.create_server(address, family=family))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missing = error  # localhost is ::1 as well, where IPv6 is switched off
    except BaseException:
        for one in made:
            one.close()
        raise
    if missing and not made:
        raise missing
    return made
