"""S20, S33: what is one person's in Magento's tables, the change log and the queue file, and what is not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from synqd.app.operations.identifying import Found, Search
from synqd.entities import create_entities
from synqd.magento import Magento
from synqd.models.item import LedgerEntry, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.person import folded
from synqd.models.settle import Ack
from synqd.queue import Queue, QueueSettings
from tests.magento.places import OpenMagento
from tests.support.database import Database

CUSTOMER, SUBSCRIBER, ORDER = Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER
WATCHES = {model: entity.watches for model, entity in create_entities().items()}
LOOK_ALIKES = [
    ("josé.f@mail.example", "jose.f@mail.example"),
    ("josé.f@mail.example", "JOSÉ.f@mail.example"),
    ("josé.f@mail.example", "jose\u0301.f@mail.example"),
    ("kim@mail.example", "\u212aim@mail.example"),
    ("strasse@mail.example", "straße@mail.example"),
    ("office@mail.example", "o\ufb03ce@mail.example"),
    ("ivy@mail.example", "\u0130vy@mail.example"),
    ("ann@mail.example", "ａnn@mail.example"),  # noqa: RUF001  # full width
    ("ann@mail.example", "ann@mail.example\u200f"),
    ("ann@mail.example", "ann@mail.example "),
    ("a%@mail.example", "ab@mail.example"),
    ("a_b@mail.example", "axb@mail.example"),
    ("a\\_b@mail.example", "a_b@mail.example"),
    ("a+b@mail.example", "a.b@mail.example"),
    ("a.*@mail.example", "a.b@mail.example"),
    ("'; --@mail.example", "x@mail.example"),
    ("é" * 130 + "@mail.example", "e" * 130 + "@mail.example"),
]


class Shop:
    """Rows of people, and what the queue file and the change log know of them."""

    def __init__(self, database: Database, magento: Magento, queue: Queue) -> None:
        self.database, self.magento, self.queue = database, magento, queue

    async def customer(self, number: int, email: str, website: int = 1) -> None:
        await self._insert("customer_entity", entity_id=number, email=email, website_id=website)

    async def subscriber(self, number: int, email: str, customer: int = 0) -> None:
        columns = {"subscriber_id": number, "subscriber_email": email, "customer_id": customer}
        await self._insert("newsletter_subscriber", **columns)

    async def order(
        self, number: int, email: str, customer: int | None = None, name: str | None = None
    ) -> None:
        columns = {"entity_id": number, "customer_email": email, "customer_id": customer}
        await self._insert("sales_order", increment_id=name or f"{number}", **columns)

    async def _insert(self, table: str, **columns: object) -> None:
        async with self.database.connect() as connection, connection.cursor() as cursor:
            await cursor.execute("SET foreign_key_checks = 0")
            marks = ", ".join(["%s"] * len(columns))
            await cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(columns.values())
            )

    async def sent(self, model: Model, number: int, *keys: str) -> None:
        """The ledger knows an entity by these keys, the first for sure."""
        await self.queue.outbox.intake([Wish(Key(model, 1, number), Lane.LIVE, 60.0)])
        (item,) = await self.queue.outbox.lease(Stream(model, 1), Lane.LIVE, 1, 60)
        entry = LedgerEntry("main", keys[0], frozenset(), b"d", "s", len(keys) == 1, 5, 5)
        if len(keys) > 1:
            entry = entry._replace(doubt=keys[1:])
        await self.queue.outbox.settle([Ack(item, entry)])

    async def find(self, email: str | None = None, customer: int = 0) -> Found:
        search = Search(self.magento.source, self.queue.people.acquainted)
        if email:
            search.emails.add(folded(email))
            search.spelled.add(email)
        else:
            search.beings.add((CUSTOMER, customer))
        return await search.run()


def beings(found: Found) -> dict[Model, list[int]]:
    return {
        model: numbers
        for model in Model
        if (numbers := sorted(number for one, number in found.person.beings if one is model))
    }


@pytest.fixture
async def shop(empty_shop: Database, open_magento: OpenMagento, tmp_path: Path) -> AsyncIterator[Shop]:
    magento = await open_magento(empty_shop, WATCHES)
    await magento.changelog.install()
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0)) as queue:
        yield Shop(empty_shop, magento, queue)


async def test_whom_the_database_takes_for_the_same_is_somebody_else(shop: Shop) -> None:
    for number, (mine, theirs) in enumerate(LOOK_ALIKES):
        for table in ("customer_entity", "newsletter_subscriber", "sales_order"):
            await shop.database.sql(f"DELETE FROM {table}")
        for place, email in ((10 * number + 1, mine), (10 * number + 2, theirs)):
            # A website for each: the shop's own index takes some of them for one.
            await shop.customer(place, email, website=place)
            await shop.subscriber(place, email, place)
            await shop.order(place, email[:128])
        for place, email in ((10 * number + 1, mine), (10 * number + 2, theirs)):
            found = await shop.find(email)
            assert beings(found)[CUSTOMER] == [place], email
            assert beings(found)[SUBSCRIBER] == [place], email
            assert beings(found).get(ORDER, [place]) == [place], email
            assert found.spelled <= {email, email[:150]}


async def test_the_case_of_a_to_z_makes_nobody_else(shop: Shop) -> None:
    await shop.customer(1, "Josée.F@Mail.example")
    await shop.subscriber(11, "joséE.f@mail.example")
    await shop.order(21, "JOSéE.F@MAIL.EXAMPLE")
    found = await shop.find("joséE.f@mail.EXAMPLE")
    assert beings(found) == {CUSTOMER: [1], SUBSCRIBER: [11], ORDER: [21]}
    assert len(found.spelled) == 4


@pytest.mark.parametrize("by", ["address", "customer"])
async def test_accounts_and_guests_who_share_an_address_are_one_person(shop: Shop, by: str) -> None:
    """There is one profile of an address: a second website's account, a guest's order and subscription."""
    await shop.customer(1, "ann@mail.example", website=1)
    await shop.customer(2, "Ann@mail.example", website=2)
    await shop.subscriber(11, "ann@mail.example")
    await shop.order(21, "ann@mail.example")
    await shop.order(22, "elsewhere@mail.example", customer=2)
    await shop.customer(3, "bea@mail.example")
    await shop.order(23, "bea@mail.example", customer=3)
    found = await (shop.find("ANN@mail.example") if by == "address" else shop.find(customer=1))
    assert beings(found) == {CUSTOMER: [1, 2], SUBSCRIBER: [11], ORDER: [21, 22]}
    assert found.person.emails == {"ann@mail.example"}


async def test_former_addresses_are_found_both_ways_while_nobody_has_them(shop: Shop) -> None:
    await shop.customer(1, "new@mail.example")
    await shop.subscriber(11, "new@mail.example", customer=1)
    await shop.order(21, "old@mail.example", customer=1)
    await shop.sent(CUSTOMER, 1, "Old@mail.example", "older@mail.example")
    await shop.sent(SUBSCRIBER, 11, "oldest@mail.example")
    everything = {CUSTOMER: [1], SUBSCRIBER: [11], ORDER: [21]}
    for email in ("new@mail.example", "old@mail.example", "OLDER@mail.example"):
        found = await shop.find(email)
        assert beings(found) == everything
        assert found.person.emails == {f"{one}@mail.example" for one in ("new", "old", "older", "oldest")}
        assert not found.passed_on
        assert not found.before
    assert "Old@mail.example" in (await shop.find(customer=1)).spelled


async def test_a_former_address_that_somebody_has_now_is_somebody_elses(shop: Shop) -> None:
    """Two accounts swapped their addresses; the queue file knows the former ones only."""
    await shop.customer(1, "a@mail.example")
    await shop.customer(2, "b@mail.example")
    await shop.sent(CUSTOMER, 1, "b@mail.example")
    await shop.sent(CUSTOMER, 2, "a@mail.example")
    for found in (await shop.find("a@mail.example"), await shop.find(customer=1)):
        assert beings(found) == {CUSTOMER: [1]}
        assert found.spelled == {"a@mail.example"}
        assert found.passed_on
        assert found.before == (2,)


@pytest.mark.parametrize("holder", [SUBSCRIBER, ORDER])
async def test_a_guest_who_has_a_former_address_is_somebody_else(shop: Shop, holder: Model) -> None:
    await shop.customer(1, "new@mail.example")
    await shop.sent(CUSTOMER, 1, "old@mail.example")
    await (shop.subscriber if holder is SUBSCRIBER else shop.order)(9, "old@mail.example")
    found = await shop.find(customer=1)
    assert (beings(found), *found.spelled) == ({CUSTOMER: [1]}, "new@mail.example")
    assert found.passed_on
    found = await shop.find("old@mail.example")
    assert (beings(found), found.before) == ({holder: [9]}, (1,))


async def test_whoever_is_gone_from_magento_is_known_by_the_queue_file(shop: Shop) -> None:
    await shop.sent(CUSTOMER, 1, "ann@mail.example", "old@mail.example")
    await shop.sent(SUBSCRIBER, 11, "ann@mail.example")
    await shop.queue.outbox.intake([Wish(Key(CUSTOMER, 1, 2), hint="old@mail.example")])
    for found in (await shop.find("ann@mail.example"), await shop.find(customer=1)):
        assert beings(found) == {CUSTOMER: [1, 2], SUBSCRIBER: [11]}
        assert found.spelled == {"ann@mail.example", "old@mail.example"}


async def test_a_subscription_goes_with_its_address(shop: Shop) -> None:
    """Whose account it hangs on says less than the address that it agrees for."""
    await shop.customer(1, "ann@mail.example")
    await shop.customer(2, "bea@mail.example")
    await shop.subscriber(11, "bea@mail.example", customer=1)
    await shop.subscriber(12, "cut@mail.exam", customer=1)
    found = await shop.find("ann@mail.example")
    assert beings(found) == {CUSTOMER: [1], SUBSCRIBER: [12]}
    assert found.person.emails == {"ann@mail.example", "cut@mail.exam"}
    assert beings(await shop.find("bea@mail.example")) == {CUSTOMER: [2], SUBSCRIBER: [11]}


async def logged(shop: Shop) -> dict[str, Sequence[tuple[int, str | None]]]:
    """Keys in the change log, by model."""
    rows = {
        model.value: await shop.database.sql(
            f"SELECT entity_id, old_key FROM synqd_{model}_cl WHERE old_key IS NOT NULL ORDER BY version_id"
        )
        for model in (CUSTOMER, SUBSCRIBER, ORDER)
    }
    return {name: [(row["entity_id"], row["old_key"]) for row in found] for name, found in rows.items()}


async def test_the_change_log_loses_the_persons_keys_and_nobody_elses(shop: Shop) -> None:
    mine, theirs = (
        "JOSÉ.f@mail.example",
        ["josé.f@mail.example", "jose.f@mail.example", "JOSE.f@mail.example"],
    )
    for number, email in enumerate([mine, mine.replace("f@", "F@"), *theirs], start=1):
        await shop.customer(number, email, website=number)
        await shop.subscriber(number, email)
        await shop.order(number, email, name=mine if number == 1 else None)
    await shop.customer(9, "former@mail.example", website=9)
    await shop.database.sql("UPDATE customer_entity SET email = 'present@mail.example' WHERE entity_id = 9")
    for table in ("customer_entity", "newsletter_subscriber", "sales_order"):
        await shop.database.sql(f"DELETE FROM {table}")
    emails = frozenset({folded(mine), "present@mail.example"})
    changed = await shop.magento.forget(emails, {(CUSTOMER, 9), (ORDER, 9)})
    assert changed == 6
    left = await logged(shop)
    for name in ("customer", "subscriber"):
        assert left[name] == list(enumerate(theirs, start=3))
    assert [key for _, key in left["order"]] == [mine, "2", "3", "4", "5"], "numbers are no addresses"


async def test_a_log_that_is_not_read_any_more_loses_them_too(shop: Shop, open_magento: OpenMagento) -> None:
    await shop.customer(1, "ann@mail.example")
    await shop.database.sql("DELETE FROM customer_entity")
    place = await open_magento(shop.database, WATCHES, capture="readonly")
    assert await place.forget(["ANN@mail.example"]) == 1
    assert (await logged(shop))["customer"] == []
