"""What does not differ from order to order: the catalog's metadata, compiled for one store view."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from synqd.entities.base import Context, Source, version_of
from synqd.entities.product.attributes import Attribute, load_attributes
from synqd.entities.product.categories import Assignment, Tree, load_tree
from synqd.entities.product.market import Market, load_market
from synqd.entities.product.urls import Addresses, addresses

MAX_AGE = timedelta(minutes=5)
"""Attributes, categories and taxes are read again at the latest after this."""

CODES = ("status", "visibility", "tax_class_id", "image", "url_key")
"""Product attributes that order lines need."""

_DEFAULT_STORE = """
SELECT g.default_store_id FROM {store_website} w
  JOIN {store_group} g ON g.group_id = w.default_group_id WHERE w.is_default = 1"""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Everything that orders of one store view are seen before.

    Attributes:
        module: the official module's way.
        with_tax: prices carry tax (``[product] calculate_tax``).
        attributes: those of ``CODES`` that the shop has, by code.
        tree: categories in the words that are sent.
        addresses: of the store view; ``media``: where its pictures lie.
        suffix: what the module appends to addresses.
        market: taxes of the store view.
        labels: words of categories that were shown already, by what products are assigned to.
    """

    module: bool
    with_tax: bool
    attributes: Mapping[str, Attribute]
    tree: Tree
    addresses: Addresses
    media: Addresses
    suffix: str
    market: Market
    labels: dict[tuple[Assignment, ...], tuple[str, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )


class Backdrops:
    """Backdrops by store view, the settings that shape them and the shop's version, for a bounded time."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, bool, bool, int], Backdrop] = {}
        self._since: datetime | None = None
        self._round = 0

    def forget(self) -> None:
        """Attributes, categories or taxes changed."""
        self._since = None
        self._round += 1

    async def of(self, source: Source, context: Context) -> Backdrop:
        """The backdrop of a context's store view."""
        if self._since is None or not timedelta(0) <= context.now - self._since <= MAX_AGE:
            self._kept = {}
            self._since = context.now
        module = context.settings.sync.mapping == "module"
        with_tax = context.settings.product.at(context.store).calculate_tax
        key = (context.store.store_id, module, with_tax, version_of(source))
        if key in self._kept:
            return self._kept[key]
        begun = self._round
        backdrop = await _load(source, context, module=module, with_tax=with_tax)
        if begun == self._round:  # nothing changed while it was read
            self._kept[key] = backdrop
        return backdrop


async def _load(source: Source, context: Context, *, module: bool, with_tax: bool) -> Backdrop:
    shop, store = context.shop, context.store
    known = await load_attributes(source)
    rows = await source.fetch(_DEFAULT_STORE)
    default = shop.stores.get(rows[0][0] if rows else 0, store)
    words = default if module else store  # the module takes words and pictures from the default store view
    own = addresses(shop.config, store)
    in_path = shop.config.at_store("web/url/use_store", store, "0") == "1"
    return Backdrop(
        module=module,
        with_tax=with_tax,
        attributes={code: known[code] for code in CODES if code in known},
        tree=await load_tree(source, words.store_id, store.root_category_id, whole=module),
        addresses=own,
        media=addresses(shop.config, words),
        suffix=f"?___store={store.code}" if module and len(shop.stores) > 1 and not in_path else "",
        market=await load_market(source, shop.config, store, with_tax=with_tax, module=module),
    )
