"""A server that restarts, dies, never greets, speaks something else, or wants TLS."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from synqd.config import MagentoSettings
from synqd.magento import Magento
from synqd.magento.session import Connector
from synqd.models.errors import ConfigError, Denied, MagentoUnavailable
from synqd_demo.mariadb import MariaDB
from tests.support.shortage import without_files


@pytest.fixture(scope="module")
def server(mariadb: MariaDB) -> Iterator[MariaDB]:
    """A server without TLS that a test may kill; it has to be up again at the end."""
    without_tls = "--tls-version=" if mariadb.is_mysql else "--skip-ssl"
    with own_server(mariadb, [without_tls]) as own:
        yield own


@pytest.fixture(scope="module")
def tls_server(mariadb: MariaDB, certificate: Path) -> Iterator[MariaDB]:
    options = [f"--ssl-cert={certificate / 'cert.pem'}", f"--ssl-key={certificate / 'key.pem'}"]
    with own_server(mariadb, options) as own:
        yield own


@contextmanager
def own_server(beside: MariaDB, options: Sequence[str] = ()) -> Iterator[MariaDB]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    parent = beside.directory.parent
    with (
        tempfile.TemporaryDirectory(prefix="synqd-own-", dir=parent) as directory,
        MariaDB(Path(directory), port=port, options=options) as own,
    ):
        prepare(own)
        yield own


def prepare(server: MariaDB) -> None:
    server.create_database("small")
    server.create_account("synqd", "", ["SELECT ON small.*"])


@asynccontextmanager
async def opened(server: MariaDB | None = None, **values: Any) -> AsyncIterator[Magento]:
    where = {"port": server.port} if server else {}
    settings = MagentoSettings.model_validate({"database": "small", "connections": 2, **where, **values})
    async with Magento.open(settings, {}) as magento:
        yield magento


@asynccontextmanager
async def listener(greeting: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A TCP server that says nothing but this, and what each client sent first."""
    heard: list[bytes] = []
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.clear()
        writer.write(greeting)
        with suppress(ConnectionError):
            heard.append(await reader.read(4096))
            while await reader.read(4096):
                pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        served.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard
        await served.wait()


async def test_unix_socket_and_tcp(server: MariaDB) -> None:
    for place in ({"socket": server.socket}, {"host": "127.0.0.1", "port": server.port}):
        async with opened(**place) as magento:
            await magento.ping()


@pytest.mark.parametrize("politely", [True, False])
async def test_restart_and_sudden_death(server: MariaDB, politely: bool) -> None:
    async with opened(server) as magento:
        await magento.source.fetch("SELECT 1")
        running = asyncio.create_task(
            magento.source.fetch("SELECT SLEEP(20) FROM (SELECT 1 UNION SELECT 2) t")
        )
        await magento.source.fetch("SELECT SLEEP(0.2)")
        await asyncio.to_thread(server.stop if politely else server.kill)
        with pytest.raises(MagentoUnavailable):
            await running
        with pytest.raises(MagentoUnavailable):
            await magento.ping()
        await asyncio.to_thread(server.start)
        assert await asyncio.gather(*(magento.source.fetch("SELECT 1") for _ in range(4))) == [[(1,)]] * 4


async def test_restart_between_two_calls_goes_unnoticed(server: MariaDB) -> None:
    async with opened(server) as magento:
        await magento.ping()
        await asyncio.to_thread(server.restart)
        await magento.ping()


async def test_a_server_that_never_greets_ends_at_the_deadline() -> None:
    async with (
        listener(b"") as (port, _),
        opened(port=port, connect_timeout=0.3) as magento,
        asyncio.timeout(5),
    ):
        with pytest.raises(MagentoUnavailable, match=r"did not answer in 0\.3 seconds"):
            await magento.ping()


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x05\x00\x00\x00\x0a",
        b"\x03\x00\x00\x00\x0aAB",
        b"\x01\x00\x00\x00\x0a",
    ],
)
async def test_something_else_that_answers(greeting: bytes) -> None:
    async with listener(greeting) as (port, _), opened(port=port, connect_timeout=0.5) as magento:
        with pytest.raises(MagentoUnavailable, match=f":{port}"):
            await magento.ping()


@pytest.mark.parametrize("key", ["password_file", "tls_ca"])
def test_a_file_that_cannot_be_read_just_now_is_an_outage(certificate: Path, key: str) -> None:
    settings = MagentoSettings.model_validate({key: certificate / "cert.pem"})
    with without_files(), pytest.raises(MagentoUnavailable, match="Too many open files"):
        Connector(settings)
    Connector(settings)


async def test_nobody_listens(unused_tcp_port: int, tmp_path: Path) -> None:
    for place in (
        {"port": unused_tcp_port},
        {"socket": tmp_path / "no.sock"},
        {"host": "no-such-host.invalid"},
    ):
        async with opened(**place) as magento:
            with pytest.raises(MagentoUnavailable):
                await magento.ping()


async def in_force(magento: Magento) -> bool:
    rows = await magento.source.fetch("SHOW STATUS LIKE 'Ssl_cipher'")
    return bool(rows[0][1])


async def test_tls_by_choice(tls_server: MariaDB, certificate: Path) -> None:
    ca = certificate / "cert.pem"
    for values, encrypted in (
        ({"tls": "off"}, False),
        ({"tls": "auto"}, False),  # loopback
        ({"tls": "require"}, True),
        ({"tls": "verify", "tls_ca": ca}, True),
        ({"tls": "auto", "tls_ca": ca}, True),
    ):
        async with opened(tls_server, **values) as magento:
            assert await in_force(magento) is encrypted, values


async def test_an_unknown_certificate_is_refused(tls_server: MariaDB) -> None:
    async with opened(tls_server, tls="verify") as magento:
        with pytest.raises(Denied, match=r"magento\.tls_ca"):
            await magento.ping()


async def test_a_server_without_tls_is_never_spoken_to_in_clear(server: MariaDB) -> None:
    async with opened(server, tls="require", connect_timeout=0.5) as magento:
        with pytest.raises((MagentoUnavailable, Denied)):
            await magento.ping()


async def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=r"magento\.tls_ca"):
            async with opened(tls="verify", tls_ca=tmp_path / name):
                pass
