"""The SQL that a real Magento wrote for 13 actions, replayed one by one under the running daemon."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.entities.product.shopkeeping import RECORDED_ATTRIBUTES
from tests.support import deploys
from tests.support.database import Database
from tests.support.inside import Inside, ShiftedClock, inside, shown

CUSTOMER_ATTRIBUTES = (
    *("default_billing", "dob", "gender", "group_id", "website_id", "store_id", "created_at", "created_in"),
    *("taxvat", "prefix", "middlename", "suffix", "confirmation", "disable_auto_group_change"),
    *("cust_text", "cust_textarea", "cust_select", "cust_multi", "cust_date", "cust_bool", "cust_decimal"),
    "cust_static_like",
)
EXTRA = f"""
[product]
attributes = {json.dumps(RECORDED_ATTRIBUTES)}

[customer]
attributes = {json.dumps(CUSTOMER_ATTRIBUTES)}
"""
WITH_GALLERY = EXTRA.replace("attributes = [", 'attributes = ["media_gallery", ', 1)
STORES = frozenset({1, 2, 3, 4})
SENT = frozenset({*RECORDED_ATTRIBUTES, "price", "image", "sku", "*", "*new", "old key"})
"""Fields of ``expected.jsonl`` that the attribute list of the recorded run sends."""

OTHERS = ("profile", "transaction", "event")

Action = Mapping[str, Any]
Arrived = Counter[tuple[str, str]]


@pytest.fixture
def recorded(recorded_writes: Path) -> list[tuple[Action, Path]]:
    """Each action with the file of its statements, in order."""
    index = (recorded_writes / "expected.jsonl").read_text()
    actions = [json.loads(line) for line in index.splitlines()]
    return [(action, recorded_writes / action["file"]) for action in actions]


def expected(action: Action) -> set[tuple[str, str]]:
    """(catalog, item key) of everything that the action changes for somebody, in what is sent."""
    return {
        (f"store-{store_id}", touched["key"])
        for touched in action["touched"]
        if SENT & set(touched["fields"])
        for store_id in STORES & set(touched["stores"])
    }


def arrived(fake: FakeSynerise) -> Arrived:
    return Counter({(one.catalog, one.key): count for one, count in fake.arrivals("item").items()})


def contents(fake: FakeSynerise) -> dict[tuple[str, str], Any]:
    """What the catalogs hold, by (catalog, item key)."""
    return {
        (bag.name, key): None if item.deleted else shown(item.value)
        for bag in fake.catalogs()
        for key, item in bag.items.items()
    }


@pytest.mark.parametrize("way", ["hybrid", "own", "m2_"])
async def test_every_recorded_action_arrives_and_nothing_else(
    make_house: MakeHouse,
    magento_copy: Database,
    fake: FakeSynerise,
    recorded: list[tuple[Action, Path]],
    clock: ShiftedClock,
    record_property: Callable[[str, object], None],
    way: str,
) -> None:
    """Behind Magento's own logs, with triggers on every table, and behind its logs with a table prefix."""
    shop = await deploys.with_prefix(magento_copy, way) if way == "m2_" else magento_copy
    async with make_house(shop, websites=("base", "b2b"), extra=EXTRA) as house:
        if way == "own":
            house.configure(("poll_interval = 0.05", 'poll_interval = 0.05\nown_triggers = "all"'))
            await house.command("changelog", "install")
        async with inside(house, clock) as here:
            await replay(here, shop, fake, recorded)
            enqueued = here.daemon.house.metrics.registry.get_sample_value
            woken = enqueued("synqd_items_enqueued_total", {"model": "product", "lane": "live"})
    record_property("items", sum(arrived(fake).values()))
    record_property("woken", woken)


async def replay(
    here: Inside, shop: Database, fake: FakeSynerise, recorded: list[tuple[Action, Path]]
) -> None:
    """Each action, and after it exactly what it changes for somebody has arrived, once."""
    await here.full()
    others = {kind: sum(fake.arrivals(kind).values()) for kind in OTHERS}
    for action, file in recorded:
        so_far, before = arrived(fake), contents(fake)
        shop.server.run(deploys.prefixed(file.read_text(), shop), database=shop.name)
        await here.settled()
        sent, after = arrived(fake) - so_far, contents(fake)
        assert set(sent) == expected(action), action["file"]
        assert set(sent.values()) <= {1}, action["file"]
        assert {name for name in sent if before.get(name) == after[name]} == set(), action["file"]
    assert {kind: sum(fake.arrivals(kind).values()) for kind in OTHERS} == others
    assert await here.differences() == []
