"""Erasing a person from every table, and knowing the person again without keeping who it was (S20).

Everything happens in one transaction: a crash leaves a person either untouched or erased and remembered.
"""

import hashlib
import json
import secrets
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from synqd.models.names import Lane, Model, Stream
from synqd.models.person import ERASED, FORGOTTEN, Being, Person
from synqd.queue import counters, flags, journal, leases, membership, notes
from synqd.queue.records import Line
from synqd.queue.statements import load

SQL = load("forgetting")

SALT = "salt"
"""Fact of the file: what marks are hashed with."""
SCRUB = "scrub"
"""Fact of the file: free space still has to be cleaned of what was erased."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is remembered of forgotten persons."""

    salt: bytes = b""
    hashes: frozenset[bytes] = field(default=frozenset(), repr=False)

    def hold(self, marks: Iterable[str]) -> bool:
        """Whether one of these texts is a forgotten person's."""
        return bool(self.hashes) and any(self.hashed(mark) in self.hashes for mark in marks)

    def hashed(self, mark: str) -> bytes:
        """A text as it is remembered."""
        return hashlib.blake2b(mark.encode(), digest_size=16, key=self.salt).digest()


class Forgotten(NamedTuple):
    """What a file remembers of forgotten persons: the salt, and rows of hash, person and time."""

    salt: str | None
    rows: list[tuple[bytes, int, int]]


def read_marks(db: sqlite3.Connection) -> Marks:
    """What the file remembers."""
    salt = flags.meta(db, SALT)
    hashes = frozenset(bytes(found) for (found,) in db.execute(SQL["hashes"]))
    return Marks(bytes.fromhex(salt), hashes) if salt else Marks()


def export(db: sqlite3.Connection) -> Forgotten:
    """Everything by which another file can know the same persons."""
    return Forgotten(flags.meta(db, SALT), db.execute(SQL["all"]).fetchall())


def inherit(db: sqlite3.Connection, forgotten: Forgotten) -> Marks:
    """Know the persons that a file before this one remembered; this one remembers nobody yet."""
    if forgotten.salt:
        flags.set_meta(db, SALT, forgotten.salt)
        db.executemany(SQL["remember"], forgotten.rows)
    return read_marks(db)


def acquainted(
    db: sqlite3.Connection, emails: Collection[str], customers: Collection[int]
) -> dict[Being, set[str]]:
    """Customers and subscribers with one of these addresses (folded), these customers, and their keys."""
    found: defaultdict[Being, set[str]] = defaultdict(set)
    asked = {"emails": json.dumps(sorted(emails)), "ids": json.dumps(sorted(customers))}
    for model, entity_id, key in db.execute(SQL["acquainted"], asked):
        found[Model(model), entity_id].add(key)
    return dict(found)


def forget(db: sqlite3.Connection, person: Person, by: str, now: int) -> tuple[Counter[str], Marks]:
    """Erase a person and remember the marks; returns how many rows of which kind went."""
    gone: Counter[str] = Counter()
    beings = person.beings | _in_letters(db, person)
    _end_memberships(db, beings, now)
    for being in beings:
        gone.update(_erase(db, being))
    notes.erase(db, lambda model, entity_id: (model, entity_id) in beings)
    gone["dead letters"] += _tell_letters(db, person)
    gone["log lines"] += _tell_lines(db, person)
    _tell_samples(db, person)
    _tell_breakers(db, person)
    for listed, drop in (("batch_keys", "drop_batch_key"), ("unknown_keys", "drop_unknown_key")):
        gone["batch keys"] += _drop_keys(db, person, SQL[listed], SQL[drop])
    _remember(db, Person(person.emails, frozenset(beings)), now)
    flags.set_meta(db, SCRUB, "wanted")
    journal.append(db, [Line("person.forgotten", text=by, facts=_facts(gone))], now)
    return gone, read_marks(db)


def revoke(db: sqlite3.Connection, marks: Iterable[str], by: str, now: int) -> tuple[int, Marks]:
    """Let persons be synchronized again that one of these texts belongs to; returns how many marks went."""
    known = read_marks(db)
    gone = sum(db.execute(SQL["revoke"], (known.hashed(mark),)).rowcount for mark in marks)
    if gone:
        journal.append(db, [Line("person.readmitted", text=by)], now)
    return gone, read_marks(db)


def _remember(db: sqlite3.Connection, person: Person, now: int) -> None:
    if not flags.meta(db, SALT):
        flags.set_meta(db, SALT, secrets.token_hex(32))
    marks = read_marks(db)
    (number,) = db.execute(SQL["next_person"]).fetchone()
    db.executemany(SQL["remember"], [(marks.hashed(mark), number, now) for mark in person.marks()])


def _in_letters(db: sqlite3.Connection, person: Person) -> set[Being]:
    """People and orders whose dead letters are about the person, whatever else is known of them."""
    pattern = person.pattern()
    return {
        (Model(model), entity_id)
        for _, model, entity_id, *texts in db.execute(SQL["letters"])
        if model != Model.PRODUCT and any(text and pattern.search(text) for text in texts[:3])
    }


def _end_memberships(db: sqlite3.Connection, beings: Collection[Being], now: int) -> None:
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


def _erase(db: sqlite3.Connection, being: Being) -> Counter[str]:
    model, _ = being
    waiting = db.execute(SQL["drop_waiting"], being).fetchall()
    leases.leave(db, [row_id for *_, row_id in waiting])
    for store_id, lane, _ in waiting:
        counters.add(db, "depth", Stream(model, store_id), -1, Lane(lane))
    sent = db.execute(SQL["drop_sent"], being).fetchall()
    for store_id, alive, fingerprint_id in sent:
        counters.add(db, "alive", Stream(model, store_id), -alive)
        counters.add_by_settings(db, Stream(model, store_id), {fingerprint_id: -alive})
    letters = db.execute(SQL["drop_letters"], being).fetchall()
    for (store_id,) in letters:
        counters.add(db, "dead", Stream(model, store_id), -1)
    db.execute(SQL["drop_skips"], being)
    db.execute(SQL["drop_ids"], being)
    lines = db.execute(SQL["drop_lines"], being).rowcount
    gone = {"waiting": len(waiting), "sent": len(sent), "dead letters": len(letters), "log lines": lines}
    return Counter(gone)


def _tell_letters(db: sqlite3.Connection, person: Person) -> int:
    """Answers about others may name the person, too: a refused request had many items."""
    pattern = person.pattern()
    told = []
    for letter_id, *_, payload, detail, answer in db.execute(SQL["letters"]):
        texts = (payload, detail, answer)
        if any(text and pattern.search(text) for text in texts):
            told.append((letter_id, *(text and pattern.sub(ERASED, text) for text in texts)))
    db.executemany(SQL["tell_letter"], told)
    return len(told)


def _tell_lines(db: sqlite3.Connection, person: Person) -> int:
    pattern = person.pattern()
    found = [
        (number, pattern.sub(ERASED, text))
        for number, text in db.execute(SQL["lines"])
        if pattern.search(text)
    ]
    db.executemany(SQL["tell_line"], found)
    return len(found)


def _tell_samples(db: sqlite3.Connection, person: Person) -> None:
    pattern = person.pattern()
    for part_id, model, text in db.execute(SQL["samples"]).fetchall():
        samples = json.loads(text)
        kept = [
            sample
            for sample in samples
            if (Model(model), sample[1]) not in person.beings
            and not pattern.search(" ".join(map(str, sample)))
        ]
        if len(kept) < len(samples):
            db.execute(SQL["tell_samples"], (part_id, json.dumps(kept)))


def _tell_breakers(db: sqlite3.Connection, person: Person) -> None:
    pattern = person.pattern()
    for name, state in db.execute(SQL["breakers"]).fetchall():
        if pattern.search(state):
            db.execute(SQL["tell_breaker"], (name, pattern.sub(ERASED, state)))


def _drop_keys(db: sqlite3.Connection, person: Person, listed: str, drop: str) -> int:
    pattern = person.pattern()
    found = [(job_id, key) for job_id, key in db.execute(listed) if pattern.search(key)]
    db.executemany(drop, found)
    return len(found)


def _facts(gone: Counter[str]) -> dict[str, int]:
    return {name.replace(" ", "_"): number for name, number in gone.items()}
