"""Addresses of a store view, as Magento's configuration spells them. Pure."""

from synqd.models.shop import Shop, StoreView


def base_url(shop: Shop, store: StoreView, *, secure: bool = False) -> str:
    """``web/{un,}secure/base_url`` with a slash at its end; "" where the shop has none."""
    plain = shop.config.at_store("web/unsecure/base_url", store) or ""
    url = plain
    if secure:
        configured = shop.config.at_store("web/secure/base_url", store) or ""
        url = plain if not configured or "{{" in configured else configured
    return _slashed(url) if "{{" not in url else ""


def link_url(shop: Shop, store: StoreView, *, secure: bool = False) -> str:
    """What paths of pages are appended to, with ``index.php/`` and store code where the shop wants them."""
    url = _configured(shop, store, "base_link_url", base_url(shop, store, secure=secure), secure=secure)
    if not url:
        return ""
    if not flag(shop, store, "web/seo/use_rewrites"):
        url += "index.php/"
    if uses_store_code(shop, store):
        url += f"{store.code}/"
    return url


def media_url(shop: Shop, store: StoreView, *, secure: bool = False) -> str:
    """What paths of pictures are appended to."""
    base = base_url(shop, store, secure=secure)
    return _configured(shop, store, "base_media_url", f"{base}media/" if base else "", secure=secure)


def pages_are_secure(shop: Shop, store: StoreView) -> bool:
    """Whether the shop's pages, and so their pictures, are delivered by https."""
    return flag(shop, store, "web/secure/use_in_frontend")


def uses_store_code(shop: Shop, store: StoreView) -> bool:
    """Whether URLs carry the store view's code."""
    return flag(shop, store, "web/url/use_store")


def flag(shop: Shop, store: StoreView, path: str) -> bool:
    """A yes/no setting of a store view; no where it was never saved."""
    return (shop.config.at_store(path, store) or "0") != "0"


def _configured(shop: Shop, store: StoreView, name: str, fallback: str, *, secure: bool) -> str:
    """A URL that may be built upon the base URL by placeholders."""
    kind = "secure" if secure else "unsecure"
    url = shop.config.at_store(f"web/{kind}/{name}", store)
    if not url:
        return fallback
    for placeholder in ("{{unsecure_base_url}}", "{{secure_base_url}}", "{{base_url}}"):
        url = url.replace(placeholder, base_url(shop, store, secure=placeholder == "{{secure_base_url}}"))
    return _slashed(url)


def _slashed(url: str) -> str:
    return url if not url or url.endswith("/") else f"{url}/"
