"""What a change log says, and how far it was read."""

from dataclasses import dataclass, field
from typing import NamedTuple

from synqd.models.names import Model


class Change(NamedTuple):
    """One row of a change log.

    Attributes:
        version_id: its number in the log.
        model: whose log it is.
        entity_id: the entity, or 0 when ``via`` names something that has to be resolved first.
        via: "" for the entity itself, else what the row is about ("sku", "category", ...).
        key: text that goes with ``via``, or the key that Synerise knows for a row that is gone (sku, e-mail).
        store_id: store view of the entity if the row knew it, else None.
        deleted: the entity itself was deleted.
        age: seconds between the change and the reading of it, by the database's clock.
        at: when it happened by that clock, in milliseconds since the epoch; None where the log has no times.
    """

    version_id: int
    model: Model
    entity_id: int
    via: str = ""
    key: str | None = None
    store_id: int | None = None
    deleted: bool = False
    age: float = 0.0
    at: int | None = None


class Gap(NamedTuple):
    """Version ids ``first``..``last`` (inclusive) that were skipped: not committed yet, or rolled back.

    ``since`` is when the gap was first seen, in milliseconds since the epoch.
    """

    first: int
    last: int
    since: int


BEYOND = 2**63 - 1
"""``Cursor.high`` after a log was found missing: no row of the one that is made in its place can lie behind
it, so reading sees that it is another log, and begins with its first row."""


AHEAD = "ahead"
"""``Cursor.mark`` of a cursor that stands before the first row of a log, on none."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one change log was read: all rows up to ``high`` except those in ``gaps``.

    ``mark`` is what row ``high`` itself says (its moment and entity): a row of another log with the same
    number says something else. It is "" where that is not known, and ``AHEAD`` where the cursor stands before
    the first row of a log.
    """

    source: str
    high: int
    gaps: tuple[Gap, ...] = ()
    mark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Installation:
    """Whose change log this is (semantics S3): id of the installation and its epoch."""

    installation_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A queue file's last claim of the change log (semantics S3), as the file keeps it.

    Attributes:
        holder: in whose name, 36 characters.
        low, high: what the count of claims in the database was before, and what it became, if that was done:
            noted before it is done, so that no kill and no lost answer leaves another count behind.
    """

    holder: str
    low: int
    high: int
