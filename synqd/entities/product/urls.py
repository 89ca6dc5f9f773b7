"""Addresses of pages and pictures in a store view."""

import re
from dataclasses import dataclass

from synqd.models.shop import ShopConfig, StoreView

NO_PICTURE = "no_selection"
_ADDRESS = re.compile(r"https?://[^\s/{}]+/[^\s{}]*\Z")
BROKEN = "the shop's settings say no address of its store view"
"""Why products and orders of a store view wait (S31)."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Bases of a store view, each with its trailing slash.

    Attributes:
        home: the store view's own address (``storeUrl``).
        pages: what a page's path is appended to (``index.php/`` and store code included).
        media: where pictures lie.
    """

    home: str
    pages: str
    media: str

    @property
    def is_broken(self) -> bool:
        """One of them is none: empty, or a placeholder that only a request to the shop could fill (S31)."""
        return not all(map(_ADDRESS.match, (self.home, self.pages, self.media)))

    def page(self, path: str) -> str:
        """Address of a page."""
        return self.pages + path

    def picture(self, stored: str | None) -> str | None:
        """Address of the original of a catalog picture; None where none is chosen."""
        if not stored or stored == NO_PICTURE:
            return None
        return f"{self.media}catalog/product/{stored.lstrip('/')}"


def addresses(config: ShopConfig, store: StoreView) -> Addresses:
    """Bases of a store view: the unsecure ones, unless the shop's pages are https anyway."""
    unsecure, secure = (
        config.at_store(f"web/{kind}/base_url", store) or "" for kind in ("unsecure", "secure")
    )
    base = _slash(unsecure.replace("{{secure_base_url}}", secure))
    scheme = "secure" if base.startswith("https:") else "unsecure"
    secure_base = _fill(secure, base, "") or base
    chosen = secure_base if scheme == "secure" else base
    link = _fill(config.at_store(f"web/{scheme}/base_link_url", store), base, secure_base) or chosen
    media = _fill(config.at_store(f"web/{scheme}/base_media_url", store), base, secure_base)
    pages = link
    if config.at_store("web/seo/use_rewrites", store, "0") != "1":
        pages += "index.php/"
    if config.at_store("web/url/use_store", store, "0") == "1":
        pages += f"{store.code}/"
    return Addresses(home=pages, pages=pages, media=media or f"{chosen}media/")


def _slash(url: str | None) -> str:
    return f"{url.rstrip('/')}/" if url else ""


def _fill(url: str | None, base: str, secure_base: str) -> str:
    """Replaces Magento's placeholders for the two base addresses."""
    if not url:
        return ""
    filled = url.replace("{{unsecure_base_url}}", base).replace("{{secure_base_url}}", secure_base)
    return _slash(filled.replace("{{base_url}}", base))


def fallback_path(entity_id: int, url_key: str | None) -> str:
    """Path of a product page that has no rewrite."""
    return f"catalog/product/view/id/{entity_id}/" + (f"s/{url_key}/" if url_key else "")
