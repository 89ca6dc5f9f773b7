"""Finds the items that an answer complains about, where it does not number them. Pure.

An answer of 207 lists what was refused, but no source says how an element tells which item it means. Two ways
are understood: an index in front of the field (``[3].email``), which must fit the rejected value, as nobody
says that it counts from zero; and the rejected value found at that field, when as many items hold it as there
are complaints about it. So no innocent item is ever blamed, and no guilty one taken for delivered; what stays
unmatched is found by halving.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from synqd.models.wire import WireItem
from synqd.synerise.complaints import Complaint

_INDEX = re.compile(r"(?P<list>\w*)\[(?P<place>\d{1,6})\]\.?", re.ASCII)
_STEP = re.compile(r"[^.\[\]]+")
_PLACE = re.compile(r"\d{1,6}", re.ASCII)
"""A place in a list: no request has more items, and Python reads no number of some thousand digits."""
LONGEST_FIELD = 200
MOST_FIELDS = 50
"""Fields that one answer may complain about; each is looked up in every item of the request."""


def match(
    complaints: Sequence[Complaint], items: Sequence[WireItem]
) -> tuple[Mapping[int, list[Complaint]], bool]:
    """Complaints by the index of the item they are about, and whether all could be matched."""
    found: dict[int, list[Complaint]] = defaultdict(list)
    complete = bool(complaints)
    accusing = _Accusing(items)
    for alike in _groups(complaints):
        first, *_ = alike
        accused = accusing.accused(first, len(alike))
        complete = complete and bool(accused)
        for index in accused:
            found[index].append(first)
    return found, complete


class _Accusing:
    """Finds the items of one request that complaints are about, also where both are many."""

    def __init__(self, items: Sequence[WireItem]) -> None:
        self._items = items
        self._holders: dict[str, _Holders] = {}

    def accused(self, complaint: Complaint, times: int) -> Sequence[int]:
        """Items that a complaint, made that many times, is about for sure; none where that is not sure."""
        if len(complaint.field) > LONGEST_FIELD:
            return []
        numbered = _INDEX.match(complaint.field)
        if numbered and not any(numbered["list"] in item.body for item in self._items):
            index, path = int(numbered["place"]), complaint.field[numbered.end() :]
            fits = index < len(self._items) and _same(_at(self._items[index].body, path), complaint.rejected)
            return [index] if fits else []
        if complaint.rejected is None:
            return []
        holders = self._holding(complaint.field).of(complaint.rejected)
        return holders if len(holders) == times else []

    def _holding(self, field: str) -> "_Holders":
        """What the items hold at a field; of more fields than any answer names honestly, nothing is known."""
        if field not in self._holders:
            if len(self._holders) >= MOST_FIELDS:
                return _Holders([])
            self._holders[field] = _Holders(
                [(index, value) for index, item in enumerate(self._items) for value in _values(item, field)]
            )
        return self._holders[field]


class _Holders:
    """Which items hold a value at one field, by the value."""

    def __init__(self, held: Iterable[tuple[int, Any]]) -> None:
        self._by_text: dict[str, list[int]] = defaultdict(list)
        self._by_number: dict[float, list[int]] = defaultdict(list)
        self._others: list[tuple[int, Any]] = []
        for index, value in held:
            if isinstance(value, bool) or value is None:
                self._others.append((index, value))
                continue
            self._by_text[str(value)].append(index)
            if isinstance(value, int | float | Decimal):
                self._by_number[float(value)].append(index)
            elif not isinstance(value, str):
                self._others.append((index, value))

    def of(self, rejected: Any) -> list[int]:
        """Items that hold what was rejected."""
        if isinstance(rejected, str):
            return self._by_text.get(rejected, [])
        if isinstance(rejected, int | float) and not isinstance(rejected, bool):
            return self._by_number.get(float(rejected), [])
        return [index for index, value in self._others if _same(value, rejected)]


def _values(item: WireItem, field: str) -> tuple[Any, ...]:
    """What a complaint about a field may have rejected; without a field, the item by key or as a whole."""
    return (_at(item.body, field),) if field else (item.key, item.body)


def _groups(complaints: Sequence[Complaint]) -> Iterator[list[Complaint]]:
    groups: dict[tuple[str, str], list[Complaint]] = defaultdict(list)
    for complaint in complaints:
        groups[(complaint.field, repr(complaint.rejected))].append(complaint)
    yield from groups.values()


def _at(body: Any, path: str) -> Any:
    """The value at a path like ``products[0].sku``; None where there is none, as the API sees it."""
    if isinstance(body, Mapping) and path in body:
        return body[path]
    for step in _STEP.findall(path):
        if isinstance(body, Mapping):
            body = body.get(step)
        elif isinstance(body, (list, tuple)) and _PLACE.fullmatch(step) and int(step) < len(body):
            body = body[int(step)]
        else:
            return None
    return body


def _same(value: Any, rejected: Any) -> bool:
    if value is None or rejected is None or isinstance(value, bool) or isinstance(rejected, bool):
        return value is rejected
    if isinstance(value, int | float | Decimal) and isinstance(rejected, int | float):
        return float(value) == float(rejected)
    return bool(value == rejected) or (not isinstance(value, str) and str(value) == rejected)
