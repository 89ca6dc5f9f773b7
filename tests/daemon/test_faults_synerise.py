"""Synerise and the network before it in trouble: every item arrives once it is over, and only once."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.support.changes import PATIENCE, customers_arrived, first_names, rename_customers
from tests.support.database import Database
from tests.support.house import House
from tests.support.proxy import Proxy

FULL = ("full", "--all-stores")


@pytest.fixture
def house(proxied_house: House) -> House:
    """A house whose daemon reaches the API through the proxy."""
    return proxied_house


@asynccontextmanager
async def finished(house: House, *only: str) -> AsyncIterator[None]:
    """Everything, or what the options ``only`` leave, is synchronized in full by the end of the block."""
    job = (await house.ctl(*FULL, *only))["id"]
    yield
    async with asyncio.timeout(PATIENCE):
        while (await house.ctl("job", "show", str(job)))["state"] != "finished":
            await asyncio.sleep(0.2)


async def clean_run(house: House, fake: FakeSynerise) -> str:
    """What Synerise holds after a full synchronization without faults; everything is as new afterwards."""
    async with house.daemon, finished(house):
        pass
    digest = fake.digest()
    shutil.rmtree(house.home / "state")
    fake.reset()
    return digest


async def accounts(house: House) -> dict[str, int]:
    """The sums of the newest job's parts."""
    job = (await house.ctl("jobs"))["jobs"][0]
    keys = ("selected", "sent", "unchanged", "skipped", "dead", "dropped", "waiting")
    return {key: sum(part[key] for part in job["parts"]) for key in keys}


def no_doubles(fake: FakeSynerise) -> None:
    """Orders that were sent again made no second event."""
    assert (fake.counters["salt_misuse"], fake.counters["unsalted"]) == (0, 0)
    orders = [(one["workspace"], one["orderId"]) for one in fake.transactions()]
    assert len(orders) == len(set(orders))


async def test_errors_resets_after_storing_and_throttling_end_as_a_clean_run(
    house: House, fake: FakeSynerise
) -> None:
    house.configure(
        ("[sync]", "[customer]\nmax_items_per_request = 5\n[order]\nmax_items_per_request = 5\n[sync]")
    )
    clean = await clean_run(house, fake)
    async with house.daemon:
        fake.add_fault("status", status=503, probability=0.05, path="batch$")
        fake.add_fault("reset_after_apply", probability=0.02, path="batch$")
        fake.add_fault("status_after_apply", status=500, probability=0.02, path="batch$")
        fake.add_fault("status", status=429, retry_after="1", every=40, path="batch$")
        async with finished(house):
            pass
        assert fake.digest() == clean
        no_doubles(fake)
        sums = await accounts(house)
        assert (sums["dead"], sums["waiting"]) == (0, 0)
        assert sums["sent"] + sums["skipped"] == sums["selected"]
        assert fake.counters["early_retries"] == 0


async def test_orders_whose_answer_is_cut_off_make_no_second_event(
    house: House, shop: Database, fake: FakeSynerise, proxy: Proxy
) -> None:
    clean = await clean_run(house, fake)
    async with house.daemon:
        async with finished(house):
            pass
        for after in (0, 10, 100):
            proxy.cut_after, proxy.cuts = after, 4
            proxy.cut()
            async with finished(house, "--model", "order"):
                pass
        assert proxy.cuts < 4
        assert fake.digest() == clean
        no_doubles(fake)
        assert max(fake.arrivals("transaction").values()) > 4, "they were sent again"


async def test_a_network_that_delays_drips_swallows_and_refuses(
    house: House, shop: Database, fake: FakeSynerise, proxy: Proxy
) -> None:
    async with house.daemon:
        await rename_customers(shop, "before")
        await customers_arrived(shop, fake)
        proxy.delay, proxy.drip = 0.002, 1500
        await rename_customers(shop, "slow")
        await customers_arrived(shop, fake)
        proxy.delay, proxy.drip = 0.0, 65_536
        proxy.hole = True
        await rename_customers(shop, "swallowed")
        await not_ready(house)
        proxy.hole = False
        await customers_arrived(shop, fake)
        await proxy.refuse()
        await rename_customers(shop, "refused")
        answer = await not_ready(house)
        assert answer["alive"]
        assert {one["state"] for one in answer["breakers"]} == {"open"}
        await proxy.accept()
        await customers_arrived(shop, fake)
        assert sum(one["failed"] for one in (await house.ctl("status"))["streams"]) == 0


async def not_ready(house: House) -> Any:
    async with asyncio.timeout(40):
        while (answer := await house.ctl("status"))["ready"]:
            await asyncio.sleep(0.3)
    return answer


@pytest.mark.parametrize("token_format", ["jws", "jwe", "opaque"])
async def test_tokens_that_expire_in_mid_run(
    house: House, shop: Database, fake: FakeSynerise, token_format: str
) -> None:
    small = "".join(f"[{model}]\nmax_items_per_request = 2\n" for model in ("customer", "order", "product"))
    house.configure(("[sync]", f"{small}[sync]"))
    clean = await clean_run(house, fake)
    fake.configure(token_format=token_format, latency_ms=30)
    async with house.daemon:
        async with finished(house):
            for _ in range(2):
                await fake.wait(requests=fake.stats()["finished"] + 30)
                assert fake.expire_tokens() > 0
        assert max(fake.stats()["logins"].values()) > 2
        assert fake.digest() == clean
        assert (await accounts(house))["dead"] == 0
        assert fake.stats()["most_parallel_logins"] == 1


async def test_a_workspace_without_a_valid_key_waits_alone(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    fake.deactivate(house.keys[0])
    async with house.daemon:
        total = await rename_customers(shop, "changed")
        await not_ready(house)
        await fake.wait(until=lambda: 0 < len(first_names(fake)) < total)
        answer = await house.ctl("status")
        (first,) = [one for one in answer["conditions"] if one["name"] == "synerise first"]
        assert "key" in first["detail"]
        assert [one["usable"] for one in answer["conditions"] if one["name"] == "synerise second"] == [True]
        assert {one["state"] for one in answer["breakers"]} == {"denied"}
        assert sum(one["failed"] for one in answer["streams"]) == 0


async def test_a_catalog_that_is_deleted_is_filled_again_by_itself(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with house.daemon:
        async with finished(house):
            pass
        bag = max(fake.catalogs(), key=lambda one: len(one.items))
        items = fake.items(bag.bag_id)
        fake.delete_catalog(bag.bag_id)
        await shop.sql(
            "UPDATE catalog_product_entity_varchar SET value = CONCAT(value, '!') WHERE store_id = 0"
            " AND entity_id IN (SELECT MIN(entity_id) FROM catalog_product_entity)"
        )

        def filled() -> bool:
            found = [one for one in fake.catalogs() if one.name == bag.name]
            return bool(found) and found[0].items.keys() == items.keys()

        await fake.wait(until=filled, timeout_s=PATIENCE)
        assert "catalog gone" in {job["origin"] for job in (await house.ctl("jobs"))["jobs"]}


@pytest.fixture(autouse=True)
def _told(house: House) -> Iterator[None]:
    """Shows the end of the daemon's log with a failure."""
    yield
    print(house.daemon.last_lines())  # noqa: T201 - pytest shows it with a failure only
