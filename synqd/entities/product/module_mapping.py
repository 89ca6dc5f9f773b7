"""``mapping = "module"``: an item as the official module (3.3.3) sends it, explicit nulls included.

Where it differs on purpose from the module: special prices count only inside their dates, ``is_salable`` and
``stock_status`` are the true ones of the website's stock, a picture "no_selection" is none, and the order of
categories is Magento's own order of assignment.
"""

from typing import Any

from synqd.entities.product.categories import ids_with_ancestors
from synqd.entities.product.chunk import Chunk, Product
from synqd.entities.product.fields import Choice
from synqd.entities.product.kinds import CONFIGURABLE
from synqd.entities.product.offers import AMOUNTS, Offers
from synqd.entities.product.plan import Plan
from synqd.entities.product.store_mapping import INVISIBLE, Body, page_of


def module_item(plan: Plan, chunk: Chunk, offers: Offers, product: Product) -> Body:
    """The catalog item of a product of the website."""
    values = chunk.values.get(product.entity_id, {})
    body: Body = {
        "itemId": product.sku,
        "deleted": 0,
        "storeId": plan.store.store_id,
        "storeUrl": plan.addresses.home,
        "entity_id": str(product.entity_id),
        "sku": product.sku,
        "stock_status": str(int(offers.in_stock(product))),
        "is_salable": offers.salable(product),
    }
    _attributes(body, plan, values, product)
    body.update(offers.stock_fields(product))
    if product.kind == CONFIGURABLE:
        _super_attributes(body, plan, chunk, offers, product)
    _prices(body, plan, offers, product)
    _page(body, plan, chunk, offers, product)
    picture = plan.addresses.picture(_picture(plan, offers, product))
    if picture is not None:
        body["image"] = picture
    _categories(body, plan, chunk, product)
    return body


def _attributes(body: Body, plan: Plan, values: dict[int, str | None], product: Product) -> None:
    fields = plan.fields
    get = values.get
    for code, attribute_id in fields.raw:
        body[code] = get(attribute_id)
    for choice in fields.choices:
        _write_choice(body, choice, get(choice.attribute_id), oid=fields.oid)
    for code in fields.static:
        body[code] = product.static(code)
    _write_choice(body, plan.visibility, get(plan.visibility.attribute_id), oid=fields.oid)


def _write_choice(body: Body, choice: Choice, stored: str | None, *, oid: bool) -> None:
    body[choice.code] = None if stored is None else choice.write(stored)
    if oid and stored is not None:
        body[choice.twin] = choice.write_ids(stored)


def _super_attributes(body: Body, plan: Plan, chunk: Chunk, offers: Offers, product: Product) -> None:
    for attribute_id in chunk.super_attributes.get(product.entity_id, ()):
        choice = plan.fields.choice(attribute_id)
        if choice is None:
            continue
        children = offers.children(product)
        ids = [stored for child in children if (stored := offers.value(child, attribute_id))]
        body[choice.code] = choice.list_of(ids)
        if plan.fields.oid:
            body[choice.twin] = choice.ids_of(ids)


def _prices(body: Body, plan: Plan, offers: Offers, product: Product) -> None:
    offer = offers.offer(product)
    body["price"] = offer.chosen(plan.settings.price) or 0
    for code in plan.prices:
        amount = AMOUNTS[code](offer)
        if amount:
            body[code] = amount


def _page(body: Body, plan: Plan, chunk: Chunk, offers: Offers, product: Product) -> None:
    shown: int | None = product.entity_id
    if offers.value(product.entity_id, plan.ids.visibility) == INVISIBLE:
        parents = chunk.parents.get(product.entity_id, ())
        shown = next((parent for parent in parents if parent in chunk.products), None)
        if shown is not None:
            body["parentId"] = chunk.products[shown].sku
    if shown is not None:
        body["productUrl"] = page_of(plan, chunk, offers, shown) + plan.page_suffix


def _picture(plan: Plan, offers: Offers, product: Product) -> str | None:
    """A configurable without a picture, or with none in this store view, shows its first child's."""
    own = offers.value(product.entity_id, plan.ids.image)
    if plan.addresses.picture(own) or product.kind != CONFIGURABLE:
        return own
    pictures = (offers.value(child, plan.ids.image) for child in sorted(offers.children(product)))
    return next((picture for picture in pictures if plan.addresses.picture(picture)), None)


def _categories(body: Body, plan: Plan, chunk: Chunk, product: Product) -> None:
    assigned = chunk.categories.get(product.entity_id, ())
    labels: list[Any] = [
        plan.tree[each.category_id].label for each in assigned if each.category_id in plan.tree
    ]
    if labels:
        body["category"] = labels[0]
        if plan.wants_categories:
            body["category_ids"] = ids_with_ancestors(assigned, plan.tree)
    if len(labels) > 1:
        body["additionalCategories"] = labels[1:]
