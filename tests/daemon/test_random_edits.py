"""Random edits of the layout under the running daemon: it never ends, what is untouched arrives (S27)."""

import asyncio
import os
from collections.abc import Callable
from random import Random

import pytest

from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import Inside, inside

EDITS = int(os.environ.get("SYNQD_RANDOM_EDITS", "200"))
SEED = int(os.environ.get("SYNQD_RANDOM_SEED", "28"))
WITHIN, BESIDE_BUILDS = 2.0, 10.0
"""Seconds in which a change of an untouched store view arrives; packages are built beside the long run."""
UNTOUCHED = 1
"""Store view of customer 312, whose address nobody else has; it and its website are renamed, no more."""
OTHERS = (2, 4, 5, 7)
TRADE_VIEWS = (4, 5)
WRONG = ("", "no number", "-7", "999999999999", "Mars/Phobos", "xx_XX", "NULL")
PATHS = (
    "catalog/price/scope",
    "currency/options/base",
    "currency/options/default",
    "general/locale/code",
    "general/locale/timezone",
    "tax/calculation/price_includes_tax",
    "web/secure/base_url",
    "web/unsecure/base_media_url",
    "cataloginventory/options/show_out_of_stock",
)


class Edits:
    """What people do in the back office, by hand in the database, and with imports; right and wrong."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._number = 0
        self._kinds: list[Callable[[], str]] = [
            self._rename_store,
            self._rename_website,
            self._exchange,
            self._activate,
            self._move,
            self._delete,
            self._change_group,
            self._configure,
        ]

    def one(self) -> str:
        """SQL of the next one."""
        self._number += 1
        return self._random.choice(self._kinds)()

    def _rename_store(self) -> str:
        return f"UPDATE store SET code = 'v{self._number}' WHERE store_id = {self._any(UNTOUCHED, *OTHERS)}"

    def _rename_website(self) -> str:
        return f"UPDATE store_website SET code = 'w{self._number}' WHERE website_id = {self._any(1, 3)}"

    def _exchange(self) -> str:
        """The two websites exchange their codes."""
        return (
            "SET @codes = (SELECT GROUP_CONCAT(code ORDER BY website_id) FROM store_website"
            " WHERE website_id IN (1, 3));"
            "UPDATE store_website SET code = CONCAT('tmp', website_id) WHERE website_id IN (1, 3);"
            "UPDATE store_website SET code = SUBSTRING_INDEX(@codes, ',', IF(website_id = 1, -1, 1))"
            " WHERE website_id IN (1, 3)"
        )

    def _activate(self) -> str:
        return f"UPDATE store SET is_active = 1 - is_active WHERE store_id = {self._any(*OTHERS)}"

    def _move(self) -> str:
        return (
            f"UPDATE store SET website_id = {self._any(1, 3, 77)}, group_id = {self._any(1, 2, 77)}"
            f" WHERE store_id = {self._any(*TRADE_VIEWS)}"
        )

    def _delete(self) -> str:
        """One is deleted, and what was deleted before comes back."""
        return (
            "CREATE TABLE IF NOT EXISTS store_away LIKE store;"
            "INSERT IGNORE INTO store SELECT * FROM store_away;"
            "DELETE FROM store_away;"
            f"INSERT INTO store_away SELECT * FROM store WHERE store_id = {self._any(*TRADE_VIEWS)};"
            "DELETE FROM store WHERE store_id IN (SELECT store_id FROM store_away)"
        )

    def _change_group(self) -> str:
        column = self._random.choice(("default_store_id", "root_category_id", "website_id"))
        return f"UPDATE store_group SET {column} = {self._any(0, 1, 4, 5, 88)} WHERE group_id = 2"

    def _configure(self) -> str:
        scope, number = self._random.choice((("websites", 3), ("stores", 4), ("stores", 99), ("nonsense", 1)))
        path, value = self._random.choice(PATHS), self._random.choice(WRONG)
        told = "NULL" if value == "NULL" else f"'{value}'"
        return (
            "REPLACE INTO core_config_data (scope, scope_id, path, value)"
            f" VALUES ('{scope}', {number}, '{path}', {told})"
        )

    def _any(self, *numbers: int) -> int:
        return self._random.choice(numbers)


@pytest.mark.parametrize(
    ("count", "seed", "within"),
    [(20, 27, WITHIN), pytest.param(EDITS, SEED, BESIDE_BUILDS, marks=pytest.mark.long)],
    ids=["some", "many"],
)
async def test_random_edits_never_end_it_and_hold_up_no_other_store_view(
    house: House, shop: Database, count: int, seed: int, within: float
) -> None:
    edits, made = Edits(seed), list[str]()
    async with inside(house) as here:
        await here.full()
        for number in range(count):
            made.append(edits.one())
            shop.run(f"SET foreign_key_checks = 0; {made[-1]}")
            await here.reopened()
            await arrives(here, shop, f"Edit {number}", made, within)


async def arrives(here: Inside, shop: Database, name: str, made: list[str], within: float) -> None:
    """A change of the untouched store view is at Synerise in time."""
    await shop.sql("UPDATE customer_entity SET firstname = %s WHERE entity_id = 312", name)
    try:
        async with asyncio.timeout(within):
            while name not in {one.get("firstName") for one in here.house.fake.profiles()}:
                await asyncio.sleep(0.02)  # the fake has no event for it
    except TimeoutError:
        raise AssertionError(f"{name} did not arrive after {made[-3:]}") from None
