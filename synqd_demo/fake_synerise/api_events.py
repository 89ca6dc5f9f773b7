"""Transactions and events: both are events with a client, a time and a salt."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synqd_demo.fake_synerise.answers import ACCEPTED, FORMAT, Answer, Problem, RefusalError
from synqd_demo.fake_synerise.api_auth import caller
from synqd_demo.fake_synerise.api_profiles import note_conflict
from synqd_demo.fake_synerise.bodies import WIRE_KEYS, examine, parse_batch, parse_object, settle, wire_key
from synqd_demo.fake_synerise.events import CHARGE, Moment
from synqd_demo.fake_synerise.profiles import ConflictError, ids_of
from synqd_demo.fake_synerise.validate_events import action_of, check_event
from synqd_demo.fake_synerise.validate_transactions import check_transaction, parse_moment
from synqd_demo.fake_synerise.world import Call, Workspace, World

_FUTURE_MS = 60_000
"""A time further ahead than this is replaced by the time of receipt."""

_TRANSACTION_KEYS = WIRE_KEYS["transactions"]
_EVENT_KEYS = ("eventSalt", "action", "type")

_Store = Callable[[Workspace, Mapping[str, Any], int], None]


def transactions_batch(world: World, call: Call) -> Answer:
    """POST /v4/transactions/batch."""
    items = parse_batch(world, call, "transactions")
    return ACCEPTED if items is None else _transactions(world, call, items)


def one_transaction(world: World, call: Call) -> Answer:
    """POST /v4/transactions."""
    return _transactions(world, call, [parse_object(world, call)])


def events_batch(world: World, call: Call) -> Answer:
    """POST /v4/events/batch."""
    items = parse_batch(world, call, "events")
    return ACCEPTED if items is None else _events(world, call, items, None)


def custom_event(world: World, call: Call) -> Answer:
    """POST /v4/events/custom."""
    return _events(world, call, [parse_object(world, call)], "custom")


def cancelled_transaction(world: World, call: Call) -> Answer:
    """POST /v4/events/cancelled-transaction; the server sets the action."""
    return _events(world, call, [parse_object(world, call)], "cancelled-transaction")


def _transactions(world: World, call: Call, items: Sequence[Any]) -> Answer:
    def store(workspace: Workspace, item: Mapping[str, Any], profile: int) -> None:
        workspace.events.charge(profile, _moment(world, call, item, "recordedAt"), item)
        world.journal.arrive("transaction", workspace.name, (item["orderId"],))

    if world.settings.validation != "full":
        return _count_only(world, call, items, "transaction", _TRANSACTION_KEYS)
    refused = examine(call, items, lambda item: check_transaction(item, world.settings), _TRANSACTION_KEYS)
    return _settle(world, call, items, refused, world.settings.transactions_partial, store)


def _events(world: World, call: Call, items: Sequence[Any], kind: str | None) -> Answer:
    workspace = world.workspace(caller(call))

    def check(item: Any) -> list[Problem]:
        problems = check_event(item, kind, world.settings)
        return problems or _wrong_email(workspace, item)

    def store(workspace: Workspace, item: Mapping[str, Any], profile: int) -> None:
        action = action_of(item, kind)
        if action == CHARGE:
            world.counters["bad_charge"] += 1
        moment = _moment(world, call, item, "time")
        workspace.events.add(action, profile, moment, item, item.get("params") or {})
        world.journal.arrive("event", workspace.name, (item.get("eventSalt") or action,))

    if world.settings.validation != "full":
        return _count_only(world, call, items, "event", _EVENT_KEYS)
    refused = examine(call, items, check, _EVENT_KEYS)
    _refuse_denied(call, (item for index, item in enumerate(items) if index not in refused), kind)
    return _settle(world, call, items, refused, "400_all", store)


def _settle(
    world: World,
    call: Call,
    items: Sequence[Any],
    refused: Mapping[int, Sequence[Problem]],
    mode: str,
    store: _Store,
) -> Answer:
    workspace = world.workspace(caller(call))
    stores, answer = settle(world, call, mode, refused)
    if stores:
        good = [item for index, item in enumerate(items) if index not in refused]
        world.apply(lambda: _store_all(world, workspace, good, store))
    return answer


def _store_all(world: World, workspace: Workspace, items: Sequence[Mapping[str, Any]], store: _Store) -> None:
    for item in items:
        try:
            profile = workspace.profiles.identify(ids_of(item["client"], "id"))
        except ConflictError as conflict:
            note_conflict(world, workspace, item, conflict)
            continue
        if profile is None:
            world.counters["unknown_numbers"] += 1
        else:
            store(workspace, item, profile.client_id)


def _count_only(world: World, call: Call, items: Sequence[Any], kind: str, names: Sequence[str]) -> Answer:
    workspace = caller(call).workspace_name
    world.journal.arrive(kind, workspace, [wire_key(item, names) for item in items])
    return ACCEPTED


def _moment(world: World, call: Call, item: Mapping[str, Any], time_name: str) -> Moment:
    now_ms = round(call.now * 1000)
    given = parse_moment(item.get(time_name))
    if given is None:
        return Moment(now_ms, given=False)
    if given > now_ms + _FUTURE_MS:
        world.counters["future_times"] += 1
        return Moment(now_ms, given=False)
    return Moment(given, given=True)


def _wrong_email(workspace: Workspace, item: Mapping[str, Any]) -> list[Problem]:
    """Refuse `params.email` when it is not the e-mail of the profile the event belongs to."""
    named = (item.get("params") or {}).get("email")
    if named is None:
        return []
    client = item["client"]
    email = client.get("email")
    if email is None and client.get("customId"):
        profile = workspace.profiles.find(custom_id=str(client["customId"]))
        email = profile.email if profile is not None else None
    if email == named:
        return []
    return [Problem(FORMAT, "params.email", "must be the e-mail of the profile", named)]


def _refuse_denied(call: Call, items: Any, kind: str | None) -> None:
    denied = caller(call).event_denylist
    if not denied:
        return
    for item in items:
        action = action_of(item, kind)
        if action in denied:
            raise RefusalError(call.refusals.refuse(403, f"Action {action} is on the denylist of the key"))
