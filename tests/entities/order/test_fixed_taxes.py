"""Fixed product taxes that an order bore are part of what was paid."""

from __future__ import annotations

from typing import Any

import pytest

from synqd.models.shop import Shop
from tests.entities.order.test_order_mapping import add, add_line, keeper
from tests.support.database import Database
from tests.support.entities import CountingSource, body

APPLIED = '[{"title":"Eco","amount":2.5,"row_amount":2.5,"amount_incl_tax":2.98,"row_amount_incl_tax":2.98}]'


async def sent(
    source: CountingSource, shop: Shop, entity_id: int, *, tax: bool = True, mapping: str = "store"
) -> Any:
    shopkeeper = keeper(source, shop, product={"calculate_tax": tax}, sync={"mapping": mapping})
    return body(await shopkeeper.one(1, entity_id))


@pytest.mark.parametrize(
    ("columns", "paid"),
    [
        ({"weee_tax_applied_row_amount": 2.5}, 14.5),
        ({"weee_tax_applied_row_amount": 2.5, "weee_tax_applied": APPLIED}, 14.98),
        ({"weee_tax_applied_row_amount": 2.5, "weee_tax_applied": "[]"}, 14.5),
        ({"weee_tax_applied_row_amount": 2.5, "weee_tax_applied": "{broken"}, 14.5),
        ({"weee_tax_applied_row_amount": 2.5, "weee_tax_applied": '{"row_amount_incl_tax":1}'}, 14.5),
        ({}, 12),
    ],
)
async def test_what_was_paid_holds_fixed_product_taxes(
    scratch: Database,
    scratch_source: CountingSource,
    scratch_shop: Shop,
    columns: dict[str, Any],
    paid: float,
) -> None:
    await add(scratch, 9301)
    await add_line(scratch, 93011, 9301, **columns)
    order = await sent(scratch_source, scratch_shop, 9301)
    assert order["revenue"]["amount"] == paid
    assert order["products"][0]["finalUnitPrice"]["amount"] == paid / 2
    assert order["products"][0]["regularPrice"]["amount"] == paid / 2
    assert order["value"]["amount"] == 10
    untaxed = await sent(scratch_source, scratch_shop, 9301, tax=False)
    assert untaxed["revenue"]["amount"] == 10
    assert untaxed["products"][0]["finalUnitPrice"]["amount"] == 5
    module = await sent(scratch_source, scratch_shop, 9301, mapping="module")
    assert module["revenue"]["amount"] == 12


async def test_a_dynamic_bundle_bears_those_of_its_children(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 9302)
    await add_line(scratch, 93021, 9302, product_type="bundle")
    for item_id, applied in ((93022, APPLIED), (93023, None)):
        child = {"parent_item_id": 93021, "row_total": 5, "tax_amount": 1, "weee_tax_applied": applied}
        await add_line(scratch, item_id, 9302, weee_tax_applied_row_amount=2.5, **child)
    order = await sent(scratch_source, scratch_shop, 9302)
    assert order["revenue"]["amount"] == 12 + 2.98 + 2.5
