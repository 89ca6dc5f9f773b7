"""Risky identities are counted before anything is sent (semantics S9)."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from synqd.config import Routes
from synqd.entities.checks import attribute_faults, identity_risks
from synqd.entities.identity import NAMESPACE, profile_uuid
from synqd.models.names import Model
from synqd.models.shop import Shop
from tests.support.database import Database
from tests.support.entities import CountingSource, one_workspace, settings_of


async def test_customers_of_two_websites_with_one_email_collide_in_one_workspace(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    (risk,) = await identity_risks(dump_source, Routes.build(one_workspace(), dump_shop))
    assert (risk.workspace, risk.model) == ("main", Model.CUSTOMER)
    ((shared,),) = await dump_source.fetch(
        "SELECT COUNT(*) FROM (SELECT email FROM {customer_entity} GROUP BY email HAVING COUNT(*) > 1) twice"
    )
    assert risk.count == shared > 0
    assert "ids 23 and 34 for one" in risk.message


async def test_workspaces_of_their_own_or_no_customer_ids_are_safe(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    assert await identity_risks(dump_source, Routes.build(settings_of(), dump_shop)) == []
    without = one_workspace(customer={"custom_id": "none"})
    assert await identity_risks(dump_source, Routes.build(without, dump_shop)) == []


async def test_equal_increment_ids_collide(
    scratch_source: CountingSource, scratch_shop: Shop, scratch: Database
) -> None:
    rows = "(50001, 'SAME-1', 1), (50002, 'SAME-1', 2), (50003, 'SAME-1', 3)"
    await scratch.sql(f"REPLACE INTO sales_order (entity_id, increment_id, store_id) VALUES {rows}")
    risks = await identity_risks(scratch_source, Routes.build(settings_of(), scratch_shop))
    assert [(risk.workspace, risk.model, risk.count) for risk in risks] == [("main", Model.ORDER, 1)]
    assert "SAME-1" in risks[0].message


async def test_attributes_that_are_listed_in_vain_are_named(dump_source: CountingSource) -> None:
    settings = settings_of(
        customer={"attributes": ["taxvat", "rp_token"], "store": {"de": {"attributes": ["gendre"]}}}
    )
    faults = await attribute_faults(dump_source, settings.customer)
    assert sorted(faults) == ["gendre", "rp_token"]
    assert "did you mean gender" in faults["gendre"]


@given(st.emails())
def test_uuid_is_that_of_the_standard_library(email: str) -> None:
    assert profile_uuid(email) == str(uuid.uuid5(NAMESPACE, email))


def test_uuid_is_that_of_the_official_module() -> None:
    assert profile_uuid("customer@example.com") == "f95a6e19-158c-5dfa-a4de-5b77fbb55edd"
    assert profile_uuid("Customer@Example.com") == "38c48784-519e-5710-84ce-2afb9367e2f6"
