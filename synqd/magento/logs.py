"""The change logs that can be read: synqd's own, or Magento's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from synqd.magento.changelog.tables import log_table
from synqd.models.names import Model

MAGENTO_LOGS: Mapping[str, Model] = {
    "catalogsearch_fulltext_cl": Model.PRODUCT,
    "catalog_product_attribute_cl": Model.PRODUCT,
    "catalog_product_price_cl": Model.PRODUCT,
    "cataloginventory_stock_cl": Model.PRODUCT,
}
"""Magento's logs whose ``entity_id`` is a product; together they cover what is covered at all. There is none
for customers and subscribers, and the one for orders belongs to an optional module."""

_AGE = "TIMESTAMPDIFF(MICROSECOND, changed_at, UTC_TIMESTAMP(6))"


@dataclass(frozen=True, slots=True)
class Log:
    """One change log.

    Attributes:
        source: the table without prefix; ``Cursor.source``.
        model: whose changes it holds.
        own: synqd's own, with times and purged by synqd; else Magento's, cleaned by Magento.
    """

    source: str
    model: Model
    own: bool

    @property
    def age(self) -> str:
        """Expression of a row's age in microseconds, by the database's clock; NULL without times."""
        return _AGE if self.own else "NULL"

    @property
    def columns(self) -> str:
        """What is selected for a change: id, entity, store view, via, key, deleted, age."""
        details = "store_id, via, old_key, deleted" if self.own else "NULL, '', NULL, 0"
        return f"version_id, entity_id, {details}, {self.age}"


def logs_of(capture: Literal["triggers", "readonly"], models: Iterable[Model]) -> list[Log]:
    """The logs that are read for these models."""
    wanted = frozenset(models)
    if capture == "readonly":
        return [Log(table, model, own=False) for table, model in MAGENTO_LOGS.items() if model in wanted]
    return [Log(log_table(model), model, own=True) for model in sorted(wanted)]
