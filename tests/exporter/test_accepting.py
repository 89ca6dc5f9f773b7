"""How many connections a face keeps, who gives way, and what happens when files are short."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from synqd.runtime import accepting
from synqd.runtime import http as serving
from synqd.runtime.accepting import Acceptor, Guest, Guests, Stage, affordable, peer_of
from synqd.runtime.http import BoundedSite, make_application, make_runner
from synqd.runtime.logs import Seldom, get_logger

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Line(asyncio.Transport):
    """A transport that remembers how it ended."""

    def __init__(self, conn: socket.socket) -> None:
        super().__init__()
        self.conn = conn

    def abort(self) -> None:
        self.conn.close()


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def guest(sockets: ExitStack, stage: Stage = Stage.SILENT, peer: str = "10.0.0.1") -> Guest:
    conn, other = socket.socketpair()
    sockets.enter_context(conn)
    sockets.enter_context(other)
    return Guest(conn, peer, asyncio.Protocol(), Line(conn), stage)


def test_the_one_that_has_asked_nothing_for_longest_gives_way(sockets: ExitStack) -> None:
    guests = Guests(most=6)
    asked, answered, silent, younger = (
        guest(sockets, stage, peer)
        for stage, peer in (
            (Stage.ASKED, "a"),
            (Stage.ANSWERED, "a"),
            (Stage.SILENT, "a"),
            (Stage.SILENT, "b"),
        )
    )
    for one in (asked, answered, silent, younger):
        assert guests.admit(one)
    assert guests.admit(guest(sockets, peer="a"))
    assert [one.gone for one in (asked, answered, silent, younger)] == [False, False, True, False]


def test_of_one_peer_there_are_only_half_and_only_its_own_give_way(sockets: ExitStack) -> None:
    guests = Guests(most=6)
    other = guest(sockets, peer="b")
    assert guests.admit(other)
    greedy = [guest(sockets, peer="a") for _ in range(100)]
    for one in greedy:
        assert guests.admit(one)
    assert sum(not one.gone for one in greedy) == 3
    assert not other.gone


def test_who_is_being_answered_stays_and_a_newcomer_is_turned_away(sockets: ExitStack) -> None:
    guests = Guests(most=4)
    working = [guest(sockets, Stage.ASKED, peer) for peer in "abcd"]
    assert all(guests.admit(one) for one in working)
    assert not guests.admit(guest(sockets, peer="e"))
    working[0].stage = Stage.ANSWERED
    assert guests.admit(guest(sockets, peer="e"))
    assert working[0].gone


def test_connections_are_counted_by_user_address_or_network() -> None:
    mine, other = socket.socketpair(socket.AF_UNIX)
    with mine, other:
        assert peer_of(mine, "") == f"uid {os.getuid()}"
    with socket.socket(socket.AF_INET) as four:
        assert peer_of(four, ("192.0.2.7", 80)) == "192.0.2.7"
    with socket.socket(socket.AF_INET6) as six:
        assert peer_of(six, ("::ffff:192.0.2.7", 80, 0, 0)) == "192.0.2.7"
        assert peer_of(six, ("2001:db8::1%eth0", 80, 0, 0)) == peer_of(six, ("2001:db8::2", 80, 0, 0))


@pytest.mark.parametrize(("files", "most"), [(1_048_576, 64), (-1, 64), (1_024, 64), (256, 32), (16, 4)])
def test_few_files_make_few_connections(monkeypatch: pytest.MonkeyPatch, files: int, most: int) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (files, files))
    assert affordable() == most


class Short(socket.socket):
    """A listening socket at which there are always connections, and never files for them."""

    tries = 0

    def accept(self) -> Any:
        self.tries += 1
        raise OSError(errno.EMFILE, "Too many open files")


async def test_without_files_accepting_neither_spins_nor_fills_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(accepting, "RETRY", 0.05)
    guests = Guests(most=4)
    seldom = Seldom(get_logger("http", listener="metrics"))
    with Short() as listening, socket.socket() as client, ExitStack() as stack:
        idle = guest(stack)
        guests.admit(idle)
        listening.bind(("127.0.0.1", 0))
        acceptor = Acceptor(listening, asyncio.Protocol, guests, seldom)
        acceptor.open()
        client.connect(listening.getsockname())
        begin = asyncio.get_running_loop().time()
        while listening.tries < 5:
            await asyncio.sleep(0)
        assert asyncio.get_running_loop().time() - begin > 4 * 0.04
        assert idle.gone, "its file is needed elsewhere"
        acceptor.close()
    (line,) = caplog.records
    assert (line.message, line.context) == (  # type: ignore[attr-defined]
        "connections.not_accepted",
        {"listener": "metrics", "times": 1, "reason": "Too many open files"},
    )
    seldom.close()
    assert [record.context["times"] for record in caplog.records] == [1, 4]  # type: ignore[attr-defined]


async def test_what_comes_often_is_told_seldom_and_in_the_end_in_full(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seldom = Seldom(get_logger("http"), every=0.02)
    for number in range(1_000):
        seldom.warning("connections.turned_away", peer=number)
    while len(caplog.records) < 2:
        await asyncio.sleep(0)
    seldom.warning("connections.not_accepted")
    seldom.close()
    told = [(record.message, record.context["times"]) for record in caplog.records]  # type: ignore[attr-defined]
    assert told == [
        ("connections.turned_away", 1),
        ("connections.turned_away", 999),
        ("connections.not_accepted", 1),
    ]


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BoundedSite]:
    """Serves a large page to whoever takes it within a second."""
    monkeypatch.setattr(serving, "PATIENCE", 1.0)

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 5_000_000)

    application = make_application()
    application.router.add_get("/", page)
    runner = make_runner(application)
    await runner.setup()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    site = BoundedSite(runner, listening, "test")
    await site.start()
    yield site
    await runner.cleanup()


async def test_strangers_who_keep_all_places_keep_nobody_from_an_answer(site: BoundedSite) -> None:
    """Of all kinds: silent, with half a request, deaf."""
    host, port = site._listening.getsockname()
    with ExitStack() as held:
        for number in range(150):
            stranger = held.enter_context(socket.socket())
            stranger.setblocking(False)
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            await asyncio.get_running_loop().sock_connect(stranger, (host, port))
            stranger.send((b"", b"GET / HT", ASK)[number % 3])
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/") as answer:
            assert len(await answer.read()) == 5_000_000
        assert len(site._guests) <= affordable()


async def test_whoever_does_not_take_the_answer_is_dropped(site: BoundedSite) -> None:
    """With the file, and not only with the answer: nothing may wait in a connection that is closed."""
    host, port = site._listening.getsockname()
    with socket.create_connection((host, port)) as deaf:
        deaf.sendall(ASK)
        while not len(site._guests):
            await asyncio.sleep(0)
        (only,) = site._guests._open
        async with asyncio.timeout(20):
            while not only.gone:
                await asyncio.sleep(0.01)
