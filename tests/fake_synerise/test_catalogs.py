from typing import Any

import pytest

from synqd_demo.fake_synerise import ApiKey, Settings
from tests.fake_synerise.api import ITEM, Api, Clock, altered
from tests.fake_synerise.conftest import Connect


async def names(api: Api, query: str) -> tuple[list[str], int]:
    document = (await api.get(f"/catalogs/bags?{query}")).document
    return [bag["name"] for bag in document["data"]], document["metaData"]["totalCount"]


async def test_create_and_read(connect: Connect) -> None:
    api = await connect(Settings(now=Clock(), api_keys=[ApiKey(workspace_id=7)]))
    created = (await api.post("/catalogs/bags", {"name": "store-1"})).document
    assert created["metaData"] == {}
    assert created["data"] == {
        "id": 1000,
        "name": "store-1",
        "author": "api",
        "businessProfileId": 7,
        "creationDate": "2024-05-01T10:11:12.000Z",
        "lastModified": "2024-05-01T10:11:12.000Z",
        "createdBy": -1,
        "modifiedBy": -1,
        "beforeFiltering": False,
        "fields": [],
        "primaryKey": None,
        "mappings": [],
    }
    assert (await api.get("/catalogs/bags/1000")).document == created


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": " "}, {"name": 1}], ids=repr)
async def test_a_catalog_needs_a_name(api: Api, body: dict[str, Any]) -> None:
    reply = await api.post("/catalogs/bags", body)
    assert (reply.status, isinstance(reply.document, str)) == (400, True)


async def test_search_finds_decoys_over_several_pages(api: Api) -> None:
    decoys = [f"store-1{number}" for number in range(25)]
    for name in [*decoys, "store-1", "shop"]:
        api.fake.create_catalog(name)
    first, total = await names(api, "searchBy=STORE-1")
    assert (first, total) == (decoys[:20], 26)
    assert await names(api, "searchBy=STORE-1&offset=20") == ([*decoys[20:], "store-1"], 26)
    assert await names(api, "searchBy=store-1&offset=25&limit=1") == (["store-1"], 26)
    assert await names(api, "searchBy=store-1&offset=26") == ([], 26)


async def test_search_also_looks_at_the_author(api: Api) -> None:
    api.fake.create_catalog("other", author="store-1 team")
    assert await names(api, "searchBy=store-1") == (["other"], 1)


async def test_order_of_the_list(connect: Connect) -> None:
    clock = Clock()
    api = await connect(Settings(now=clock, token_ttl_s=10_000))
    for name, author in (("a", "z"), ("b", "y")):
        clock.now += 1
        api.fake.create_catalog(name, author=author)
    assert (await names(api, ""))[0] == ["a", "b"]
    assert (await names(api, "orderBy=author"))[0] == ["b", "a"]
    clock.now += 1
    await api.post("/catalogs/bags/1000/items", ITEM)
    assert (await names(api, "orderBy=lastModified"))[0] == ["b", "a"]
    assert (await names(api, "orderBy=creationDate"))[0] == ["a", "b"]


async def test_page_size_is_a_setting(connect: Connect) -> None:
    api = await connect(Settings(bag_page_default=1))
    for name in ("a", "b"):
        api.fake.create_catalog(name)
    assert await names(api, "") == (["a"], 2)


@pytest.mark.parametrize(("mode", "status"), [("allow", 200), ("400", 400)])
async def test_equal_names(connect: Connect, mode: str, status: int) -> None:
    api = await connect(Settings(bag_duplicate_names=mode))
    await api.post("/catalogs/bags", {"name": "store-1"})
    assert (await api.post("/catalogs/bags", {"name": "store-1"})).status == status
    assert api.fake.counters["duplicate_bags"] == 1


ROUTES = [
    ("GET", ""),
    ("GET", "/keys"),
    ("POST", "/items/batch"),
    ("POST", "/items"),
    ("GET", "/items/itemKey/x"),
]


@pytest.mark.parametrize(("method", "tail"), ROUTES)
@pytest.mark.parametrize("number", ["4711", "abc", "-1"])
async def test_unknown_catalog(api: Api, method: str, tail: str, number: str) -> None:
    reply = await api.call(method, f"/catalogs/bags/{number}{tail}", [])
    assert (reply.status, isinstance(reply.document, str)) == (404, True)


@pytest.mark.parametrize(("method", "tail"), ROUTES)
async def test_catalog_of_another_workspace(api: Api, method: str, tail: str) -> None:
    bag = api.fake.create_catalog("store-1", workspace_id=2)
    reply = await api.call(method, f"/catalogs/bags/{bag.bag_id}{tail}", [])
    assert (reply.status, f"Some(Id({bag.bag_id}))" in reply.document["message"]) == (403, True)
    assert await names(api, "") == ([], 0)


async def test_catalog_deleted_or_moved_while_running(api: Api) -> None:
    bag = api.fake.create_catalog("store-1")
    path = f"/catalogs/bags/{bag.bag_id}/items/batch"
    assert (await api.post(path, [ITEM])).status == 200
    api.fake.move_catalog("store-1", 2)
    assert (await api.post(path, [ITEM])).status == 403
    api.fake.delete_catalog("store-1")
    assert (await api.post(path, [ITEM])).status == 404
    assert api.fake.create_catalog("store-1").bag_id != bag.bag_id


async def test_plain_text_errors(connect: Connect) -> None:
    api = await connect(Settings(catalog_error_plain=True))
    reply = await api.get("/catalogs/bags/1")
    assert (reply.status, reply.body) == (404, b"Catalog not found")
    assert reply.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(("mode", "value"), [("replace", {"b": 2}), ("merge", {"a": 1, "b": 2})])
async def test_replace_or_merge(connect: Connect, mode: str, value: dict[str, int]) -> None:
    api = await connect(Settings(item_mode=mode))
    api.fake.create_catalog("store-1")
    path = "/catalogs/bags/1000/items/batch"
    await api.post(path, [altered(ITEM, value={"a": 1})])
    await api.post(path, [altered(ITEM, value={"b": 2})])
    assert api.fake.items("store-1") == {"24-MB01": value}
    item = (await api.get("/catalogs/bags/1000/items/itemKey/24-MB01")).document["data"]
    assert (item["itemKey"], item["value"]) == ("24-MB01", value)
    assert api.fake.arrivals("item") == {("demo", "store-1", "24-MB01"): 2}


async def test_keys_are_the_union(api: Api) -> None:
    api.fake.create_catalog("store-1")
    items = [altered(ITEM, itemKey="1", value={"a": 1}), altered(ITEM, itemKey="2", value={"b": 1, "a": 2})]
    await api.post("/catalogs/bags/1000/items/batch", items)
    assert (await api.get("/catalogs/bags/1000/keys")).document == {"data": ["a", "b"], "metaData": {}}
    assert (await api.get("/catalogs/bags/1000/items/itemKey/3")).status == 404


async def test_deleted_items_are_ordinary_items(api: Api) -> None:
    api.fake.create_catalog("store-1")
    marks: list[Any] = [0, 1, True, "1", "0", None, False]
    items = [{"itemKey": str(place), "value": {"deleted": mark}} for place, mark in enumerate(marks)]
    await api.post("/catalogs/bags/1000/items/batch", [*items, {"itemKey": "none", "value": {}}])
    assert (len(api.fake.items("store-1")), api.fake.stats()["live_items"]) == (8, 5)


async def test_answer_of_items_is_a_setting(connect: Connect) -> None:
    api = await connect(Settings(items_ok_status=202, items_ok_body=""))
    api.fake.create_catalog("store-1")
    reply = await api.post("/catalogs/bags/1000/items/batch", [])
    assert (reply.status, reply.body) == (202, b"")


async def test_tracker(api: Api) -> None:
    path = "/business-profile-service/tracker/get-or-create-by-domain"
    first = (await api.post(path, {"domain": "a.example"})).document
    assert first.keys() == {"id", "code", "domain", "created"}
    assert (await api.post(path, {"domain": "a.example"})).document == first
    assert (await api.post(path, {"domain": "b.example"})).document["code"] != first["code"]
    assert (await api.post(path, {})).status == 400
