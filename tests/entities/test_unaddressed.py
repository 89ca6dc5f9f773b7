"""Addresses as Magento makes them, and what is none (S31)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synqd.entities.addressed import reason as told
from synqd.entities.addressed import without_address
from synqd.entities.order import OrderEntity
from synqd.entities.product.urls import addresses
from synqd.models.shop import DEFAULT, Shop, ShopConfig
from tests.entities.product.shopkeeping import keeper_of
from tests.support.entities import CountingSource, Shopkeeper, reason

BASE, SECURE, LINK, MEDIA = (
    f"web/{path}"
    for path in ("unsecure/base_url", "secure/base_url", "unsecure/base_link_url", "unsecure/base_media_url")
)


def with_values(shop: Shop, values: dict[str, str | None]) -> Shop:
    gone = {place: value for place, value in shop.config.values.items() if place[0] not in values}
    return replace(
        shop, config=ShopConfig(gone | {(path, DEFAULT, 0): value for path, value in values.items()})
    )


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ({}, False),
        ({BASE: None}, True),
        ({BASE: ""}, True),
        ({BASE: "{{base_url}}"}, True),
        ({BASE: "shop.example/"}, True),
        ({BASE: "http://"}, True),
        ({BASE: "{{secure_base_url}}", SECURE: "https://safe.example/"}, False),
        ({BASE: "http://shop.example/", SECURE: "{{unsecure_base_url}}"}, False),
        ({BASE: "https://shop.example/", SECURE: "{{unsecure_base_url}}"}, False),
        ({LINK: "{{unsecure_base_url}}"}, False),
        ({LINK: "{{nobody_knows}}"}, True),
        ({MEDIA: "{{base_url}}media/"}, False),
        ({MEDIA: "https://cdn.example/media/"}, False),
        ({MEDIA: "/media/"}, True),
    ],
)
def test_what_is_an_address(dump_shop: Shop, values: dict[str, str | None], *, broken: bool) -> None:
    shop = with_values(dump_shop, values)
    store = shop.stores[1]
    assert addresses(shop.config, store).is_broken is broken
    assert bool(without_address(shop.config, [store])) is broken
    assert (
        "store view default: products and orders wait" in told(without_address(shop.config, [store]))
    ) is broken


async def test_nothing_with_a_broken_address_is_shown(dump_source: CountingSource, dump_shop: Shop) -> None:
    shop = with_values(dump_shop, {BASE: "{{base_url}}"})
    products = keeper_of(dump_source, shop)
    orders = Shopkeeper(OrderEntity(), dump_source, shop, products.settings)
    for keeper in (products, orders):
        assert reason(await keeper.one(1, 1)) == "the shop's settings say no address of its store view"
