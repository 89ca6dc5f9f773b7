"""Writes attributes, their options and labels, and the values that entities have of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from synqd_demo.shop.data.attribute_list import (
    ADDRESS,
    ADDRESS_ATTRIBUTES,
    CATEGORY,
    CATEGORY_ATTRIBUTES,
    CUSTOMER,
    CUSTOMER_ATTRIBUTES,
    PRODUCT,
    PRODUCT_ATTRIBUTES,
    Attribute,
)
from synqd_demo.shop.data.rows import Rows, Value
from synqd_demo.shop.data.scopes import HOME_DE, TRADE_PL

_TYPES = (
    (CUSTOMER, "customer", "customer_entity", "customer_eav_attribute", CUSTOMER_ATTRIBUTES),
    (ADDRESS, "customer_address", "customer_address_entity", "customer_eav_attribute", ADDRESS_ATTRIBUTES),
    (CATEGORY, "catalog_category", "catalog_category_entity", "catalog_eav_attribute", CATEGORY_ATTRIBUTES),
    (PRODUCT, "catalog_product", "catalog_product_entity", "catalog_eav_attribute", PRODUCT_ATTRIBUTES),
)


@dataclass(frozen=True)
class Labels:
    """Options by their default labels, in the order in which somebody clicked them."""

    labels: tuple[str, ...]

    def __init__(self, *labels: str) -> None:
        object.__setattr__(self, "labels", labels)


@dataclass(frozen=True)
class Day:
    """A date counted from the day on which the shop is made."""

    offset: int
    at: time = time()


AttributeValue = Value | Labels | Day


@dataclass
class Attributes:
    """Ids given to attributes and options, and the writer of attribute values."""

    rows: Rows
    day: date
    ids: dict[tuple[int, str], int] = field(default_factory=dict)
    known: dict[tuple[int, str], Attribute] = field(default_factory=dict)
    options: dict[tuple[int, str, str], int] = field(default_factory=dict)

    def put(
        self, entity_type: int, entity_id: int, values: Mapping[str, AttributeValue], store: int = 0
    ) -> None:
        """Add the value rows of one entity in one scope; static attributes have none."""
        tables = {kind: table for kind, _, table, _, _ in _TYPES}
        for code, value in values.items():
            row: dict[str, Value] = {"attribute_id": self.ids[entity_type, code], "entity_id": entity_id}
            if entity_type in (PRODUCT, CATEGORY):
                row["store_id"] = store
            row["value"] = self._stored(entity_type, code, value)
            self.rows.add_row(f"{tables[entity_type]}_{self.known[entity_type, code].kind}", row)

    def _stored(self, entity_type: int, code: str, value: AttributeValue) -> Value:
        if isinstance(value, Day):
            return datetime.combine(self.day + timedelta(days=value.offset), value.at)
        if isinstance(value, Labels):
            ids = [self.options[entity_type, code, label] for label in value.labels]
            many = self.known[entity_type, code].input == "multiselect"
            return ",".join(map(str, ids)) if many else ids[0]
        return value


def add_attributes(rows: Rows, day: date) -> Attributes:
    """Entity types, one attribute set each, attributes, options and their labels."""
    made = Attributes(rows, day)
    for type_id, code, table, extra, attributes in _TYPES:
        rows.add(
            "eav_entity_type",
            entity_type_id=type_id,
            entity_type_code=code,
            entity_model=f"Demo\\{code}",
            entity_table=table,
            additional_attribute_table=extra,
            default_attribute_set_id=type_id,
        )
        rows.add(
            "eav_attribute_set",
            attribute_set_id=type_id,
            entity_type_id=type_id,
            attribute_set_name="Default",
        )
        for attribute in attributes:
            _add_attribute(made, type_id, extra, attribute)
    return made


def _add_attribute(made: Attributes, type_id: int, extra: str, attribute: Attribute) -> None:
    attribute_id = 201 + len(made.ids)
    made.ids[type_id, attribute.code] = attribute_id
    made.known[type_id, attribute.code] = attribute
    label = attribute.code.replace("_", " ").capitalize()
    made.rows.add(
        "eav_attribute",
        attribute_id=attribute_id,
        entity_type_id=type_id,
        attribute_code=attribute.code,
        backend_type=attribute.kind,
        backend_model=attribute.backend,
        frontend_input=attribute.input,
        frontend_label=label,
        source_model=attribute.source,
        is_user_defined=int(attribute.custom),
        default_value=attribute.default,
    )
    if extra == "catalog_eav_attribute":
        made.rows.add(
            extra,
            attribute_id=attribute_id,
            is_global=attribute.scope,
            is_searchable=int(attribute.search),
            is_filterable=int(attribute.filter),
            is_filterable_in_search=int(attribute.filter),
            used_for_sort_by=int(attribute.sort),
        )
    else:
        made.rows.add(extra, attribute_id=attribute_id, is_system=int(not attribute.custom))
    for position, labels in enumerate(attribute.options, start=1):
        _add_option(made, type_id, attribute, position, labels)


def _add_option(
    made: Attributes, type_id: int, attribute: Attribute, position: int, labels: tuple[str, str, str]
) -> None:
    # Genders are 1, 2, 3 in every Magento; other options count on.
    option_id = position if attribute.code == "gender" else 40 + len(made.options)
    made.options[type_id, attribute.code, labels[0]] = option_id
    made.rows.add(
        "eav_attribute_option",
        option_id=option_id,
        attribute_id=made.ids[type_id, attribute.code],
        sort_order=position,
    )
    for store, label in zip((0, HOME_DE, TRADE_PL), labels, strict=True):
        if label:
            made.rows.add("eav_attribute_option_value", option_id=option_id, store_id=store, value=label)
