"""From a read request to its answer: injected status, rate limit, checks, endpoint. Nothing here waits."""

from typing import Any

import orjson

from synqd_demo.fake_synerise.answers import Answer, RefusalError
from synqd_demo.fake_synerise.auth import EXPIRED
from synqd_demo.fake_synerise.misbehaviour import faulty_status
from synqd_demo.fake_synerise.rate import refusal, retry_after
from synqd_demo.fake_synerise.routes import Router, admit
from synqd_demo.fake_synerise.world import Call, World

_ROUTER = Router()


def decide(world: World, call: Call) -> Answer:
    """Give the answer to the call, and do what it asks."""
    try:
        _before_the_checks(world, call)
        route = _ROUTER.find(call)
        admit(world, call, route)
        answer = route.endpoint(world, call)
    except RefusalError as refused:
        answer = refused.answer
    if call.fault is not None and call.fault.action == "status_after_apply":
        return _injected(world, call, call.fault.arguments)
    return answer


def _before_the_checks(world: World, call: Call) -> None:
    """Answer with an injected status or from the rate limit, by raising RefusalError."""
    action = call.fault.action if call.fault is not None else ""
    if call.fault is not None and action in ("status", "flap"):
        raise RefusalError(_injected(world, call, call.fault.arguments))
    if action == "stale_token":
        raise RefusalError(call.refusals.refuse(401, EXPIRED, error=EXPIRED))
    if action == "catalog_gone":
        raise RefusalError(call.refusals.refuse(404, "Catalog not found"))
    _limit(world, call)


def _injected(world: World, call: Call, arguments: dict[str, Any]) -> Answer:
    """Give an injected status; its Retry-After counts as an announced wait like that of the rate limit."""
    wait = arguments.get("retry_after")
    if isinstance(wait, int | float):
        world.rate.announce(world.scope(call), call.now, wait)
    return faulty_status(arguments["status"], arguments.get("body", "shape"), wait, call.refusals)


def _limit(world: World, call: Call) -> None:
    """Apply the rate limit.

    Raises:
        RefusalError: too many requests.
    """
    settings = world.rate_settings
    scope = world.scope(call)
    lengthened = world.rate.notice(scope, call.now, settings)
    if world.settings.rate is None:
        return
    if 0 < settings.max_concurrent < world.journal.open:
        world.counters["too_concurrent"] += 1
        _refuse(world, call, settings.concurrent_status, 1.0)
    if lengthened:
        _refuse(world, call, 429, world.rate.remaining(scope, call.now))
    cost = _item_count(call) if settings.cost == "item" else 1
    wait_s = world.rate.take(scope, call.now, cost, settings)
    if wait_s > 0:
        _refuse(world, call, 429, wait_s)


def _refuse(world: World, call: Call, status: int, wait_s: float) -> None:
    settings = world.rate_settings
    header, announced = retry_after(settings.retry_after, call.now, wait_s)
    world.counters["rate_limited"] += 1
    if announced > 0:
        world.rate.announce(world.scope(call), call.now, announced)
    raise RefusalError(refusal(status, header, settings.body, call.refusals))


def _item_count(call: Call) -> int:
    """Count the elements of the body's array without judging it; anything else costs 1."""
    try:
        document = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        return 1
    return max(1, len(document)) if isinstance(document, list) else 1
