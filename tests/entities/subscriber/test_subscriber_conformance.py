"""Subscribers against what the official module sent, and against what Magento itself shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from synqd.entities.subscriber import SubscriberEntity
from synqd.models.shop import Shop
from tests.support.entities import CountingSource, Shopkeeper, bodies, settings_of
from tests.support.recorded import Comparison, payloads, truth


@pytest.mark.parametrize("run", ["labels-notax", "ids-tax-regular"])
@pytest.mark.parametrize("store_id", [1, 2])
async def test_module_mapping_sends_what_the_module_sent(
    dump_source: CountingSource, dump_shop: Shop, conformance_dir: Path, run: str, store_id: int
) -> None:
    settings = settings_of(sync={"mapping": "module"})
    sent = bodies(await Shopkeeper(SubscriberEntity(), dump_source, dump_shop, settings).full(store_id))
    got = {each["email"]: each for each in sent}
    comparison = Comparison()
    for expected in payloads(conformance_dir, run, "subscriber", store_id):
        # The module withdraws six other agreements by accident; only the e-mail agreement is meant.
        expected["agreements"] = {"email": expected["agreements"]["email"]}
        comparison.record(expected["email"], expected, got.pop(expected["email"]))
    comparison.show(f"subscribers of store view {store_id}, {run}")
    assert not got
    assert not comparison.differences


async def test_agreements_are_those_that_magento_shows(
    dump_source: CountingSource, dump_shop: Shop, conformance_dir: Path
) -> None:
    keeper = Shopkeeper(SubscriberEntity(), dump_source, dump_shop)
    sent = {each["email"]: each for store_id in (1, 2) for each in bodies(await keeper.full(store_id))}
    comparison = Comparison()
    for shown in truth(conformance_dir, "customer"):
        newsletter = shown["newsletter"]
        if newsletter and newsletter.get("id"):
            agreed = sent[newsletter["email"]]["agreements"]["email"]
            comparison.field("agreements.email", newsletter["email"], newsletter["status"] == 1, agreed)
    comparison.show("newsletter rows of customers")
    assert comparison.equal["agreements.email"] > 0
    assert not comparison.differences
