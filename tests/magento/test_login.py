"""Who gets the database password: an impostor never does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from synqd.config import MagentoSettings
from synqd.magento import Magento
from synqd.models.errors import ConfigError, Denied, MagentoUnavailable
from tests.support.impostor import FULL_LOGIN, OK, Impostor, switch_to

PASSWORD = "quite-a-secret"
NATIVE, CACHING, SHA256 = b"mysql_native_password", b"caching_sha2_password", b"sha256_password"
KEY = b"\x01-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK\n-----END PUBLIC KEY-----\n"
ASKS_FOR_KEY = b"\x02"

WANTS: dict[str, tuple[bytes, Sequence[bytes]]] = {
    "clear": (NATIVE, [switch_to(b"mysql_clear_password")]),
    "clear, at first sight": (b"mysql_clear_password", [switch_to(b"mysql_clear_password")]),
    "PAM's dialog": (NATIVE, [b"\xfedialog\0\x04Password: "]),
    "old": (NATIVE, [switch_to(b"mysql_old_password")]),
    "old, without a name": (NATIVE, [b"\xfe"]),
    "something unheard of": (NATIVE, [switch_to(b"tell_me_password")]),
    "caching_sha2, full": (CACHING, [FULL_LOGIN, KEY]),
    "caching_sha2 instead, full": (NATIVE, [switch_to(CACHING), FULL_LOGIN, KEY]),
    "sha256": (SHA256, [KEY]),
    "sha256 instead": (NATIVE, [switch_to(SHA256), KEY]),
}
TELLING = ("clear", "clear, at first sight", "PAM's dialog", "old", "something unheard of")

STATEMENTS = 7
"""What is said after the login: six statements that prepare the session, and the question itself."""

Ping = Callable[..., Any]


@pytest.fixture
def ping(tmp_path: Path) -> Ping:
    """Connects once as the daemon does."""
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)

    async def ping(impostor: Impostor, **values: Any) -> None:
        where = {} if "socket" in values else {"port": impostor.port}
        settings = {"password_file": secret, "connect_timeout": 2, "database": "m", **where, **values}
        async with Magento.open(MagentoSettings.model_validate(settings), {}) as magento, asyncio.timeout(10):
            await magento.ping()

    return ping


@pytest.fixture
def trusted(certificate: Path) -> ssl.SSLContext:
    """TLS with a certificate that its own file vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


def is_told(impostor: Impostor) -> bool:
    return PASSWORD.encode() in impostor.heard


@pytest.mark.parametrize("tls", ["auto", "off"])
@pytest.mark.parametrize("wants", WANTS)
async def test_an_impostor_on_the_port_never_sees_the_password(
    ping: Ping, trusted: ssl.SSLContext, wants: str, tls: str
) -> None:
    plugin, script = WANTS[wants]
    async with Impostor(script, plugin, trusted).listening() as impostor:
        with pytest.raises((Denied, MagentoUnavailable), match=str(impostor.port)) as refused:
            await ping(impostor, tls=tls)
    assert not is_told(impostor)
    assert impostor.heard[-1:] != ASKS_FOR_KEY, "a key from whoever answers is nobody's"
    assert PASSWORD not in str(refused.value)
    assert impostor.logins == 1, "not even behind TLS that nobody verified"


@pytest.mark.parametrize("wants", TELLING)
async def test_tls_with_anybody_is_not_enough_for_the_password_itself(
    ping: Ping, trusted: ssl.SSLContext, wants: str
) -> None:
    plugin, script = WANTS[wants]
    async with Impostor(script, plugin, trusted).listening() as impostor:
        with pytest.raises(Denied):
            await ping(impostor, tls="require")
    assert not is_told(impostor)
    assert impostor.logins == 1


@pytest.mark.parametrize("wants", ["clear", "PAM's dialog", "caching_sha2, full", "sha256"])
@pytest.mark.parametrize("tls", ["verify", "verify-ca", "auto"])
async def test_a_server_that_is_known_may_have_it(
    ping: Ping, certificate: Path, trusted: ssl.SSLContext, wants: str, tls: str
) -> None:
    plugin, script = WANTS[wants]
    only_last = [packet for packet in script if packet != KEY]
    async with Impostor([*only_last, OK], plugin, trusted).listening() as server:
        await ping(server, tls=tls, tls_ca=certificate / "cert.pem")
    assert is_told(server)


async def test_a_certificate_of_another_name_is_good_enough_where_that_was_asked_for(
    ping: Ping, certificate: Path, trusted: ssl.SSLContext
) -> None:
    ca = {"host": "localhost", "tls_ca": certificate / "cert.pem"}
    async with Impostor([OK], tls=trusted).listening() as server:
        await ping(server, tls="verify-ca", **ca)
        with pytest.raises(Denied, match="TLS"):
            await ping(server, tls="verify", **ca)
        with pytest.raises(ConfigError, match=r"magento\.tls_ca"):
            await ping(server, tls="verify-ca")


async def test_a_login_of_mysql_8_over_what_the_operator_chose(
    ping: Ping, trusted: ssl.SSLContext, tmp_path: Path
) -> None:
    async with Impostor([FULL_LOGIN, OK], CACHING, trusted).listening() as server:
        await ping(server, tls="require")
        assert is_told(server)
    async with Impostor([FULL_LOGIN, OK], CACHING).listening(tmp_path / "s.sock") as server:
        await ping(server, socket=tmp_path / "s.sock")
        assert is_told(server)


@pytest.mark.parametrize("wants", WANTS)
async def test_a_socket_that_anybody_could_have_put_there(ping: Ping, tmp_path: Path, wants: str) -> None:
    plugin, script = WANTS[wants]
    everybodys = tmp_path / "tmp"
    everybodys.mkdir()
    everybodys.chmod(0o1777)
    beside = tmp_path / "s.sock"
    beside.symlink_to(everybodys / "s.sock")
    async with Impostor(script, plugin).listening(everybodys / "s.sock") as impostor:
        for socket in (everybodys / "s.sock", beside):
            with pytest.raises((Denied, MagentoUnavailable)):
                await ping(impostor, socket=socket)
    assert not is_told(impostor)


async def test_a_file_is_never_handed_over(ping: Ping, tmp_path: Path) -> None:
    wanted = tmp_path / "private"
    wanted.write_text("nobody's business")
    asks = b"\xfb" + str(wanted).encode()
    for before in range(STATEMENTS):
        async with Impostor([OK, *[OK] * before, asks]).listening() as impostor:
            with pytest.raises(Denied, match="asks for a file of this machine"):
                await ping(impostor)
        assert b"business" not in impostor.heard


@pytest.mark.parametrize(
    "nonsense", [b"\x01", b"\x05", b"\xfc", b"\xfd\xff\xff", b"\xff", b"\0", b"\xfe\xff"]
)
async def test_nonsense_in_place_of_an_answer(ping: Ping, nonsense: bytes) -> None:
    for before in (0, STATEMENTS - 1):
        async with Impostor([OK, *[OK] * before, nonsense]).listening() as impostor:
            with suppress(Denied, MagentoUnavailable):  # nothing else, which would end the daemon
                await ping(impostor, connect_timeout=0.2, query_timeout=0.2)
