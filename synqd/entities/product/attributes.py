"""Product attributes as the shop defines them: which are sent, and the words behind their option ids."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from synqd.entities.base import Source
from synqd.entities.product.names import STOCK_FIELDS, refusals
from synqd.entities.valid import without_nul

PSEUDO = frozenset({"regular_price", "final_price", "minimal_price", *STOCK_FIELDS})
"""Codes that may be selected though no attribute has to stand behind them: they are computed."""

ALWAYS = frozenset({"entity_id", "sku", "price", "image", "visibility"})
"""Sent whether selected or not."""

WITH_OPTIONS = frozenset({"select", "multiselect", "boolean"})
"""Frontend inputs whose stored values stand for words."""

_ATTRIBUTES = """
    SELECT attribute.attribute_id, attribute.attribute_code, attribute.backend_type, attribute.frontend_input,
           attribute.source_model,
           catalog.is_searchable = 1 OR catalog.is_visible_in_advanced_search = 1 OR catalog.is_filterable > 0
           OR catalog.is_filterable_in_search = 1 OR catalog.used_for_sort_by = 1
      FROM {eav_attribute} attribute
      JOIN {eav_entity_type} kind ON kind.entity_type_id = attribute.entity_type_id
      LEFT JOIN {catalog_eav_attribute} catalog ON catalog.attribute_id = attribute.attribute_id
     WHERE kind.entity_type_code = 'catalog_product'
     ORDER BY attribute.attribute_id"""

_COLUMNS = "SHOW COLUMNS FROM {catalog_product_entity*}"
OWN_COLUMNS = frozenset({"sku", "created_at", "updated_at", "has_options", "required_options"})
"""Attributes that are columns of Magento's own, which are always read."""

_OPTIONS = """
    SELECT choice.attribute_id, choice.option_id,
           IF(here.value_id IS NULL, everywhere.value, here.value)
      FROM {eav_attribute_option} choice
      LEFT JOIN {eav_attribute_option_value} everywhere
        ON everywhere.option_id = choice.option_id AND everywhere.store_id = 0
      LEFT JOIN {eav_attribute_option_value} here
        ON here.option_id = choice.option_id AND here.store_id = %s
     WHERE choice.attribute_id IN %s
     ORDER BY choice.sort_order, everywhere.value, choice.option_id"""

_TAX_CLASSES = "SELECT class_id, class_name FROM {tax_class} WHERE class_type = 'PRODUCT'"

_YES_NO = {"1": "Yes", "0": "No"}

# Words that Magento's source models carry in code, not in the database.
_WORDS: Mapping[str, Mapping[str, str]] = {
    r"Magento\Eav\Model\Entity\Attribute\Source\Boolean": _YES_NO,
    r"Magento\Catalog\Model\Product\Attribute\Source\Boolean": _YES_NO | {"2": "Use config"},
    r"Magento\Catalog\Model\Product\Attribute\Source\Status": {"1": "Enabled", "2": "Disabled"},
    r"Magento\Catalog\Model\Product\Visibility": {
        "1": "Not Visible Individually",
        "2": "Catalog",
        "3": "Search",
        "4": "Catalog, Search",
    },
    r"Magento\CatalogInventory\Model\Source\Stock": {"1": "In Stock", "0": "Out of Stock"},
    r"Magento\Msrp\Model\Product\Attribute\Source\Type\Price": {
        "0": "Use config",
        "1": "On Gesture",
        "2": "In Cart",
        "3": "Before Order Confirmation",
    },
    r"Magento\Bundle\Model\Product\Attribute\Source\Price\View": {"0": "Price Range", "1": "As Low as"},
    r"Magento\Bundle\Model\Product\Attribute\Source\Shipment\Type": {"0": "Together", "1": "Separately"},
}
_TABLE_SOURCE = r"Magento\Eav\Model\Entity\Attribute\Source\Table"
_TAX_CLASS_SOURCE = r"Magento\Tax\Model\TaxClass\Source\Product"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A product attribute.

    Attributes:
        backend: type of its value table, or "static".
        input: Magento's frontend input ("select", "text", ...), "" when it has none.
        source_model: PHP class that knows its options, None for the option table.
        filterable: used in search, layered navigation or sorting.
    """

    attribute_id: int
    code: str
    backend: str
    input: str
    source_model: str | None
    filterable: bool
    column: bool = False
    """Its values are a column that a module has added to ``catalog_product_entity``."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one attribute in a store view's words: label by id as text, in display order.

    ``complete`` is False where the words are only in PHP code that synqd does not know.
    """

    labels: Mapping[str, str | None] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True

    @classmethod
    def of(cls, labels: Mapping[str, str | None], *, complete: bool = True) -> "Options":
        """Options in the order of ``labels``."""
        return cls(labels, {option: rank for rank, option in enumerate(labels)}, complete)


async def load_attributes(source: Source) -> Mapping[str, Attribute]:
    """All product attributes by code."""
    rows = await source.fetch(_ATTRIBUTES)
    columns = {row[0] for row in await source.fetch(_COLUMNS)} - OWN_COLUMNS
    return {
        code: Attribute(
            attribute_id,
            code,
            backend or "",
            kind or "",
            model or None,
            bool(used),
            backend == "static" and code in columns,
        )
        for attribute_id, code, backend, kind, model, used in rows
    }


async def load_options(
    source: Source, attributes: Iterable[Attribute], store_id: int
) -> Mapping[str, Options]:
    """Options of the attributes that have any, in the words of a store view (0: the default words)."""
    chosen = [
        attribute for attribute in attributes if attribute.input in {"select", "multiselect", "boolean"}
    ]
    if not chosen:
        return {}
    tables = await _option_tables(source, [each.attribute_id for each in chosen], store_id)
    classes: dict[str, str | None] = {"0": "None"}
    if any(each.source_model == _TAX_CLASS_SOURCE for each in chosen):
        classes |= {str(class_id): name for class_id, name in await source.fetch(_TAX_CLASSES)}
    return {each.code: _options(each, tables.get(each.attribute_id, {}), classes) for each in chosen}


async def _option_tables(
    source: Source, attribute_ids: Sequence[int], store_id: int
) -> Mapping[int, Mapping[str, str | None]]:
    tables: dict[int, dict[str, str | None]] = {}
    for attribute_id, option_id, label in await source.fetch(_OPTIONS, [store_id, list(attribute_ids)]):
        tables.setdefault(attribute_id, {})[str(option_id)] = without_nul(label) if label else label
    return tables


def _options(
    attribute: Attribute, table: Mapping[str, str | None], classes: Mapping[str, str | None]
) -> Options:
    if attribute.source_model == _TAX_CLASS_SOURCE:
        return Options.of(classes)
    if attribute.source_model and attribute.source_model in _WORDS:
        return Options.of(_WORDS[attribute.source_model])
    if attribute.input == "boolean":
        return Options.of(_YES_NO)
    known = attribute.source_model in {None, _TABLE_SOURCE}
    return Options.of(table, complete=known or bool(table))


def selected(
    wanted: Sequence[str] | str,
    known: Mapping[str, Attribute],
    *,
    include_filterable: bool,
    form: str = "label",
) -> tuple[str, ...]:
    """Codes to send in the order of the settings; ``"all"`` is every attribute and the computed prices.

    Codes that the shop does not have are left out (``unknown_codes`` names them), and so are attributes
    whose names are taken (``taken``).
    """
    codes = _wished(wanted, known, include_filterable=include_filterable)
    refused = taken(wanted, known, include_filterable=include_filterable, form=form)
    return tuple(code for code in codes if code not in refused)


def taken(
    wanted: Sequence[str] | str, known: Mapping[str, Attribute], *, include_filterable: bool, form: str
) -> Mapping[str, str]:
    """Attributes that are wanted and may not be sent under their names, with the reason."""
    codes = _wished(wanted, known, include_filterable=include_filterable)
    if not isinstance(wanted, str):
        codes = [code for code in codes if code not in STOCK_FIELDS or code not in wanted]
    twinned = [code for code in (*codes, "visibility") if code in known and known[code].input in WITH_OPTIONS]
    return refusals(codes, twinned if form == "label_and_oid" else ())


def _wished(
    wanted: Sequence[str] | str, known: Mapping[str, Attribute], *, include_filterable: bool
) -> list[str]:
    codes = [*known, "regular_price", "final_price"] if isinstance(wanted, str) else list(wanted)
    if include_filterable:
        codes += [attribute.code for attribute in known.values() if attribute.filterable]
    found = dict.fromkeys(codes)
    return [code for code in found if (code in known or code in PSEUDO) and code not in ALWAYS]


def unknown_codes(wanted: Sequence[str] | str, known: Mapping[str, Attribute]) -> Mapping[str, Sequence[str]]:
    """Selected codes that the shop does not have, each with the nearest right ones."""
    if isinstance(wanted, str):
        return {}
    names = sorted({*known, *PSEUDO, *ALWAYS})
    return {
        code: difflib.get_close_matches(code, names, n=3, cutoff=0.5)
        for code in dict.fromkeys(wanted)
        if code not in names
    }
