"""What the synchronization log says of a settlement. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

from synqd.models.names import Stream
from synqd.models.settle import Bury, Retry
from synqd.queue.journal import Line
from synqd.queue.membership import Ending, Share

SILENT = frozenset({"sent", "unchanged"})
"""What becomes of a single item without a line: the ledger has it."""


def chunk(stream: Stream, by_ending: dict[Ending, list[int]], shares: Sequence[Share]) -> Iterator[Line]:
    """A line for each job that a chunk belonged to; without one, a line if it is worth telling."""
    entities = [entity_id for found in by_ending.values() for entity_id in found]
    (alone,) = entities if len(entities) == 1 else (None,)
    reasons = _reasons(by_ending)
    for share in shares:
        yield Line("chunk", share.job_id, stream, alone, reasons, share.totals)
    if not shares and (len(entities) > 1 or any(ending.outcome not in SILENT for ending in by_ending)):
        totals: Counter[str] = Counter()
        for ending, found in by_ending.items():
            totals[ending.outcome] += len(found)
        yield Line("chunk", None, stream, alone, reasons, totals)


def burials(buried: Sequence[Bury]) -> Iterator[Line]:
    """A line for each item that became a dead letter."""
    for burial in buried:
        key = burial.item.key
        status = {"status": burial.status} if burial.status else {}
        text = f"{burial.reason}: {burial.detail}"
        yield Line("item.dead", None, Stream(key.model, key.store_id), key.entity_id, text, status)


def troubles(retries: Sequence[Retry]) -> Iterator[Line]:
    """A line for each item that failed by itself, and one for all that an outage made wait."""
    waiting: Counter[tuple[Stream, str]] = Counter()
    for retry in retries:
        key = retry.item.key
        stream = Stream(key.model, key.store_id)
        if retry.own_fault:
            attempts = {"attempts": retry.item.attempts + 1}
            yield Line("item.failed", None, stream, key.entity_id, retry.cause, attempts)
        else:
            waiting[stream, retry.cause] += 1
    for (stream, cause), number in waiting.items():
        yield Line("chunk.postponed", None, stream, None, cause, {"items": number})


def _reasons(by_ending: dict[Ending, list[int]]) -> str:
    told = (f"{len(found)} {ending.reason}" for ending, found in by_ending.items() if ending.reason)
    return "; ".join(sorted(told))
