"""Settings of a deployment, laid over what the database says. Pure."""

from collections.abc import Iterator, Mapping

from synqd.magento.deployed.sources import Deployed
from synqd.models.shop import DEFAULT, WEBSITES, Shop, ShopConfig


def laid_over(shop: Shop, *layers: Deployed) -> Shop:
    """The shop with its deployment's settings; later layers win. Codes that it has not are left out."""
    values = dict(shop.config.values)
    for layer in layers:
        for (scope, code, path), value in layer.items():
            number = _number(shop, scope, code)
            if number is not None:
                values[path, scope, number] = value
    return Shop(shop.websites, shop.stores, ShopConfig(values))


def unknown_codes(shop: Shop, *layers: Deployed) -> list[str]:
    """Websites and store views that settings are for and that the shop has not, as ``websites/CODE``."""
    places = {(scope, code) for layer in layers for scope, code, _ in layer}
    return sorted(f"{scope}/{code}" for scope, code in places if _number(shop, scope, code) is None)


def _number(shop: Shop, scope: str, code: str) -> int | None:
    """The id of a website or store view; variables know their codes in lower case only."""
    if scope == DEFAULT:
        return 0
    if scope == WEBSITES:
        return _by_code({site.code: site.website_id for site in shop.websites.values()}, code)
    return _by_code({store.code: store.store_id for store in shop.stores.values()}, code)


def _by_code(ids: Mapping[str, int], code: str) -> int | None:
    return ids.get(code, next(_alike(ids, code), None))


def _alike(ids: Mapping[str, int], code: str) -> Iterator[int]:
    return (number for known, number in ids.items() if known.lower() == code)
