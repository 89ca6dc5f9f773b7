"""The shop's websites, store views and configuration."""

import asyncio

from synqd.entities.base import Row, Source
from synqd.magento.changelog.config_view import CONFIG, read_config
from synqd.models.shop import Shop, ShopConfig, StoreView, Website

TABLES = ("store_website", "store_group", "store", CONFIG)

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


async def read_shop(source: Source) -> Shop:
    """Reads the layout as it is now.

    Raises:
        MagentoUnavailable, Denied, ConfigError: it cannot be read.
    """
    websites, stores, config = await asyncio.gather(
        source.fetch(_WEBSITES), source.fetch(_STORES), read_config(source)
    )
    return Shop(
        websites={row[0]: Website(*row) for row in websites},
        stores={row[0]: _store(row) for row in stores},
        config=ShopConfig({(path, scope, number): value for path, scope, number, value in config}),
    )


def _store(row: Row) -> StoreView:
    store_id, code, name, website_id, website_code, group_id, root_category_id, active = row
    return StoreView(store_id, code, name, website_id, website_code, group_id, root_category_id, bool(active))
