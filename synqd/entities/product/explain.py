"""Where each field of an item comes from: table, scope and rule; for ``synqd preview --explain``."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from synqd.entities.base import Source
from synqd.entities.product.chunk import Chunk, Product
from synqd.entities.product.kinds import BUNDLE, COMPOSITES, CONFIGURABLE
from synqd.entities.product.market import Days
from synqd.entities.product.names import STOCK_FIELDS
from synqd.entities.product.offers import Offers
from synqd.entities.product.plan import PRICE_CODES, Plan
from synqd.entities.product.stock import DEFAULT_STOCK
from synqd.entities.product.watches import EAV_TYPES
from synqd.models.wire import Parcel, Skip

_SCOPES = " UNION ALL ".join(
    f"SELECT '{kind}', entity_id, attribute_id, MAX(store_id) FROM {{catalog_product_entity_{kind}}}"
    " WHERE entity_id IN %s AND store_id + 0 IN %s GROUP BY entity_id, attribute_id"
    for kind in EAV_TYPES
)

_FIXED: Mapping[str, str] = {
    "itemId": "catalog_product_entity.sku",
    "sku": "catalog_product_entity.sku",
    "entity_id": "catalog_product_entity.entity_id",
    "deleted": '0: the product belongs to the website; 1: it is disabled and [product] disabled is "delete"',
    "storeId": "store.store_id",
    "lastUpdateType": "how the item got here: item (live), batch, all (full)",
    "updated_at": "catalog_product_entity.updated_at",
    "created_at": "catalog_product_entity.created_at",
    "has_options": "catalog_product_entity.has_options",
    "required_options": "catalog_product_entity.required_options",
    "media_gallery": "catalog_product_entity_media_gallery*, pictures not hidden in this store view",
}
_CATEGORY_FIELDS = frozenset({"category", "additionalCategories", "category_ids"})
_PRICE_FIELDS = frozenset({"price", *PRICE_CODES})


@dataclass(frozen=True)
class Case:
    """A chunk with all that its items were made of."""

    plan: Plan
    chunk: Chunk
    offers: Offers
    days: Days


@dataclass(frozen=True)
class _Case(Case):
    """One product of it; ``stored``: where its values lie, by attribute id."""

    product: Product
    stored: Mapping[int, str]


async def explain(
    source: Source, case: Case, parcels: Iterable[Parcel | Skip]
) -> Sequence[Mapping[str, str] | None]:
    """For each parcel a line a field, None where no item is sent."""
    ids = list(case.chunk.products)
    places: dict[int, dict[int, str]] = defaultdict(dict)
    args = [ids, [0, case.plan.store.store_id]] * len(EAV_TYPES)
    for kind, entity_id, attribute_id, store_id in await source.fetch(_SCOPES, args) if ids else ():
        scope = f"row of store view {store_id}" if store_id else "default row (store 0)"
        places[entity_id][attribute_id] = f"catalog_product_entity_{kind}, {scope}"
    # Of several with one SKU the lowest id is sent (S29).
    by_sku = {product.sku: product for _, product in sorted(case.chunk.products.items(), reverse=True)}
    return [_explained(case, by_sku, places, each) for each in parcels]


def _explained(
    case: Case,
    by_sku: Mapping[str, Product],
    places: Mapping[int, Mapping[int, str]],
    parcel: Parcel | Skip,
) -> Mapping[str, str] | None:
    if isinstance(parcel, Skip) or parcel.wire_key not in by_sku:
        return None
    product = by_sku[parcel.wire_key]
    one = _Case(case.plan, case.chunk, case.offers, case.days, product, places.get(product.entity_id, {}))
    return {name: _field(one, name) for name in parcel.items[-1].body["value"]}


def _field(case: _Case, name: str) -> str:
    if name in _FIXED:
        return _FIXED[name]
    if name in _PRICE_FIELDS:
        return _price(case, name)
    if name in _CATEGORY_FIELDS:
        return _categories(case)
    if name in {"stock_status", "is_salable", *STOCK_FIELDS}:
        return _stock(case)
    if name in {"productUrl", "parentId", "storeUrl"}:
        return _page(case, name)
    return _attribute(case, name)


def _attribute(case: _Case, name: str) -> str:
    code = name.removesuffix("_oid") if case.plan.fields.oid else name
    attribute = next((each for each in case.plan.asked if each.code in {name, code}), None)
    if attribute is None:
        return "sent before, no longer selected: null once"
    supers = case.chunk.super_attributes.get(case.product.entity_id, ())
    if case.product.kind == CONFIGURABLE and attribute.attribute_id in supers:
        return f"attribute {attribute.code} of {len(case.offers.children(case.product))} variants"
    place = case.stored.get(attribute.attribute_id, f"no row in catalog_product_entity_{attribute.backend}")
    if name == "image" and attribute.attribute_id not in case.stored:
        place += "; a configurable without picture shows its first child's"
    choice = next(
        (each for each in (*case.plan.fields.choices, case.plan.visibility) if each.code == code), None
    )
    return place if choice is None else f"{place}; written as {choice.form}"


def _price(case: _Case, name: str) -> str:
    market, product = case.plan.market, case.product
    which = f"{case.plan.settings.price}_price (the configured price): " if name == "price" else ""
    tax_class = case.offers.value(product.entity_id, case.plan.ids.tax_class_id)
    terms = market.terms.get(tax_class or "", market.without_class)
    entered = "with" if terms.included else "without"
    tax = f"tax {terms.destination:.2%} on class {tax_class or 'none'}, entered {entered} tax"
    shown = "with tax" if market.with_tax else "without tax"
    if not market.convert:
        shown = "as entered"
    made = f"in {market.currency} (base x {market.rate.normalize()}), {shown}; {tax}"
    if fixed := case.chunk.fixed_taxes.get(product.entity_id):
        made += f"; fixed product taxes {fixed} (weee_tax)"
    if product.kind in COMPOSITES:
        return f"{which}{product.kind}: from its {_counted(case)} that can be bought; {made}"
    return f"{which}{', '.join(_parts(case))}; {made}"


def _counted(case: _Case) -> str:
    if case.product.kind == BUNDLE:
        return f"{len(case.chunk.options.get(case.product.entity_id, ()))} options"
    return f"{len(case.offers.children(case.product))} children"


def _parts(case: _Case) -> Iterator[str]:
    parts = case.offers.parts(case.product.entity_id)
    yield f"regular {parts.regular} (attribute price)"
    for label, amount, origin in (
        ("special", parts.special, f"attributes special_*, in force on {case.days.special}"),
        ("rule", parts.rule, f"catalogrule_product_price of {case.days.rule}"),
        ("tier", parts.tier, "catalog_product_entity_tier_price, one piece"),
    ):
        yield f"{label} none" if amount is None else f"{label} {amount} ({origin})"
    yield f"lowest {parts.final}"


def _categories(case: _Case) -> str:
    assigned = case.chunk.categories.get(case.product.entity_id, ())
    shown = [each.category_id for each in assigned if _shown(case, each.category_id)]
    rule = "all assigned" if case.plan.module else "those active with all above them, below the store's root"
    return f"catalog_category_product: {len(assigned)} assigned, {rule}: {shown}"


def _shown(case: _Case, category_id: int) -> bool:
    category = case.plan.tree.get(category_id)
    return category is not None and (case.plan.module or category.shown)


def _stock(case: _Case) -> str:
    entity_id, stock = case.product.entity_id, case.plan.stock
    item, supply = case.chunk.stock_items.get(entity_id), case.chunk.supply.get(entity_id)
    name = "default stock" if stock.stock_id == DEFAULT_STOCK else f"stock {stock.stock_id}"
    lying = "no source item" if supply is None else f"sources hold {supply.qty.normalize():f}"
    reserved = case.chunk.reserved.get(entity_id, 0)
    marked = "no stock item" if item is None else f"is_in_stock {int(item.in_stock)}"
    enabled = "enabled" if case.offers.enabled(entity_id) else "disabled"
    return f"{name}: {enabled}, {marked}, {lying}, reservations {reserved:f}"


def _page(case: _Case, name: str) -> str:
    if name == "storeUrl":
        return "core_config_data web/*/base_url of the store view"
    parents = case.chunk.parents.get(case.product.entity_id, ())
    if name == "parentId":
        return (
            f"catalog_product_super_link: first of {len(parents)} parents; the product is not visible itself"
        )
    own = case.offers.value(case.product.entity_id, case.plan.ids.visibility) != "1"
    whose = "its own" if own else "its parent's"
    return f"url_rewrite of the store view ({whose}), appended to the store view's base URL"
