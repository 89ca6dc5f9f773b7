"""The shop's websites, store views and configuration."""

import asyncio

from synqd.entities.base import Row, Source
from synqd.models.shop import Shop, ShopConfig, StoreView, Website

TABLES = ("store_website", "store_group", "store", "core_config_data")

_WEBSITES = """
    SELECT w.website_id, w.code, w.name, NULLIF(g.default_store_id, 0)
    FROM {store_website} w
    LEFT JOIN {store_group} g ON g.group_id = w.default_group_id
    WHERE w.website_id <> 0
"""
_STORES = """
    SELECT s.store_id, s.code, s.name, s.website_id, w.code, s.group_id, g.root_category_id, s.is_active
    FROM {store} s
    JOIN {store_website} w ON w.website_id = s.website_id
    JOIN {store_group} g ON g.group_id = s.group_id
    WHERE s.store_id <> 0
"""
# Only sections that shape what is sent. Passwords and keys never leave the database: neither by the name of
# their path nor by the look of an encrypted value (Magento writes <key number>:<cipher number>:<text>).
_CONFIG = r"""
    SELECT path, scope, scope_id, value
    FROM {core_config_data}
    WHERE SUBSTRING_INDEX(path, '/', 1) IN %s
      AND path NOT REGEXP 'pass(word|wd|phrase)|secret|token|credential|private|licen[cs]e|username|[/_]key$'
      AND COALESCE(value, '') NOT REGEXP '^[0-9]+:[0-9]+:'
"""
_SECTIONS = (
    "cataloginventory",
    "catalog",
    "currency",
    "customer",
    "general",
    "newsletter",
    "shipping",
    "tax",
    "web",
)


async def read_shop(source: Source) -> Shop:
    """Reads the layout as it is now.

    Raises:
        MagentoUnavailable, Denied, ConfigError: it cannot be read.
    """
    websites, stores, config = await asyncio.gather(
        source.fetch(_WEBSITES), source.fetch(_STORES), source.fetch(_CONFIG, (_SECTIONS,))
    )
    return Shop(
        websites={row[0]: Website(*row) for row in websites},
        stores={row[0]: _store(row) for row in stores},
        config=ShopConfig({(path, scope, number): value for path, scope, number, value in config}),
    )


def _store(row: Row) -> StoreView:
    store_id, code, name, website_id, website_code, group_id, root_category_id, active = row
    return StoreView(store_id, code, name, website_id, website_code, group_id, root_category_id, bool(active))
