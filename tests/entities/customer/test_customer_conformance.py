"""Customers against what the official module sent, and against what Magento itself shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synqd.entities.customer import CustomerEntity
from synqd.models.shop import Shop
from tests.support.entities import CountingSource, Shopkeeper, bodies, settings_of
from tests.support.recorded import Comparison, payloads, truth

ATTRIBUTES = [
    "default_billing",
    "dob",
    "gender",
    "group_id",
    "website_id",
    "store_id",
    "created_at",
    "created_in",
    "taxvat",
    "prefix",
    "middlename",
    "suffix",
    "confirmation",
    "cust_text",
    "cust_textarea",
    "cust_select",
    "cust_multi",
    "cust_date",
    "cust_bool",
    "cust_decimal",
    "cust_static_like",
    "disable_auto_group_change",
]
SEX = {1: "MALE", 2: "FEMALE", 3: "NOT_SPECIFIED"}
ADDRESS = {
    "phone": "telephone",
    "city": "city",
    "zipCode": "postcode",
    "province": "region",
    "countryCode": "country_id",
    "company": "company",
}


def shopkeeper(source: CountingSource, shop: Shop, mapping: str) -> Shopkeeper:
    settings = settings_of(sync={"mapping": mapping}, customer={"attributes": ATTRIBUTES})
    return Shopkeeper(CustomerEntity(), source, shop, settings)


@pytest.mark.parametrize("run", ["labels-notax", "ids-tax-regular"])
@pytest.mark.parametrize("store_id", [1, 2])
async def test_module_mapping_sends_what_the_module_sent(
    dump_source: CountingSource, dump_shop: Shop, conformance_dir: Path, run: str, store_id: int
) -> None:
    sent = bodies(await shopkeeper(dump_source, dump_shop, "module").full(store_id))
    got = {each["customId"]: each for each in sent}
    comparison = Comparison()
    for expected in payloads(conformance_dir, run, "customer", store_id):
        comparison.record(expected["customId"], expected, got.pop(expected["customId"]))
    comparison.show(f"customers of store view {store_id}, {run}")
    assert not got
    assert not comparison.differences


async def test_store_mapping_sends_what_magento_shows(
    dump_source: CountingSource, dump_shop: Shop, conformance_dir: Path
) -> None:
    keeper = shopkeeper(dump_source, dump_shop, "store")
    got = {each["customId"]: each for store_id in (1, 2) for each in bodies(await keeper.full(store_id))}
    comparison = Comparison()
    for expected in truth(conformance_dir, "customer"):
        comparison.record(
            str(expected["entity_id"]), profile_of(expected), got.pop(str(expected["entity_id"]))
        )
    comparison.show("customers as shown")
    assert not got
    assert not comparison.differences


def profile_of(shown: dict[str, Any]) -> dict[str, Any]:
    """The profile that a record of the truth set calls for."""
    billing = shown["billing"] or {}
    profile = {
        "email": shown["email"],
        "customId": str(shown["entity_id"]),
        "firstName": shown["firstname"],
        "lastName": shown["lastname"],
        "birthDate": shown["dob"],
        "sex": SEX.get(shown["gender"]),
        "address": " ".join(billing.get("street", [])),
        **{name: billing.get(source) for name, source in ADDRESS.items()},
    }
    attributes = {
        code: shown["attributes"][code].get("label_own_store", shown["attributes"][code]["raw"])
        for code in ATTRIBUTES
        if code in shown["attributes"] and code not in {"default_billing", "dob", "gender"}
    }
    filled = {code: value for code, value in attributes.items() if value not in (None, "", [])}
    filled["lastUpdateType"] = "all"
    return {name: value for name, value in profile.items() if value} | {"attributes": filled}


@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_every_customer_of_every_store_view_is_sent(
    dump_source: CountingSource, dump_shop: Shop, mapping: str
) -> None:
    keeper = shopkeeper(dump_source, dump_shop, mapping)
    counts = {store_id: len(bodies(await keeper.full(store_id))) for store_id in (1, 2, 3, 4)}
    assert counts == {
        store_id: await keeper.entity.count(dump_source, dump_shop.stores[store_id]) for store_id in counts
    }
    assert sum(counts.values()) == 109
