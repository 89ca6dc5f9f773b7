"""Forgetting a person in the file (S20).

Everything happens in one transaction: a crash leaves a person either untouched or erased and remembered.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from synqd.models.names import Model
from synqd.models.person import EntityRef, Person
from synqd.queue import flags, journal, marks
from synqd.queue.database import Database
from synqd.queue.erasing import erase
from synqd.queue.journal import Line
from synqd.queue.marks import Marks
from synqd.queue.statements import load
from synqd.queue.wording import retell

SQL = load("forgetting")

SCRUB = "scrub"
"""Fact of the file: free space still has to be cleaned of what was erased."""


def acquainted(
    db: Database, emails: Collection[str], beings: Collection[EntityRef]
) -> dict[EntityRef, set[str]]:
    """Customers and subscribers that are known by an address (folded), or are among these; and their keys."""
    found: defaultdict[EntityRef, set[str]] = defaultdict(set)
    asked = {
        "emails": json.dumps(sorted(emails)),
        "customers": json.dumps([number for model, number in beings if model is Model.CUSTOMER]),
        "subscribers": json.dumps([number for model, number in beings if model is Model.SUBSCRIBER]),
    }
    for model, entity_id, key in db.execute(SQL["acquainted"], asked):
        found[Model(model), entity_id].add(key)
    return dict(found)


def forget(db: Database, person: Person, by: str, now: int) -> tuple[Counter[str], Marks]:
    """Erase a person and remember the marks; returns how many rows of which kind went or were changed."""
    gone, beings, items = erase(db, person, now)
    gone.update(retell(db, person, beings))
    known = marks.remember(db, Person(person.emails, beings, person.names).marks(), now, items)
    flags.set_meta(db, SCRUB, "wanted")
    journal.append(db, [Line("person.forgotten", text=by, facts=_facts(gone))], now)
    return gone, known


def revoke(db: Database, texts: Iterable[str], by: str, now: int) -> tuple[int, Marks]:
    """Let persons be synchronized again that one of these texts belongs to; returns how many marks went."""
    gone, known = marks.revoke(db, texts)
    if gone:
        journal.append(db, [Line("person.readmitted", text=by)], now)
    return gone, known


def _facts(gone: Counter[str]) -> dict[str, int]:
    return {name.replace(" ", "_"): number for name, number in gone.items()}
