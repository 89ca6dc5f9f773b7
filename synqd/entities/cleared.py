"""Values that were sent once and are empty now go as null one time, or Synerise keeps them (semantics S7)."""

from collections.abc import Iterable, MutableMapping
from functools import lru_cache
from typing import Any

from synqd.models.item import Leased, LedgerEntry
from synqd.models.settle import GONE
from synqd.models.wire import Skip


def known_here(item: Leased, workspace: str) -> LedgerEntry | None:
    """What this workspace knows of an item: nothing if the store view belonged to another one before."""
    known = item.known
    return known if known is not None and known.workspace == workspace else None


OLD_ALIVE = "; an old version is alive at Synerise"
"""Ending of the reason why an item is skipped, where that is so."""


def outlives(skip: Skip, item: Leased, workspace: str) -> bool:
    """Whether Synerise goes on showing what was sent for an item, though it may not be sent any more."""
    known = known_here(item, workspace)
    alive = known is not None and known.alive
    return alive and not (skip.current or skip.moved or skip.stands) and skip.reason != GONE


def held_keys(known: LedgerEntry | None, item: Leased | None) -> tuple[str, ...]:
    """The keys that Synerise may have: the ledger's, more than one if it is in doubt (S24).

    Where that knows nothing, the change log's, if an ``item`` is given.
    """
    if known is not None:
        return known.held_keys
    return (item.hint,) if item is not None and item.hint else ()


def cleared(known: LedgerEntry | None, filled: frozenset[str], keep: frozenset[str]) -> tuple[str, ...]:
    """Names that Synerise holds a value for and that have none now, but for those to ``keep``; sorted."""
    if known is None or not known.held_keys:
        return ()
    return _missing(known.fields, filled, keep)


@lru_cache(maxsize=4096)  # the sets of a model's items are a few, and each is hashed but once
def _missing(held: frozenset[str], filled: frozenset[str], keep: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(held - filled - keep))


def clear(body: MutableMapping[str, Any], names: Iterable[str]) -> None:
    """Sets dotted names (``attributes.dob``) to null."""
    for name in names:
        outer, _, inner = name.partition(".")
        if inner:
            body.setdefault(outer, {})[inner] = None
        else:
            body[outer] = None
