"""The SQL that a real Magento wrote for 13 actions, replayed one by one under the running daemon."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from synqd.demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.entities.product.shopkeeping import RECORDED_ATTRIBUTES
from tests.support.database import Database
from tests.support.inside import ShiftedClock, inside, shown

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


async def test_every_recorded_action_arrives_and_nothing_else(
    make_house: MakeHouse,
    magento_copy: Database,
    fake: FakeSynerise,
    recorded: list[tuple[Action, Path]],
    clock: ShiftedClock,
    record_property: Callable[[str, object], None],
) -> None:
    async with (
        make_house(magento_copy, websites=("base", "b2b"), extra=EXTRA) as house,
        inside(house, clock) as here,
    ):
        await here.full()
        others = {kind: sum(fake.arrivals(kind).values()) for kind in OTHERS}
        for action, file in recorded:
            so_far, before = arrived(fake), contents(fake)
            magento_copy.server.run(file, database=magento_copy.name)
            await here.settled()
            sent, after = arrived(fake) - so_far, contents(fake)
            assert set(sent) == expected(action), action["file"]
            assert set(sent.values()) <= {1}, action["file"]
            assert {name for name in sent if before.get(name) == after[name]} == set(), action["file"]
        assert {kind: sum(fake.arrivals(kind).values()) for kind in OTHERS} == others
        assert await here.differences() == []
    record_property("items", sum(arrived(fake).values()))
