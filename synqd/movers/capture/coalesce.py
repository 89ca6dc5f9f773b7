"""From rows of a change log to wishes: coalescing, and which store views a change concerns. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from synqd.models.change import Change
from synqd.models.item import Wish
from synqd.models.names import Key, Lane, Model

NOWHERE = 0
"""Store view of a wish that concerns only what the queue already knows of the entity."""


@dataclass(slots=True)
class Touched:
    """All that a page of the change log says about one entity."""

    quiet: float
    """Seconds since its last row."""
    hint: str | None = None
    """The key that Synerise knows, from the row that took it away or renamed it."""
    deleted_at: int | None = None
    """When the entity was deleted, by the row that tells of it."""
    stores: set[int] = field(default_factory=set)
    """Store views that the rows themselves name."""

    def add(self, change: Change) -> None:
        """Takes one more row; rows come in the order of the log."""
        self.quiet = min(self.quiet, change.age)
        if not change.via and change.key is not None:
            self.hint = change.key
        if change.deleted:
            self.deleted_at = change.at
        if change.store_id:
            self.stores.add(change.store_id)


def coalesce(changes: Iterable[Change], found: Mapping[tuple[str, str], Iterable[int]]) -> dict[int, Touched]:
    """One entry per entity, however many rows it has.

    Args:
        changes: rows of one model's log, in order.
        found: (via, key) -> entity ids, for the rows that name their entity indirectly.
    """
    touched: dict[int, Touched] = {}
    for change in changes:
        ids = found.get((change.via, change.key or ""), ()) if change.via else (change.entity_id,)
        for entity_id in ids:
            touched.setdefault(entity_id, Touched(change.age)).add(change)
    return touched


def spread(touched: dict[int, Touched], related: Mapping[int, Iterable[int]]) -> None:
    """Adds the entities that depend on those touched."""
    for entity_id, others in related.items():
        quiet = touched[entity_id].quiet
        for other in others:
            known = touched.setdefault(other, Touched(quiet))
            known.quiet = min(known.quiet, quiet)


def wishes(
    model: Model,
    touched: Mapping[int, Touched],
    located: Mapping[int, Iterable[int]],
    switched_on: frozenset[int],
) -> tuple[list[Wish], int]:
    """One wish per entity and store view that is switched on, and how many were left out for being off.

    The queue adds the store views where an entity was sent before or waits. For one that is nowhere now
    (gone, or taken off all store views) a wish for store view 0 asks it to look only there.
    """
    wanted: list[Wish] = []
    dropped = 0
    for entity_id, seen in touched.items():
        stores = seen.stores.union(located.get(entity_id, ()))
        wanted_in = sorted(stores & switched_on) or [NOWHERE]
        dropped += len(stores - switched_on)
        wanted += [
            Wish(
                Key(model, store_id, entity_id),
                Lane.LIVE,
                seen.quiet,
                hint=seen.hint,
                deleted_at=seen.deleted_at,
            )
            for store_id in wanted_in
        ]
    return wanted, dropped
