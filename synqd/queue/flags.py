"""Small facts that outlive a process: flags, circuit breakers, and whose file this is (S3)."""

import json
from dataclasses import dataclass

from synqd.models.change import Claim, Installation
from synqd.models.text import storable
from synqd.queue.database import Database
from synqd.queue.statements import load

SQL = load("flags")

REBUILT = "rebuilt"
"""Fact of a file that was begun in place of a broken or lost one, or is an old one, until all was sent again
(S17, S3): since when, and one of the two words below where it applies."""
FORGOTTEN_LOST = "without the forgotten"
"""Ending of that fact, if it could not be read who had been forgotten (S20)."""
UNSURE = "perhaps"
"""Ending of that fact, if nobody can tell whether there was another file before."""
OLD = "an old one"
"""Ending of that fact, if a newer file has been at work since this one was last written."""
_INSTALLATION = "installation"
_CLAIM = "claim of the change log"


@dataclass(frozen=True, slots=True)
class Flag:
    """A switch that an operator or the daemon set: pauses and the like."""

    name: str
    value: str
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class BreakerState:
    """A circuit breaker's saved state (JSON text of its owner's making)."""

    state: str
    at: int


def flags(db: Database) -> dict[str, Flag]:
    """All flags by name."""
    return {row[0]: Flag(*row) for row in db.execute(SQL["flags"])}


def set_flag(db: Database, name: str, value: str, by: str, now: int) -> None:
    """Set a flag."""
    db.execute(SQL["set_flag"], {"name": name, "value": value, "by": by, "now": now})


def clear_flag(db: Database, name: str) -> bool:
    """Remove a flag; False if it was not set."""
    return db.execute(SQL["clear_flag"], {"name": name}).rowcount > 0


def breakers(db: Database) -> dict[str, BreakerState]:
    """Saved circuit breakers by name."""
    return {name: BreakerState(state, at) for name, state, at in db.execute(SQL["breakers"])}


def save_breaker(db: Database, name: str, state: str, now: int) -> None:
    """Save a circuit breaker's state, JSON text."""
    db.execute(SQL["save_breaker"], {"name": name, "state": storable(state), "now": now})


def meta(db: Database, name: str) -> str | None:
    """A fact about the file, or None."""
    row = db.execute(SQL["meta"], {"name": name}).fetchone()
    return str(row[0]) if row else None


def set_meta(db: Database, name: str, value: str) -> None:
    """Note a fact about the file."""
    db.execute(SQL["set_meta"], {"name": name, "value": storable(value)})


def installation(db: Database) -> Installation | None:
    """Whose changes the file holds, or None for a new one."""
    text = meta(db, _INSTALLATION)
    return Installation(**json.loads(text)) if text else None


def adopt(db: Database, owner: Installation) -> None:
    """Let the file belong to an installation, of which it has claimed nothing yet."""
    fact = {"installation_id": owner.installation_id, "epoch": owner.epoch}
    set_meta(db, _INSTALLATION, json.dumps(fact))
    set_meta(db, _CLAIM, "")


def claim(db: Database) -> Claim | None:
    """The last claim of the change log, if there was one."""
    text = meta(db, _CLAIM)
    return Claim(*json.loads(text)) if text else None


def note_claim(db: Database, claimed: Claim) -> None:
    """Note a claim of the change log before it is made."""
    set_meta(db, _CLAIM, json.dumps([claimed.holder, claimed.low, claimed.high]))
