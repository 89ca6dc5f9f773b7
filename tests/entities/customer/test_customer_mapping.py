"""Attributes, validity and cleared values of profiles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from synqd.entities.customer import CustomerEntity
from synqd.entities.customer.attributes import load_attributes, refusal
from synqd.models.names import Lane
from synqd.models.shop import Shop
from synqd.models.wire import Skip
from tests.support.database import Database
from tests.support.entities import (
    NOW,
    CountingSource,
    Shopkeeper,
    bodies,
    body,
    leased,
    parcel,
    reason,
    remembered,
    settings_of,
)


def keeper(source: CountingSource, shop: Shop, mapping: str = "store", **customer: Any) -> Shopkeeper:
    return Shopkeeper(
        CustomerEntity(), source, shop, settings_of(sync={"mapping": mapping}, customer=customer)
    )


async def add(database: Database, entity_id: int, **columns: Any) -> None:
    """A customer of store view 1, with these columns."""
    values = {"entity_id": entity_id, "website_id": 1, "store_id": 1, "email": f"c{entity_id}@shop.example"}
    values |= {"firstname": "Ada", "lastname": "Byron", "created_in": "here", **columns}
    names = ", ".join(f"`{name}`" for name in values)
    marks = ", ".join(["%s"] * len(values))
    await database.sql("SET SESSION sql_mode = ''")
    await database.sql(f"INSERT INTO customer_entity ({names}) VALUES ({marks})", *values.values())


async def add_address(database: Database, entity_id: int, customer_id: int, **columns: Any) -> None:
    values = {"entity_id": entity_id, "parent_id": customer_id, "city": "Paris", "country_id": "FR"}
    values |= {"firstname": "", "lastname": "", "street": "1 rue", "telephone": "+33 1 23", **columns}
    names = ", ".join(f"`{name}`" for name in values)
    marks = ", ".join(["%s"] * len(values))
    await database.sql(f"INSERT INTO customer_address_entity ({names}) VALUES ({marks})", *values.values())


async def test_bad_phone_is_left_out_and_told(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 20_001, default_billing=20_001)
    await add_address(scratch, 20_001, 20_001, telephone="ask for Ada")
    outcome = parcel(
        await keeper(scratch_source, scratch_shop, attributes=["default_billing"]).one(1, 20_001)
    )
    assert outcome.items[0].notes == ("phone: Synerise does not accept this number",)
    sent = body(outcome)
    assert "phone" not in sent
    assert sent["city"] == "Paris"


async def test_phone_with_dots_is_repaired_as_shown_but_not_as_the_module_had_it(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 20_002, default_billing=20_002)
    await add_address(scratch, 20_002, 20_002, telephone="512.345.678")
    wanted: dict[str, Any] = {"attributes": ["default_billing"]}
    shown = body(await keeper(scratch_source, scratch_shop, "store", **wanted).one(1, 20_002))
    assert shown["phone"] == "512 345 678"
    module = body(await keeper(scratch_source, scratch_shop, "module", **wanted).one(1, 20_002))
    assert "phone" not in module


async def test_address_of_somebody_else_is_not_sent(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 20_003, default_billing=1)
    assert "city" not in body(
        await keeper(scratch_source, scratch_shop, attributes=["default_billing"]).one(1, 20_003)
    )


@pytest.mark.parametrize("email", ["a..b@shop.example", "nobody", "a@żółw.pl", None, ""])
async def test_impossible_email_skips_the_customer(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, email: str | None
) -> None:
    await scratch.sql("DELETE FROM customer_entity WHERE entity_id = 20004")
    await add(scratch, 20_004, email=email)
    assert reason(await keeper(scratch_source, scratch_shop).one(1, 20_004)).startswith(
        "Synerise does not accept its e-mail"
    )


@pytest.mark.parametrize(
    ("dob", "sent"), [("0000-00-00", None), ("1900-01-01", None), ("1900-01-02", "1900-01-02")]
)
async def test_birth_dates_that_synerise_refuses_are_left_out(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, dob: str, sent: str | None
) -> None:
    await scratch.sql("DELETE FROM customer_entity WHERE entity_id = 20005")
    async with scratch.connect(init_command="SET sql_mode = ''") as connection, connection.cursor() as cursor:
        await cursor.execute(
            "INSERT INTO customer_entity (entity_id, website_id, store_id, email, dob)"
            " VALUES (20005, 1, 1, 'dob@shop.example', %s)",
            (dob,),
        )
    outcome = await keeper(scratch_source, scratch_shop, attributes=["dob"]).one(1, 20_005)
    assert body(outcome).get("birthDate") == sent
    assert bool(parcel(outcome).items[0].notes) == (sent is None)


async def test_values_that_became_empty_are_sent_as_null_once(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 20_006, dob="1980-01-01", taxvat="X1")
    shop = keeper(scratch_source, scratch_shop, attributes=["dob", "taxvat"])
    before = remembered(await shop.one(1, 20_006))
    assert {"birthDate", "attributes.taxvat"} <= before.fields
    await scratch.sql("UPDATE customer_entity SET dob = NULL, taxvat = NULL WHERE entity_id = 20006")
    emptied = await shop.one(1, 20_006, known=before)
    assert body(emptied)["birthDate"] is None
    assert body(emptied)["attributes"] == {"taxvat": None, "lastUpdateType": "all"}
    after = remembered(emptied)
    settled = await shop.one(1, 20_006, known=after)
    assert "birthDate" not in body(settled)
    assert parcel(settled).digest == after.digest


async def test_module_mapping_sends_no_nulls(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 20_007, taxvat="X1")
    shop = keeper(scratch_source, scratch_shop, "module", attributes=["taxvat"])
    before = remembered(await shop.one(1, 20_007))
    await scratch.sql("UPDATE customer_entity SET taxvat = NULL WHERE entity_id = 20007")
    assert body(await shop.one(1, 20_007, known=before))["attributes"] == {"lastUpdateType": "all"}


async def test_gender_follows_the_shops_own_options(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    ((attribute_id,),) = await scratch_source.fetch(
        "SELECT attribute_id FROM {eav_attribute} WHERE attribute_code = 'gender' AND entity_type_id = 1"
    )
    for option_id, label in ((9001, "Female"), (9002, "Diverse"), (9003, "Starfish")):
        await scratch.sql(
            "INSERT INTO eav_attribute_option (option_id, attribute_id) VALUES (%s, %s)",
            option_id,
            attribute_id,
        )
        await scratch.sql(
            "INSERT INTO eav_attribute_option_value (option_id, store_id, value) VALUES (%s, 0, %s)",
            option_id,
            label,
        )
    shop = keeper(scratch_source, scratch_shop, attributes=["gender"])
    sexes = []
    for entity_id, option_id in ((20_010, 9001), (20_011, 9002), (20_012, 9003), (20_013, 2)):
        await add(scratch, entity_id, gender=option_id)
        sexes.append(body(await shop.one(1, entity_id)).get("sex"))
    assert sexes == ["FEMALE", "OTHER", None, "FEMALE"]


async def test_all_attributes_leave_out_what_must_never_be_sent(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    names = {
        name
        for sent in bodies(await keeper(dump_source, dump_shop, attributes="all").full(1))
        for name in (*sent, *sent["attributes"])
    }
    assert {"taxvat", "cust_text", "birthDate", "city", "updated_at"} <= names
    assert not names & {
        "password_hash",
        "rp_token",
        "rp_token_created_at",
        "failures_num",
        "first_failure",
        "lock_expires",
    }


async def test_refusals_of_attributes_say_why(dump_source: CountingSource) -> None:
    known = await load_attributes(dump_source)
    assert "security" in (refusal("rp_token", known) or "")
    assert "did you mean taxvat" in (refusal("taxvta", known) or "")
    assert refusal("taxvat", known) is None


async def test_update_type_and_update_time_are_no_change(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 20_014)
    shop = keeper(scratch_source, scratch_shop, attributes=["updated_at"])
    full = parcel(await shop.one(1, 20_014))
    await scratch.sql("UPDATE customer_entity SET updated_at = '2001-01-01' WHERE entity_id = 20014")
    live = await shop.one(1, 20_014, lane=Lane.LIVE)
    assert body(live)["attributes"] == {"updated_at": "2001-01-01 00:00:00", "lastUpdateType": "item"}
    assert parcel(live).digest == full.digest


async def test_without_customer_ids_only_the_email_identifies(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    assert "customId" not in body(await keeper(dump_source, dump_shop, custom_id="none").one(1, 1))


@pytest.mark.parametrize(("store_id", "mine"), [(1, True), (2, False)])
async def test_back_office_customers_belong_to_the_websites_default_store_view(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, store_id: int, *, mine: bool
) -> None:
    shop = keeper(scratch_source, scratch_shop)
    store = scratch_shop.stores[store_id]
    await scratch.sql("DELETE FROM customer_entity WHERE entity_id = 20015")
    before = await shop.entity.count(scratch_source, store)
    await add(scratch, 20_015, store_id=0)
    page = await shop.entity.page(scratch_source, store, 20_014, 10, 20_015)
    assert (list(page.ids) == [20_015]) is mine
    assert await shop.entity.count(scratch_source, store) - before == int(mine)
    assert await shop.entity.locate(scratch_source, scratch_shop, [20_015]) == {20_015: frozenset({1})}
    if mine:
        assert body(await shop.one(store_id, 20_015))["email"] == "c20015@shop.example"
    else:
        elsewhere = await shop.one(store_id, 20_015)
        assert elsewhere == Skip("belongs to another store view", moved=store_id == 2)


async def test_labels_are_read_again_when_told_or_too_old(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    shop = keeper(scratch_source, scratch_shop, attributes=["cust_select"])
    item = [leased(shop.entity, 1, 2)]

    async def label(after: float) -> str:
        outcomes = await shop.compose(1, item, NOW + timedelta(seconds=after))
        return str(body(outcomes[0])["attributes"]["cust_select"])

    async def name(text: str) -> None:
        await scratch.sql("UPDATE eav_attribute_option_value SET value = %s WHERE option_id = 220", text)

    assert await label(0) == "Silver"
    await name("Argent")
    assert await label(1) == "Silver"
    shop.entity.refresh()
    assert await label(2) == "Argent"
    await name("Silver")
    assert await label(400) == "Silver"


async def test_words_of_several_options_are_the_store_views_and_read_again_when_told(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    """Customers 10 and 4, in two store views, have chosen the same."""
    shop = keeper(scratch_source, scratch_shop, attributes=["cust_multi"])

    async def words(store_id: int, entity_id: int) -> Any:
        return body(await shop.one(store_id, entity_id))["attributes"]["cust_multi"]

    base = await words(1, 10)
    assert await words(2, 4) == base
    own = "INSERT INTO eav_attribute_option_value (option_id, store_id, value) VALUES (222, 2, 'Eigenes')"
    await scratch.sql(own)
    shop.entity.refresh()
    assert await words(1, 10) == base
    assert await words(2, 4) == ["Eigenes"]
    await scratch.sql("DELETE FROM eav_attribute_option_value WHERE option_id = 222 AND store_id = 2")
    shop.entity.refresh()
    assert await words(2, 4) == base


@pytest.mark.parametrize("size", [1, 40])
async def test_number_of_queries_does_not_depend_on_the_chunk(
    dump_source: CountingSource, dump_shop: Shop, size: int
) -> None:
    shop = keeper(dump_source, dump_shop, attributes="all")
    await shop.one(1, 1)
    page = await shop.entity.page(dump_source, dump_shop.stores[1], 0, size, 10**9)
    dump_source.queries.clear()
    await shop.compose(1, [leased(shop.entity, 1, each) for each in page.ids])
    assert len(dump_source.queries) == 2
