"""``mapping = "store"``: an item says what a shopper of the store view sees. What is empty is not sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from synqd.entities.payload import number
from synqd.entities.product.categories import Assignment, ids_below_root, shown_categories
from synqd.entities.product.chunk import Chunk, Product
from synqd.entities.product.fields import Choice, Fields
from synqd.entities.product.kinds import CONFIGURABLE
from synqd.entities.product.market import remember
from synqd.entities.product.offers import AMOUNTS, Offer, Offers
from synqd.entities.product.plan import Plan
from synqd.entities.product.urls import fallback_path

INVISIBLE = "1"
Body = dict[str, Any]


def store_item(plan: Plan, chunk: Chunk, offers: Offers, product: Product) -> Body:
    """The catalog item of a product of the website."""
    entity_id = product.entity_id
    values = chunk.values.get(entity_id, {})
    body: Body = {
        "itemId": product.sku,
        "deleted": 0,
        "storeId": plan.store.store_id,
        "storeUrl": plan.addresses.home,
        "entity_id": entity_id,
        "sku": product.sku,
        "stock_status": int(offers.in_stock(product)),
        "is_salable": offers.salable(product),
    }
    _attributes(body, plan, values, product)
    body.update(offers.stock_fields(product))
    if product.kind == CONFIGURABLE:
        _super_attributes(body, plan, chunk, offers, product)
    _prices(body, plan, offers, product)
    _page(body, plan, chunk, offers, product)
    picture = plan.addresses.picture(values.get(plan.ids.image))
    if picture is None and product.kind == CONFIGURABLE:
        picture = _borrowed_picture(plan, chunk, offers, product)
    if picture is not None:
        body["image"] = picture
    if entity_id in chunk.categories:
        _categories(body, plan, chunk.categories[entity_id])
    if plan.wants_gallery and entity_id in chunk.gallery:
        pictures = map(plan.addresses.picture, chunk.gallery[entity_id])
        body["media_gallery"] = [address for address in pictures if address]
    return body


def _attributes(body: Body, plan: Plan, values: dict[int, str | None], product: Product) -> None:
    fields, get = plan.fields, values.get
    # What runs for every value there is: no call but those of built-in functions.
    raw = zip(fields.raw_codes, map(get, fields.raw_ids), strict=True)
    body.update({code: value for code, value in raw if value is not None})
    if fields.oid:
        _choices_with_ids(body, fields, values)
    else:
        chosen = zip(fields.writers, map(get, fields.choice_ids), strict=True)
        body.update(
            {
                code: written
                for (code, write), stored in chosen
                if stored and ((written := write(stored)) or written == "")
            }
        )
    for code in fields.static:
        value = product.static(code)
        if value is not None:
            body[code] = value
    stored = values.get(plan.visibility.attribute_id)
    if stored:
        _write_choice(body, plan.visibility, stored, oid=fields.oid)


def _choices_with_ids(body: Body, fields: Fields, values: Mapping[int, str | None]) -> None:
    for choice in fields.choices:
        stored = values.get(choice.attribute_id)
        if stored:
            _write_choice(body, choice, stored, oid=True)


def _write_choice(body: Body, choice: Choice, stored: str, *, oid: bool) -> None:
    written = choice.write(stored)
    if written is None or written == []:
        return
    body[choice.code] = written
    if oid:
        body[choice.twin] = choice.write_ids(stored)


def _super_attributes(body: Body, plan: Plan, chunk: Chunk, offers: Offers, product: Product) -> None:
    """A configurable lists what its variants offer."""
    children = shown_children(plan, chunk, offers, product)
    for attribute_id in chunk.super_attributes.get(product.entity_id, ()):
        choice = plan.fields.choice(attribute_id)
        if choice is None:
            continue
        ids = [stored for child in children if (stored := offers.value(child, attribute_id))]
        if ids:
            body[choice.code] = choice.list_of(ids)
            if plan.fields.oid:
                body[choice.twin] = choice.ids_of(ids)


def shown_children(plan: Plan, chunk: Chunk, offers: Offers, product: Product) -> list[int]:
    """Variants that a shopper can choose, or sees as sold out where the shop shows those."""
    if plan.hide_sold_out:
        return [child for child in offers.children(product) if offers.offered(child)]
    return [
        child
        for child in offers.children(product)
        if child in chunk.products and chunk.products[child].listed and offers.enabled(child)
    ]


def _prices(body: Body, plan: Plan, offers: Offers, product: Product) -> None:
    usual = offers.usual(product)
    known = plan.usual_prices.get(usual) if usual else None
    if known is None:
        known = _price_fields(plan, offers.offer(product))
        if usual:
            remember(plan.usual_prices, usual, known)
    body.update(known)


def _price_fields(plan: Plan, offer: Offer) -> Body:
    amounts = {"price": offer.chosen(plan.settings.price)}
    amounts |= {code: AMOUNTS[code](offer) for code in plan.prices}
    return {code: number(amount) for code, amount in amounts.items() if amount is not None}


def _page(body: Body, plan: Plan, chunk: Chunk, offers: Offers, product: Product) -> None:
    """The product's own page, or for a variant without one the page of its parent."""
    entity_id, visibility = product.entity_id, plan.ids.visibility
    invisible = offers.value(entity_id, visibility) == INVISIBLE
    if not invisible and offers.enabled(entity_id):
        body["productUrl"] = page_of(plan, chunk, offers, entity_id)
        return
    if not invisible:
        return
    listed = [
        parent
        for parent in chunk.parents.get(entity_id, ())
        if parent in chunk.products and chunk.products[parent].listed
    ]
    if listed:
        body["parentId"] = chunk.products[listed[0]].sku
    for parent in listed if offers.enabled(entity_id) else ():
        if offers.enabled(parent) and offers.value(parent, visibility) != INVISIBLE:
            body["productUrl"] = page_of(plan, chunk, offers, parent)
            return


def page_of(plan: Plan, chunk: Chunk, offers: Offers, entity_id: int) -> str:
    """Address of a product's page: its rewrite, else Magento's plain path."""
    path = chunk.rewrites.get(entity_id)
    return plan.addresses.page(path or fallback_path(entity_id, offers.value(entity_id, plan.ids.url_key)))


def _borrowed_picture(plan: Plan, chunk: Chunk, offers: Offers, product: Product) -> str | None:
    """A configurable without a picture shows that of its first enabled child that has one."""
    for child in sorted(offers.children(product)):
        picture = plan.addresses.picture(offers.value(child, plan.ids.image))
        if child in chunk.products and offers.enabled(child) and picture:
            return picture
    return None


def _categories(body: Body, plan: Plan, assigned: Sequence[Assignment]) -> None:
    key = tuple(assigned)
    known = plan.shown_categories.get(key)
    if known is None:
        known = _category_fields(plan, assigned)
        remember(plan.shown_categories, key, known)
    body.update(known)


def _category_fields(plan: Plan, assigned: Sequence[Assignment]) -> Body:
    found = shown_categories(assigned, plan.tree)
    if not found:
        return {}
    fields: Body = {"category": found[0].label}
    if len(found) > 1:
        fields["additionalCategories"] = [category.label for category in found[1:]]
    if plan.wants_categories:
        fields["category_ids"] = ids_below_root(found, plan.store.root_category_id)
    return fields
