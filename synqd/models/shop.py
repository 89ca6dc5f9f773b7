"""The shop's own layout: websites, store views and ``core_config_data`` with Magento's scope fallback."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

DEFAULT = "default"
WEBSITES = "websites"
STORES = "stores"

PATHS = (
    "catalog/price/",
    "catalog/seo/",
    "cataloginventory/item_options/",
    "cataloginventory/options/",
    "currency/options/",
    "customer/account_information/",
    "customer/create_account/",
    "general/locale/",
    "shipping/origin/",
    "tax/calculation/",
    "tax/classes/",
    "tax/defaults/",
    "tax/display/",
    "tax/weee/",
    "web/secure/",
    "web/seo/",
    "web/unsecure/",
    "web/url/",
)
"""Beginnings of the paths that are read: what shapes payloads, in groups of Magento's own. All others may
hold secrets of modules, and never leave the database."""


@dataclass(frozen=True, slots=True)
class Website:
    """A row of ``store_website`` (the admin website 0 is left out)."""

    website_id: int
    code: str
    name: str
    default_store_id: int | None
    """Default store view of the website's default store group; None where the website has none."""


@dataclass(frozen=True, slots=True)
class StoreView:
    """A row of ``store`` with what its group and website say (the admin store view 0 is left out)."""

    store_id: int
    code: str
    name: str
    website_id: int
    website_code: str
    group_id: int
    root_category_id: int
    active: bool


@dataclass(frozen=True, slots=True)
class ShopConfig:
    """``core_config_data`` as one map; reading falls back store view -> website -> default -> ``fallback``.

    ``values`` maps (path, scope, scope id) to the stored text; a stored NULL is kept as None and overrides.
    Asked for a path that is not below ``PATHS``, it raises LookupError: nobody has read that.
    """

    values: Mapping[tuple[str, str, int], str | None] = field(default_factory=dict)

    def at_store(self, path: str, store: StoreView, fallback: str | None = None) -> str | None:
        """Value of ``path`` for a store view."""
        return self._first(
            path, fallback, (STORES, store.store_id), (WEBSITES, store.website_id), (DEFAULT, 0)
        )

    def at_website(self, path: str, website_id: int, fallback: str | None = None) -> str | None:
        """Value of ``path`` for a website."""
        return self._first(path, fallback, (WEBSITES, website_id), (DEFAULT, 0))

    def at_default(self, path: str, fallback: str | None = None) -> str | None:
        """Value of ``path`` in the default scope."""
        return self._first(path, fallback, (DEFAULT, 0))

    def _first(self, path: str, fallback: str | None, *scopes: tuple[str, int]) -> str | None:
        if not path.startswith(PATHS):
            raise LookupError(f"{path} is not among the paths that are read")
        for scope, scope_id in scopes:
            if (path, scope, scope_id) in self.values:
                return self.values[(path, scope, scope_id)]
        return fallback


@dataclass(frozen=True, slots=True)
class Shop:
    """Websites, store views and configuration of one Magento installation, as read at one moment."""

    websites: Mapping[int, Website]
    stores: Mapping[int, StoreView]
    config: ShopConfig

    def stores_of_website(self, website_id: int) -> Iterator[StoreView]:
        """All store views of a website, in id order, active or not."""
        return (store for _, store in sorted(self.stores.items()) if store.website_id == website_id)

    def store_by_code(self, code: str) -> StoreView | None:
        """The store view with that code, or None."""
        return next((store for store in self.stores.values() if store.code == code), None)

    def home_store(self, store_id: int | None, website_id: int) -> int | None:
        """Store view that an entity belongs to: its own, or the website's default one (S11)."""
        if store_id:
            return store_id
        website = self.websites.get(website_id)
        return website.default_store_id if website else None
