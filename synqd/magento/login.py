"""Whom the database password is given to: nobody gets it as it is but a server that is known.

Most logins prove that the client knows the password without telling it (mysql_native_password, and
caching_sha2_password as long as the server remembers the account). Others hand it over, and it is whoever
answers that chooses which one is used: on a port of this machine, that may be any of its users while the
server is down. A public key that comes from that same server, as MySQL offers it where there is no TLS, tells
nothing about who it is, and is not used.
"""

import ipaddress
import ssl
import stat
from enum import Enum
from pathlib import Path
from typing import Any

from asyncmy.connection import Connection

from synqd.config import MagentoSettings
from synqd.models.errors import ConfigError, Denied, MagentoUnavailable
from synqd.models.shortage import shortage

_PROVING = frozenset({b"mysql_native_password", b"caching_sha2_password", b"sha256_password"})
"""Kinds of login that say themselves when the password has to be handed over."""
_TELLING = frozenset({b"mysql_clear_password", b"dialog"})
"""Kinds of login that are nothing but the password, handed over."""
_WEAK = frozenset({b"mysql_old_password"})
"""What it proves by is broken in seconds."""


class Peer(Enum):
    """Who may be at the other end of a connection."""

    ANYBODY = "anybody"
    """Nothing tells: TCP without TLS, or a socket that anybody on this machine could have put there."""
    CHOSEN = "chosen"
    """The operator says so: ``tls = "require"``, or a socket in a directory that only its owners write to."""
    VERIFIED = "verified"
    """A certificate tells."""


class GuardedConnection(Connection):
    """A connection of the driver's that keeps the password from whoever may be anybody.

    The driver asks ``_secure`` before it hands over the password, else encrypts it with
    ``_server_public_key``, and asks ``_process_auth`` for what the server wants in place of the first try.
    """

    def __init__(self, peer: Peer, where: str, **options: Any) -> None:
        """Args: peer: who may answer; where: the server, for messages; options: the driver's."""
        self._peer = peer
        self._where = where
        super().__init__(**options)  # type: ignore[no-untyped-call]

    @property
    def _secure(self) -> bool:
        return self._peer is not Peer.ANYBODY

    @_secure.setter
    def _secure(self, _: bool) -> None:
        """The driver takes every TLS for private, whoever it is with."""

    @property
    def _server_public_key(self) -> bytes:
        raise self._withheld("caching_sha2_password or sha256_password")

    @_server_public_key.setter
    def _server_public_key(self, key: bytes | None) -> None:
        if key is not None:
            raise self._withheld("sha256_password")

    async def _process_auth(self, plugin_name: bytes, auth_packet: Any) -> Any:
        if plugin_name in _WEAK or (plugin_name in _TELLING and self._peer is not Peer.VERIFIED):
            raise self._withheld(plugin_name.decode())
        if plugin_name not in _PROVING | _TELLING:
            raise Denied(
                f"the account at {self._where} has a kind of password that synqd does not know"
                f" ({plugin_name.decode(errors='replace')!r:.60}); give it mysql_native_password or"
                " caching_sha2_password"
            )
        return await super()._process_auth(plugin_name, auth_packet)  # type: ignore[misc]

    def _withheld(self, kind: str) -> Denied:
        return Denied(
            f"what answers at {self._where} wants the database password itself ({kind}), and was not given"
            " it, since nothing tells who that is; MySQL 8 asks for it once after each start: set"
            ' magento.socket, or magento.tls = "verify-ca" with its ca.pem as magento.tls_ca'
        )


def peer_of(settings: MagentoSettings, tls: ssl.SSLContext | None) -> Peer:
    """Who may answer where these settings lead."""
    if settings.socket:
        return Peer.CHOSEN if _is_guarded(settings.socket) else Peer.ANYBODY
    if tls is None:
        return Peer.ANYBODY
    return Peer.VERIFIED if tls.verify_mode is ssl.CERT_REQUIRED else Peer.CHOSEN


def tls_context(settings: MagentoSettings) -> ssl.SSLContext | None:
    """TLS as ``magento.tls`` has it; a unix socket never needs it.

    Raises:
        ConfigError: the CA file cannot be read, or ``verify-ca`` has none.
        MagentoUnavailable: it cannot be read now.
    """
    if settings.socket or settings.tls == "off":
        return None
    if settings.tls == "auto" and _is_loopback(settings.host) and not settings.tls_ca:
        return None
    if settings.tls == "require":
        return _unverified()
    if settings.tls == "verify-ca" and not settings.tls_ca:
        raise ConfigError("magento.tls_ca: verify-ca needs it, since public CAs vouch for anybody")
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca)
    except (OSError, ssl.SSLError) as error:
        if outage := shortage(error, f"magento.tls_ca: {settings.tls_ca} cannot be read now"):
            raise MagentoUnavailable(str(outage)) from error
        raise ConfigError(f"magento.tls_ca: {settings.tls_ca} is no readable CA file: {error}") from error
    context.check_hostname = settings.tls != "verify-ca"
    return context


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _is_guarded(path: Path) -> bool:
    """Whether not everybody may put a socket where the server's is while that is down, as in /tmp."""
    try:
        return not any(one.parent.stat().st_mode & stat.S_IWOTH for one in (path.absolute(), path.resolve()))
    except OSError:  # nobody can be reached there either
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
