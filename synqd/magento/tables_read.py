"""Which of the shop's tables are read: with them go the least rights of the daemon's account."""

from collections.abc import Mapping, Sequence
from typing import Literal

from synqd.entities.watch import Watch
from synqd.magento.log_tables import MAGENTO_LOGS
from synqd.magento.shop import TABLES
from synqd.models.names import Model

UNWATCHED = (
    "catalog_eav_attribute",
    "catalogrule_product_price",
    "customer_group",
    "directory_currency_rate",
    "eav_attribute",
    "eav_entity_type",
    "flag",
    "indexer_state",
    "inventory_stock_sales_channel",
    "mview_state",
    "salesrule",
    "staging_update",
    "tax_calculation",
    "tax_calculation_rate",
    "tax_calculation_rule",
    "tax_class",
)
"""Tables that statements name and no trigger watches; a test compares this with the statements."""

OF_VERSIONS = frozenset({"flag", "staging_update"})
"""Those of them that are read where tables hold versions (content staging)."""

OPTIONAL = frozenset({"catalogrule_product_price", "inventory_stock_sales_channel"})
"""Those of them that belong to a module which may be missing."""


def tables_read(
    watches: Mapping[Model, Sequence[Watch]],
    capture: Literal["triggers", "readonly"],
    *,
    staged: bool = True,
) -> dict[str, bool]:
    """Name without prefix -> whether it may be missing, of every table of Magento's that is read.

    ``staged``: the shop has content staging.
    """
    tables = dict.fromkeys(TABLES, False)
    tables |= {watch.table: watch.optional for each in watches.values() for watch in each}
    tables |= {name: name in OPTIONAL for name in UNWATCHED if staged or name not in OF_VERSIONS}
    return tables | (dict.fromkeys(MAGENTO_LOGS, False) if capture == "readonly" else {})
