"""Declarations of the tables whose changes concern a model; ``synqd.magento`` makes triggers of them."""

from dataclasses import dataclass
from enum import Flag, auto

EVERYTHING = "all"
"""``Watch.via`` of rows after which nobody can tell whom they concerned: foreign keys took that along."""

RANGE = "range"
"""What ``Entity.reach`` takes for all entities whose ids lie in ``FIRST-LAST``, whatever they are."""


class On(Flag):
    """Row events that are logged."""

    INSERT = auto()
    UPDATE = auto()
    DELETE = auto()
    ANY = INSERT | UPDATE | DELETE


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
