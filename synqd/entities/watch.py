"""Declarations of the tables whose changes concern a model; ``synqd.magento`` makes triggers of them."""

import re
from dataclasses import dataclass, replace
from enum import Flag, auto

EVERYTHING = "all"
"""``Watch.via`` of rows after which nobody can tell whom they concerned: foreign keys took that along."""

RANGE = "range"
"""What ``Entity.reach`` takes for all entities whose ids lie in ``FIRST-LAST``, whatever they are."""


SINCE = "since"
"""What ``Entity.reach`` takes for all entities whose rows say that they changed since a moment, in seconds
since the epoch."""

SOURCE_ITEM = "source_item"
CATEGORY_LOG = "category_log"
"""``Change.via`` of rows that come from Magento's own logs: the number of a source item, whose SKU the row
does not say, and a category of which something was written, maybe nothing that shows."""

ROW = "row"
CATEGORY_ROW = "category_row"
"""``Watch.via`` where tables hold versions (content staging): the number of a product's or category's row. It
leads to the entity only while that row is of the current version."""

VERSION = "version"
"""What ``Entity.reach`` takes for all entities of which another version is current than before, by the two
versions, ``FROM-TO`` in ascending order."""

MARKER = "marker"
"""``Change.via`` of a row that ``changelog install`` writes: changes before it may be missing."""

_COLUMN = re.compile(r"\{row\}\.(\w+)")


class On(Flag):
    """Row events that are logged."""

    INSERT = auto()
    UPDATE = auto()
    DELETE = auto()
    ANY = INSERT | UPDATE | DELETE


def entity_of(column: str) -> str:
    """What Magento's own triggers log where a column holds a row's number: the entity that it leads to."""
    return f"entity of {column}"


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What leads to the entity just as well where only a change log of Magento's tells (S28).

    Attributes:
        column: the column of the watched table that such a log has to hold (or ``entity_of`` one).
        via: how its value leads to the entity, as ``Watch.via``.
    """

    column: str
    via: str


@dataclass(frozen=True, slots=True)
class Watch:
    """One watched table of one model.

    Expressions are SQL with ``{row}`` for ``NEW`` or ``OLD``; they may use only columns of that very row,
    since a trigger does nothing but ``INSERT ... VALUES`` (semantics S2).

    Attributes:
        table: the table, without prefix.
        entity: expression of the entity id; "0" where the row does not know it (then ``via`` and ``key`` do).
        on: the row events that are logged.
        via: "" for the entity itself, else how ``key`` leads to it ("sku", "category", ...).
        key: expression of what Synerise knows the entity by, or of what ``via`` resolves; None for none.
        key_changes_matter: an UPDATE that changes ``key`` logs a second row with the old key (SKU rename).
        store: expression of the store view id, None where the row does not know it.
        identity: a DELETE here means that the entity itself is gone.
        ignore: columns whose change alone is no change (``updated_at``).
        only: when not empty, an UPDATE counts only if one of these columns changes.
        optional: the table belongs to a module that may be missing.
        spelling: columns of text whose mere spelling shows (upper case, accents, blanks at the end):
        Magento's
            own triggers compare by the database's collation and do not tell of it.
        otherwise: what a change log of Magento's may hold in place of this watch's own column.
        staged: where the table holds versions, or rows that belong to one: the column that has the number of
            that row in place of the entity's id, and how it leads to the entity.
        implied: the entity is a relative of the one that another watch of the table names, and is woken
            with it; so nobody has to log it where Magento's own triggers stand on the table.
    """

    table: str
    entity: str
    on: On = On.ANY
    via: str = ""
    key: str | None = None
    key_changes_matter: bool = False
    store: str | None = None
    identity: bool = False
    ignore: tuple[str, ...] = ("updated_at",)
    only: tuple[str, ...] = ()
    optional: bool = False
    spelling: tuple[str, ...] = ()
    otherwise: Otherwise | None = None
    staged: Otherwise | None = None
    implied: bool = False

    def with_versions(self) -> "Watch":
        """The watch in a shop with content staging."""
        if self.staged is None:
            return self
        column = self.staged.column
        via = self.otherwise.via if self.otherwise else self.via
        return replace(
            self,
            entity="0",
            via=self.staged.via,
            key=f"{{row}}.{column}",
            only=tuple(column if name == self.column else name for name in self.only),
            otherwise=Otherwise(entity_of(column), via),
            staged=None,
        )

    @property
    def column(self) -> str | None:
        """The column that is logged, if it is one: the key's where ``via`` leads on, else the entity's."""
        match = _COLUMN.fullmatch((self.key or "") if self.via else self.entity)
        return match[1] if match else None

    @property
    def ways(self) -> tuple[Otherwise, ...]:
        """What a change log of Magento's may hold to stand for this watch, the preferred one first."""
        direct = (Otherwise(self.column, self.via),) if self.column else ()
        return (*((self.otherwise,) if self.otherwise else ()), *direct)
