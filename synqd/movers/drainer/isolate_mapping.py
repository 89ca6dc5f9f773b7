"""Asks the entity what a chunk needs, and finds the single items that it cannot map."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from synqd.entities import Context, Entity, Source
from synqd.models.errors import SynqdError
from synqd.models.item import Leased
from synqd.models.shortage import outages
from synqd.models.wire import Parcel, Skip
from synqd.runtime.logs import fault_of, get_logger

MOST_FAILURES = 16
"""Failures in a row, without one item that passes, after which the items are not to blame."""

log = get_logger("drainer")


@dataclass(frozen=True, slots=True)
class MappingFailure:
    """The entity failed on an item: data that nobody foresaw, or a bug.

    Attributes:
        detail: the error on one line.
        alone: others passed, so it is the item's own fault; if not, it has to wait like in an outage.
    """

    detail: str
    alone: bool


@dataclass
class _Search:
    """What a search for flawed items has seen."""

    passed: bool
    failures: int = 0
    flawed: int = 0
    first: Exception | None = None


async def compose(
    entity: Entity, source: Source, context: Context, items: Sequence[Leased], *, healthy: bool
) -> list[Parcel | Skip | MappingFailure]:
    """What has to be sent for each item, in their order.

    A chunk that the entity fails on is composed in halves, so one row that nobody foresaw does not hold up
    its neighbours, and neither does it end the daemon again and again.

    Args:
        entity: of the model.
        source: as for ``Entity.compose``.
        context: as for ``Entity.compose``.
        items: as for ``Entity.compose``.
        healthy: the model's last chunk could be composed.

    Raises:
        SynqdError: what the entity raises on purpose, and an outage of this machine.
    """
    search = _Search(healthy)
    found = await _compose(entity, source, context, items, search)
    if search.first:
        told = log.bind(model=entity.model, items=search.flawed)
        told.error("chunk.unmappable", fault=fault_of(search.first))
        told.debug("chunk.unmappable_details", trace="".join(traceback.format_exception(search.first)))
    if search.passed:
        return found
    return [
        MappingFailure(one.detail, alone=False) if isinstance(one, MappingFailure) else one for one in found
    ]


async def _compose(
    entity: Entity, source: Source, context: Context, items: Sequence[Leased], search: _Search
) -> list[Parcel | Skip | MappingFailure]:
    found: list[Parcel | Skip | MappingFailure]
    try:
        with outages():
            found = [*await entity.compose(source, context, items)]
    except SynqdError:
        raise
    except Exception as error:  # noqa: BLE001  # a row nobody foresaw: it is searched for and parked
        search.failures += 1
        hopeless = not search.passed and search.failures >= MOST_FAILURES
        if len(items) == 1 or hopeless:
            search.first = search.first or error
            search.flawed += len(items)
            detail = "".join(traceback.format_exception_only(error)).strip().replace("\n", " ")
            return [MappingFailure(detail, alone=True)] * len(items)
    else:
        search.passed = True
        return found
    middle = len(items) // 2
    return [
        *await _compose(entity, source, context, items[:middle], search),
        *await _compose(entity, source, context, items[middle:], search),
    ]
