"""What the synchronization log says of a settlement. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from synqd.models.names import Stream
from synqd.models.settle import Bury, Retry
from synqd.queue.journal import UNCHANGED, Line
from synqd.queue.membership import Ending, Share
from synqd.queue.stream_outcomes import StreamOutcome

MOST_RANGES = 20
"""Ranges of ids that a line names."""


def chunk(stream: Stream, outcome: StreamOutcome, shares: Sequence[Share]) -> Iterator[Line]:
    """A line for each job that a chunk belonged to; without one, a line for what has none of its own."""
    by_ending = outcome.endings
    if shares:
        yield from _of_jobs(stream, outcome, shares)
        return
    told = {one.entity_id for one in outcome.delivered}
    rest = {ending: [one for one in found if one not in told] for ending, found in by_ending.items()}
    totals: Counter[str] = Counter()
    for ending, found in rest.items():
        totals[ending.outcome] += len(found)
    entities = sorted(entity_id for found in rest.values() for entity_id in found)
    if entities:
        event = UNCHANGED if set(+totals) == {"unchanged"} else "chunk"
        yield _line(event, None, stream, entities, _reasons(rest), totals, outcome.keys)


def _of_jobs(stream: Stream, outcome: StreamOutcome, shares: Sequence[Share]) -> Iterator[Line]:
    entities = sorted(entity_id for found in outcome.endings.values() for entity_id in found)
    reasons = _reasons(outcome.endings)
    for share in shares:
        yield _line("chunk", share.job_id, stream, entities, reasons, share.totals, outcome.keys)


def _line(
    event: str,
    job_id: int | None,
    stream: Stream,
    entities: Sequence[int],
    reasons: str,
    totals: Mapping[str, int],
    keys: dict[int, str],
) -> Line:
    alone = entities[0] if len(entities) == 1 else None
    named = f"ids {ranges(entities)}" if alone is None else keys.get(alone, "")
    return Line(event, job_id, stream, alone, reasons, totals, named)


def ranges(entities: Iterable[int]) -> str:
    """Ascending ids as ``1-3, 7``; what is too much for a line as "and so many more"."""
    found: list[list[int]] = []
    for entity_id in entities:
        if found and entity_id == found[-1][1] + 1:
            found[-1][1] = entity_id
        else:
            found.append([entity_id, entity_id])
    named = [str(first) if first == last else f"{first}-{last}" for first, last in found[:MOST_RANGES]]
    left = sum(last - first + 1 for first, last in found[MOST_RANGES:])
    return ", ".join(named) + (f" and {left} more" if left else "")


def burials(buried: Sequence[Bury]) -> Iterator[Line]:
    """A line for each item that became a dead letter."""
    for burial in buried:
        key = burial.item.key
        status = {"status": burial.status} if burial.status else {}
        text = f"{burial.reason}: {burial.detail}"
        stream = Stream(key.model, key.store_id)
        yield Line("item.dead", None, stream, key.entity_id, text, status, burial.wire_key)


def troubles(retries: Sequence[Retry]) -> Iterator[Line]:
    """A line for each item that failed by itself, and one for all that an outage made wait."""
    waiting: Counter[tuple[Stream, str]] = Counter()
    for retry in retries:
        key, known = retry.item.key, retry.item.known
        stream = Stream(key.model, key.store_id)
        if retry.own_fault:
            attempts = {"attempts": retry.item.attempts + 1}
            wire_key = known.wire_key if known else ""
            yield Line("item.failed", None, stream, key.entity_id, retry.cause, attempts, wire_key)
        else:
            waiting[stream, retry.cause] += 1
    for (stream, cause), number in waiting.items():
        yield Line("chunk.postponed", None, stream, None, cause, {"items": number})


def _reasons(by_ending: dict[Ending, list[int]]) -> str:
    told = (f"{len(found)} {ending.reason}" for ending, found in by_ending.items() if ending.reason)
    return "; ".join(sorted(told))
