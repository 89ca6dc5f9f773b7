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
    "inventory_cl": Model.PRODUCT,
}
"""Magento's logs of products; together they cover what is covered at all. There is none for customers and
subscribers, and the one for orders belongs to an optional module."""

VIEWS: Mapping[str, str] = {log: log.removesuffix("_cl") for log in MAGENTO_LOGS}
"""The view (``mview_state.view_id``) that each of these logs belongs to."""

SOURCE_ITEMS = "inventory_cl"
"""The one log whose ``entity_id`` is no product but a row of ``inventory_source_item``."""

_AGE = "TIMESTAMPDIFF(MICROSECOND, changed_at, UTC_TIMESTAMP(6))"
_AT = "ROUND(UNIX_TIMESTAMP(changed_at) * 1000)"


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
    def mark(self) -> str:
        """Expression of what tells a row from one of the same number in another log; see ``Cursor.mark``."""
        return "CONCAT(changed_at, ' ', entity_id)" if self.own else "CAST(entity_id AS CHAR)"

    @property
    def columns(self) -> str:
        """What is selected for a change: id, entity, store view, via, key, deleted, age, time, mark."""
        if self.own:
            return f"version_id, entity_id, store_id, via, old_key, deleted, {self.age}, {_AT}, {self.mark}"
        if self.source == SOURCE_ITEMS:
            what = "0, NULL, 'source_item', CAST(entity_id AS CHAR)"
        else:
            what = "entity_id, NULL, '', NULL"
        return f"version_id, {what}, 0, {self.age}, NULL, {self.mark}"


def logs_of(capture: Literal["triggers", "readonly"], models: Iterable[Model]) -> list[Log]:
    """The logs that are read for these models."""
    wanted = frozenset(models)
    if capture == "readonly":
        return [Log(table, model, own=False) for table, model in MAGENTO_LOGS.items() if model in wanted]
    return [Log(log_table(model), model, own=True) for model in sorted(wanted)]
