"""Takes a person's names out of the texts of others (S20): what Synerise answered about several persons."""

import json
from collections.abc import Collection
from typing import NamedTuple

from synqd.models.blots import Blots
from synqd.models.names import Model
from synqd.models.person import ERASED, PEOPLE, EntityRef, Person, email_mark
from synqd.queue.database import Database
from synqd.queue.statements import load

SQL = load("wording")


class Words(NamedTuple):
    """What a dead letter says in the words of others."""

    detail: str
    answer: str | None
    payload: str | None

    def without(self, blots: Blots, model: Model, wire_key: str) -> "Words":
        """The same without names.

        The key of what is no person is nobody's name in its own letter, and a product's payload is of goods.
        """
        own = blots if model in PEOPLE else blots.but(email_mark(wire_key))
        payload = self.payload if model is Model.PRODUCT else self.payload and own.text(self.payload)
        return Words(own.text(self.detail), self.answer and own.text(self.answer), payload)


def retell(db: Database, person: Person, beings: Collection[EntityRef]) -> dict[str, int]:
    """Blot a person out of all texts; returns how many of which kind are told in other words now."""
    blots = Blots.of(person)
    _tell_reasons(db, blots)
    _tell_samples(db, person, beings, blots)
    _tell(db, blots, "breakers", "tell_breaker")
    _tell(db, blots, "skips", "tell_skip")
    keys = _drop_keys(db, blots, "batch_keys", "drop_batch_key")
    return {
        "dead letters": _tell_letters(db, person, blots),
        "log lines": _tell(db, blots, "lines", "tell_line"),
        "batch keys": keys + _drop_keys(db, blots, "unknown_keys", "drop_unknown_key"),
    }


def _tell(db: Database, blots: Blots, listed: str, told: str) -> int:
    """Texts that stand alone in their rows."""
    changes = [(key, new) for key, text in db.execute(SQL[listed]) if (new := blots.text(text)) != text]
    db.executemany(SQL[told], changes)
    return len(changes)


def _tell_letters(db: Database, person: Person, blots: Blots) -> int:
    """Answers about others may name the person, too: a refused request had many items."""
    changes = []
    for number, model, wire_key, hint, *texts in db.execute(SQL["letters"]):
        words = Words(*texts)
        told = words.without(blots, Model(model), wire_key)
        is_person = model in PEOPLE
        key = ERASED if is_person and person.has(wire_key) else wire_key
        former = None if is_person and person.has(hint) else hint
        if (key, former, told) != (wire_key, hint, words):
            changes.append((number, key, former, *told))
    db.executemany(SQL["tell_letter"], changes)
    return len(changes)


def _tell_reasons(db: Database, blots: Blots) -> None:
    """Another reason of the same job may read the same afterwards."""
    changes = [
        (part_id, reason, told, number)
        for part_id, reason, number in db.execute(SQL["reasons"])
        if (told := blots.text(reason)) != reason
    ]
    for part_id, reason, told, number in changes:
        db.execute(SQL["drop_reason"], (part_id, reason))
        db.execute(SQL["tell_reason"], (part_id, told, number))


def _tell_samples(db: Database, person: Person, beings: Collection[EntityRef], blots: Blots) -> None:
    for part_id, model, text in db.execute(SQL["samples"]).fetchall():
        samples = json.loads(text)
        kept = [
            [kind, entity_id, key, blots.text(detail)]
            for kind, entity_id, key, detail in samples
            if (model, entity_id) not in beings and not (model in PEOPLE and person.has(key))
        ]
        if kept != samples:
            db.execute(SQL["tell_samples"], (part_id, json.dumps(kept)))


def _drop_keys(db: Database, blots: Blots, listed: str, drop: str) -> int:
    found = [(job_id, key) for job_id, key in db.execute(SQL[listed]) if blots.name(key)]
    db.executemany(SQL[drop], found)
    return len(found)
