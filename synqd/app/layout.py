"""The shop's layout, kept in the queue file: store views have names also while Magento does not answer."""

from dataclasses import astuple

import orjson

from synqd.config import Routes, Settings
from synqd.models.errors import ConfigError
from synqd.models.shop import Shop, ShopConfig, StoreView, Website
from synqd.queue import Queue

FACT = "shop"
"""Name of the fact in the queue file."""


async def remember(queue: Queue, shop: Shop) -> None:
    """Keeps the layout."""
    text = orjson.dumps(
        {
            "websites": [astuple(website) for website in shop.websites.values()],
            "stores": [astuple(store) for store in shop.stores.values()],
            "config": [[*place, value] for place, value in shop.config.values.items()],
        }
    ).decode()
    if await queue.meta(FACT) != text:
        await queue.set_meta(FACT, text)


async def recall(queue: Queue, settings: Settings) -> Routes | None:
    """Routes by the layout that was kept; None if there is none, or it does not fit the settings."""
    text = await queue.meta(FACT)
    if text is None:
        return None
    try:
        return Routes.build(settings, _shop(text))
    except (ConfigError, ValueError, TypeError, KeyError):
        # Settings for store views that are new, or another version's fact: Magento will tell.
        return None


def _shop(text: str) -> Shop:
    kept = orjson.loads(text)
    websites = [Website(*values) for values in kept["websites"]]
    stores = [StoreView(*values) for values in kept["stores"]]
    return Shop(
        websites={website.website_id: website for website in websites},
        stores={store.store_id: store for store in stores},
        config=ShopConfig({(path, scope, number): value for path, scope, number, value in kept["config"]}),
    )
