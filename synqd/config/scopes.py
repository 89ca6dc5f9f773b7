"""Which workspace a store view belongs to, and what its settings are."""

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson

from synqd.config.sections import Settings
from synqd.models.errors import ConfigError
from synqd.models.names import Model, Stream
from synqd.models.shop import Shop, StoreView


@dataclass(frozen=True)
class Route:
    """Where the items of one store view go."""

    store: StoreView
    workspace: str


@dataclass(frozen=True)
class Routes:
    """All store views that are synchronized, each with its workspace.

    Attributes:
        settings, shop: what it was made from.
        by_store: store view id -> route, for store views that are switched on, active and have a workspace.
        unrouted: codes of active store views that are switched on but belong to no workspace.
    """

    settings: Settings
    shop: Shop
    by_store: Mapping[int, Route]
    unrouted: tuple[str, ...]

    @classmethod
    def build(cls, settings: Settings, shop: Shop) -> "Routes":
        """Matches the configuration with the shop.

        Raises:
            ConfigError: the shop has no such website or store view, or two workspaces claim one.
        """
        owners = _owners(settings, shop)
        wanted = [store for store in shop.stores.values() if store.active and _selected(settings, store)]
        routes = {
            store.store_id: Route(store, owners[store.store_id])
            for store in wanted
            if store.store_id in owners
        }
        unrouted = tuple(sorted(store.code for store in wanted if store.store_id not in owners))
        return cls(settings, shop, routes, unrouted)

    @cached_property
    def streams(self) -> frozenset[Stream]:
        """Every (model, store view) that is switched on."""
        return frozenset(
            Stream(model, store) for model in self.settings.sync.models for store in self.by_store
        )

    def workspace(self, store_id: int) -> str:
        """Name of the workspace of a store view that is switched on."""
        return self.by_store[store_id].workspace


def fingerprint(settings: Settings, model: Model, store: StoreView) -> str:
    """Short hash of everything in the settings that shapes a model's payload for one store view (S6)."""
    section = settings.section(model).at(store)
    values = section.model_dump(mode="json", exclude={"website", "store", "max_items_per_request"})
    shaping: list[object] = [settings.sync.mapping, values]
    if model is Model.ORDER:
        shaping.append(settings.product.at(store).calculate_tax)
    return hashlib.blake2b(orjson.dumps(shaping, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


def _owners(settings: Settings, shop: Shop) -> dict[int, str]:
    """Store view id -> workspace; a store view named by itself wins over its website."""
    by_website = _claims(
        {name: workspace.websites for name, workspace in settings.workspaces.items()},
        {website.code: website.website_id for website in shop.websites.values()},
        "website",
    )
    by_store = _claims(
        {name: workspace.stores for name, workspace in settings.workspaces.items()},
        {store.code: store.store_id for store in shop.stores.values()},
        "store view",
    )
    inherited = {
        store.store_id: by_website[store.website_id]
        for store in shop.stores.values()
        if store.website_id in by_website
    }
    return inherited | by_store


def _claims(claims: Mapping[str, Iterable[str]], ids: Mapping[str, int], what: str) -> dict[int, str]:
    owners: dict[int, str] = {}
    for workspace, codes in claims.items():
        for code in codes:
            place = f"[workspaces.{workspace}] {'websites' if what == 'website' else 'stores'}"
            if code not in ids:
                raise ConfigError(f"{place}: {unknown_code(what, code, ids)}")
            owner = owners.setdefault(ids[code], workspace)
            if owner != workspace:
                remedy = "a store view belongs to one workspace only; remove it from one of them"
                raise ConfigError(f"{place}: {what} {code} is claimed by [workspaces.{owner}] too; {remedy}")
    return owners


def _selected(settings: Settings, store: StoreView) -> bool:
    return settings.sync.stores == "all" or store.code in settings.sync.stores


def check_codes(settings: Settings, shop: Shop) -> None:
    """Checks every website and store view code in the configuration against the shop.

    Raises:
        ConfigError: the first code that the shop does not have, with the nearest right one.
    """
    stores = {store.code for store in shop.stores.values()}
    websites = {website.code for website in shop.websites.values()}
    named = [("[sync] stores", settings.sync.stores)]
    named += [(f"[[schedule]] {entry.cron} stores", entry.stores) for entry in settings.schedule]
    sections = [(model.value, settings.section(model)) for model in Model]
    named += [(f"[{name}.store]", tuple(section.store)) for name, section in sections]
    for place, codes in named:
        for code in () if codes == "all" else codes:
            if code not in stores:
                raise ConfigError(f"{place}: {unknown_code('store view', code, stores)}")
    for name, section in sections:
        for code in section.website:
            if code not in websites:
                raise ConfigError(f"[{name}.website]: {unknown_code('website', code, websites)}")


def unknown_code(what: str, code: str, known: Iterable[str]) -> str:
    """One line that says that the shop has no such code and offers the nearest."""
    names = sorted(known)
    near = difflib.get_close_matches(code, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(names) or 'none'}"
    return f"the shop has no {what} {code!r}; {hint}"
