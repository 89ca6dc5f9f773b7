"""What an operator asks after the fact: what was sent, when, and what did Synerise say?"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from synqd.cli.synqctl.faults import ControlError
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House, run

QUICK = 0.2
"""Seconds within which a verb answers, also while the daemon is busy (the fastest of some tries counts)."""


def control(house: House) -> Control:
    return Control(house.home / "control.sock")


def events(answer: Any) -> list[str]:
    return [line["event"] for line in answer["lines"]]


async def test_one_command_tells_of_an_order_before_and_after_it_was_sent(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    order = (await shop.sql("SELECT entity_id, increment_id FROM sales_order WHERE store_id = 1 LIMIT 1"))[0]
    number = order["increment_id"]
    socket = ("--socket", str(house.home / "control.sock"))
    async with house.daemon:
        unsent = await run("synqctl", *socket, "log", "--entity", number)
        assert f"order {order['entity_id']}: never sent, not waiting, not refused" in unsent.out
        began = datetime.now(UTC)
        await control(house).ended((await control(house).batch("order", increment_ids=[number]))["id"])
        sent = await run("synqctl", *socket, "log", "--entity", number)
        assert f"order {order['entity_id']} ({number}) in home_en: sent 20" in sent.out
        assert "accepted by Synerise with status 202, workspace first" in sent.out
        (item,) = (await control(house).get("/v1/log", entity=number, model="order"))["items"]
        assert item["status"] == 202
        assert began <= datetime.fromisoformat(item["last_sent"]) <= datetime.now(UTC)
        fake.add_fault("status", status=400, path="/v4/transactions/batch", count=20)
        await control(house).ended((await control(house).batch("order", increment_ids=[number]))["id"])
        refused = await run("synqctl", *socket, "log", "--entity", number)
        assert "REFUSED 20" in refused.out
        assert "status 400" in refused.out
        by_id = await control(house).get("/v1/log", entity=str(order["entity_id"]), model="order")
        assert by_id["items"][0]["dead"]["status"] == 400
        assert "item.dead" in events(by_id)
        await control(house).post("/v1/pause")
        await control(house).batch("order", increment_ids=[number])
        waiting = await control(house).until(
            f"/v1/log?entity={number}&model=order", lambda one: one["items"][0]["waiting"] is not None
        )
        assert waiting["items"][0]["waiting"]["lane"] == "batch"


async def test_people_are_found_by_e_mail_in_every_model(house: House, shop: Database) -> None:
    person = (
        await shop.sql(
            "SELECT c.entity_id, c.email, s.subscriber_id FROM customer_entity AS c"
            " JOIN newsletter_subscriber AS s ON s.subscriber_email = c.email WHERE c.store_id = 1 LIMIT 1"
        )
    )[0]
    async with house.daemon:
        await control(house).ended((await control(house).full(models=["customer"]))["id"])
        answer = await control(house).get("/v1/log", entity=person["email"].upper())
        with pytest.raises(ControlError, match=r"nothing is known of 'nobody@x\.example'"):
            await control(house).get("/v1/log", entity="nobody@x.example")
    found = {(item["model"], item["entity_id"]): item["accepted"] for item in answer["items"]}
    assert found["customer", person["entity_id"]] == "sent"
    assert found["subscriber", person["subscriber_id"]] is None


async def test_live_deliveries_are_told_and_an_old_sku_still_answers(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    (cup,) = await shop.sql("SELECT entity_id, sku FROM catalog_product_entity WHERE sku = 'MUG-SAGE'")
    socket = ("--socket", str(house.home / "control.sock"))
    async with house.daemon:
        await control(house).ended((await control(house).batch("product", ids=[cup["entity_id"]]))["id"])
        begun = (await control(house).get("/v1/log"))["last"]
        await shop.sql(
            "UPDATE catalog_product_entity SET sku = 'MUG-NEW' WHERE entity_id = %s", cup["entity_id"]
        )
        told = await control(house).until(
            f"/v1/log?after={begun}&search=mug-new", lambda one: events(one).count("item.sent") >= 4
        )
        lines = told["lines"]
        assert {(line["key"], line["text"], line["facts"]["status"]) for line in lines} == {
            ("MUG-NEW", "was MUG-SAGE", 200)
        }
        assert {line["store"] for line in lines} == {"home_en", "home_de", "trade_pl", "trade_en"}
        asked = await run("synqctl", *socket, "log", "--entity", cup["sku"])
        assert "was sent as MUG-SAGE until " in asked.out
        assert ", removed then, now MUG-NEW" in asked.out
        await shop.sql(
            "UPDATE catalog_product_entity SET has_options = 1 - has_options WHERE entity_id = %s",
            cup["entity_id"],
        )
        unchanged = await control(house).until(
            "/v1/log?everything=true", lambda one: "chunk.unchanged" in events(one)
        )
        assert "chunk.unchanged" not in events(await control(house).get("/v1/log", limit=500))
        found = [line["key"] for line in unchanged["lines"] if line["event"] == "chunk.unchanged"]
        assert any(key == "MUG-NEW" or key.startswith("ids ") for key in found), found


async def test_an_address_shows_everything_of_a_person_and_after_forgetting_that(
    house: House, shop: Database
) -> None:
    (person,) = await shop.sql(
        "SELECT c.entity_id, c.email FROM customer_entity AS c"
        " JOIN sales_order AS o ON o.customer_id = c.entity_id WHERE c.store_id = 1 LIMIT 1"
    )
    (order,) = await shop.sql(
        "SELECT entity_id, increment_id FROM sales_order WHERE customer_id = %s LIMIT 1", person["entity_id"]
    )
    async with house.daemon:
        await control(house).ended((await control(house).full(models=["customer", "order"]))["id"])
        found = (await control(house).get("/v1/log", entity=person["email"]))["items"]
        assert {(one["model"], one["entity_id"]) for one in found} >= {
            ("customer", person["entity_id"]),
            ("order", order["entity_id"]),
        }
        await control(house).post("/v1/persons/forget", email=person["email"])
        answer = await control(house).get("/v1/log", entity=person["email"])
        assert answer["notes"] == [f"{person['email']}: forgotten; nothing about the person is kept or sent"]
        assert all(one["forgotten"] and one["accepted"] is None for one in answer["items"])
        (item,) = (await control(house).get("/v1/log", entity=order["increment_id"]))["items"]
        assert item["forgotten"]


async def test_the_log_keeps_as_many_lines_as_are_configured(house: House, shop: Database) -> None:
    house.configure(("[queue]", "[queue]\nlog_lines = 1000"))
    async with house.daemon:
        await shop.sql(
            "INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)"
            " SELECT 20000 + seq, 1, 1, CONCAT('many', seq, '@many.example'), 'A', 'Many' FROM seq_1_to_1200"
        )
        await control(house).until(
            "/v1/status",
            lambda one: any(
                stream["sent"] >= 1200 and stream["model"] == "customer" for stream in one["streams"]
            ),
        )
        last = (await control(house).get("/v1/log"))["last"]
        assert last >= 1200, "a line each"
        (oldest,) = (await control(house).get("/v1/log", after=0, limit=1))["lines"]
        assert oldest["number"] >= last - 1000


async def test_the_log_tells_of_jobs_chunks_and_operators_and_survives_a_kill(
    house: House, fake: FakeSynerise
) -> None:
    fake.add_fault("status", status=503, path="/catalogs/bags/[0-9]+/items/batch", count=2)
    await house.daemon.start()
    job = await control(house).full(models=["product"], stores=["home_en"])
    await control(house).ended(job["id"])
    other = await control(house).full(models=["order"])
    await control(house).ended(other["id"])
    await control(house).post("/v1/pause", model="order")
    await house.daemon.kill()
    await house.daemon.start()
    everything = await control(house).get("/v1/log", limit=500)
    of_job = await control(house).get("/v1/log", job=job["id"])
    newer = await control(house).get("/v1/log", after=of_job["last"])
    await house.ctl("log", "--job", "999", status=1)
    await house.daemon.stop()
    assert {"chunk.postponed", "delivery.paused", "job.submitted", "job.finished"} <= set(events(everything))
    assert events(of_job)[0] == "job.submitted"
    assert events(of_job)[-1] == "job.finished"
    assert of_job["lines"][0]["text"].startswith("operator uid ")
    chunks = [line for line in of_job["lines"] if line["event"] == "chunk"]
    sent = sum(line["facts"].get("sent", 0) for line in chunks)
    assert of_job["lines"][-1]["facts"]["sent"] == sent > 0
    assert all(line["number"] > of_job["last"] for line in newer["lines"])
    (postponed, *_) = [line for line in everything["lines"] if line["event"] == "chunk.postponed"]
    assert postponed["store"] == "home_en"
    assert postponed["text"]


async def test_settings_that_changed_since_are_counted_and_the_remedy_named(house: House) -> None:
    async with house.daemon:
        done = await control(house).ended(
            (await control(house).full(models=["product"], stores=["home_en", "home_de"]))["id"]
        )
        fresh = await control(house).get("/v1/status")
        assert sum(stream["outdated"] for stream in fresh["streams"]) == 0
        house.configure(("[queue]", '[product.store.home_de]\ndisabled = "delete"\n\n[queue]'))
        await control(house).post("/v1/reload")
        old = await control(house).until(
            "/v1/status", lambda one: any(stream["outdated"] for stream in one["streams"])
        )
        (stream,) = [stream for stream in old["streams"] if stream["outdated"]]
        sent = sum(part["sent"] for part in done["parts"] if part["store"] == "home_de")
        assert (stream["store"], stream["outdated"]) == ("home_de", sent)
        (notice,) = [notice for notice in old["notices"] if "older settings" in notice]
        assert "`synqctl full --model product --store home_de`" in notice
        some = await control(house).full(models=["product"], stores=["home_de"], changed_only=True)
        (part,) = (await control(house).ended(some["id"]))["parts"]
        assert part["unchanged"] > 0, "it matters for disabled products only"
        refreshed = await control(house).get("/v1/status")
        assert sum(stream["outdated"] for stream in refreshed["streams"]) == 0


async def test_totals_are_counted_again_when_more_was_sent(house: House, shop: Database) -> None:
    async with house.daemon:
        await control(house).until(
            "/v1/status", lambda one: all(stream["total"] is not None for stream in one["streams"])
        )
        await shop.sql(
            "INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)"
            " SELECT 20000 + seq, 1, 1, CONCAT('late', seq, '@many.example'), 'Late', 'Many' FROM seq_1_to_50"
        )
        await control(house).ended((await control(house).full(models=["customer"]))["id"])

        def at_home(status: Any) -> Any:
            return next(
                one for one in status["streams"] if (one["store"], one["model"]) == ("home_en", "customer")
            )

        stale = at_home(await control(house).get("/v1/status"))
        assert stale["sent"] <= stale["total"] or stale["total_stale"]
        again = await control(house).until(
            "/v1/status", lambda one: at_home(one)["total"] >= at_home(one)["sent"]
        )
        assert at_home(again)["total_stale"] is False


async def test_every_verb_answers_at_once_while_the_daemon_is_busy(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise
) -> None:
    await shop.sql(
        "INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)"
        " SELECT 20000 + seq, 1, 1, CONCAT('many', seq, '@many.example'), 'A', 'Many' FROM seq_1_to_5000"
    )
    async with make_house(shop, extra="\n[customer]\nmax_items_per_request = 5\n") as house:
        fake.configure(latency_ms=20)
        async with house.daemon:
            job = await control(house).full()
            paths = ("/v1/status", "/v1/jobs", f"/v1/jobs/{job['id']}", "/v1/log", "/v1/dead-letters")
            for path in paths:
                best = 9.0
                for _ in range(8):
                    began = time.perf_counter()
                    await control(house).get(path)
                    best = min(best, time.perf_counter() - began)
                    await asyncio.sleep(0.05)
                assert best < QUICK, path
            assert (await control(house).job(job["id"]))["state"] == "running", "it was busy all the time"
