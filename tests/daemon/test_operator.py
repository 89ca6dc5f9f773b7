"""What an operator relies on: numbers that add up, letters with their history, a look before the leap."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from synqd.cli.synqctl.faults import ControlError
from synqd.models.person import FORGOTTEN
from synqd_demo.fake_synerise import FakeSynerise
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House

REFUSED = {"status": 400, "path": "/v4/transactions/batch"}


def control(house: House) -> Control:
    return Control(house.home / "control.sock")


def stream(status: Any, store: str, model: str) -> Any:
    return next(one for one in status["streams"] if (one["store"], one["model"]) == (store, model))


async def test_a_total_follows_what_was_deleted_and_who_was_forgotten_is_counted(
    house: House, shop: Database
) -> None:
    people = await shop.sql(
        "SELECT entity_id, email FROM customer_entity WHERE store_id = 1 ORDER BY entity_id"
    )
    async with house.daemon:
        await control(house).ended((await control(house).full(models=["customer"]))["id"])
        begun = stream(await control(house).get("/v1/status"), "home_en", "customer")
        assert begun["total"] == begun["sent"] + sum(begun["skipped"].values())
        await shop.sql("DELETE FROM customer_entity WHERE entity_id = %s", people[0]["entity_id"])
        gone = await control(house).until(
            "/v1/status", lambda one: stream(one, "home_en", "customer")["sent"] == begun["sent"] - 1
        )
        one = stream(gone, "home_en", "customer")
        assert one["total_stale"] or one["total"] == begun["total"] - 1
        await control(house).until(
            "/v1/status",
            lambda one: (
                stream(one, "home_en", "customer")["total"] == begun["total"] - 1
                and not stream(one, "home_en", "customer")["total_stale"]
            ),
        )
        await control(house).post("/v1/persons/forget", email=people[1]["email"])
        told = await control(house).until(
            "/v1/status", lambda one: FORGOTTEN in stream(one, "home_en", "customer")["skipped"]
        )
        one = stream(told, "home_en", "customer")
        assert one["total"] == one["sent"] + sum(one["skipped"].values())
        await control(house).post("/v1/persons/readmit", email=people[1]["email"])
        await control(house).until(
            "/v1/status", lambda one: FORGOTTEN not in stream(one, "home_en", "customer")["skipped"]
        )


async def test_a_retry_that_fails_keeps_number_and_history(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    (order,) = await shop.sql("SELECT increment_id FROM sales_order WHERE store_id = 1 LIMIT 1")
    async with house.daemon:
        fake.add_fault("status", **REFUSED, count=20)
        batch = await control(house).batch("order", increment_ids=[order["increment_id"]])
        await control(house).ended(batch["id"])
        (letter,) = (await control(house).get("/v1/dead-letters"))["dead_letters"]
        with pytest.raises(ControlError, match="there is no dead letter 999; nothing was changed"):
            await control(house).post("/v1/dead-letters/retry", ids=[letter["id"], 999])
        assert (await control(house).get("/v1/dead-letters"))["dead_letters"] == [letter]
        assert (await control(house).post("/v1/dead-letters/retry", ids=[letter["id"]]))["count"] == 1
        again = await control(house).until("/v1/dead-letters", lambda one: one["dead_letters"])
        (second,) = again["dead_letters"]
        assert (second["id"], second["first_at"]) == (letter["id"], letter["first_at"])
        assert second["attempts"] == letter["attempts"] + 1
        assert second["buried_at"] > letter["buried_at"]
        fake.clear_faults()
        await control(house).post("/v1/pause")
        await control(house).post("/v1/dead-letters/retry", ids=[letter["id"]])
        assert (await control(house).get("/v1/dead-letters"))["dead_letters"] == []
        shown = await control(house).get(f"/v1/dead-letters/{letter['id']}")
        assert shown["retried_at"] is not None, "it waits"
        status = await control(house).get("/v1/status")
        assert stream(status, "home_en", "order")["failed"] == 0
        await control(house).post("/v1/resume")
        await control(house).until(
            f"/v1/log?entity={order['increment_id']}", lambda one: one["items"][0]["accepted"] == "sent"
        )
        with pytest.raises(ControlError, match="there is no dead letter"):
            await control(house).get(f"/v1/dead-letters/{letter['id']}")


async def test_a_dry_run_tells_what_a_full_run_then_does_and_touches_nothing(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with house.daemon:
        dry = await control(house).post("/v1/dry-runs", kind="full", models=["product", "customer"])
        assert not dry["estimated"]
        assert dry["seconds"] is None, "nobody knows yet how fast it goes"
        assert not [one for one in fake.requests() if "batch" in one.path]
        status = await control(house).get("/v1/status")
        assert all(not any(one["waiting"].values()) and not one["sent"] for one in status["streams"])
        assert (await control(house).get("/v1/jobs"))["jobs"] == []
        job = await control(house).full(models=["product", "customer"])
        done = await control(house).ended(job["id"])

        def figures(parts: Any, sent: str) -> Any:
            return [(one["store"], one["model"], one[sent], one["skipped"], one["reasons"]) for one in parts]

        assert figures(dry["parts"], "send") == figures(done["parts"], "sent")
        sent = sum(part["requests"] for part in dry["parts"])
        batches = [one for one in fake.requests() if one.path.endswith("batch")]
        assert sent == len(batches)
        changed = await control(house).post(
            "/v1/dry-runs", kind="full", models=["product"], changed_only=True
        )
        assert sum(part["send"] for part in changed["parts"]) == 0
        assert changed["seconds"] == 0
        batch = await control(house).post(
            "/v1/dry-runs", kind="batch", model="product", skus=["MUG-SAGE", "NO-SUCH"]
        )
        assert batch["unknown_keys"] == [{"key": "NO-SUCH", "reason": "not in Magento"}]
        assert sum(part["send"] for part in batch["parts"]) == 4


async def test_a_job_says_that_the_way_is_closed(house: House, fake: FakeSynerise) -> None:
    fake.add_fault("status", status=403, path="/v4/clients/batch", count=1000)
    async with house.daemon:
        job = await control(house).full(models=["customer"], stores=["home_en"])
        waiting = await control(house).until(f"/v1/jobs/{job['id']}", lambda one: one["waits_for"])
        assert "circuit breaker of first clients is forbidden: HTTP 403" in waiting["waits_for"]
        assert "next try in " in waiting["waits_for"]
        status = await control(house).get("/v1/status")
        assert any(one["next_try"] > 0 for one in status["breakers"])


async def test_operators_are_told_by_webhook(house: House, shop: Database, fake: FakeSynerise) -> None:
    (order,) = await shop.sql("SELECT increment_id FROM sales_order WHERE store_id = 1 LIMIT 1")
    got: list[tuple[Any, str]] = []
    came = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        got.append((await request.json(), request.headers["X-Synqd-Signature"]))
        came.set()
        return web.Response()

    application = web.Application()
    application.router.add_post("/", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    (house.home / "hook").write_text(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    (house.home / "hush").write_text("hush")
    section = f'[notify]\nurl_file = "{house.home}/hook"\nsecret_file = "{house.home}/hush"\nname = "de"\n'
    house.configure(("[queue]", f"{section}[queue]"))
    fake.add_fault("status", **REFUSED, count=20)
    async with house.daemon:
        await control(house).until("/v1/status", lambda one: one["ready"])
        batch = await control(house).batch("order", increment_ids=[order["increment_id"]])
        await control(house).ended(batch["id"])
        async with asyncio.timeout(30):
            while len(got) < 2:
                came.clear()
                await came.wait()
    await runner.cleanup()
    told = {one["event"]: one for one, _ in got}
    assert told["dead-letters"]["facts"]["keys"] == [order["increment_id"]]
    assert told["job-ended"]["facts"]["state"] == "finished"
    assert all(signature.startswith("sha256=") for _, signature in got)
    assert "@" not in json.dumps(got), "no address of a person"
    assert "job.finished job=1 " in (house.home / "daemon.log").read_text()
