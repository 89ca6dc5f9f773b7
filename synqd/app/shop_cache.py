"""The shop's layout, kept in the queue file: store views have names also while Magento does not answer.

Beside it is kept what the codes in the configuration meant while it worked (S27).
"""

from dataclasses import astuple

import orjson

from synqd.config import Routes, Settings
from synqd.config.drift import Known, adapt, pins
from synqd.models.errors import ConfigError
from synqd.models.shop import Shop, ShopConfig, StoreView, Website
from synqd.queue import Queue

FACT = "shop"
"""Name of the fact in the queue file."""
CODES = "codes"
"""Name of the fact that holds every code that the shop has had, and what the configuration meant by its
own."""


async def remember(queue: Queue, shop: Shop) -> None:
    """Keeps the layout."""
    text = orjson.dumps(
        {
            "websites": [astuple(website) for website in shop.websites.values()],
            "stores": [astuple(store) for store in shop.stores.values()],
            "config": [[*place, value] for place, value in shop.config.values.items()],
        }
    ).decode()
    if await queue.facts.meta(FACT) != text:
        await queue.facts.set_meta(FACT, text)


async def recall(queue: Queue, settings: Settings) -> Routes | None:
    """Routes by the layout that was kept; None if there is none, or it does not fit the settings."""
    text = await queue.facts.meta(FACT)
    if text is None:
        return None
    try:
        shop = _shop(text)
        return Routes.build(adapt(settings, shop, await recall_codes(queue))[0], shop)
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


async def recall_codes(queue: Queue) -> Known:
    """What codes meant while the configuration worked."""
    text = await queue.facts.meta(CODES)
    if text is None:
        return Known()
    try:
        return Known(**orjson.loads(text))
    except (ValueError, TypeError):
        return Known()  # another version's


async def remember_codes(queue: Queue, settings: Settings, shop: Shop) -> None:
    """Keeps what codes mean now, for the day when somebody renames or removes what they name."""
    known = await recall_codes(queue)
    websites = {website.code: website.website_id for website in shop.websites.values()}
    stores = {store.code: store.store_id for store in shop.stores.values()}
    fact = {
        "pinned": pins(settings, shop, known),
        "websites": {**known.websites, **websites},
        "stores": {**known.stores, **stores},
    }
    text = orjson.dumps(fact, option=orjson.OPT_SORT_KEYS).decode()
    if await queue.facts.meta(CODES) != text:
        await queue.facts.set_meta(CODES, text)
