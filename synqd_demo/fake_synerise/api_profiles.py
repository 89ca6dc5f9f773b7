"""Writing, reading and deleting profiles."""

from collections.abc import Mapping, Sequence
from typing import Any

from synqd_demo.fake_synerise.answers import ACCEPTED, Answer, Problem, RefusalError, json_answer
from synqd_demo.fake_synerise.api_auth import caller
from synqd_demo.fake_synerise.bodies import WIRE_KEYS, examine, parse_batch, parse_object, settle, wire_key
from synqd_demo.fake_synerise.profiles import ConflictError, Profile
from synqd_demo.fake_synerise.validate_profiles import check_profile
from synqd_demo.fake_synerise.world import Call, Workspace, World

_KEYS = WIRE_KEYS["clients"]


def write_batch(world: World, call: Call) -> Answer:
    """POST /v4/clients/batch."""
    items = parse_batch(world, call, "clients")
    if items is None:
        return ACCEPTED
    return _write(world, call, items, world.settings.clients_partial)


def write_one(world: World, call: Call) -> Answer:
    """POST /v4/clients."""
    return _write(world, call, [parse_object(world, call)], "400")


def delete(world: World, call: Call) -> Answer:
    """DELETE /v4/clients/by-customid/{id} and the older spelling by-custom-id."""
    spelling = call.path.split("/")[3]
    if spelling not in world.settings.delete_paths:
        raise RefusalError(call.refusals.refuse(404, f"no route DELETE {call.path}"))
    workspace = world.workspace(caller(call))
    workspace.profiles.delete(_found(call, workspace, custom_id=call.arguments[0]))
    world.counters["deleted_profiles"] += 1
    return ACCEPTED


def by_email(world: World, call: Call) -> Answer:
    """GET /v4/clients/by-email/{email}."""
    profile = _found(call, world.workspace(caller(call)), email=call.arguments[0])
    return json_answer(200, profile.document())


def by_custom_id(world: World, call: Call) -> Answer:
    """GET /v4/clients/by-customid/{id}."""
    profile = _found(call, world.workspace(caller(call)), custom_id=call.arguments[0])
    return json_answer(200, profile.document())


def _found(
    call: Call, workspace: Workspace, *, email: str | None = None, custom_id: str | None = None
) -> Profile:
    profile = workspace.profiles.find(email=email, custom_id=custom_id)
    if profile is None:
        raise RefusalError(call.refusals.refuse(404, "Profile not found"))
    return profile


def _write(world: World, call: Call, items: Sequence[Any], mode: str) -> Answer:
    workspace = world.workspace(caller(call))
    if world.settings.validation != "full":
        world.journal.arrive("profile", workspace.name, [wire_key(item, _KEYS) for item in items])
        return ACCEPTED

    def check(item: Any) -> list[Problem]:
        return check_profile(item, world.settings, world.counters)

    refused = examine(call, items, check, _KEYS)
    stores, answer = settle(world, call, mode, refused)
    if stores:
        good = [item for index, item in enumerate(items) if index not in refused]
        forced = call.fault is not None and call.fault.action == "conflict"
        world.apply(lambda: _store(world, workspace, good, forced=forced))
    return answer


def _store(world: World, workspace: Workspace, items: Sequence[Mapping[str, Any]], *, forced: bool) -> None:
    """Store valid profiles in order; `forced` lets the first be treated as a conflict of identifiers."""
    for index, item in enumerate(items):
        try:
            if forced and index == 0:
                raise ConflictError("an injected fault")  # noqa: TRY301 -- takes the way of a real conflict
            profile = workspace.profiles.write(item)
        except ConflictError as conflict:
            note_conflict(world, workspace, item, conflict)
            continue
        if profile is None:
            world.counters["unknown_numbers"] += 1
        else:
            world.journal.arrive("profile", workspace.name, (wire_key(item, _KEYS),))


def note_conflict(
    world: World, workspace: Workspace, item: Mapping[str, Any], conflict: ConflictError
) -> None:
    """Count and keep an item that the API accepts and silently does not store."""
    world.counters["conflicts"] += 1
    world.journal.conflicts.append({"workspace": workspace.name, "reason": str(conflict), "item": item})
