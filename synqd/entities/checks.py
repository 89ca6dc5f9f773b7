"""What ``check-config --connect`` tells of identities before they do harm (semantics S9).

A write whose ids belong to two profiles is answered with success and dropped by Synerise, or merges the two
for ever, and two orders with one increment id in one workspace are two events of one order. None of it can
be seen later, so it is counted in Magento, in a few queries for each workspace and website.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from synqd.config import CustomerSettings, Routes
from synqd.entities.accounts import Homes, at_home
from synqd.entities.base import Row, Source
from synqd.entities.customer.attributes import load_attributes, may_be_sent, refusal
from synqd.models.names import Model
from synqd.models.person import folded

# What the database's collation takes for the same are candidates, which are told apart afterwards (S33).
_SAME_INCREMENT_ID = """
SELECT o.increment_id, o.entity_id FROM (
  SELECT increment_id FROM {sales_order} WHERE store_id IN %s AND increment_id IS NOT NULL
   GROUP BY increment_id HAVING COUNT(*) > 1) colliding
  JOIN {sales_order} o ON o.increment_id = colliding.increment_id AND o.store_id IN %s"""
_SAME_SKU = """
SELECT p.sku, p.entity_id FROM (
  SELECT sku FROM {catalog_product_entity} product
    JOIN {catalog_product_website} shown ON shown.product_id = product.entity_id AND shown.website_id = %s
   GROUP BY sku HAVING COUNT(*) > 1) colliding
  JOIN {catalog_product_entity} p ON p.sku = colliding.sku
  JOIN {catalog_product_website} shown ON shown.product_id = p.entity_id AND shown.website_id = %s"""
_SAME_EMAIL = f"""
SELECT c.email, c.entity_id FROM (
  SELECT email FROM {{customer_entity}} c WHERE email IS NOT NULL AND {at_home("c")}
   GROUP BY email HAVING COUNT(*) > 1) colliding
  JOIN {{customer_entity}} c ON c.email = colliding.email AND {at_home("c")}"""


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that would go wrong silently.

    Attributes:
        workspace: where.
        model: of which model.
        count: how often.
        message: one line with an example.
        remedy: what to do.
    """

    workspace: str
    model: Model
    count: int
    message: str
    remedy: str


async def identity_risks(source: Source, routes: Routes) -> list[Risk]:
    """Colliding increment ids and e-mails with two customer ids, for each workspace that has any.

    Raises:
        MagentoUnavailable: the database did not answer.
    """
    risks: list[Risk] = []
    for workspace, stores in sorted(_stores(routes).items()):
        if Model.PRODUCT in routes.settings.sync.models:
            risks += await _products(source, routes, workspace, stores)
        if Model.ORDER in routes.settings.sync.models:
            risks += await _orders(source, workspace, stores)
        if Model.CUSTOMER in routes.settings.sync.models and _sends_ids(routes, stores):
            risks += await _customers(source, routes, workspace, stores)
    return risks


async def attribute_faults(source: Source, settings: CustomerSettings) -> Mapping[str, str]:
    """Customer attributes that are wanted and not sent, in any scope, each with the reason."""
    lists = [settings.attributes]
    lists += [scope.attributes for scope in (*settings.website.values(), *settings.store.values())]
    listed = dict.fromkeys(code for codes in lists if not isinstance(codes, str) for code in codes)
    known = await load_attributes(source)
    if "all" in lists:
        listed |= {code: None for code in sorted(may_be_sent(known)) if not known[code].readable}
    return {code: reason for code in listed if (reason := refusal(code, known)) is not None}


def _stores(routes: Routes) -> Mapping[str, Sequence[int]]:
    stores: dict[str, list[int]] = {}
    for store_id, route in sorted(routes.by_store.items()):
        stores.setdefault(route.workspace, []).append(store_id)
    return stores


def _sends_ids(routes: Routes, stores: Sequence[int]) -> bool:
    sections = (routes.settings.customer.at(routes.shop.stores[store_id]) for store_id in stores)
    return any(section.custom_id == "entity_id" for section in sections)


async def _orders(source: Source, workspace: str, stores: Sequence[int]) -> list[Risk]:
    twice = _colliding(await source.fetch(_SAME_INCREMENT_ID, (stores, stores)), alike=str)
    if not twice:
        return []
    named = f"{len(twice)} increment ids belong to several orders, {min(twice)} for one"
    message = f"{named}: Synerise counts each of them, unless e-mail and time are the same, too"
    remedy = "give each website a workspace of its own, or each store view an increment id prefix"
    return [Risk(workspace, Model.ORDER, len(twice), message, remedy)]


async def _products(source: Source, routes: Routes, workspace: str, stores: Sequence[int]) -> list[Risk]:
    websites = sorted({routes.shop.stores[store_id].website_id for store_id in stores})
    twice: dict[str, Sequence[int]] = {}
    for website in websites:
        twice |= _colliding(await source.fetch(_SAME_SKU, (website, website)), alike=str)
    if not twice:
        return []
    first, *_, last = min(sorted(ids) for ids in twice.values())
    named = f"{len(twice)} SKUs belong to several products, ids {first} and {last} for one"
    message = f"{named}: only the product with the lowest id is sent"
    return [
        Risk(workspace, Model.PRODUCT, len(twice), message, "give each product a SKU of its own in Magento")
    ]


async def _customers(source: Source, routes: Routes, workspace: str, stores: Sequence[int]) -> list[Risk]:
    homes = Homes.of(routes.shop, stores)
    twice = _colliding(await source.fetch(_SAME_EMAIL, (*homes, *homes)), alike=folded)
    if not twice:
        return []
    first, *_, last = min(sorted(ids) for ids in twice.values())
    named = f"{len(twice)} e-mails belong to several customers, ids {first} and {last} for one"
    message = f"{named}: only one profile can win, that of the highest id"
    remedy = 'give each website a workspace of its own, or set [customer] custom_id = "none"'
    return [Risk(workspace, Model.CUSTOMER, len(twice), message, remedy)]


def _colliding(rows: Iterable[Row], *, alike: Callable[[str], str]) -> Mapping[str, Sequence[int]]:
    """Ids by what ``alike`` makes of their names, where there are several."""
    ids: dict[str, list[int]] = defaultdict(list)
    for name, entity_id in rows:
        ids[alike(name)].append(entity_id)
    return {name: found for name, found in ids.items() if len(found) > 1}
