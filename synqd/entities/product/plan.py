"""What does not differ from product to product: metadata of the shop, compiled for one store view.

A plan is built from settings, configuration and some ten queries, and used for all chunks of that store
view until it is a minute old, its settings change, or a change log tells that metadata changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from synqd.config import ProductSettings
from synqd.entities.base import Context, Source
from synqd.entities.product.attributes import (
    WITH_OPTIONS,
    Attribute,
    load_attributes,
    load_options,
    selected,
    unknown_codes,
)
from synqd.entities.product.categories import Tree, load_tree
from synqd.entities.product.fields import Choice, Fields, compile_fields
from synqd.entities.product.market import Market, load_market
from synqd.entities.product.stock import Stock, load_stock
from synqd.entities.product.urls import Addresses, addresses
from synqd.models.shop import Shop, StoreView

PRICE_CODES = ("regular_price", "final_price", "special_price", "tier_price", "minimal_price")
"""Selected prices that are computed rather than read."""

_COMPUTED = frozenset({*PRICE_CODES, "category_ids", "media_gallery"})
_PRICING = ("status", "price", "special_price", "special_from_date", "special_to_date", "tax_class_id")
_OWN = (*_PRICING, "visibility", "image", "url_key", "price_type")
_CHILD = (*_PRICING, "image")
_PARENT = ("status", "visibility", "url_key")

_DEFAULT_STORE = """
    SELECT grouping.default_store_id, store.store_id, grouping.root_category_id
      FROM {store_website} site
      JOIN {store_group} grouping ON grouping.group_id = site.default_group_id
      JOIN {store} store ON store.store_id = grouping.default_store_id
     WHERE site.is_default = 1"""


@dataclass(frozen=True)
class Ids:
    """Attribute ids of what is always read; 0 where the shop lacks the attribute."""

    status: int
    visibility: int
    price: int
    special_price: int
    special_from_date: int
    special_to_date: int
    tax_class_id: int
    image: int
    url_key: int
    price_type: int


@dataclass(frozen=True)
class Plan:
    """Everything that a chunk of one store view is read and mapped with.

    Attributes:
        store, settings, module: whose plan, with which settings, and whether it maps as the module does.
        codes: all selected codes; ``prices`` the computed prices among them.
        ids, fields, visibility: attribute ids; the selected attributes; how visibility is written.
        asked, asked_of_children, asked_of_parents: attributes to read.
        tree, addresses, market, stock: see their modules.
        has_rules: the shop has catalog rules.
        hide_sold_out: what cannot be bought is not shown in the shop.
        page_suffix: what the module puts behind addresses.
        wants_categories, wants_gallery: selected.
        notes: for every item.
    """

    store: StoreView
    settings: ProductSettings
    module: bool
    codes: tuple[str, ...]
    prices: tuple[str, ...]
    ids: Ids
    fields: Fields
    visibility: Choice
    asked: tuple[Attribute, ...]
    asked_of_children: tuple[Attribute, ...]
    asked_of_parents: tuple[Attribute, ...]
    tree: Tree
    addresses: Addresses
    market: Market
    stock: Stock
    has_rules: bool
    hide_sold_out: bool
    page_suffix: str
    wants_categories: bool
    wants_gallery: bool
    notes: tuple[str, ...]

    def by_id(self, attribute_ids: Iterable[int]) -> Sequence[Attribute]:
        """Selected selects among ``attribute_ids``, for the lists of configurables."""
        wanted = set(attribute_ids)
        return [each for each in self.asked if each.attribute_id in wanted and each.input in WITH_OPTIONS]


async def build_plan(source: Source, context: Context) -> Plan:
    """Reads the metadata and compiles it."""
    settings = context.settings.product.at(context.store)
    module = context.settings.sync.mapping == "module"
    known = await load_attributes(source)
    codes = selected(settings.attributes, known, include_filterable=settings.include_filterable)
    words_store, root_id = context.store.store_id, context.store.root_category_id
    if module:
        words_store = await _default_store(source, context)
    asked = _asked(known, codes)
    options = await load_options(source, asked, words_store)
    fields = compile_fields(
        [code for code in codes if code not in _COMPUTED],
        known,
        options,
        settings.attribute_format,
        module=module,
    )
    shown = compile_fields(["visibility"], known, options, settings.attribute_format, module=module)
    config = context.shop.config
    market = await load_market(source, config, context.store, with_tax=settings.calculate_tax, module=module)
    bases = addresses(config, context.store)
    if module:
        media_store = context.shop.stores.get(words_store, context.store)
        bases = replace(bases, media=addresses(config, media_store).media)
    return Plan(
        store=context.store,
        settings=settings,
        module=module,
        codes=codes,
        prices=tuple(code for code in PRICE_CODES if code in codes),
        ids=Ids(**{code: known[code].attribute_id if code in known else 0 for code in _OWN}),
        fields=fields,
        visibility=shown.choices[0],
        asked=asked,
        asked_of_children=tuple(known[code] for code in _CHILD if code in known),
        asked_of_parents=tuple(known[code] for code in _PARENT if code in known),
        tree=await load_tree(source, words_store, root_id, whole=module),
        addresses=bases,
        market=market,
        stock=await load_stock(source, config, context.store.website_code),
        has_rules=await source.has_table("catalogrule_product_price"),
        hide_sold_out=config.at_store("cataloginventory/options/show_out_of_stock", context.store, "0")
        != "1",
        page_suffix=_page_suffix(context.shop, context.store) if module else "",
        wants_categories="category_ids" in codes,
        wants_gallery="media_gallery" in codes,
        notes=_notes(settings, known, fields, market),
    )


def _asked(known: Mapping[str, Attribute], codes: Sequence[str]) -> tuple[Attribute, ...]:
    wanted = dict.fromkeys([*(code for code in codes if code not in _COMPUTED), *_OWN])
    return tuple(known[code] for code in wanted if code in known)


async def _default_store(source: Source, context: Context) -> int:
    rows = await source.fetch(_DEFAULT_STORE)
    return int(rows[0][0]) if rows else context.store.store_id


def _page_suffix(shop: Shop, store: StoreView) -> str:
    """The module asks for addresses "in store": the code is a parameter where it is not in the path."""
    if len(shop.stores) < 2 or shop.config.at_store("web/url/use_store", store, "0") == "1":
        return ""
    return f"?___store={store.code}"


def _notes(
    settings: ProductSettings, known: Mapping[str, Attribute], fields: Fields, market: Market
) -> tuple[str, ...]:
    missing = [
        f"{code}: the shop has no such attribute" for code in unknown_codes(settings.attributes, known)
    ]
    return (*missing, *fields.notes, *([market.note] if market.note else []))


MAX_AGE = timedelta(seconds=60)
"""Age after which metadata is read again although nobody told of a change."""


@dataclass(frozen=True)
class _Kept:
    plan: Plan
    context: Context


class Plans:
    """The plans in use, by store view; each is as old as ``MAX_AGE`` at most."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}
        self._round = 0

    async def get(self, source: Source, context: Context) -> Plan:
        """The plan for a store view: the one in use while it holds, else a new one."""
        kept = self._kept.get(context.store.store_id)
        if kept is not None and _holds(kept.context, context):
            return kept.plan
        begun = self._round
        plan = await build_plan(source, context)
        if begun == self._round:  # nothing changed while it was read
            self._kept[context.store.store_id] = _Kept(plan, context)
        return plan

    def clear(self) -> None:
        """Forgets all plans, and those that are being read now."""
        self._round += 1
        self._kept.clear()


def _holds(kept: Context, asked: Context) -> bool:
    if kept.settings is not asked.settings or kept.shop is not asked.shop or kept.store != asked.store:
        return False
    return timedelta(0) <= asked.now - kept.now < MAX_AGE
