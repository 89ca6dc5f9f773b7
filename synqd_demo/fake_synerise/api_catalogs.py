"""Catalogs, their items, and the tracker (which only shares the host)."""

import uuid
from collections.abc import Sequence
from typing import Any

from synqd_demo.fake_synerise.answers import FORMAT, MISSING, TYPE, Answer, Problem, RefusalError, json_answer
from synqd_demo.fake_synerise.api_auth import caller
from synqd_demo.fake_synerise.bodies import examine, parse_batch, parse_object, settle, wire_key
from synqd_demo.fake_synerise.catalogs import Bag, ForeignBagError, UnknownBagError, is_item_name
from synqd_demo.fake_synerise.settings import Settings
from synqd_demo.fake_synerise.world import Call, World

_KEYS = ("itemKey",)
_TRACKER_NAMESPACE = uuid.UUID("1b7de0a6-5d0f-4b0e-8a53-6f3d3c0d7a55")


def list_bags(world: World, call: Call) -> Answer:
    """GET /catalogs/bags?searchBy=&orderBy=&offset=&limit=."""
    query = call.query
    found = world.catalogs.search(
        caller(call).workspace_id, query.get("searchBy", ""), query.get("orderBy", "id")
    )
    offset = _number(call, "offset", 0)
    limit = _number(call, "limit", world.settings.bag_page_default)
    page = [bag.document() for bag in found[offset : offset + limit]]
    meta = {"totalCount": len(found), "requestTime": "0.01 [s]"}
    return json_answer(200, {"data": page, "metaData": meta})


def create_bag(world: World, call: Call) -> Answer:
    """POST /catalogs/bags."""
    name = parse_object(world, call).get("name")
    if not isinstance(name, str) or not name.strip():
        raise RefusalError(call.refusals.refuse(400, "name must be a non-empty string"))
    workspace_id = caller(call).workspace_id
    if world.catalogs.named(workspace_id, name) is not None:
        world.counters["duplicate_bags"] += 1
        if world.settings.bag_duplicate_names == "400":
            raise RefusalError(call.refusals.refuse(400, f"Catalog {name} exists already"))
    bag = world.catalogs.create(workspace_id, name, call.now)
    return json_answer(200, {"data": bag.document(), "metaData": {}})


def read_bag(world: World, call: Call) -> Answer:
    """GET /catalogs/bags/{id}."""
    return json_answer(200, {"data": _bag(world, call).document(), "metaData": {}})


def read_keys(world: World, call: Call) -> Answer:
    """GET /catalogs/bags/{id}/keys."""
    return json_answer(200, {"data": _bag(world, call).keys(), "metaData": {}})


def write_items(world: World, call: Call) -> Answer:
    """POST /catalogs/bags/{id}/items/batch."""
    bag = _bag(world, call)
    items = parse_batch(world, call, "items")
    return _ok(world.settings) if items is None else _write(world, call, bag, items)


def write_item(world: World, call: Call) -> Answer:
    """POST /catalogs/bags/{id}/items."""
    return _write(world, call, _bag(world, call), [parse_object(world, call)])


def read_item(world: World, call: Call) -> Answer:
    """GET /catalogs/bags/{id}/items/itemKey/{key}."""
    item = _bag(world, call).items.get(call.arguments[1])
    if item is None:
        raise RefusalError(call.refusals.refuse(404, "Item not found"))
    return json_answer(200, {"data": item.document(), "metaData": {}})


def tracker(world: World, call: Call) -> Answer:
    """POST /business-profile-service/tracker/get-or-create-by-domain."""
    domain = parse_object(world, call).get("domain")
    if not isinstance(domain, str) or not domain:
        raise RefusalError(call.refusals.refuse(400, "domain is required"))
    trackers = world.workspace(caller(call)).trackers
    if domain not in trackers:
        code = uuid.uuid5(_TRACKER_NAMESPACE, f"{caller(call).workspace_id}|{domain}")
        trackers[domain] = {
            "id": world.tracker_number(),
            "code": str(code),
            "domain": domain,
            "created": round(call.now * 1000),
        }
    return json_answer(200, trackers[domain])


def check_item(item: Any, settings: Settings) -> list[Problem]:
    """Give what is wrong with one catalog item."""
    if not isinstance(item, dict):
        return [Problem(TYPE, "body", "must be an object")]
    problems: list[Problem] = []
    key, value = item.get("itemKey"), item.get("value")
    if not isinstance(key, str) or not key:
        problems.append(Problem(MISSING, "itemKey", "must be a non-empty string", key))
    if not isinstance(value, dict):
        problems.append(Problem(MISSING, "value", "must be an object", value))
    elif settings.strict_item_names:
        bad = [name for name in value if not is_item_name(name)]
        problems.extend(Problem(FORMAT, "value", "attribute name not allowed", name) for name in bad)
    return problems


def _write(world: World, call: Call, bag: Bag, items: Sequence[Any]) -> Answer:
    workspace = caller(call).workspace_name
    if world.settings.validation != "full":
        world.journal.arrive("item", workspace, [wire_key(item, _KEYS) for item in items], bag.name)
        return _ok(world.settings)
    refused = examine(call, items, lambda item: check_item(item, world.settings), _KEYS)
    stores, answer = settle(world, call, world.settings.items_partial, refused, _ok(world.settings))
    if stores:
        good = [item for index, item in enumerate(items) if index not in refused]
        world.apply(lambda: _store(world, workspace, bag, good))
    return answer


def _store(world: World, workspace: str, bag: Bag, items: Sequence[dict[str, Any]]) -> None:
    merge, now = world.settings.item_mode == "merge", world.settings.now()
    for item in items:
        world.catalogs.store(bag, item["itemKey"], item["value"], now, merge=merge)
    world.journal.arrive("item", workspace, [item["itemKey"] for item in items], bag.name)


def _ok(settings: Settings) -> Answer:
    return Answer(settings.items_ok_status, settings.items_ok_body.encode())


def _bag(world: World, call: Call) -> Bag:
    text = call.arguments[0]
    try:
        return world.catalogs.get(int(text) if text.isdecimal() else -1, caller(call).workspace_id)
    except UnknownBagError:
        raise RefusalError(call.refusals.refuse(404, "Catalog not found")) from None
    except ForeignBagError:
        message = f"Access to catalog Some(Id({text})) is denied"
        raise RefusalError(call.refusals.refuse(403, message)) from None


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    return int(text) if text.isdecimal() else default
