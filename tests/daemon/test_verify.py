"""What changed behind everybody's back is found, told by model and store view, and repaired."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from synqd.cli.synqctl.faults import ControlError
from synqd.models.names import Model
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.control import Control, account
from tests.support.database import Database
from tests.support.house import House

FAULTS = ("missing", "stale", "gone", "absent", "different")


def control(house: House) -> Control:
    return Control(house.home / "control.sock")


async def verified(house: House, **request: Any) -> Any:
    """A verification from its start to its end; its figures have to add up."""
    started = await control(house).post("/v1/verifications", **request)
    done = await control(house).until(
        f"/v1/verifications/{started['id']}", lambda one: one["state"] != "running"
    )
    for part in done["parts"]:
        names = ("correct", "waiting", "skipped", "missing", "stale", "gone")
        assert part["done"]
        assert part["checked"] == sum(part[name] for name in names), part
    return done


def faults(verification: Any) -> dict[tuple[str, str], dict[str, int]]:
    """Figures that are not 0, by model and store view."""
    found = {
        (part["model"], part["store"]): {name: part[name] for name in FAULTS if part[name]}
        for part in verification["parts"]
    }
    return {place: figures for place, figures in found.items() if figures}


def wrong(verification: Any) -> set[tuple[str, str, int]]:
    return {
        (part["model"], one["kind"], one["entity_id"])
        for part in verification["parts"]
        for one in part["findings"]
    }


async def behind_its_back(database: Database, *statements: str) -> None:
    """Changes that nothing tells of: their rows in the change log are gone before they are read."""
    logs = [f"synqd_{model}_cl" for model in Model]
    ends = {log: await database.sql(f"SELECT COALESCE(MAX(version_id), 0) AS n FROM {log}") for log in logs}
    for statement in statements:
        await database.sql(statement)
    for log, (row,) in ends.items():
        await database.sql(f"DELETE FROM {log} WHERE version_id > %s", row["n"])


PRICE = (
    "(SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'price' AND entity_type_id ="
    " (SELECT entity_type_id FROM eav_entity_type WHERE entity_type_code = 'catalog_product'))"
)


async def test_ten_rows_changed_behind_its_back_are_found_and_repaired(
    make_house: MakeHouse, magento_copy: Database, fake: FakeSynerise
) -> None:
    customers = [
        row["entity_id"]
        for row in await magento_copy.sql(
            "SELECT entity_id FROM customer_entity WHERE store_id > 0 AND entity_id NOT IN"
            " (SELECT customer_id FROM sales_order WHERE customer_id IS NOT NULL) ORDER BY entity_id LIMIT 6"
        )
    ]
    products = [
        row["entity_id"]
        for row in await magento_copy.sql(
            "SELECT entity_id FROM catalog_product_entity WHERE type_id = 'simple' AND entity_id NOT IN"
            " (SELECT product_id FROM sales_order_item WHERE product_id IS NOT NULL)"
            " AND entity_id NOT IN (SELECT product_id FROM catalog_product_super_link UNION SELECT"
            " linked_product_id FROM catalog_product_link UNION SELECT product_id FROM catalog_product_link"
            " UNION SELECT product_id FROM catalog_product_bundle_selection)"
            " AND entity_id IN (SELECT product_id FROM catalog_product_website) ORDER BY entity_id"
        )
    ]
    async with make_house(magento_copy, websites=("base", "b2b")) as house:
        async with house.daemon:
            ended = await control(house).ended((await control(house).full())["id"])
            clean = await verified(house)
            assert faults(clean) == {}
            assert sum(part["correct"] for part in clean["parts"]) == account(ended, "sent")[0]
        stale_customers, gone = customers[:4], customers[4]
        # Far apart: the sums of texts find what is in one bucket of ids with a deleted product.
        stale_products, dropped = products[:3], products[-1]
        await behind_its_back(
            magento_copy,
            f"UPDATE customer_entity SET lastname = 'Behind' WHERE entity_id IN {tuple(stale_customers)}",
            f"DELETE FROM customer_entity WHERE entity_id = {gone}",
            f"INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)"
            " SELECT 70000, website_id, store_id, 'new@behind.example', 'New', 'Behind' FROM customer_entity"
            f" WHERE entity_id = {customers[5]}",
            f"UPDATE catalog_product_entity_decimal SET value = 12.34 WHERE store_id = 0"
            f" AND attribute_id = {PRICE} AND entity_id IN {tuple(stale_products)}",
            f"DELETE FROM catalog_product_entity WHERE entity_id = {dropped}",
        )
        async with house.daemon:
            found = await verified(house)
            expected = {("customer", "stale", one) for one in stale_customers}
            expected |= {("customer", "gone", gone), ("customer", "missing", 70000)}
            expected |= {("product", "stale", one) for one in stale_products}
            expected |= {("product", "gone", dropped)}
            assert wrong(found) == expected
            assert len(expected) == 10
            assert all(part["repaired"] == 0 for part in found["parts"])
            text = await house.ctl("verify", "--model", "customer", status=1)
            assert text["state"] == "finished"
            repaired = await verified(house, repair=True)
            assert wrong(repaired) == expected
            assert sum(part["repaired"] for part in repaired["parts"]) == sum(
                part[name] for part in repaired["parts"] for name in FAULTS
            )
            await control(house).until(
                "/v1/status",
                lambda one: not any(sum(stream["waiting"].values()) for stream in one["streams"]),
            )
            assert faults(await verified(house)) == {}
            assert (await house.ctl("verify", "--last"))["state"] == "finished"
    profiles = {int(one["customId"]): one for one in fake.profiles() if one.get("customId")}
    assert {profiles[one]["lastName"] for one in stale_customers} == {"Behind"}
    assert profiles[70000]["email"] == "new@behind.example"
    changed = tuple(stale_products)
    skus = await magento_copy.sql(f"SELECT sku FROM catalog_product_entity WHERE entity_id IN {changed}")
    assert {fake.items("store-1")[row["sku"]]["price"] for row in skus} == {12.34}


async def test_what_is_missing_in_the_ledger_is_found_too(house: House) -> None:
    async with house.daemon:
        await control(house).ended((await control(house).full(models=["product"]))["id"])
    with closing(sqlite3.connect(house.home / "state" / "queue.db")) as db, db:
        db.execute("DELETE FROM ledger WHERE store_id = 1 AND entity_id IN (101, 102)")
        db.execute("UPDATE ledger SET digest = x'00' WHERE store_id = 2 AND entity_id = 101")
    async with house.daemon:
        found = await verified(house, models=["product"])
        assert faults(found) == {("product", "home_en"): {"missing": 2}, ("product", "home_de"): {"stale": 1}}
        only = await verified(house, models=["product"], stores=["home_de"])
        assert [part["store"] for part in only["parts"]] == ["home_de"]


async def test_reading_back_tells_what_synerise_really_has(house: House, fake: FakeSynerise) -> None:
    async with house.daemon:
        await control(house).ended((await control(house).full())["id"])
        clean = await verified(house, remote=1000)
        assert faults(clean) == {}
        read = {(part["model"], part["store"]): part["read"] for part in clean["parts"]}
        assert read["product", "home_en"] > 5
        assert read["customer", "home_en"] > 5
        bag = next(bag for bag in fake.catalogs() if bag.name == "store-1")
        changed, removed = sorted(bag.items)[:2]
        bag.items[changed].value["name"] = "written by somebody else"
        del bag.items[removed]
        found = await verified(
            house, models=["product", "order"], stores=["home_en"], remote=1000, repair=True
        )
        by_model = {part["model"]: part for part in found["parts"]}
        assert (by_model["product"]["different"], by_model["product"]["absent"]) == (1, 1)
        assert {(one["kind"], one["wire_key"], one["detail"]) for one in by_model["product"]["findings"]} == {
            ("different", changed, "name"),
            ("absent", removed, ""),
        }
        assert by_model["order"]["unreadable"] == by_model["order"]["read"] > 0
        await fake.wait(until=lambda: removed in fake.items("store-1"), timeout_s=10.0)
        assert fake.items("store-1")[changed]["name"] != "written by somebody else"
        few = await verified(house, models=["product"], stores=["home_en"], remote=3)
        assert [part["read"] for part in few["parts"]] == [3]


async def test_it_goes_on_after_a_kill_and_ends_by_a_verb(house: House, shop: Database) -> None:
    await shop.sql(
        "INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)"
        " SELECT 20000 + seq, 1, 1, CONCAT('many', seq, '@many.example'), 'A', 'Many' FROM seq_1_to_4000"
    )
    async with house.daemon:
        pass
    await house.daemon.start()
    started = await control(house).post("/v1/verifications", models=["customer"])
    path = f"/v1/verifications/{started['id']}"
    await control(house).until(path, lambda one: any(part["checked"] for part in one["parts"]))
    await house.daemon.kill()
    await house.daemon.start()
    done = await control(house).until(path, lambda one: one["state"] == "finished")
    home = next(part for part in done["parts"] if part["store"] == "home_en")
    assert home["checked"] == home["total"], "no page was counted twice or left out"
    assert home["missing"] + home["skipped"] + home["waiting"] == home["checked"]
    assert len(home["findings"]) == 20
    again = await control(house).post("/v1/verifications")
    over = await control(house).post(f"/v1/verifications/{again['id']}/cancel")
    assert over["state"] == "cancelled"
    with pytest.raises(ControlError, match="is over already"):
        await control(house).post(f"/v1/verifications/{again['id']}/cancel")
    with pytest.raises(ControlError, match="there is no verification 99"):
        await control(house).get("/v1/verifications/99")
    with pytest.raises(ControlError, match="did you mean home_en"):
        await control(house).post("/v1/verifications", stores=["home_e"])
    await house.daemon.stop()
