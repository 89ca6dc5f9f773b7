"""Customer attributes as the shop defines them, and the words behind their option ids."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from synqd.entities.base import Source
from synqd.entities.valid import is_attribute_name, without_nul

ALWAYS = frozenset({"email", "entity_id", "firstname", "lastname"})
"""Sent whether selected or not, under names of Synerise's own."""

NEVER = frozenset({"password_hash", "failures_num", "first_failure", "lock_expires"})
"""Security data, never sent even if listed (semantics S12); so is all that begins with ``rp_token``."""

GROUP = "customer_group_code"
"""No attribute of Magento's: the name of the customer's group, while ``group_id`` is its number."""

NATIVE: Mapping[str, str] = {
    "dob": "birthDate",
    "gender": "sex",
    "display_name": "displayName",
    "avatar_url": "avatarUrl",
}
"""Attributes that are fields of a profile, not entries of its ``attributes``."""

_ATTRIBUTES = """
SELECT a.attribute_id, a.attribute_code, a.backend_type, a.frontend_input, a.source_model
  FROM {eav_attribute} a
  JOIN {eav_entity_type} t ON t.entity_type_id = a.entity_type_id
 WHERE t.entity_type_code = 'customer'
 ORDER BY a.attribute_id"""

_OPTIONS = """
SELECT o.attribute_id, o.option_id, COALESCE(own.value, base.value), base.value
  FROM {eav_attribute_option} o
  LEFT JOIN {eav_attribute_option_value} own ON own.option_id = o.option_id AND own.store_id = %s
  LEFT JOIN {eav_attribute_option_value} base ON base.option_id = o.option_id AND base.store_id = 0
 WHERE o.attribute_id IN %s
 ORDER BY o.attribute_id, o.sort_order, o.option_id"""

_PRIVILEGES = 7
"""Place of what the user may do with a column, in a row of SHOW FULL COLUMNS."""

_TABLE = "Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Table"
_BOOLEAN = "Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Boolean"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of ``eav_attribute``: ``backend`` is its value table's suffix, or ``static`` for a column.

    ``readable`` is False for a column that the database user may not read.
    """

    attribute_id: int
    code: str
    backend: str
    frontend: str
    source_model: str
    readable: bool = True

    @property
    def has_options(self) -> bool:
        """Its values are ids of rows in ``eav_attribute_option``."""
        return self.frontend in {"select", "multiselect"} and self.source_model in {"", _TABLE}

    @property
    def is_group_name(self) -> bool:
        """It is ``GROUP``, unless the shop has an attribute of that code."""
        return self.attribute_id == 0

    @property
    def is_yes_no(self) -> bool:
        """Its values are 0 and 1 and shown as No and Yes."""
        return self.source_model == _BOOLEAN


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its word in a store view, in the back office, and its place among the others."""

    label: str
    admin_label: str
    position: int


async def load_attributes(source: Source) -> Mapping[str, Attribute]:
    """All customer attributes by code, in id order; static ones only where their column exists."""
    shown = await source.fetch("SHOW FULL COLUMNS FROM {customer_entity}")
    columns = {row[0]: "select" in row[_PRIVILEGES].split(",") for row in shown}
    rows = await source.fetch(_ATTRIBUTES)
    return {
        code: Attribute(
            attribute_id,
            code,
            backend,
            frontend or "",
            source_model or "",
            backend != "static" or columns[code],
        )
        for attribute_id, code, backend, frontend, source_model in rows
        if backend != "static" or code in columns
    }


async def load_options(
    source: Source, store_id: int, attributes: Sequence[Attribute]
) -> Mapping[int, Mapping[str, Option]]:
    """Options of the attributes that have any: attribute id -> option id as stored -> option."""
    ids = tuple(attribute.attribute_id for attribute in attributes if attribute.has_options)
    options: dict[int, dict[str, Option]] = {attribute_id: {} for attribute_id in ids}
    for attribute_id, option_id, label, admin in await source.fetch(_OPTIONS, (store_id, ids)) if ids else ():
        known = options[attribute_id]
        known[str(option_id)] = Option(without_nul(label or ""), admin or "", len(known))
    return options


def refusal(code: str, known: Mapping[str, Attribute]) -> str | None:
    """Why an attribute is not sent though it is listed (semantics S12), or None."""
    if code in NEVER or code.startswith("rp_token"):
        return "is security data and never sent"
    if code in ALWAYS:
        return None
    return _fault("group_id" if code == GROUP and GROUP not in known else code, known)


def _fault(code: str, known: Mapping[str, Attribute]) -> str | None:
    if code not in known:
        near = difflib.get_close_matches(code, [*known, GROUP], n=1, cutoff=0.6)
        return f"is no customer attribute of this shop{f'; did you mean {near[0]}?' if near else ''}"
    if code not in NATIVE and code != "default_billing" and not is_attribute_name(code):
        return "is a name that Synerise reserves, or synqd's own"
    if not known[code].readable:
        return "is a column that the database user may not read: `synqd changelog print` has the right"
    return None


def may_be_sent(known: Mapping[str, Attribute]) -> frozenset[str]:
    """Codes of the attributes that are columns and that a configuration may choose, readable or not."""
    codes = {code: replace(one, readable=True) for code, one in known.items() if one.backend == "static"}
    return frozenset(code for code in codes if refusal(code, codes) is None)


def select(wanted: Sequence[str] | str, known: Mapping[str, Attribute]) -> list[Attribute]:
    """The attributes to send beside those that always are; ``"all"`` means every one that may be sent."""
    codes = known if wanted == "all" else dict.fromkeys(wanted)
    group = Attribute(0, GROUP, "static", "", "")
    return [known.get(code, group) for code in codes if code not in ALWAYS and refusal(code, known) is None]
