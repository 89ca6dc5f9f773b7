"""All catalogs ("bags") of all workspaces, and their items.

Numbers are unique over workspaces, as with Synerise, so that a catalog of another workspace is known to exist
and can be answered with its tell-tale 403.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_FIRST_ID = 1000
_ITEM_NAME = re.compile(r"[_a-zA-Z0-9]+[\-_a-zA-Z0-9]*")
_DELETED = (True, 1, "1")


class UnknownBagError(Exception):
    """No catalog has this number."""


class ForeignBagError(Exception):
    """The catalog belongs to another workspace."""


@dataclass(slots=True)
class Item:
    """One stored catalog item; `item_id` is the internal number, `writes` how often it was stored."""

    item_id: int
    key: str
    value: dict[str, Any]
    created: float
    modified: float
    writes: int = 1

    @property
    def deleted(self) -> bool:
        """Tell whether the item carries the ordinary attribute that means deleted."""
        return any(self.value.get("deleted") == mark for mark in _DELETED)

    def document(self) -> dict[str, Any]:
        """Give the item as the read route shows it."""
        return {
            "id": self.item_id,
            "itemKey": self.key,
            "value": self.value,
            "creationDate": _moment(self.created),
            "lastModified": _moment(self.modified),
        }


@dataclass(slots=True)
class Bag:
    """One catalog."""

    bag_id: int
    name: str
    author: str
    workspace_id: int
    created: float
    modified: float
    items: dict[str, Item] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Give the catalog as the API shows it."""
        return {
            "id": self.bag_id,
            "name": self.name,
            "author": self.author,
            "businessProfileId": self.workspace_id,
            "creationDate": _moment(self.created),
            "lastModified": _moment(self.modified),
            "createdBy": -1,
            "modifiedBy": -1,
            "beforeFiltering": False,
            "fields": self.keys(),
            "primaryKey": None,
            "mappings": [],
        }

    def keys(self) -> list[str]:
        """Give the union of the attribute names of all items, in order of first appearance."""
        names: dict[str, None] = {}
        for item in self.items.values():
            names.update(dict.fromkeys(item.value))
        return list(names)


@lru_cache(maxsize=4096)
def is_item_name(name: str) -> bool:
    """Tell whether the attribute name may be used in an item feed."""
    return _ITEM_NAME.fullmatch(name) is not None


def _moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class CatalogStore:
    """Catalogs by number; `counters` is shared with the server's statistics."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._next_bag = _FIRST_ID
        self._next_item = 1
        self.bags: dict[int, Bag] = {}

    def create(self, workspace_id: int, name: str, now: float, author: str = "api") -> Bag:
        """Create a catalog, whatever others are called."""
        bag = Bag(self._next_bag, name, author, workspace_id, now, now)
        self._next_bag += 1
        self.bags[bag.bag_id] = bag
        return bag

    def get(self, bag_id: int, workspace_id: int) -> Bag:
        """Give one catalog of the workspace.

        Raises:
            UnknownBagError: no catalog has the number.
            ForeignBagError: it belongs to another workspace.
        """
        bag = self.bags.get(bag_id)
        if bag is None:
            raise UnknownBagError(bag_id)
        if bag.workspace_id != workspace_id:
            raise ForeignBagError(bag_id)
        return bag

    def named(self, workspace_id: int, name: str) -> Bag | None:
        """Give the first catalog of the workspace with exactly this name."""
        return next((bag for bag in self.of(workspace_id) if bag.name == name), None)

    def of(self, workspace_id: int) -> list[Bag]:
        """Give all catalogs of the workspace by number."""
        return [bag for bag in self.bags.values() if bag.workspace_id == workspace_id]

    def search(self, workspace_id: int, text: str, order_by: str) -> list[Bag]:
        """Give the catalogs whose name or author contains the text, whatever its case, in order."""
        needle = text.lower()
        found = [
            bag for bag in self.of(workspace_id) if needle in bag.name.lower() or needle in bag.author.lower()
        ]
        keys: dict[str, Any] = {
            "author": lambda bag: (bag.author, bag.bag_id),
            "lastModified": lambda bag: (bag.modified, bag.bag_id),
            "creationDate": lambda bag: (bag.created, bag.bag_id),
        }
        return sorted(found, key=keys.get(order_by, lambda bag: bag.bag_id))

    def store(self, bag: Bag, key: str, value: dict[str, Any], now: float, *, merge: bool) -> None:
        """Store one item, replacing or merging into an earlier one of the same key."""
        self._count_bad_names(value)
        bag.modified = now
        known = bag.items.get(key)
        if known is None:
            bag.items[key] = Item(self._next_item, key, value, now, now)
            self._next_item += 1
            return
        known.value = known.value | value if merge else value
        known.modified = now
        known.writes += 1

    def _count_bad_names(self, value: Mapping[str, Any]) -> None:
        for name in value:
            if not is_item_name(name):
                self._counters["bad_attribute_names"] += 1

    def live(self, bags: Iterable[Bag]) -> int:
        """Count the items that are not marked as deleted."""
        return sum(not item.deleted for bag in bags for item in bag.items.values())
