"""Tables that hold versions: the content staging of Adobe Commerce. Pure.

There a product, category or cart price rule has a row for each version. ``row_id`` is its number, and it is
valid from version ``created_in`` on, before ``updated_in``. What belongs to it names the row instead of the
entity: value tables in a column ``row_id``, links in a column that has kept its name.

Statements know nothing of that: in place of such a table they get the rows of the current version, with the
entity's id where it always was. Which version is current, ``versions`` finds out. A star asks for the rows of
all versions, as they are: ``{catalog_product_entity*}``.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from synqd.magento.statements import Version, quote

ROW = "row_id"
FIRST = 1
"""The version of whatever was never scheduled."""
_SPAN = frozenset({ROW, "created_in", "updated_in"})

Columns = Mapping[str, Collection[str]]
"""Columns by table, without the shop's prefix; tables that are not there are left out."""


@dataclass(frozen=True, slots=True)
class Family:
    """A table that may have versions, and those whose rows belong to one version.

    Attributes:
        main: the table of the entities.
        values: tables in which ``row_id`` stands in place of ``entity_id``.
        links: table -> the column that has kept its name and holds the number of a row.
    """

    main: str
    values: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)


def _of(main: str, *kinds: str) -> tuple[str, ...]:
    return tuple(f"{main}_{kind}" for kind in kinds)


FAMILIES = (
    Family(
        "catalog_product_entity",
        _of(
            "catalog_product_entity",
            *("datetime", "decimal", "int", "text", "varchar"),
            *("tier_price", "media_gallery_value", "media_gallery_value_to_entity"),
        ),
        {
            "catalog_product_super_link": "parent_id",
            "catalog_product_super_attribute": "product_id",
            "catalog_product_link": "product_id",
            "catalog_product_bundle_option": "parent_id",
            "catalog_product_bundle_selection": "parent_product_id",
            "catalog_product_bundle_selection_price": "parent_product_id",
        },
    ),
    Family("catalog_category_entity", _of("catalog_category_entity", "int", "varchar")),
    Family("salesrule"),
)

TABLES = frozenset(name for each in FAMILIES for name in (each.main, *each.values, *each.links))
"""All tables that are read and may have versions."""


def is_staged(columns: Columns) -> bool:
    """Whether the shop has content staging, whatever its edition is called."""
    return any(ROW in columns.get(family.main, ()) for family in FAMILIES)


def holds_versions(table: str, columns: Columns) -> bool:
    """Whether a table has a row for each version, or rows that belong to one."""
    family = next((each for each in FAMILIES if table in each.links), None)
    return ROW in columns.get(family.main if family else table, ()) and table in TABLES


def half_done(columns: Columns) -> str | None:
    """Where tables do not fit together, as in the midst of an upgrade; None if they do."""
    return next((told for family in FAMILIES for told in _misfits(family, columns)), None)


def _misfits(family: Family, columns: Columns) -> Iterator[str]:
    own = columns.get(family.main)
    if own is None:
        return
    lacking = ", ".join(sorted(_SPAN.difference(own)))
    if ROW in own and lacking:
        yield f"table {family.main} has {ROW}, but not {lacking}"
    for table in family.values:
        if table in columns and (ROW in columns[table]) is not (ROW in own):
            has, lacks = (family.main, table) if ROW in own else (table, family.main)
            yield f"table {has} has {ROW}, but {lacks} has not"


def rows_of(number: int, columns: Columns, prefix: str) -> Version:
    """How the tables are read as of a version."""
    tables: dict[str, str] = {}
    for family in FAMILIES:
        if ROW in columns.get(family.main, ()):
            tables.update(_Rows(number, family.main, columns, prefix).all(family))
    return Version(number, tables)


@dataclass(frozen=True)
class _Rows:
    """Writes the rows of one version as SQL that stands in place of a table; servers merge it."""

    number: int
    main: str
    columns: Columns
    prefix: str

    def all(self, family: Family) -> Iterator[tuple[str, str]]:
        """SQL by table."""
        yield family.main, f"(SELECT * FROM {self._name(family.main)} e WHERE {self._valid})"
        for table in family.values:
            if table in self.columns:
                yield table, self._owned(table, ROW, "v.*, e.entity_id")
        for table, column in family.links.items():
            if table in self.columns:
                kept = [f"v.{quote(name)}" for name in self.columns[table] if name != column]
                yield table, self._owned(table, column, ", ".join([*kept, f"e.entity_id AS {column}"]))

    @property
    def _valid(self) -> str:
        return f"e.created_in <= {self.number} AND e.updated_in > {self.number}"

    def _owned(self, table: str, column: str, wanted: str) -> str:
        joined = f"{self._name(table)} v JOIN {self._name(self.main)} e ON e.{ROW} = v.{column}"
        return f"(SELECT {wanted} FROM {joined} AND {self._valid})"

    def _name(self, table: str) -> str:
        return quote(self.prefix + table)
