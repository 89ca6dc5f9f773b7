"""Batches of the whole daemon: by ids, SKUs, order numbers and e-mails; what leads to nothing is named."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synqd.cli.synqctl.faults import ControlError
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.control import Control, account
from tests.support.database import Database
from tests.support.house import House, run

NOT_IN_MAGENTO = "not in Magento"
ELSEWHERE = "not in the chosen store views"
MANY = 30_000
MEMORY_GROWTH = 30 * 1024 * 1024


def control(house: House) -> Control:
    return Control(house.home / "control.sock")


def resident(pid: int) -> int:
    """Bytes of memory that a process uses."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


async def names(shop: Database, sql: str) -> list[str]:
    return [str(row["name"]) for row in await shop.sql(sql)]


async def test_every_way_to_choose(house: House, shop: Database, fake: FakeSynerise) -> None:
    skus = await names(
        shop,
        "SELECT sku AS name FROM catalog_product_entity WHERE entity_id IN"
        " (SELECT product_id FROM catalog_product_website WHERE website_id = 1) ORDER BY entity_id LIMIT 3",
    )
    (order,) = await names(shop, "SELECT increment_id AS name FROM sales_order WHERE store_id = 1 LIMIT 1")
    (email,) = await names(shop, "SELECT email AS name FROM customer_entity WHERE store_id = 1 LIMIT 1")
    (reader,) = await names(
        shop, "SELECT subscriber_email AS name FROM newsletter_subscriber WHERE store_id = 1 LIMIT 1"
    )
    async with house.daemon:
        chosen: list[tuple[str, dict[str, list[Any]], dict[str, str]]] = [
            ("product", {"skus": [skus[0].lower(), skus[1], "NO-SUCH"]}, {"NO-SUCH": NOT_IN_MAGENTO}),
            ("product", {"ids": [999_999, 101]}, {"999999": NOT_IN_MAGENTO}),
            ("order", {"increment_ids": [order, "999999999"]}, {"999999999": NOT_IN_MAGENTO}),
            ("customer", {"emails": [email.upper(), "no@body.example"]}, {"no@body.example": NOT_IN_MAGENTO}),
            ("subscriber", {"emails": [reader]}, {}),
        ]
        for model, keys, unknown in chosen:
            job = await control(house).batch(model, stores=["home_en"], **keys)
            assert job["unknown"] == len(unknown)
            assert {one["key"]: one["reason"] for one in job["unknown_keys"]} == unknown
            ended = await control(house).ended(job["id"])
            assert account(ended, "selected") == [sum(len(one) for one in keys.values()) - len(unknown)]
            assert account(ended, "sent", "skipped")[0] + account(ended, "skipped")[0] >= 1
    assert {skus[0], skus[1]} <= fake.items("store-1").keys()
    assert [one["orderId"] for one in fake.transactions()] == [order]
    assert email.casefold() in {one["email"].casefold() for one in fake.profiles()}


async def test_items_of_other_store_views_are_ignored_or_named(house: House, shop: Database) -> None:
    (order,) = await names(shop, "SELECT increment_id AS name FROM sales_order WHERE store_id = 1 LIMIT 1")
    async with house.daemon:
        everywhere = await control(house).batch("order", increment_ids=[order])
        ended = await control(house).ended(everywhere["id"])
        assert account(ended, "selected", "sent", "skipped") == [1, 1, 0]
        with pytest.raises(ControlError, match=ELSEWHERE):
            await control(house).batch("order", stores=["home_de"], increment_ids=[order])


async def test_what_is_gone_from_magento_but_known_to_synerise_is_sent(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with house.daemon:
        await control(house).ended((await control(house).batch("product", ids=[101]))["id"])
        (sku,) = await names(shop, "SELECT sku AS name FROM catalog_product_entity WHERE entity_id = 101")
        await control(house).post("/v1/pause")  # so that the live change does not come first
        await shop.sql("DELETE FROM catalog_product_entity WHERE entity_id = 101")
        job = await control(house).batch("product", ids=[101, 999_999])
        await control(house).post("/v1/resume")
        ended = await control(house).ended(job["id"])
    assert [one["key"] for one in job["unknown_keys"]] == ["999999"]
    assert account(ended, "dead") == [0]
    assert all(fake.items(bag.name)[sku]["deleted"] == 1 for bag in fake.catalogs())


async def test_a_thousand_good_and_bad_skus_by_flags_file_and_standard_input(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    await shop.sql(
        "INSERT INTO catalog_product_entity (entity_id, attribute_set_id, type_id, sku)"
        " SELECT 50000 + seq, 4, 'simple', CONCAT('GOOD ', seq) FROM seq_1_to_600"
    )
    await shop.sql(
        "INSERT INTO catalog_product_website (product_id, website_id) SELECT 50000 + seq, 1 FROM seq_1_to_600"
    )
    keys = [f"GOOD {seq}" for seq in range(1, 601)] + [f"BAD {seq}" for seq in range(1, 401)]
    (house.home / "skus.txt").write_text("\n".join(keys) + "\n\n", encoding="utf-8")
    async with house.daemon:
        socket = ("--socket", str(house.home / "control.sock"))
        by_file = await house.ctl(
            *("batch", "product", "--store", "home_en", "--by", "skus"),
            *("--from-file", str(house.home / "skus.txt")),
        )
        assert (by_file["unknown"], len(by_file["unknown_keys"])) == (400, 100)
        assert all(one["key"].startswith("BAD ") for one in by_file["unknown_keys"])
        ended = await control(house).ended(by_file["id"])
        assert account(ended, "selected", "dead") == [600, 0]
        shown = await run("synqctl", *socket, "job", "show", str(by_file["id"]))
        assert "400 of the keys lead to nothing and are left out:" in shown.out
        assert "  BAD 1: not in Magento" in shown.out
        assert "  and 300 more" in shown.out
        program = "from synqd.cli.synqctl import main; main()"
        piped = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, *socket, "batch", "product", "--by", "skus", "--from-file", "-"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await piped.communicate("\n".join(keys[590:610]).encode())
        assert piped.returncode == 0
        assert "10 of the keys lead to nothing" in out.decode()
        flags = await house.ctl("batch", "product", "--skus", "GOOD 1,BAD 1", "--skus", "GOOD 2")
        assert flags["unknown"] == 1
        await control(house).ended(flags["id"])
    assert len([key for key in fake.items("store-1") if key.startswith("GOOD ")]) == 600


async def test_a_batch_of_nothing_known_is_refused_by_name_and_leaves_nothing(house: House) -> None:
    async with house.daemon:
        before = (await control(house).get("/v1/jobs"))["jobs"]
        with pytest.raises(ControlError, match=r"there is nothing to send: 'A' \(not in Magento\), 'B'"):
            await control(house).batch("product", skus=["B", "A"])
        assert (await control(house).get("/v1/jobs"))["jobs"] == before


async def test_a_long_list_streams_in_with_flat_memory_and_is_taken_whole_or_not_at_all(
    house: House, shop: Database
) -> None:
    await shop.sql(
        "INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)"
        f" SELECT 1000000 + seq, 1, 1, CONCAT('c', seq, '@many.example'), 'A', 'B' FROM seq_1_to_{MANY}"
    )

    def lines(last: str) -> Iterator[str]:
        yield '{"kind": "batch", "model": "customer", "stores": ["home_en"], "by": "ids"}'
        yield from (str(1_000_000 + number) for number in range(1, MANY))
        yield last

    house.configure(("reserve_mib = 1", "reserve_mib = 1\nfull_backlog = 4000"))
    async with house.daemon:
        await control(house).post("/v1/pause")
        await control(house).batch("customer", ids=[1_000_001])
        before = resident(house.daemon.pid)
        with pytest.raises(ControlError, match=f"line {MANY + 1}: "):
            await control(house).stream("/v1/jobs", lines('"x"'))
        assert len((await control(house).get("/v1/jobs"))["jobs"]) == 1
        job = await control(house).stream("/v1/jobs", lines("77"))
        assert resident(house.daemon.pid) - before < MEMORY_GROWTH
        assert (job["unknown"], job["parts"][0]["total"]) == (1, MANY - 1)
        held = await control(house).until(
            f"/v1/jobs/{job['id']}", lambda one: account(one, "selected")[0] >= 3_000
        )
        assert account(held, "waiting")[0] <= 4_000
        cancelled = await control(house).post(f"/v1/jobs/{job['id']}/cancel")
        assert account(cancelled, "waiting") == [0]


async def test_what_is_submitted_while_magento_is_away_runs_when_it_is_back(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise
) -> None:
    (order,) = await names(shop, "SELECT increment_id AS name FROM sales_order WHERE store_id = 1 LIMIT 1")
    async with make_house(shop) as house:
        async with house.daemon:
            pass  # from now on it knows the store views
        away = (f'socket = "{shop.socket}"', f'socket = "{house.home}/nobody.sock"')
        house.configure(away)
        async with house.daemon:
            batch = await control(house).batch("order", increment_ids=[order, "999999999"])
            assert (batch["looking_up"], batch["unknown"]) == (True, 0)
            assert batch["waits_for"].startswith("Magento: ")
            full = await control(house).full(models=["product"], stores=["home_de"])
            assert full["waits_for"].startswith("Magento: ")
            with pytest.raises(ControlError, match="did you mean home_de"):
                await control(house).full(stores=["home_dee"])
            house.configure()
            await control(house).post("/v1/reload")
            ended = await control(house).ended(batch["id"])
            assert account(ended, "selected", "sent") == [1, 1]
            assert [one["key"] for one in ended["unknown_keys"]] == ["999999999"]
            assert (await control(house).ended(full["id"]))["state"] == "finished"
    assert [one["orderId"] for one in fake.transactions()] == [order]
    assert fake.items("store-2")


async def test_two_operators_at_once_get_a_job_each_and_one_of_them_runs(house: House) -> None:
    async with house.daemon:
        await control(house).post("/v1/pause")
        jobs = await asyncio.gather(*(control(house).full(models=["order"]) for _ in range(6)))
        await control(house).post("/v1/resume")
        states = [(await control(house).ended(job["id"]))["state"] for job in jobs]
    assert len({job["id"] for job in jobs}) == 6
    assert sorted(states) == ["finished", *["replaced"] * 5]


BAD: list[tuple[dict[str, object], str]] = [
    ({"kind": "full", "models": ["produkt"]}, "models.0"),
    ({"kind": "full", "stores": ["home_e"]}, "did you mean home_en"),
    ({"kind": "full", "stores": [""]}, "stores.0"),
    ({"kind": "full", "changed_only": "yes"}, "changed_only"),
    ({"kind": "batch", "model": "product"}, "give exactly one of ids, skus"),
    ({"kind": "batch", "model": "product", "ids": []}, "give exactly one of ids, skus"),
    ({"kind": "batch", "model": "product", "ids": [1], "skus": ["a"]}, "give exactly one of"),
    ({"kind": "batch", "model": "order", "skus": ["a"]}, "skus choose product items"),
    ({"kind": "batch", "model": "product", "ids": ["1"]}, "ids.0"),
    ({"kind": "batch", "model": "product", "ids": [0]}, "ids.0"),
    ({"kind": "batch", "model": "product", "ids": [2**70]}, "ids.0"),
    ({"kind": "batch", "model": "product", "skus": ["a\nb"]}, "skus.0"),
    ({"kind": "all"}, "kind"),
]


async def test_bad_requests_say_what_is_wrong_and_change_nothing(house: House) -> None:
    async with house.daemon:
        for body, message in BAD:
            with pytest.raises(ControlError, match=message):
                await control(house).post("/v1/jobs", **body)
        for verb in ("cancel", "pause", "resume"):
            with pytest.raises(ControlError, match="there is no job 77"):
                await control(house).post(f"/v1/jobs/77/{verb}")
        with pytest.raises(ControlError, match="there is no job 77"):
            await control(house).job(77)
        assert (await control(house).get("/v1/jobs"))["jobs"] == []
