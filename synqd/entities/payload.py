"""What is the same for the payloads of all models: digests, field names, cleared values."""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

VOLATILE = frozenset({"lastUpdateType", "updated_at"})
"""Names that change by themselves and so never count as a change (semantics S5)."""

EMPTY: tuple[Any, ...] = (None, "", [], {})
_FRESH = hashlib.blake2b(digest_size=16)
"""Copied for each digest: to make one takes longer than to copy it."""


@lru_cache(maxsize=20_000)
def number(amount: Decimal) -> int | float:
    """A JSON number: exact and without a point where it is whole, else a float. Amounts repeat."""
    whole = int(amount)
    return whole if whole == amount else float(amount)


def encode(body: Any) -> bytes:
    """JSON as it goes over the wire: UTF-8, Decimals as numbers."""
    return orjson.dumps(body, default=number)


def digest(bodies: Iterable[Mapping[str, Any]]) -> bytes:
    """16 bytes that are equal for equal payloads, whatever the key order and the volatile names."""
    hashed = _FRESH.copy()
    for body in bodies:
        hashed.update(orjson.dumps(_steady(body), default=number, option=orjson.OPT_SORT_KEYS))
    return hashed.digest()


def digest_of(*bodies: Mapping[str, Any]) -> bytes:
    """``digest`` of bodies that hold no volatile names anyway, at half its cost."""
    hashed = _FRESH.copy()
    for body in bodies:
        hashed.update(orjson.dumps(body, default=number, option=orjson.OPT_SORT_KEYS))
    return hashed.digest()


def digest_of_text(text: str) -> bytes:
    """16 bytes that are equal for equal texts."""
    hashed = _FRESH.copy()
    hashed.update(text.encode())
    return hashed.digest()


def digest_beside(body: Mapping[str, Any], moved_in: dict[str, Any]) -> bytes:
    """``digest`` of a body whose only volatile name can be ``updated_at`` in ``moved_in``, a part of it."""
    moved = moved_in.pop("updated_at", None)
    fingerprint = digest_of(body)
    if moved is not None:
        moved_in["updated_at"] = moved
    return fingerprint


def _steady(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _steady(value) if isinstance(value, dict) else value
        for name, value in body.items()
        if name not in VOLATILE
    }


def filled(body: Mapping[str, Any]) -> frozenset[str]:
    """Names of the fields with a value."""
    # The first question spares most values the comparisons.
    return name_set(tuple([name for name, value in body.items() if value or value not in EMPTY]))


@lru_cache(maxsize=4096)
def name_set(names: tuple[str, ...]) -> frozenset[str]:
    """A set of field names; payloads of one model have nearly always one of a few."""
    return frozenset(names)
