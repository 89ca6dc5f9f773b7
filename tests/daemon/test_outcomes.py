"""The table of answers (``synqd.synerise.outcome``), row by row, with the whole daemon as a process.

Two rows need time or trouble of their own and stand elsewhere: a lost catalog and an expired token in
``test_faults_synerise``, an item that alone gets 5xx in ``tests/drainer``.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.changes import customers_arrived, first_names, rename_customers
from tests.support.database import Database
from tests.support.house import House
from tests.support.proxy import Proxy

CLIENTS = "/v4/clients/batch"

PASSING: Mapping[str, Mapping[str, Any]] = {
    **{f"HTTP {status}": {"action": "status", "status": status} for status in (408, 425, 500, 503)},
    "503 that names a time": {"action": "status", "status": 503, "retry_after": "1"},
    "429 that names a time": {"action": "status", "status": 429, "retry_after": "1"},
    "429 that names none": {"action": "status", "status": 429},
    "a page for people": {"action": "status", "status": 200, "body": "html"},
    "half an error": {"action": "status", "status": 500, "body": "truncated"},
    "a refused token": {"action": "stale_token"},
    "403 of an old token": {"action": "status", "status": 403},
    "no answer": {"action": "never"},
    "a reset": {"action": "reset_before"},
    "a reset in the midst": {"action": "reset_mid_request"},
    "a reset after it was stored": {"action": "reset_after_apply"},
    "an error after it was stored": {"action": "status_after_apply", "status": 500},
    "half an answer": {"action": "short_content_length"},
    "no HTTP": {"action": "bad_chunk"},
    "207 that names nobody": {"action": "partial", "shape": "empty"},
}
"""Faults that happen once, after which everything arrives and nothing is left behind."""


@pytest.fixture
def house(proxied_house: House) -> House:
    """A house whose daemon reaches the API through the proxy."""
    return proxied_house


async def status(house: House, holds: Callable[[Any], bool]) -> Any:
    """The status, as soon as it is as expected."""
    async with asyncio.timeout(60):
        while not holds(answer := await house.ctl("status")):
            await asyncio.sleep(0.2)
    return answer


def phases(answer: Any) -> dict[tuple[str, str], str]:
    return {(one["workspace"], one["endpoint"]): one["state"] for one in answer["breakers"]}


def waiting(answer: Any) -> set[str]:
    """Models of which something waits."""
    return {one["model"] for one in answer["streams"] if sum(one["waiting"].values())}


async def letters(house: House) -> list[tuple[str, int | None]]:
    return [(one["reason"], one["status"]) for one in (await house.ctl("dead", "list"))["dead_letters"]]


async def test_what_passes_is_waited_out(house: House, shop: Database, fake: FakeSynerise) -> None:
    async with house.daemon:
        for number, (name, fault) in enumerate(PASSING.items()):
            fake.add_fault(**fault, path=CLIENTS, count=1)
            await rename_customers(shop, f"row {number} ")
            try:
                await customers_arrived(shop, fake)
            except TimeoutError:
                pytest.fail(f"{name}: not everything arrived\n{house.daemon.last_lines()}")
            fake.clear_faults()
        await status(house, lambda answer: answer["ready"] and not answer["breakers"])
        assert await letters(house) == []
        assert fake.counters["early_retries"] == 0


@pytest.mark.parametrize(
    ("answer", "reason"), [(400, "refused"), (422, "refused"), (413, "too-large")], ids=str
)
async def test_one_bad_item_is_found_and_buried_and_revived(
    house: House, shop: Database, fake: FakeSynerise, proxy: Proxy, answer: int, reason: str
) -> None:
    proxy.choke, proxy.status = b"poison", answer
    async with house.daemon:
        await rename_customers(shop, "good")
        total = (await rename_customers(shop, "good")) - 1
        (bad,) = await shop.sql("SELECT MAX(entity_id) AS id FROM customer_entity")
        await shop.sql("UPDATE customer_entity SET firstname = 'poison' WHERE entity_id = %s", bad["id"])
        await status(house, lambda answer: sum(one["failed"] for one in answer["streams"]) == 1)
        await fake.wait(until=lambda: len(first_names(fake).keys() - {bad["id"]}) == total, timeout_s=60)
        assert await letters(house) == [(reason, answer)]
        assert phases(await house.ctl("status")) == {}
        await rename_customers(shop, "mended")
        await customers_arrived(shop, fake)
        assert await letters(house) == []


async def test_207_buries_what_it_names_and_nothing_else(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with house.daemon:
        fake.add_fault("partial", path=CLIENTS, items=2, count=1)
        total = await rename_customers(shop, "named")
        await status(house, lambda answer: sum(one["failed"] for one in answer["streams"]) == 2)
        await fake.wait(until=lambda: len(first_names(fake)) == total - 2, timeout_s=60)
        assert await letters(house) == [("refused", 207)] * 2
        await house.ctl("dead", "retry", "--all")
        await customers_arrived(shop, fake)
        assert await letters(house) == []


async def test_what_an_operator_has_to_mend_pauses_that_kind_of_data_and_buries_nothing(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    """A permission that is missing, and an endpoint that does not take such requests at all."""
    fake.revoke("API_BATCH_CLIENT_CREATE")
    fake.add_fault("status", status=415, path="/v4/transactions/batch")
    expected = {
        (workspace, endpoint): phase
        for workspace in ("first", "second")
        for endpoint, phase in (("clients", "forbidden"), ("transactions", "misused"))
    }
    async with house.daemon:
        await house.ctl("full", "--all-stores")
        answer = await status(house, lambda answer: phases(answer) == expected and not answer["ready"])
        assert answer["alive"]
        assert any("API_BATCH_CLIENT_CREATE" in one["detail"] for one in answer["breakers"])
        products = (await shop.sql("SELECT COUNT(DISTINCT product_id) AS n FROM catalog_product_website"))[0]
        await fake.wait(until=lambda: len(fake.arrivals("item")) >= products["n"], timeout_s=60)
        fake.grant("API_BATCH_CLIENT_CREATE")
        await customers_arrived(shop, fake)
        answer = await status(house, lambda answer: waiting(answer) == {"order"})
        assert "forbidden" not in phases(answer).values()
        assert sum(one["failed"] for one in answer["streams"]) == 0


async def test_a_redirect_a_strange_certificate_and_an_unknown_host_are_waited_out(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise
) -> None:
    async with make_house(shop) as house:
        text = house.config.read_text()
        first, second = text.split("[workspaces.second]")
        house.config.write_text(
            first.replace(fake.url, f"https://127.0.0.1:{fake.port}")  # no TLS is spoken there
            + "[workspaces.second]"
            + second.replace(fake.url, "https://synerise.invalid")
        )
        async with house.daemon:
            await rename_customers(shop, "late")
            answer = await status(house, lambda answer: set(phases(answer).values()) == {"open"})
            assert {workspace for workspace, _ in phases(answer)} <= {"first", "second"}
            assert answer["alive"]
            fake.add_fault("redirect", path=CLIENTS)
            house.config.write_text(text)
            await house.ctl("reload")
            answer = await status(house, lambda answer: "misused" in phases(answer).values())
            assert any("base_url" in one["detail"] for one in answer["breakers"])
            assert sum(one["failed"] for one in answer["streams"]) == 0
            assert first_names(fake) == {}
