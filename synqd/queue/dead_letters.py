"""What could not be delivered, until it is delivered after all or an operator decides."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from synqd.models.errors import Invalid
from synqd.models.item import Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Bury
from synqd.models.text import storable, whole_words
from synqd.queue import counters, intake
from synqd.queue.database import Database
from synqd.queue.rows import address, listed, plain
from synqd.queue.settings import QueueSettings
from synqd.queue.statements import load

SQL = load("dead_letters")

_NEVER = (1 << 63) - 1
_AT_A_TIME = 10
"""Payloads that are dropped at a time to make room for newer ones: no more than that needs to go."""
_ANSWER_BYTES = 2048
"""As much of an answer's body as is kept."""


@dataclass(frozen=True, slots=True)
class DeadFilter:
    """Which dead letters a verb is about; None (or no ids) does not restrict."""

    ids: tuple[int, ...] = ()
    model: Model | None = None
    store_id: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An item that could not be delivered; times in milliseconds since the epoch."""

    letter_id: int
    key: Key
    workspace: str
    wire_key: str
    reason: str
    detail: str
    status: int | None
    answer: str | None
    payload: str | None
    attempts: int
    first_at: int
    buried_at: int
    retried_at: int | None = None
    """Since when it is tried again, dead no more."""


def bury(db: Database, burials: Iterable[Bury], now: int) -> None:
    """Write letters; an item that has one already keeps its number and shows the newest failure."""
    for burial in burials:
        key = burial.item.key
        new = of_item(db, key) is None
        db.execute(SQL["bury"], _row(burial, now))
        counters.add(db, "dead", Stream(key.model, key.store_id), int(new))


def bound_payloads(db: Database, most: int) -> int:
    """Drop the oldest payloads until all of them have at most ``most`` bytes; returns how many went.

    The letters stay: what went wrong with which entity is known until somebody decides.
    """
    gone = 0
    while payload_bytes(db) > most:
        gone += db.execute(SQL["drop_payloads"], (_NEVER, _AT_A_TIME)).rowcount
    return gone


def expire_payloads(db: Database, before: int, limit: int) -> int:
    """Drop up to ``limit`` payloads of letters that were buried before a time; returns how many went."""
    return db.execute(SQL["drop_payloads"], (before, limit)).rowcount


def payload_bytes(db: Database) -> int:
    """Bytes of all payloads."""
    (number,) = db.execute(SQL["payload_bytes"]).fetchone()
    return int(number)


def revive(db: Database, stream: Stream, entities: Sequence[int]) -> None:
    """Remove the letters of items that were delivered after all."""
    (any_letter,) = db.execute(SQL["any"]).fetchone()
    if any_letter and entities:
        model, store_id = plain(stream)
        gone = db.execute(SQL["revive"], (model, listed(entities), store_id)).fetchall()
        counters.add(db, "dead", stream, -sum(retried_at is None for (retried_at,) in gone))


def end_retried(db: Database, stream: Stream, entities: Sequence[int]) -> None:
    """Remove the letters of items that were tried again, and of which nothing is to be sent any more."""
    (any_letter,) = db.execute(SQL["any"]).fetchone()
    if any_letter and entities:
        model, store_id = plain(stream)
        db.execute(SQL["end_retried"], (model, listed(entities), store_id))


def sweep_retried(db: Database) -> None:
    """Remove the letters of items that were tried again and wait no more, however they left."""
    db.execute(SQL["sweep_retried"])


def page(
    db: Database, which: DeadFilter, after: int, limit: int, *, retried: bool = False
) -> list[DeadLetter]:
    """Letters after ``after``, by id; ``retried``: also those whose items are tried again."""
    parameters = {
        "after": after,
        "limit": limit,
        "model": which.model,
        "store_id": which.store_id,
        "reason": which.reason,
        "ids": json.dumps(which.ids) if which.ids else None,
        "retried": retried,
    }
    return [_letter(row) for row in db.execute(SQL["list"], parameters)]


def get(db: Database, letter_id: int) -> DeadLetter:
    """One letter. Raises: Invalid if unknown."""
    found = page(db, DeadFilter(ids=(letter_id,)), 0, 1, retried=True)
    if not found:
        raise Invalid(f"there is no dead letter {letter_id}", field="letter_id")
    return found[0]


def of_item(db: Database, key: Key) -> DeadLetter | None:
    """The letter of one item, if it has one; not while it is tried again."""
    row = db.execute(SQL["of_item"], address(key)).fetchone()
    letter = _letter(row) if row else None
    return letter if letter and letter.retried_at is None else None


def missing(db: Database, ids: Sequence[int]) -> list[int]:
    """Those of the numbers that no letter has."""
    found = {one.letter_id for one in page(db, DeadFilter(ids=tuple(ids)), 0, len(ids))}
    return [one for one in dict.fromkeys(ids) if one not in found]


def retry_page(
    db: Database,
    which: DeadFilter,
    after: int,
    now: int,
    settings: QueueSettings,
    served: Collection[Stream] | None = None,
) -> tuple[int, int | None]:
    """Enqueue a page of letters again; returns how many, and where to go on (None: end).

    They are kept, dead no more, until that has an end: one that fails again keeps its number and its history.
    Those of streams that nobody delivers (``served``) stay: they would only be skipped.
    """
    letters = page(db, which, after, settings.page)
    wanted = [letter for letter in letters if served is None or Stream(*letter.key[:2]) in served]
    wishes = [_wish(db, letter) for letter in wanted]
    intake.enqueue(db, wishes, now, settings, standing=True)
    db.executemany(SQL["retry"], [(letter.letter_id, now) for letter in wanted])
    _discount(db, wanted)
    return len(wanted), letters[-1].letter_id if letters else None


def discard_page(db: Database, which: DeadFilter, after: int, limit: int) -> tuple[int, int | None]:
    """Remove a page of letters for good; returns how many, and where to go on (None: end)."""
    letters = page(db, which, after, limit)
    _remove(db, letters)
    return len(letters), letters[-1].letter_id if letters else None


def _wish(db: Database, letter: DeadLetter) -> Wish:
    want, hint, deleted_at = db.execute(SQL["wishes"], (letter.letter_id,)).fetchone()
    return Wish(letter.key, Lane.BATCH, want=Want(want) | Want.FORCE, hint=hint, deleted_at=deleted_at)


def _remove(db: Database, letters: Sequence[DeadLetter]) -> None:
    db.executemany(SQL["remove"], [(letter.letter_id,) for letter in letters])
    _discount(db, letters)


def _discount(db: Database, letters: Sequence[DeadLetter]) -> None:
    gone = Counter(Stream(letter.key.model, letter.key.store_id) for letter in letters)
    for stream, number in gone.items():
        counters.add(db, "dead", stream, -number)


def newest(db: Database) -> int:
    """Highest letter id, 0 if there is none."""
    (letter_id,) = db.execute(SQL["newest"]).fetchone()
    return int(letter_id)


def _row(burial: Bury, now: int) -> tuple[object, ...]:
    item = burial.item
    detail, answer = storable(burial.detail), burial.answer and storable(burial.answer)
    if answer and len(answer.encode()) > _ANSWER_BYTES:
        answer = whole_words(answer.encode()[:_ANSWER_BYTES].decode(errors="ignore"))
    return (
        *item.key,
        *(burial.workspace, storable(burial.wire_key), burial.reason, detail, burial.status, answer),
        # The failure that buries it counts, too.
        *(burial.payload, item.attempts + 1, item.want, item.hint, item.first_at, now, item.deleted_at),
    )


def _letter(row: Sequence[Any]) -> DeadLetter:
    letter_id, model, store_id, entity_id, *rest = row
    return DeadLetter(letter_id, Key(Model(model), store_id, entity_id), *rest)
