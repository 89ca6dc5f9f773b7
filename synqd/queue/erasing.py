"""Takes a person's rows out of the tables; nobody else's (S20)."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from typing import NamedTuple

from synqd.models.names import Lane, Model, Stream
from synqd.models.person import FORGOTTEN, EntityRef, Person, client_marks
from synqd.queue import counters, leases, membership, notes
from synqd.queue.database import Database
from synqd.queue.rows import listed
from synqd.queue.statements import load

SQL = load("erasing")


class Erasure(NamedTuple):
    """What erasing did.

    Attributes:
        gone: rows that went, by kind.
        beings: the person's entities; orders that only a dead letter tells of are among them.
        items: how many items of each stream anything was known of.
    """

    gone: Counter[str]
    beings: frozenset[EntityRef]
    items: Counter[Stream]


def erase(db: Database, person: Person, now: int) -> Erasure:
    """Erase what is about the person, whichever row it stands in."""
    gone: Counter[str] = Counter()
    beings = person.beings | _ordered(db, person)
    items = Counter(
        Stream(model, store_id)
        for model, entity_id in beings
        for (store_id,) in db.execute(SQL["stores"], (model, entity_id))
    )
    _end_memberships(db, beings, now)
    for being in beings:
        gone.update(_drop(db, being))
    addresses = listed(sorted(person.emails))
    gone["sent"] += _drop_sent_as(db, addresses)
    gone["log lines"] += db.execute(SQL["drop_lines_as"], (addresses,)).rowcount
    db.execute(SQL["drop_former_as"], (addresses,))
    db.execute(SQL["drop_hints"], (addresses,))
    _tell_doubts(db, person)
    notes.erase(db, lambda model, entity_id: (model, entity_id) in beings, person.has)
    return Erasure(gone, beings, items)


def _ordered(db: Database, person: Person) -> set[EntityRef]:
    """Orders whose dead letters are about the person, whatever Magento knows of them."""
    marks = person.marks()
    return {
        (Model.ORDER, entity_id)
        for entity_id, payload in db.execute(SQL["ordered"])
        if not marks.isdisjoint(client_marks(_body(payload)))
    }


def _body(payload: str) -> dict[str, object]:
    try:
        body = json.loads(payload)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _end_memberships(db: Database, beings: Collection[EntityRef], now: int) -> None:
    """Jobs account for the person's items as skipped, so their accounts add up (Q10)."""
    by_model: defaultdict[Model, list[int]] = defaultdict(list)
    for model, entity_id in beings:
        by_model[model].append(entity_id)
    for model, ids in by_model.items():
        for (store_id,) in db.execute(SQL["streams"], (model,)).fetchall():
            ending = {membership.Ending(membership.SKIPPED, FORGOTTEN): ids}
            for share in membership.end(db, Stream(model, store_id), ending, now):
                if share.ended:
                    membership.finish_job(db, share.job_id, now)


def _drop(db: Database, being: EntityRef) -> Counter[str]:
    """All rows of an entity."""
    model, _ = being
    waiting = db.execute(SQL["drop_waiting"], being).fetchall()
    leases.leave(db, [row_id for *_, row_id in waiting])
    for store_id, lane, _ in waiting:
        counters.add(db, "depth", Stream(model, store_id), -1, Lane(lane))
    sent = db.execute(SQL["drop_sent"], being).fetchall()
    for store_id, alive, fingerprint_id in sent:
        _discount(db, Stream(model, store_id), alive, fingerprint_id)
    letters = db.execute(SQL["drop_letters"], being).fetchall()
    for store_id, retried_at in letters:
        counters.add(db, "dead", Stream(model, store_id), -int(retried_at is None))
    db.execute(SQL["drop_skips"], being)
    db.execute(SQL["drop_ids"], being)
    db.execute(SQL["drop_former"], being)
    lines = db.execute(SQL["drop_lines"], being).rowcount
    gone = {"waiting": len(waiting), "sent": len(sent), "dead letters": len(letters), "log lines": lines}
    return Counter(gone)


def _drop_sent_as(db: Database, addresses: str) -> int:
    """Of somebody who has left an address, who has it now must not stay known: it is sent as new."""
    sent = db.execute(SQL["drop_sent_as"], (addresses,)).fetchall()
    for model, store_id, alive, fingerprint_id in sent:
        _discount(db, Stream(Model(model), store_id), alive, fingerprint_id)
    return len(sent)


def _discount(db: Database, stream: Stream, alive: int, fingerprint_id: int) -> None:
    counters.add(db, "alive", stream, -alive)
    counters.add_by_settings(db, stream, {fingerprint_id: -alive})


def _tell_doubts(db: Database, person: Person) -> None:
    """Who left an address is in doubt without it."""
    for *item, doubt in db.execute(SQL["doubts"]).fetchall():
        keys = json.loads(doubt)
        kept = [key for key in keys if not person.has(key)]
        if len(kept) < len(keys):
            db.execute(SQL["tell_doubt"], (*item, listed(kept)))
