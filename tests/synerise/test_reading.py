from __future__ import annotations

import pytest

from synqd.models.errors import Denied, SyneriseUnavailable
from synqd.synerise import Absent, Delivery, Found, Unreadable, Workspace
from synqd_demo.fake_synerise import DEMO_KEY, FakeSynerise
from tests.synerise.helpers import Script, answering, client, opened, product, raw_server

SKUS = ["24-MB01", "a/b", "a b", "ü ż", "100%", "q?x=1#y", "a..b", "+", "."]


async def test_an_item_is_read_as_it_was_sent(workspace: Workspace) -> None:
    await Delivery(workspace).deliver([product(sku, price=1.5) for sku in SKUS])
    for sku in SKUS[:-1]:
        assert await workspace.read_item("store-1", sku) == Found(
            {"itemId": sku, "deleted": 0, "price": 1.5}
        ), sku


@pytest.mark.parametrize("key", ["", ".", ".."])
async def test_a_key_that_would_climb_is_not_asked_for(
    fake: FakeSynerise, workspace: Workspace, key: str
) -> None:
    fake.create_catalog("store-1")
    assert isinstance(await workspace.read_item("store-1", key), Unreadable)
    assert fake.requests(path="itemKey") == []


async def test_what_is_not_there_is_absent(fake: FakeSynerise, workspace: Workspace) -> None:
    assert await workspace.read_item("store-1", "a") == Absent()
    assert fake.catalogs() == []
    fake.create_catalog("store-1")
    assert await workspace.read_item("store-1", "a") == Absent()
    assert await workspace.read_profile("nobody@example.com") == Absent()


async def test_a_profile_is_read_by_e_mail(workspace: Workspace) -> None:
    await Delivery(workspace).deliver([client("a+b/c@example.com", firstName="Anna")])
    reading = await workspace.read_profile("a+b/c@example.com")
    assert isinstance(reading, Found)
    assert reading.body["firstName"] == "Anna"


async def test_what_the_key_may_not_read_is_unreadable(fake: FakeSynerise, workspace: Workspace) -> None:
    fake.revoke("API_CLIENT_READ")
    reading = await workspace.read_profile("a@example.com")
    assert isinstance(reading, Unreadable)
    assert "403" in reading.detail


async def test_a_refused_key_and_an_outage_are_raised(fake: FakeSynerise, workspace: Workspace) -> None:
    fake.add_fault("status", status=503, path="/by-email/")
    with pytest.raises(SyneriseUnavailable):
        await workspace.read_profile("a@example.com")
    fake.deactivate(DEMO_KEY)
    fake.clear_faults()
    with pytest.raises(Denied):
        await workspace.read_profile("a@example.com")


@pytest.mark.parametrize(
    ("body", "reading"),
    [
        (b'{"itemKey":"a","value":{"x":1}}', Found({"x": 1})),
        (b'{"data":{"itemKey":"a","value":{"x":1}}}', Found({"x": 1})),
        (b'{"x":1}', Found({"x": 1})),
        (b'{"value":"text"}', Unreadable("the item has no readable value")),
        (b"[]", Unreadable("HTTP 200")),
        (b"<html>", Unreadable("HTTP 200")),
    ],
)
async def test_answers_of_other_shapes(body: bytes, reading: Found | Unreadable) -> None:
    async with raw_server(_answering(body)) as url, opened(url, auth="basic") as workspace:
        workspace.remember_catalog("store-1", "7")
        assert await workspace.read_item("store-1", "a") == reading


def _answering(body: bytes) -> Script:
    return answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
