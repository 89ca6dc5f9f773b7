"""From a batch's keys to entities, and what is wrong with the keys that lead to none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from synqd.entities import DECLARED, Entity, Source
from synqd.models.shop import Shop
from synqd.queue import Queue

NOWHERE = "not in Magento"
ELSEWHERE = "not in the chosen store views"
HOMELESS = "belongs to no store view"


@dataclass(frozen=True)
class LookupDeps:
    """Where is looked."""

    source: Source
    shop: Shop
    queue: Queue


@dataclass(frozen=True)
class LookUp:
    """What keys lead to: ids to send, and keys that lead to none, with the reason."""

    ids: Sequence[int] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)


async def look_up(
    places: LookupDeps, entity: Entity, stores: Collection[int], given: str, keys: Sequence[str]
) -> LookUp:
    """Finds the entities of the chosen store views behind keys.

    An entity that Magento does not have (any more) counts if Synerise knows it: its removal can be sent.

    Args:
        places: where to look.
        entity: of the model.
        stores: ids of the chosen store views.
        given: what the keys are: "ids", "skus", "increment_ids", "emails".
        keys: the keys.

    Raises:
        MagentoUnavailable: nothing was decided.
    """
    candidates = await _candidates(entity, places.source, given, keys)
    ids = sorted({entity_id for found in candidates.values() for entity_id in found})
    located = await entity.locate(places.source, places.shop, ids)
    chosen = frozenset(stores)
    here = {entity_id for entity_id in ids if chosen & located.get(entity_id, frozenset())}
    missing = [entity_id for entity_id in ids if entity_id not in here]
    known = await places.queue.outbox.whereabouts(entity.model, missing) if missing else {}
    here |= {entity_id for entity_id, found in known.items() if chosen & found}
    unknown = {
        key: _reason(candidates.get(key, ()), located, known)
        for key in dict.fromkeys(keys)
        if not any(one in here for one in candidates.get(key, ()))
    }
    return LookUp(sorted(here), unknown)


def _reason(
    candidates: Sequence[int],
    located: Mapping[int, frozenset[int]],
    known: Collection[int],
) -> str:
    """Why a key leads to nothing."""
    if any(located.get(one) or one in known for one in candidates):
        return ELSEWHERE
    return HOMELESS if any(one in located for one in candidates) else NOWHERE


async def _candidates(
    entity: Entity, source: Source, given: str, keys: Sequence[str]
) -> Mapping[str, Sequence[int]]:
    if given == "ids":
        return {key: (int(key),) for key in keys}
    return await entity.resolve(source, DECLARED[entity.model].keys[given], list(dict.fromkeys(keys)))
