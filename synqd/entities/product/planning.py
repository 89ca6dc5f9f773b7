"""How a plan is made: some ten queries for metadata, compiled with settings and configuration.

``Plans`` keeps one for each store view until it is a minute old, its settings change, another version of the
content is current, or a change log tells that metadata changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from synqd.config import ProductSettings
from synqd.entities.base import Context, Source, version_of
from synqd.entities.product.attributes import (
    OWN_COLUMNS,
    Attribute,
    load_attributes,
    load_options,
    selected,
    taken,
    unknown_codes,
)
from synqd.entities.product.categories import load_tree
from synqd.entities.product.fields import Choice, Fields, compile_fields
from synqd.entities.product.market import Market, load_market
from synqd.entities.product.names import STOCK_FIELDS
from synqd.entities.product.plan import PRICE_CODES, Ids, Plan
from synqd.entities.product.stock import load_stock
from synqd.entities.product.urls import Addresses, addresses
from synqd.models.shop import Shop, StoreView

_COMPUTED = frozenset({*PRICE_CODES, "category_ids", "media_gallery", *STOCK_FIELDS})
_PRICING = ("status", "price", "special_price", "special_from_date", "special_to_date", "tax_class_id")
_OWN = (*_PRICING, "visibility", "image", "url_key", "price_type")
_CHILD = (*_PRICING, "image")
_PARENT = ("status", "visibility", "url_key")

_DEFAULT_STORE = """
    SELECT family.default_store_id
      FROM {store_website} site
      JOIN {store_group} family ON family.group_id = site.default_group_id
     WHERE site.is_default = 1"""


async def build_plan(source: Source, context: Context) -> Plan:
    """Reads the metadata and compiles it."""
    store, config = context.store, context.shop.config
    settings = context.settings.product.at(store)
    module = context.settings.sync.mapping == "module"
    known = await load_attributes(source)
    filterable, form = settings.include_filterable, settings.attribute_format
    codes = selected(settings.attributes, known, include_filterable=filterable, form=form)
    speaking = await _default_store(source, context) if module else store
    fields, visibility = await _fields(source, speaking, settings, known, codes, module=module)
    market = await load_market(source, config, store, with_tax=settings.calculate_tax, module=module)
    return Plan(
        store=store,
        settings=settings,
        module=module,
        codes=codes,
        prices=tuple(code for code in PRICE_CODES if code in codes),
        ids=Ids(**{code: known[code].attribute_id if code in known else 0 for code in _OWN}),
        fields=fields,
        visibility=visibility,
        asked=_asked(known, codes),
        asked_of_children=tuple(known[code] for code in _CHILD if code in known),
        asked_of_parents=tuple(known[code] for code in _PARENT if code in known),
        tree=await load_tree(source, speaking.store_id, store.root_category_id, whole=module),
        addresses=_addresses(context, speaking),
        market=market,
        stock=await load_stock(source, config, store.website_code),
        has_rules=await source.has_table("catalogrule_product_price"),
        has_fixed_taxes=await source.has_table("weee_tax"),
        hide_sold_out=config.at_store("cataloginventory/options/show_out_of_stock", store, "0") != "1",
        page_suffix=_page_suffix(context.shop, store) if module else "",
        wants_categories="category_ids" in codes,
        wants_gallery="media_gallery" in codes,
        wants_quantity="salable_qty" in codes,
        wants_sources="sources" in codes,
        notes=_notes(settings, known, fields, market),
    )


async def _default_store(source: Source, context: Context) -> StoreView:
    """The shop's default store view: the module takes words and pictures from it, whatever it sends for."""
    rows = await source.fetch(_DEFAULT_STORE)
    return context.shop.stores.get(rows[0][0], context.store) if rows else context.store


async def _fields(
    source: Source,
    speaking: StoreView,
    settings: ProductSettings,
    known: Mapping[str, Attribute],
    codes: Sequence[str],
    *,
    module: bool,
) -> tuple[Fields, Choice]:
    """The selected attributes and how visibility is written, in the words of the store view ``speaking``."""
    options = await load_options(source, _asked(known, codes), speaking.store_id)
    form = settings.attribute_format
    plain = [code for code in codes if code not in _COMPUTED]
    shown = compile_fields(["visibility"], known, options, form, module=module)
    return compile_fields(plain, known, options, form, module=module), shown.choices[0]


def _addresses(context: Context, speaking: StoreView) -> Addresses:
    bases = addresses(context.shop.config, context.store)
    return replace(bases, media=addresses(context.shop.config, speaking).media)


def _asked(known: Mapping[str, Attribute], codes: Sequence[str]) -> tuple[Attribute, ...]:
    wanted = dict.fromkeys([*(code for code in codes if code not in _COMPUTED), *_OWN])
    return tuple(known[code] for code in wanted if code in known)


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
    refused = taken(
        settings.attributes,
        known,
        include_filterable=settings.include_filterable,
        form=settings.attribute_format,
    )
    missing += [f"{code}: the shop keeps no value for it" for code in _valueless(settings, known)]
    missing += [f"{code}: {reason}" for code, reason in refused.items()]
    return (*missing, *fields.notes, *([market.note] if market.note else []))


def _valueless(settings: ProductSettings, known: Mapping[str, Attribute]) -> list[str]:
    """Listed attributes that are neither rows nor a column, and that nothing here computes."""
    wanted = () if isinstance(settings.attributes, str) else settings.attributes
    listed = (known[code] for code in wanted if code in known and code not in _COMPUTED | OWN_COLUMNS)
    return [each.code for each in listed if each.backend == "static" and not each.column]


MAX_AGE = timedelta(seconds=60)
"""Age after which metadata is read again although nobody told of a change."""


@dataclass(frozen=True)
class _Kept:
    plan: Plan
    context: Context
    version: int


class Plans:
    """The plans in use, by store view; each is as old as ``MAX_AGE`` at most."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}
        self._round = 0

    async def get(self, source: Source, context: Context) -> Plan:
        """The plan for a store view: the one in use while it holds, else a new one."""
        kept = self._kept.get(context.store.store_id)
        version = version_of(source)
        if kept is not None and kept.version == version and _holds(kept.context, context):
            return kept.plan
        begun = self._round
        plan = await build_plan(source, context)
        if begun == self._round:  # nothing changed while it was read
            self._kept[context.store.store_id] = _Kept(plan, context, version)
        return plan

    def clear(self) -> None:
        """Forgets all plans, and those that are being read now."""
        self._round += 1
        self._kept.clear()


def _holds(kept: Context, asked: Context) -> bool:
    if kept.settings is not asked.settings or kept.shop is not asked.shop or kept.store != asked.store:
        return False
    return timedelta(0) <= asked.now - kept.now < MAX_AGE
