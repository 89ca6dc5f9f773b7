"""A person is forgotten in the whole house: queue file, change log and everything that comes later."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from synqd.cli.synqctl.faults import ControlError
from synqd.models.person import FORGOTTEN
from synqd_demo.fake_synerise import FakeSynerise
from tests.support.control import Control, account
from tests.support.database import Database
from tests.support.house import House

PERSON = """
SELECT c.entity_id AS id, c.email FROM customer_entity AS c
JOIN newsletter_subscriber AS s ON s.subscriber_email = c.email
JOIN sales_order AS o ON o.customer_id = c.entity_id
WHERE c.store_id = 1 ORDER BY c.entity_id LIMIT 1
"""


def control(house: House) -> Control:
    return Control(house.home / "control.sock")


def traces(house: House, email: str) -> list[str]:
    """Files of the daemon in which the address can be read."""
    files = [*(house.home / "state").iterdir(), house.home / "daemon.log"]
    return [file.name for file in files if email.lower().encode() in file.read_bytes().lower()]


async def logged(shop: Database, email: str) -> int:
    """Rows of the change log with the address."""
    found = [
        await shop.sql(f"SELECT COUNT(*) AS n FROM synqd_{model}_cl WHERE LOWER(old_key) = LOWER(%s)", email)
        for model in ("customer", "subscriber", "order")
    ]
    return sum(rows[0]["n"] for rows in found)


async def owned(shop: Database, email: str) -> dict[str, int]:
    """How many entities are a person's, who may have an account on each website."""
    mine = "SELECT entity_id FROM customer_entity WHERE email = %s"
    counts = {
        "customer": f"SELECT COUNT(*) AS n FROM ({mine}) AS mine",
        "subscriber": "SELECT COUNT(*) AS n FROM newsletter_subscriber WHERE subscriber_email = %s",
        "order": "SELECT COUNT(*) AS n FROM sales_order"
        f" WHERE customer_email = %s OR customer_id IN ({mine})",
    }
    return {model: (await shop.sql(sql, *[email] * sql.count("%s")))[0]["n"] for model, sql in counts.items()}


async def alive(house: House) -> int:
    """Items that were sent, as the status says."""
    return sum(stream["sent"] for stream in (await control(house).get("/v1/status"))["streams"])


def served(job: Any) -> int:
    """Customers and orders that a job sent: consents are sent once only."""
    return sum(part["sent"] for part in job["parts"] if part["model"] in ("customer", "order"))


async def all_sent(house: House) -> Any:
    return await control(house).ended((await control(house).full())["id"])


async def test_a_person_is_erased_and_nothing_brings_it_back(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    (person,) = await shop.sql(PERSON)
    email = person["email"]
    async with house.daemon:
        first = await all_sent(house)
        # A rename leaves the old address in the change log; a refused batch leaves it in a dead letter.
        await shop.sql("UPDATE customer_entity SET email = 'x@y.example' WHERE entity_id = %s", person["id"])
        await fake.wait(idle_s=1.0)
        await shop.sql("UPDATE customer_entity SET email = %s WHERE entity_id = %s", email, person["id"])
        await fake.wait(idle_s=1.0)
        fake.add_fault("status", status=400, path="/v4/(clients|transactions)/batch", count=100)
        await control(house).ended((await control(house).batch("customer", emails=[email]))["id"])
        fake.clear_faults()
        assert traces(house, email)
        before = await alive(house)
        answer = await house.ctl("forget", "--email", email.upper(), "--yes")
        assert answer["entities"] == await owned(shop, email)
        assert min(answer["entities"].values()) > 0
        assert await alive(house) == before - answer["erased"]["sent"]
        assert answer["erased"]["dead letters"] > 0
        assert (answer["clean"], answer["in_flight"]) == (True, False)
        assert email in answer["remains"][0]
        assert "in each workspace (first, second)" in answer["remains"][0]
        assert [line for line in answer["remains"] if "journal" in line]
        assert [line for line in answer["remains"] if "binary log" in line and "backups" in line]
        assert not traces(house, email)
        assert await logged(shop, email) == 0

        arrived = len(fake.requests())
        again = await all_sent(house)
        assert served(first) - served(again) == answer["entities"]["customer"] + answer["entities"]["order"]
        assert any(FORGOTTEN in part["reasons"] for part in again["parts"])
        (shown,) = await house.preview("customer", "home_en", person["id"])
        assert (shown["item"], shown["skip"]) == (None, FORGOTTEN)
        await control(house).ended((await control(house).batch("customer", ids=[person["id"]]))["id"])
        verified = await control(house).post("/v1/verifications", models=["customer", "order", "subscriber"])
        compared = await control(house).until(
            f"/v1/verifications/{verified['id']}", lambda one: one["state"] != "running"
        )
        assert sum(part["missing"] + part["stale"] for part in compared["parts"]) == 0
        await shop.sql("DELETE FROM customer_entity WHERE entity_id = %s", person["id"])
        await shop.sql("DELETE FROM newsletter_subscriber WHERE subscriber_email = %s", email)
        await fake.wait(idle_s=2.0)
        later = b"".join(request.body or b"" for request in fake.requests(since=arrived))
        assert email.encode() not in later
        status = await control(house).get("/v1/status")
        assert sum(sum(stream["waiting"].values()) for stream in status["streams"]) == 0
    assert not traces(house, email)


async def test_by_customer_id_and_back_again(house: House, shop: Database, fake: FakeSynerise) -> None:
    (person,) = await shop.sql(PERSON)
    async with house.daemon:
        answer = await control(house).post("/v1/persons/forget", customer_id=person["id"])
        assert answer["emails"] == [person["email"]]
        await shop.sql("UPDATE customer_entity SET firstname = 'Late' WHERE entity_id = %s", person["id"])
        done = await control(house).ended((await control(house).batch("customer", ids=[person["id"]]))["id"])
        assert account(done, "skipped") == [1]
        await control(house).post("/v1/persons/readmit", email=person["email"])
        done = await control(house).ended((await control(house).batch("customer", ids=[person["id"]]))["id"])
        assert account(done, "sent") == [1]
        with pytest.raises(ControlError, match="nobody who was forgotten is known by this"):
            await control(house).post("/v1/persons/readmit", email=person["email"])
        lines = (await control(house).get("/v1/log", limit=500))["lines"]
        assert {"person.forgotten", "person.readmitted"} <= {line["event"] for line in lines}
    assert "Late" in {one.get("firstName") for one in fake.profiles()}


async def test_somebody_unknown_is_remembered_all_the_same(house: House) -> None:
    async with house.daemon:
        answer = await control(house).post("/v1/persons/forget", email="nobody@x.example")
        assert (answer["entities"], answer["erased"]) == ({}, {})
        await control(house).post("/v1/persons/readmit", email="Nobody@X.example")


async def test_without_magento_nothing_is_half_erased(house: House, shop: Database) -> None:
    (person,) = await shop.sql(PERSON)
    async with house.daemon:
        await all_sent(house)
    house.configure((f'socket = "{house.database.socket}"', f'socket = "{house.home}/nobody.sock"'))
    async with house.daemon:
        with pytest.raises(ControlError, match="nothing was erased"):
            await control(house).post("/v1/persons/forget", email=person["email"])
        answer = await control(house).get("/v1/log", entity=person["email"], model="customer")
        assert answer["items"][0]["accepted"] == "sent"


async def test_who_only_looks_like_the_person_stays(house: House, shop: Database, fake: FakeSynerise) -> None:
    """The shop's own collation takes the two for one."""
    mine, theirs = "josé.f@mail.example", "JOSE.f@mail.example"
    rows = await shop.sql("SELECT MIN(entity_id) AS id FROM customer_entity GROUP BY website_id")
    jose, other = (row["id"] for row in rows[:2])
    for number, email in ((jose, mine), (other, theirs)):
        await shop.sql("UPDATE customer_entity SET email = %s WHERE entity_id = %s", email, number)
    async with house.daemon:
        await all_sent(house)
        fake.add_fault("status", status=400, path="/v4/clients/batch", count=100)
        await control(house).ended((await control(house).batch("customer", ids=[other]))["id"])
        fake.clear_faults()
        answer = await house.ctl("forget", "--email", "JOSé.f@mail.example", "--yes")
        assert (answer["entities"]["customer"], answer["emails"]) == (1, ["JOSé.f@mail.example", mine])
        assert theirs.lower() not in json.dumps(answer, ensure_ascii=False).lower()
        (item,) = [
            one
            for one in (await control(house).get("/v1/log", entity=str(other), model="customer"))["items"]
            if one["accepted"]
        ]
        assert (item["accepted"], item["wire_key"]) == ("sent", theirs)
        letters = (await control(house).get("/v1/dead-letters"))["dead_letters"]
        assert [letter["wire_key"] for letter in letters] == [theirs]
        await shop.sql(
            "UPDATE customer_entity SET firstname = 'Still' WHERE entity_id IN (%s, %s)", jose, other
        )
        await fake.wait(until=lambda: "Still" in {one.get("firstName") for one in fake.profiles()})
        assert mine not in {one["email"] for one in fake.profiles() if one.get("firstName") == "Still"}


async def test_what_answers_said_is_told_without_the_person_from_then_on(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    """In memory, in the file, and in what comes afterwards."""
    (person,) = await shop.sql(PERSON)
    others = "SELECT MAX(entity_id) AS id FROM {} WHERE store_id = 1 AND {} <> %s"
    (other,) = await shop.sql(others.format("customer_entity", "email"), person["email"])
    (order,) = await shop.sql(others.format("sales_order", "customer_email"), person["email"])
    named = quote(person["email"])

    async def said(model: str, number: int, endpoint: str) -> str:
        """The status once the endpoint has given an answer that names the person."""
        fake.add_fault("redirect", location=f"http://127.0.0.1:9/{named}", path=f"/v4/{endpoint}/batch")
        await control(house).batch(model, ids=[number])
        return json.dumps(await control(house).until("/v1/status", lambda one: misused(one, endpoint)))

    def misused(status: Any, endpoint: str) -> bool:
        return endpoint in {one["endpoint"] for one in status["breakers"] if one["state"] == "misused"}

    async with house.daemon:
        await said("customer", other["id"], "clients")
        await control(house).until("/v1/log", lambda one: named in json.dumps(one))
        await house.ctl("forget", "--email", person["email"], "--yes")
        assert named not in json.dumps(await control(house).get("/v1/status"))
        assert named not in await said("order", order["id"], "transactions")
    async with house.daemon:
        assert named not in json.dumps(await control(house).get("/v1/status"))
    assert named not in held(house)


def held(house: House) -> str:
    """Everything in the state directory."""
    return "".join(file.read_bytes().decode("latin1") for file in (house.home / "state").iterdir())
