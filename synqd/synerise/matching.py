"""Finds the items that an answer complains about, where it does not number them. Pure.

An answer of 207 lists what was refused, but no source says how an element tells which item it means. Two ways
are understood: an index in front of the field (``[3].email``), which must fit the rejected value, as nobody
says that it counts from zero; and the rejected value found at that field, when as many items hold it as there
are complaints about it. So no innocent item is ever blamed, and no guilty one taken for delivered; what stays
unmatched is found by halving.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from synqd.models.wire import WireItem
from synqd.synerise.complaints import Complaint

_INDEX = re.compile(r"(?P<list>\w*)\[(?P<place>\d{1,6})\]\.?", re.ASCII)
_STEP = re.compile(r"[^.\[\]]+")
_PLACE = re.compile(r"\d{1,6}", re.ASCII)
"""A place in a list: no request has more items, and Python reads no number of some thousand digits."""


def match(
    complaints: Sequence[Complaint], items: Sequence[WireItem]
) -> tuple[Mapping[int, list[Complaint]], bool]:
    """Complaints by the index of the item they are about, and whether all could be matched."""
    found: dict[int, list[Complaint]] = defaultdict(list)
    complete = bool(complaints)
    for alike in _groups(complaints):
        first, *_ = alike
        accused = _accused(first, len(alike), items)
        complete = complete and bool(accused)
        for index in accused:
            found[index].append(first)
    return found, complete


def _accused(complaint: Complaint, times: int, items: Sequence[WireItem]) -> Sequence[int]:
    """Items that a complaint, made that many times, is about for sure; none where that is not sure."""
    numbered = _INDEX.match(complaint.field)
    if numbered and not any(numbered["list"] in item.body for item in items):
        index, path = int(numbered["place"]), complaint.field[numbered.end() :]
        fits = index < len(items) and _same(_at(items[index].body, path), complaint.rejected)
        return [index] if fits else []
    if complaint.rejected is None:
        return []
    holders = [index for index, item in enumerate(items) if _holds(item, complaint)]
    return holders if len(holders) == times else []


def _groups(complaints: Sequence[Complaint]) -> Iterator[list[Complaint]]:
    groups: dict[tuple[str, str], list[Complaint]] = defaultdict(list)
    for complaint in complaints:
        groups[(complaint.field, repr(complaint.rejected))].append(complaint)
    yield from groups.values()


def _holds(item: WireItem, complaint: Complaint) -> bool:
    """Whether the item has the rejected value where the complaint says."""
    if complaint.field:
        return _same(_at(item.body, complaint.field), complaint.rejected)
    return complaint.rejected in (item.key, item.body)


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
