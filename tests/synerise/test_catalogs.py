from __future__ import annotations

import asyncio
import itertools

import orjson
import pytest

from synqd.models.errors import Denied, SyneriseUnavailable
from synqd.synerise import Workspace, catalogs
from synqd.synerise.catalogs import MOST_PAGES
from synqd_demo.fake_synerise import FakeSynerise
from tests.synerise.helpers import Recorder, Script, answering, opened, raw_server, read_request

BAGS = "/catalogs/bags"


def made(fake: FakeSynerise) -> list[str]:
    return [bag.name for bag in fake.catalogs()]


async def test_a_missing_catalog_is_created_and_remembered(
    fake: FakeSynerise, workspace: Workspace, recorder: Recorder
) -> None:
    found = await workspace.find_catalog("store-1")
    asked = len(fake.requests(path=BAGS))
    assert await workspace.find_catalog("store-1") == found
    assert made(fake) == ["store-1"]
    assert len(fake.requests(path=BAGS)) == asked
    assert set(recorder.outcomes("catalogs")) == {"200"}


async def test_the_exact_name_is_found_among_decoys_over_several_pages(
    fake: FakeSynerise, workspace: Workspace
) -> None:
    for n in range(120):
        fake.create_catalog(f"store-1{n}", author="store-1")
    fake.create_catalog("STORE-1")
    wanted = fake.create_catalog("store-1")
    for n in range(20):
        fake.create_catalog(f"my store-1 {n}")
    assert await workspace.find_catalog("store-1") == str(wanted.bag_id)
    assert len(fake.requests(path=BAGS)) == 3


async def test_of_two_with_the_same_name_the_oldest_is_taken(
    fake: FakeSynerise, workspace: Workspace
) -> None:
    oldest = fake.create_catalog("store-1")
    fake.create_catalog("store-1")
    assert await workspace.find_catalog("store-1") == str(oldest.bag_id)


async def test_a_name_with_every_kind_of_character(fake: FakeSynerise, workspace: Workspace) -> None:
    name = "Läden & Märkte #1 ?x=1%20+/"
    found = await workspace.find_catalog(name)
    workspace.forget_catalog(name)
    assert await workspace.find_catalog(name) == found
    assert made(fake) == [name]


async def test_parallel_creators_make_one(fake: FakeSynerise, workspace: Workspace) -> None:
    found = await asyncio.gather(*(workspace.find_catalog("store-1") for _ in range(20)))
    assert len(set(found)) == 1
    assert made(fake) == ["store-1"]


async def test_two_daemons_that_create_at_the_same_time_agree_on_one(fake: FakeSynerise) -> None:
    fake.configure(latency_ms=20)
    async with opened(fake.url) as one, opened(fake.url) as other:
        ids = await asyncio.gather(one.find_catalog("store-1"), other.find_catalog("store-1"))
        one.forget_catalog("store-1")
        assert {*ids, await one.find_catalog("store-1")} == {ids[0]}


async def test_a_name_that_somebody_else_has_just_taken(fake: FakeSynerise, workspace: Workspace) -> None:
    fake.configure(bag_duplicate_names="400", latency_ms=20)
    async with opened(fake.url) as other:
        ids = await asyncio.gather(workspace.find_catalog("store-1"), other.find_catalog("store-1"))
    assert len(set(ids)) == 1
    assert made(fake) == ["store-1"]


async def test_looking_does_not_create(fake: FakeSynerise, workspace: Workspace) -> None:
    assert await workspace.find_catalog("store-1", create=False) is None
    assert made(fake) == []


async def test_an_id_from_before_a_restart_is_taken(fake: FakeSynerise, workspace: Workspace) -> None:
    workspace.remember_catalog("store-1", "1234")
    assert await workspace.find_catalog("store-1") == "1234"
    assert fake.requests() == []


async def test_forgetting_spares_an_id_that_somebody_has_renewed_meanwhile(workspace: Workspace) -> None:
    workspace.remember_catalog("store-1", "2000")
    workspace.forget_catalog("store-1", "1000")
    assert await workspace.find_catalog("store-1") == "2000"


async def test_what_cannot_be_found_out_is_raised_and_asked_again(
    fake: FakeSynerise, workspace: Workspace
) -> None:
    fault = fake.add_fault("status", status=503, path=BAGS, count=1)
    results = await asyncio.gather(
        *(workspace.find_catalog("store-1") for _ in range(5)), return_exceptions=True
    )
    assert [type(one).__mro__[1] for one in results] == [SyneriseUnavailable] * 5
    assert fault.fired == 1
    assert await workspace.find_catalog("store-1")


async def test_a_catalog_that_may_not_be_created(fake: FakeSynerise, workspace: Workspace) -> None:
    fake.revoke("CATALOGS_CATALOG_CREATE")
    with pytest.raises(Denied, match="CATALOGS_CATALOG_CREATE"):
        await workspace.find_catalog("store-1")


async def test_a_name_that_is_refused(fake: FakeSynerise, workspace: Workspace) -> None:
    fake.add_fault("status", status=400, method="POST", path=BAGS)
    with pytest.raises(SyneriseUnavailable, match=r"store-1.*cannot be created"):
        await workspace.find_catalog("store-1")


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b'{"data":7}',
        b"<html>",
        b'{"data":[{"name":"store-1","id":7}',
    ],
)
async def test_a_list_that_makes_no_sense(body: bytes) -> None:
    async with raw_server(_answering_all(body)) as url, opened(url, auth="basic") as workspace:
        with pytest.raises(SyneriseUnavailable, match="makes no sense"):
            await workspace.find_catalog("store-1")


@pytest.mark.parametrize("repeats", [True, False])
async def test_a_list_without_end_ends(repeats: bool, recorder: Recorder) -> None:
    """Whether the same page comes again and again, or another one each time."""
    numbers = itertools.repeat(7) if repeats else itertools.count()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_request(reader):
            page = b'{"data":[{"name":"store-1","id":%d}],"metaData":{"totalCount":1000000}}' % next(numbers)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(page), page))

    async with raw_server(script) as url, opened(url, auth="basic", observer=recorder) as workspace:
        with pytest.raises(SyneriseUnavailable, match="has no end"):
            await workspace.find_catalog("store-1")
    assert len(recorder.outcomes("catalogs")) == (2 if repeats else MOST_PAGES)


async def test_a_list_that_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogs, "LONGEST_SEARCH", 0.05)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()

    async with raw_server(script) as url, opened(url, auth="basic") as workspace:
        with pytest.raises(SyneriseUnavailable, match="does not come to its end"):
            await workspace.find_catalog("store-1")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"data":[{"name":"store-1","id":true},{"name":"store-1","id":7}]}', "7"),
        (b'{"data":[{"name":"store-1","id":"%b"},{"name":"store-1","id":7}]}' % (b"1" * 101), "7"),
        (b'{"data":[{"name":"store-1","id":"a\\n"},{"name":"store-1","id":7}]}', "7"),
        (b'{"data":[{"name":"store-1","id":"abc"}],"metaData":{"totalCount":1}}', "abc"),
        (b'{"data":[{"name":"store-1","id":7},{},null,{"name":"store-1"}],"metaData":{"totalCount":4}}', "7"),
        (b'{"data":[{"name":"other","id":7}],"metaData":{"totalCount":1}}', None),
        (b'{"data":[]}', None),
    ],
)
async def test_lists_with_unusual_members(body: bytes, found: str | None) -> None:
    async with raw_server(_answering_all(body)) as url, opened(url, auth="basic") as workspace:
        assert await workspace.find_catalog("store-1", create=False) == found


async def test_a_list_that_does_not_say_how_long_it_is_is_read_to_its_end() -> None:
    pages = [[{"name": f"store-1{n}", "id": n} for n in range(45)], [{"name": "store-1", "id": 99}], []]

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_request(reader):
            body = orjson.dumps({"data": pages.pop(0)})
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    async with raw_server(script) as url, opened(url, auth="basic") as workspace:
        assert await workspace.find_catalog("store-1", create=False) == "99"
    assert pages == []


async def test_a_creation_is_not_repeated_on_a_connection_that_was_closed() -> None:
    """It may have worked: a second one would be there beside it."""
    methods: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            methods.append(request.split(b" ")[0])
            if methods[-1] == b"POST":
                return
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}')

    async with raw_server(script) as url, opened(url, auth="basic") as workspace:
        with pytest.raises(SyneriseUnavailable):
            await workspace.find_catalog("store-1")
    assert methods == [b"GET", b"POST"]


@pytest.mark.parametrize(
    ("created", "found"),
    [
        (b'{"data":{"name":"store-1","id":5}}', "5"),
        (b'{"data":{"name":"other","id":5}}', None),
        (b'{"data":7}', None),
        (b"[]", None),
    ],
)
async def test_a_new_catalog_that_no_search_shows_yet_is_known_by_the_answer(
    created: bytes, found: str | None
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            body = created if request.startswith(b"POST") else b'{"data":[]}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    async with raw_server(script) as url, opened(url, auth="basic") as workspace:
        if found:
            assert await workspace.find_catalog("store-1") == found
        else:
            with pytest.raises(SyneriseUnavailable, match="creation of catalog 'store-1'"):
                await workspace.find_catalog("store-1")


async def test_closing_ends_a_search_that_is_under_way(fake: FakeSynerise) -> None:
    fake.configure(api_keys=[{"basic_enabled": True}])
    fake.add_fault("never", path=BAGS)
    async with opened(fake.url, auth="basic") as workspace:
        task = asyncio.create_task(workspace.find_catalog("store-1"))
        await fake.wait(until=lambda: fake.world.journal.open > 0)
    with pytest.raises(asyncio.CancelledError):
        await task


def _answering_all(body: bytes) -> Script:
    return answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
