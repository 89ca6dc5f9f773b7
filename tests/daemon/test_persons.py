"""Whose profile and consent: several claims to one address, under the running daemon (S29, S30, S33)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from synqd.entities.accounts import WAITS, YIELDS
from synqd.entities.subscriber.agreement import UNCONFIRMED
from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.shop.data.scopes import HOME_EN, TRADE, TRADE_PL
from tests.daemon.conftest import MakeHouse
from tests.support.database import Database
from tests.support.entities import put
from tests.support.house import House
from tests.support.inside import inside

CLARA, CLARAS_ID = "clara@post.example", 304
"""A subscriber with a confirmed account in the website ``home``."""
ADA, ADAS_IDS = "ada.moss@mail.example", ("301", "302")
"""Has an account in each website."""
KIM = "kim@mail.example"
"""Has an account."""
MALLORYS_ID = 900
UUIDS: dict[str, Any] = {"uuid": None, "uuids": []}
"""Orders add one to a profile."""
FAR_AHEAD = "2037-01-01 00:00:00"


@pytest.fixture
async def house(make_house: MakeHouse, shop: Database) -> AsyncIterator[House]:
    """A house whose two websites share a workspace; accounts of the second have to be confirmed."""
    async with make_house(shop, extra="[order]\nguest_profiles = true\n") as made:
        text = made.config.read_text()
        second = text[text.index("[workspaces.second]") : text.index("[queue]")]
        made.configure((second, ""), ('websites = ["home"]', 'websites = ["home", "trade"]'))
        yield made


def profile(fake: FakeSynerise, email: str) -> dict[str, Any]:
    (found,) = [one for one in fake.profiles() if one["email"] == email]
    return found


def known_as(fake: FakeSynerise, email: str) -> tuple[str, str, bool | None]:
    """Customer id, first name and agreement of an address."""
    found = profile(fake, email)
    return found["customId"], found["firstName"], found["agreements"].get("email")


async def claim(shop: Database, email: str) -> None:
    """Mallory registers with an address where it has to be confirmed, and subscribes with it."""
    account = {"entity_id": MALLORYS_ID, "website_id": TRADE, "store_id": TRADE_PL, "confirmation": "c0de"}
    await put(shop, "customer_entity", **account, email=email, firstname="Mallory", lastname="Malory")
    row = {"subscriber_id": MALLORYS_ID, "store_id": TRADE_PL, "customer_id": MALLORYS_ID}
    said = {"subscriber_email": email, "change_status_at": FAR_AHEAD}
    await put(shop, "newsletter_subscriber", **row, **said, subscriber_status=4)


async def test_an_unconfirmed_claim_waits_is_told_and_is_sent_when_it_is_confirmed(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    await claim(shop, CLARA)
    told = [*await house.preview("customer", "trade_pl", MALLORYS_ID)]
    told += await house.preview("subscriber", "trade_pl", MALLORYS_ID)
    async with inside(house) as running:
        await running.full()
        assert known_as(fake, CLARA) == (str(CLARAS_ID), "Clara", True)
        queue = running.daemon.house.queue
        job = await queue.jobs.get((await queue.jobs.page(limit=1))[0].job_id)
        reasons = {reason for part in job.parts for reason in part.reasons}
        assert {line["skip"] for line in told} == {WAITS, UNCONFIRMED}
        assert {WAITS, YIELDS, UNCONFIRMED} <= reasons
        found = await house.ctl("verify", "--model", "customer", "--model", "subscriber")
        assert not sum(part[name] for part in found["parts"] for name in ("missing", "stale", "gone"))
        await shop.sql(f"UPDATE customer_entity SET confirmation = NULL WHERE entity_id = {MALLORYS_ID}")
        await shop.sql(
            f"UPDATE newsletter_subscriber SET subscriber_status = 3 WHERE subscriber_id = {MALLORYS_ID}"
        )
        await running.settled()
        assert known_as(fake, CLARA) == (str(MALLORYS_ID), "Mallory", False)
        assert fake.counters["conflicts"] == 0


async def test_the_next_account_is_sent_when_the_owner_of_an_address_goes(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with inside(house) as running:
        await running.full()
        assert profile(fake, ADA)["customId"] == ADAS_IDS[1]
        await shop.sql("DELETE FROM customer_entity WHERE entity_id = 302")
        await running.settled()
        assert profile(fake, ADA)["customId"] == ADAS_IDS[0]
        assert not fake.events(action="client.deleteAccount"), "she still has an account"


async def test_look_alikes_and_guests_take_over_nobody(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    attackers = ("\u212aim@mail.example", "kim@mail.example ", "k\u200bim@mail.example")
    others = ("\uff4bim@mail.example", "kím@mail.example")
    guest = "guest.b@mail.example"
    async with inside(house) as running:
        await running.full()
        before = profile(fake, KIM)
        for number, email in enumerate((*attackers, *others), start=MALLORYS_ID):
            account = {"entity_id": number, "website_id": TRADE, "store_id": TRADE_PL}
            await put(shop, "customer_entity", **account, email=email, firstname="Mallory")
            row = {"subscriber_id": number, "store_id": TRADE_PL, "change_status_at": FAR_AHEAD}
            await put(shop, "newsletter_subscriber", **row, subscriber_email=email, subscriber_status=1)
        for number, email in enumerate((KIM, guest, guest), start=9_001):
            await order(shop, number, email)
            await running.settled()
        await shop.sql("UPDATE sales_order SET status = 'complete' WHERE entity_id IN (9001, 9002)")
        await running.settled()
        assert len([one for one in fake.transactions() if one["orderId"].startswith("G900")]) == 3
        assert {**profile(fake, KIM), **UUIDS} == {**before, **UUIDS}
        stored = {one["email"]: one["agreements"] for one in fake.profiles() if one["firstName"] == "Mallory"}
        assert stored == {email: {"email": True} for email in others}
        assert profile(fake, guest)["firstName"] == "Guest 9003"
        for counter in ("trimmed_ids", "renamed_profiles", "salt_misuse", "conflicts"):
            assert fake.counters[counter] == 0, counter


async def order(shop: Database, number: int, email: str) -> None:
    """Somebody orders without an account."""
    row = {"entity_id": number, "store_id": HOME_EN, "increment_id": f"G{number}", "status": "new"}
    row |= {"created_at": "2026-01-01 00:00:00", "order_currency_code": "EUR", "customer_is_guest": 1}
    await put(shop, "sales_order", **row, customer_email=email, customer_firstname=f"Guest {number}")
    line = {"item_id": number, "order_id": number, "sku": "S", "name": "S", "qty_ordered": 1}
    await put(shop, "sales_order_item", **line)
