"""Store views whose addresses nobody knows: what shows addresses waits there (semantics S31). Pure."""

from collections.abc import Iterable, Sequence

from synqd.entities import DECLARED
from synqd.entities.product.urls import addresses
from synqd.models.names import Stream
from synqd.models.shop import ShopConfig, StoreView

REMEDY = (
    "set web/unsecure/base_url and its siblings in Magento or, where they stand in env.php or variables, in"
    " [shop.config]: `synqd shop-config` prints them"
)


def without_address(config: ShopConfig, stores: Iterable[StoreView]) -> list[StoreView]:
    """Store views whose pages or pictures have no address by the shop's settings."""
    return [store for store in stores if addresses(config, store).is_broken]


def unaddressed(config: ShopConfig, stores: Iterable[StoreView]) -> frozenset[Stream]:
    """What waits there: the models that show addresses."""
    models = [model for model, declared in DECLARED.items() if declared.addressed]
    views = without_address(config, stores)
    return frozenset(Stream(model, store.store_id) for model in models for store in views)


def reason(stores: Sequence[StoreView]) -> str:
    """What waits, and what helps; "" for no store views."""
    codes = ", ".join(sorted(store.code for store in stores))
    what = "products and orders wait, for the shop's settings say no address"
    return f"store view {codes}: {what}; {REMEDY}" if stores else ""
