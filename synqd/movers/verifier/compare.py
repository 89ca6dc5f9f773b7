"""What is right and what is not. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import orjson

from synqd.entities.payload import EMPTY, VOLATILE, encode
from synqd.models.item import LedgerEntry
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem


class Verdict(StrEnum):
    """What a comparison says of one item; the words stand in figures and findings."""

    CORRECT = "correct"
    WAITING = "waiting"
    SKIPPED = "skipped"
    MISSING = "missing"
    STALE = "stale"
    GONE = "gone"
    ABSENT = "absent"
    DIFFERENT = "different"
    UNREADABLE = "unreadable"


FAULTS = frozenset({Verdict.MISSING, Verdict.STALE, Verdict.GONE})
"""What the ledger shows to be wrong."""


def judge(known: LedgerEntry | None, result: Parcel | Skip, workspace: str) -> Verdict:
    """Compares what would be sent with what was sent last; what is in doubt equals nothing (S24).

    Args:
        known: the ledger's entry.
        result: what the entity would send now, with everything that may be left out demanded.
        workspace: the workspace it belongs to.
    """
    there = known if known is not None and known.workspace == workspace and known.held_keys else None
    if isinstance(result, Skip) or not result.items:
        return Verdict.SKIPPED
    if not result.alive:
        return Verdict.GONE if there else Verdict.CORRECT
    if there is None:
        return Verdict.MISSING
    same = there.doubt is None and there.digest == result.digest and there.wire_key == result.wire_key
    return Verdict.CORRECT if same else Verdict.STALE


def differing(item: WireItem, stored: Mapping[str, Any]) -> list[str]:
    """Names of the fields that Synerise holds otherwise than they were sent, dotted for nested ones.

    A profile may be shown without some of its fields, so only those that it shows are compared.
    """
    sent = orjson.loads(encode(item.body))
    if item.endpoint is Endpoint.CATALOG:
        return sorted(_differing(sent.get("value", sent), stored, "", partly=False))
    return sorted(_differing(sent, stored, "", partly=True))


def _differing(sent: Mapping[str, Any], stored: Mapping[str, Any], above: str, *, partly: bool) -> list[str]:
    names = []
    for name, value in sent.items():
        if name in VOLATILE or (partly and name not in stored):
            continue
        held = stored.get(name)
        if isinstance(value, dict) and isinstance(held, dict):
            names += _differing(value, held, f"{above}{name}.", partly=partly)
        elif not _same(value, held):
            names.append(above + name)
    return names


def _same(sent: Any, held: Any) -> bool:
    """Whether a stored value is what was sent; Synerise keeps some numbers and switches as text."""
    if sent in EMPTY or held in EMPTY:
        return bool(sent in EMPTY and held in EMPTY)
    if isinstance(sent, bool) or isinstance(held, bool):
        return bool(_switch(sent) == _switch(held))
    return bool(sent == held or str(sent) == str(held))


def _switch(value: Any) -> Any:
    words = {"true": True, "enabled": True, "1": True, "false": False, "disabled": False, "0": False}
    return words.get(str(value).lower(), value)
