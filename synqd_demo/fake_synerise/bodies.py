"""Reading request bodies, and deciding what becomes of a batch of which some items are refused."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from synqd_demo.fake_synerise.answers import (
    ACCEPTED,
    FORMAT,
    MISSING,
    Answer,
    Problem,
    RefusalError,
    partial_answer,
)
from synqd_demo.fake_synerise.world import Call, World

WIRE_KEYS = {"clients": ("customId", "email", "uuid", "phone", "clientId"), "transactions": ("orderId",)}
"""Which field of an item is its key on the wire; the first that is there counts."""


def parse(world: World, call: Call) -> Any:
    """Give the parsed body.

    Raises:
        RefusalError: 400, not JSON, or (on /v4) an object with the same key twice.
    """
    try:
        document = orjson.loads(call.body)
    except orjson.JSONDecodeError as error:
        raise RefusalError(call.refusals.refuse(400, f"Malformed JSON: {error}")) from None
    if world.settings.validation == "full" and call.path.startswith("/v4/"):
        duplicate = duplicate_key(call.body, document)
        if duplicate is not None:
            raise RefusalError(call.refusals.refuse(400, f"Duplicate field '{duplicate}'"))
    return document


def duplicate_key(body: bytes, document: Any) -> str | None:
    """Give a key that some object of the body has twice, or None.

    A body equal to the parsed document written again cannot hold one; only others are read a second time.
    """
    if orjson.dumps(document) == body:
        return None
    found: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = dict(pairs)
        if len(keys) != len(pairs):
            names = [name for name, _ in pairs]
            found.append(next(name for name in keys if names.count(name) > 1))
        return keys

    json.loads(body, object_pairs_hook=collect)
    return found[0] if found else None


def parse_object(world: World, call: Call) -> dict[str, Any]:
    """Give the body of a route that takes one object. Raises RefusalError."""
    document = parse(world, call)
    if not isinstance(document, dict):
        raise RefusalError(call.refusals.refuse(400, "Expected a JSON object"))
    call.items = 1
    return document


def parse_batch(world: World, call: Call, kind: str) -> list[Any] | None:
    """Give the items of a batch, or None when the settings say that bodies are dropped unread.

    Raises:
        RefusalError: not JSON, no array, more items than allowed.
    """
    if world.settings.validation == "none":
        return None
    items = parse(world, call)
    if not isinstance(items, list):
        raise RefusalError(call.refusals.refuse(400, "Expected a JSON array"))
    call.items = len(items)
    limit = world.settings.max_items[kind]
    if len(items) > limit:
        status = world.settings.too_many_items_status
        raise RefusalError(call.refusals.refuse(status, f"At most {limit} items, got {len(items)}"))
    return items


def wire_key(item: Any, names: Sequence[str]) -> str:
    """Give the key of an item on the wire, empty when it carries none."""
    if isinstance(item, dict):
        for name in names:
            value = item.get(name)
            if value not in (None, ""):
                return str(value)
    return ""


def examine(
    call: Call, items: Sequence[Any], check: Callable[[Any], list[Problem]], names: Sequence[str]
) -> dict[int, list[Problem]]:
    """Give the problems by position of all refused items, with those a `partial` fault adds."""
    refused = {index: problems for index, item in enumerate(items) if (problems := check(item))}
    if call.fault is not None and call.fault.action == "partial":
        for index, item in enumerate(items[: call.fault.arguments["items"]]):
            refused.setdefault(index, [_injected(item, names)])
    return dict(sorted(refused.items()))


def _injected(item: Any, names: Sequence[str]) -> Problem:
    for name in names:
        if isinstance(item, dict) and item.get(name) not in (None, ""):
            return Problem(FORMAT, name, "refused by an injected fault", item[name])
    return Problem(MISSING, "body", "refused by an injected fault")


def settle(
    world: World,
    call: Call,
    mode: str,
    refused: Mapping[int, Sequence[Problem]],
    accepted: Answer = ACCEPTED,
) -> tuple[bool, Answer]:
    """Give whether the good neighbours of refused items are stored, and the answer of the batch.

    `mode` is one of the values of the settings *_partial; a `partial` fault answers 207 whatever they say.
    """
    if not refused:
        return True, accepted
    world.counters["refused_items"] += len(refused)
    forced = call.fault is not None and call.fault.action == "partial"
    if forced or mode == "207":
        shape = world.settings.shape_207
        if forced and call.fault is not None:
            shape = call.fault.arguments["shape"]
        return True, partial_answer(shape, call.now, call.path, refused)
    if mode == "202_drop":
        return True, accepted
    problems = [problem for found in refused.values() for problem in found]
    index = next(iter(refused))
    message = f"Validation failed: item {index}: {problems[0].field} {problems[0].message}"
    return mode == "400_some", call.refusals.refuse(400, message, problems=problems)
