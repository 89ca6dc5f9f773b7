"""How customers of one store view are read and mapped: worked out once from settings and metadata."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synqd.entities.accounts import rivalled
from synqd.entities.customer.attributes import NATIVE, Attribute, Option
from synqd.entities.customer.values import labels_of, sex_of, word_of, yes_no
from synqd.entities.valid import is_birth_date, plain_text

COLUMNS = (
    *("c.entity_id", "c.store_id", "c.website_id", "c.email", "c.firstname", "c.lastname", "c.confirmation"),
    rivalled("c"),
)
ADDRESS_COLUMNS = (
    "a.city",
    "a.street",
    "a.postcode",
    "COALESCE(NULLIF(a.region, ''), r.default_name)",
    "a.country_id",
    "a.company",
    "a.telephone",
)
_ADDRESS_JOIN = """
LEFT JOIN {customer_address_entity} a ON a.entity_id = c.default_billing AND a.parent_id = c.entity_id
LEFT JOIN {directory_country_region} r ON r.region_id = a.region_id"""

_GROUP_NAME = "(SELECT customer_group_code FROM {customer_group} g WHERE g.customer_group_id = c.group_id)"

Convert = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """Where an attribute's stored value goes and how it is written; ``convert`` None means as stored."""

    code: str
    name: str
    native: bool
    convert: Convert | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Reading and mapping of one store view's customers.

    Attributes:
        module: mapped as the official module does.
        rows_sql: one row per customer: ``COLUMNS``, ``ADDRESS_COLUMNS`` if wanted, then ``statics`` in order;
            its parameters are ``Homes`` and the ids.
        values_sql: attribute rows (customer id, attribute id, value), "" when none is selected.
        values_ids: attribute ids for each part of ``values_sql``.
        address: whether the default billing address is sent.
        statics: fields that are columns, from index ``custom_at`` of a row on; ``fields``: the others by
            attribute id.
    """

    module: bool
    rows_sql: str
    values_sql: str
    values_ids: tuple[tuple[int, ...], ...]
    address: bool
    statics: tuple[Field, ...]
    custom_at: int
    fields: Mapping[int, Field]

    def values_args(self, ids: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Arguments of ``values_sql`` for these customers."""
        return [part for attribute_ids in self.values_ids for part in (ids, attribute_ids)]


def make_plan(
    mapping: str, selected: Sequence[Attribute], options: Mapping[int, Mapping[str, Option]]
) -> Plan:
    """Works out statements and conversions for the selected attributes."""
    address = any(attribute.code == "default_billing" for attribute in selected)
    rest = [attribute for attribute in selected if attribute.code != "default_billing"]
    statics = [attribute for attribute in rest if attribute.backend == "static"]
    by_table: dict[str, list[int]] = defaultdict(list)
    for attribute in rest:
        if attribute.backend != "static":
            by_table[attribute.backend].append(attribute.attribute_id)
    return Plan(
        mapping == "module",
        _rows_sql(statics, address=address),
        " UNION ALL ".join(_values_sql(table) for table in by_table),
        tuple(tuple(ids) for ids in by_table.values()),
        address,
        tuple(_field(mapping, attribute, options) for attribute in statics),
        len(COLUMNS) + (len(ADDRESS_COLUMNS) if address else 0),
        {a.attribute_id: _field(mapping, a, options) for a in rest if a.backend != "static"},
    )


def _rows_sql(statics: Sequence[Attribute], *, address: bool) -> str:
    # CAST: numbers and dates as the text that Magento shows, also 0000-00-00.
    columns = [*COLUMNS, *(ADDRESS_COLUMNS if address else ())]
    columns += [
        _GROUP_NAME if each.attribute_id == 0 else f"CAST(c.`{each.code}` AS CHAR)" for each in statics
    ]
    join = _ADDRESS_JOIN if address else ""
    return f"SELECT {', '.join(columns)} FROM {{customer_entity}} c{join} WHERE c.entity_id IN %s"


def _column(attribute: Attribute) -> str:
    return _GROUP_NAME if attribute.is_group_name else f"CAST(c.`{attribute.code}` AS CHAR)"


def _values_sql(table: str) -> str:
    return (
        f"SELECT entity_id, attribute_id, CAST(value AS CHAR) FROM {{customer_entity_{table}}}"
        " WHERE entity_id IN %s AND attribute_id IN %s AND value IS NOT NULL"
    )


def _field(mapping: str, attribute: Attribute, options: Mapping[int, Mapping[str, Option]]) -> Field:
    name = NATIVE.get(attribute.code)
    if name is None:
        return Field(attribute.code, attribute.code, False, _words(mapping, attribute, options))
    return Field(attribute.code, name, True, _native(mapping, attribute, options))


def _native(mapping: str, attribute: Attribute, options: Mapping[int, Mapping[str, Option]]) -> Convert:
    if attribute.code == "dob":
        return _birth_date
    if attribute.code == "gender":
        return sex_of({} if mapping == "module" else options.get(attribute.attribute_id, {}))
    return plain_text


def _birth_date(stored: str) -> str | None:
    day = stored[:10]
    return day if is_birth_date(day) else None


def _words(mapping: str, attribute: Attribute, options: Mapping[int, Mapping[str, Option]]) -> Convert | None:
    """The official module never translates option ids; what a shopper sees are words."""
    if mapping == "module":
        return None
    if attribute.is_yes_no:
        return yes_no
    known = options.get(attribute.attribute_id)
    if known is None:
        return None
    return labels_of(known) if attribute.frontend == "multiselect" else word_of(known)
