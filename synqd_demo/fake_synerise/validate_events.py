"""The rules of one event of /v4/events/*."""

from collections.abc import Mapping
from typing import Any

from synqd_demo.fake_synerise.answers import ENUM, FORMAT, MISSING, TYPE, Problem
from synqd_demo.fake_synerise.identifiers import is_action
from synqd_demo.fake_synerise.settings import Settings
from synqd_demo.fake_synerise.validate_transactions import check_client, check_moment

EVENT_TYPES: dict[str, str | None] = {
    "custom": None,
    "cancelled-transaction": "transaction.cancel",
    "added-to-cart": "product.addToCart",
    "removed-from-cart": "product.removeFromCart",
    "added-to-favorites": "product.addToFavorite",
    "logged-in": "client.login",
    "logged-out": "client.logout",
    "registered": "client.register",
}
"""Types of a batch element -> the action the server gives it; None: the event names its own action."""


def check_event(item: Any, kind: str | None, settings: Settings) -> list[Problem]:
    """Give what is wrong with one event. `kind` is a key of EVENT_TYPES, None: the item's `type` tells."""
    if not isinstance(item, dict):
        return [Problem(TYPE, "body", "must be an object")]
    problems: list[Problem] = []
    label = item.get("label")
    if not isinstance(label, str) or not label:
        problems.append(Problem(MISSING, "label", "must be a non-empty string", label))
    check_client(item, problems, settings)
    if kind is None:
        kind = item.get("type")
        if not isinstance(kind, str) or kind not in EVENT_TYPES:
            problems.append(Problem(ENUM, "type", f"must be one of {', '.join(EVENT_TYPES)}", kind))
    if kind == "custom" and not is_action(item.get("action")):
        problems.append(Problem(FORMAT, "action", "must be 1-32 of a-z A-Z 0-9 . - _", item.get("action")))
    _check_params(item, kind, problems)
    check_moment(item, "time", problems)
    return problems


def action_of(item: Mapping[str, Any], kind: str | None) -> str:
    """Give the action under which a valid event is stored."""
    given = EVENT_TYPES[kind or item["type"]]
    return str(item["action"]) if given is None else given


def _check_params(item: Mapping[str, Any], kind: str | None, problems: list[Problem]) -> None:
    params = item.get("params", {})
    if not isinstance(params, dict):
        problems.append(Problem(TYPE, "params", "must be an object", params))
        return
    if kind == "cancelled-transaction" and not params.get("orderId"):
        problems.append(Problem(MISSING, "params.orderId", "is required", params.get("orderId")))
