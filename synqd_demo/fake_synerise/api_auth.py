"""Logging in, refreshing a token, and asking which permissions a key has."""

from synqd_demo.fake_synerise.answers import Answer, RefusalError, json_answer
from synqd_demo.fake_synerise.auth import RefusedError
from synqd_demo.fake_synerise.bodies import parse
from synqd_demo.fake_synerise.settings import ALL_PERMISSIONS, ApiKey
from synqd_demo.fake_synerise.world import Call, World


def login(world: World, call: Call) -> Answer:
    """POST /uauth/v2/auth/login/profile and the older /v4/auth/login/profile."""
    document = parse(world, call)
    key_text = document.get("apiKey") if isinstance(document, dict) else None
    if not isinstance(key_text, str):
        raise RefusalError(call.refusals.refuse(400, "apiKey is required"))
    call.login_key = key_text
    world.keyring.login_begins(key_text)
    try:
        token = world.keyring.login(key_text)
    except RefusedError as refused:
        message = "The API key is unknown, inactive or not a workspace key"
        raise RefusalError(call.refusals.refuse(401, message, error=refused.error)) from None
    return json_answer(200, {"token": token})


def refresh(world: World, call: Call) -> Answer:
    """GET /v4/auth/refresh/profile: a new token for the bearer of a good one."""
    return json_answer(200, {"token": world.keyring.issue(caller(call))})


def check_permissions(world: World, call: Call) -> Answer:
    """POST /uauth/api-key/permission-check."""
    document = parse(world, call)
    names = document.get("permissionsToCheck") if isinstance(document, dict) else document
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RefusalError(call.refusals.refuse(400, "Expected an array of permission names"))
    key = caller(call)
    granted = {name: name in key.permissions and name in ALL_PERMISSIONS for name in names}
    return json_answer(200, {"businessProfileName": key.workspace_name, "permissions": granted})


def caller(call: Call) -> ApiKey:
    """Give the key of an authorized call; only routes that need none are called without."""
    if call.key is None:
        raise RuntimeError(f"route {call.route} is not authorized")
    return call.key
