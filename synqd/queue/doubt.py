"""Doubt: what nobody knows to have arrived or not (S24).

The ledger's row keeps everything that may be true at once, until something is delivered: the names of old and
new fields, the key that was known and those that may be alive besides. It counts neither as sent nor as
alive. A word about consent in doubt is kept if it is a withdrawal; an agreement in doubt leaves the last word
as it was.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from synqd.models.item import LedgerEntry, Wish
from synqd.models.names import Key, Model, Stream
from synqd.models.person import PEOPLE, being_mark, email_mark
from synqd.models.wire import Heir
from synqd.queue import claims, counters, ledger, marks, notes
from synqd.queue.claims import Taken
from synqd.queue.database import Database
from synqd.queue.notes import Trace


def mark(db: Database, stream: Stream, workspace: str, traces: Sequence[Trace], now: int) -> None:
    """Mark items as in doubt that may have left just now, and those whose keys they may have taken."""
    entries = keep(db, stream, workspace, traces, now)
    keys = {key.entity_id: entry.wire_key for key, entry in entries.items()}
    taken = [
        (wire_key, trace.entity_id)
        for trace in traces
        if trace.entity_id in keys
        for wire_key in ((keys[trace.entity_id],) if trace.as_known else trace.keys)
    ]
    overwrite(db, stream, workspace, taken, now)


def overwrite(db: Database, stream: Stream, workspace: str, taken: Sequence[Taken], now: int) -> None:
    """Something was, or may have been, sent under keys: what others sent there is not true any more (S29)."""
    if taken and claims.is_keyed(stream.model):
        for there, traces in claims.overwritten(db, stream, workspace, taken).items():
            keep(db, there, workspace, traces, now)


def hand_on(db: Database, workspace: str, heirs: Iterable[Heir], now: int) -> list[Wish]:
    """Let heirs take care of the keys that others left them; returns what has to be looked at for it.

    An heir may have left the key again before it was sent under it.
    """
    found = claims.handed_on(db, workspace, heirs)
    return [Wish(key) for there, traces in found.items() for key in keep(db, there, workspace, traces, now)]


def keep(
    db: Database, stream: Stream, workspace: str, traces: Sequence[Trace], now: int
) -> dict[Key, LedgerEntry]:
    """Mark items as in doubt, and nothing else; a row is made where there is none.

    Of whoever was forgotten nothing is written (S20).
    """
    told = _of_nobody_forgotten(db, stream.model, traces)
    known = ledger.known(db, [Key(*stream, trace.entity_id) for trace in told])
    entries: dict[Key, LedgerEntry] = {}
    for trace in told:
        key = Key(*stream, trace.entity_id)
        entry = in_doubt(stream.model, entries.get(key) or known.get(key), trace, workspace, now)
        if entry is not None:
            entries[key] = entry
    living = Counter(known[key].settings for key in entries if key in known and known[key].alive)
    ledger.record(db, stream, list(entries.items()), (), ledger.by_number(db, living))
    if living:
        counters.add(db, "alive", stream, -living.total())
    return entries


def mark_what_was_left(db: Database) -> None:
    """What a process was sending when it ended is in doubt."""
    for found in notes.take(db):
        mark(db, found.stream, found.workspace, found.traces, found.at)


def mark_page(
    db: Database, model: Model, after: tuple[int, int], limit: int, now: int
) -> tuple[int, tuple[int, int] | None]:
    """Mark what is alive by a page of a model's ledger; returns how many, and where to go on (None: the end).

    For a file that is an old one: something else may have been sent since.
    """
    page = ledger.page(db, model, after, limit, None)
    parts: defaultdict[tuple[Stream, str], list[Trace]] = defaultdict(list)
    for key, entry in page:
        if entry.alive:
            parts[Stream(*key[:2]), entry.workspace].append(Trace(key.entity_id))
    for (stream, workspace), traces in parts.items():
        mark(db, stream, workspace, traces, now)
    last = page[-1][0] if len(page) == limit else None
    return sum(map(len, parts.values())), last and (last.entity_id, last.store_id)


def in_doubt(
    model: Model, old: LedgerEntry | None, trace: Trace, workspace: str, now: int
) -> LedgerEntry | None:
    """The ledger's row after something left that may have arrived; None if nothing is known of the item.

    Args:
        model: of the item.
        old: the row before.
        trace: what left.
        workspace: where to.
        now: when, in milliseconds since the epoch.
    """
    here = old if old is not None and old.workspace == workspace else None
    if here is None:
        if not trace.keys:
            return None
        here = LedgerEntry(workspace, trace.keys[0], frozenset(), b"", "", False, now, now, doubt=())
    # A withdrawal is found by its address, which is the last key. Words about another one say nothing of it.
    first = trace.keys[-1:] if trace.withdrawn_at is not None else ()
    keys = tuple(dict.fromkeys((*first, *here.held_keys, *trace.keys))) or (here.wire_key,)
    same = keys[0] == here.wire_key
    return here._replace(
        wire_key=keys[0],
        fields=here.fields | trace.fields,
        digest=b"",
        alive=False,
        last_at=now,
        status=None,
        event=here.event or trace.event,
        agreed_at=_agreed_at(model, here) if same else None,
        withdrawn_at=_latest(trace.withdrawn_at, here.withdrawn_at if same else None),
        doubt=keys[1:],
    )


def _agreed_at(model: Model, here: LedgerEntry) -> int | None:
    """When the last agreement was given; what an older synqd sent was said at the latest when it was sent."""
    unknown = model is Model.SUBSCRIBER and here.doubt is None and here.consent_at is None
    return here.last_at if unknown else here.agreed_at


def _latest(*moments: int | None) -> int | None:
    return max((at for at in moments if at is not None), default=None)


def _of_nobody_forgotten(db: Database, model: Model, traces: Iterable[Trace]) -> list[Trace]:
    """Traces but for those of forgotten persons; of others without the addresses of such."""
    known = marks.read(db)
    kept = [trace for trace in traces if not known.hold([being_mark(model, trace.entity_id)])]
    if model not in PEOPLE:
        return kept
    return [
        trace._replace(keys=tuple([key for key in trace.keys if not known.hold([email_mark(key)])]))
        for trace in kept
    ]
