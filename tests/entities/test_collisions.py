"""Random look-alikes of addresses, and what they do to each other in the fake Synerise (S33)."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from synqd.entities import create_entities
from synqd.entities.identity import email_flaw, profile_uuid
from synqd.models.names import Model
from synqd.models.shop import Shop
from synqd.models.wire import Endpoint, Parcel, WireItem
from synqd_demo.fake_synerise.profiles import ProfileStore, ids_of
from synqd_demo.fake_synerise.settings import Settings as FakeSettings
from tests.support.database import Database
from tests.support.entities import CountingSource, Shopkeeper, leased, one_workspace, put

FIRST, STORES = 63_000, (1, 3)
SIGNS = "kKsSeEéÉfiIaAáß\u212a\uff4b\u03ba\u017f\u0131\u0130\ufb01\u0430\u212b\u0301\u200b\u00ad\u00a0 "
"""Letters, and what databases, people and Unicode take for them, or for nothing."""
TURNS: tuple[Callable[[str], str], ...] = (
    str.swapcase,
    str.casefold,
    str.upper,
    str.strip,
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFKC", text),
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode() or "k",
)
"""From a text to one that is the same to somebody."""

Pair = tuple[str, str]
"""What stands before the @ of two addresses."""
look_alikes = st.builds(
    lambda text, turn: (text, turn(text)), st.text(SIGNS, min_size=1, max_size=4), st.sampled_from(TURNS)
)


async def add(database: Database, number: int, place: int, email: str) -> None:
    """An account, a subscription and an order of a guest with an address, in the first or second website."""
    store_id = STORES[place]
    account = {"entity_id": number, "website_id": place + 1, "store_id": store_id}
    await put(database, "customer_entity", **account, email=email, firstname=f"No {number}")
    row = {"subscriber_id": number, "store_id": store_id, "subscriber_status": (1, 3)[place]}
    await put(database, "newsletter_subscriber", **row, subscriber_email=email, change_status_at="2026-01-01")
    order = {"entity_id": number, "store_id": store_id, "increment_id": f"H{number}", "customer_is_guest": 1}
    order |= {"order_currency_code": "USD", "created_at": "2026-03-01 10:00:00"}
    await put(database, "sales_order", **order, customer_email=email, customer_firstname="Guest")
    await put(database, "sales_order_item", item_id=number, order_id=number, sku="S", qty_ordered=1)


async def everything(source: CountingSource, shop: Shop, places: Mapping[int, int]) -> list[WireItem]:
    """What full synchronizations of two websites in one workspace send for entities."""
    wanted = one_workspace(order={"guest_profiles": True})
    sent: list[WireItem] = []
    for model in (Model.ORDER, Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER):
        keeper = Shopkeeper(create_entities()[model], source, shop, wanted)
        for place, store_id in enumerate(STORES):
            ids = [number for number, where in places.items() if where == place]
            outcomes = await keeper.compose(store_id, [leased(keeper.entity, store_id, one) for one in ids])
            sent += [wire for each in outcomes if isinstance(each, Parcel) for wire in each.items]
    return sent


def alike(email: str) -> bytes:
    """What addresses that are one have in common: bytes know of no case but that of A to Z."""
    return email.encode().lower()


class Fake:
    """The profiles of the fake Synerise, and which addresses each was written with."""

    def __init__(self) -> None:
        settings, self.counters = FakeSettings(), Counter[str]()
        self.store = ProfileStore(settings=lambda: settings, moved=lambda *_: None, counters=self.counters)
        self.written: defaultdict[int, set[bytes]] = defaultdict(set)

    def take(self, wire: WireItem) -> None:
        body: Mapping[str, Any] = wire.body.get("client", wire.body)
        is_profile = wire.endpoint is Endpoint.CLIENTS
        profile = self.store.write(body) if is_profile else self.store.identify(ids_of(body, "id"))
        assert profile is not None
        self.written[profile.client_id].add(alike(body["email"]))


def numbered(pairs: list[Pair]) -> Iterator[tuple[int, int, str, str]]:
    """(id, place, address, the other one): pairs have nothing to do with each other."""
    for index, pair in enumerate(pairs):
        one, other = (f"{local}.{index}@mail.example" for local in pair)
        yield FIRST + 2 * index, 0, one, other
        yield FIRST + 2 * index + 1, 1, other, one


# What fails is small as it is, and to make it smaller takes the database minutes.
@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(pairs=[("k", "\u212a"), ("é", "É"), ("e", "é"), ("é", "e\u0301"), ("s", "\u017f"), ("ss", "ß")])
@given(pairs=st.lists(look_alikes, min_size=1, max_size=5))
async def test_two_addresses_never_share_a_profile_a_uuid_or_a_consent(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, pairs: list[Pair]
) -> None:
    for number, place, email, _ in numbered(pairs):
        await add(scratch, number, place, email)
    fake = Fake()
    places = {number: place for number, place, *_ in numbered(pairs)}
    for wire in await everything(scratch_source, scratch_shop, places):
        fake.take(wire)
    assert {len(addresses) for addresses in fake.written.values()} <= {1}
    assert not fake.counters["renamed_profiles"] + fake.counters["trimmed_ids"]
    for number, place, email, other in numbered(pairs):
        if email_flaw(email) or alike(email) == alike(other):
            continue
        profile = fake.store.find(email=email)
        assert profile is not None
        assert profile.custom_id == str(number)
        assert profile.fields["firstName"] == f"No {number}"
        assert profile.agreements == {"email": place == 0}
        assert list(profile.uuids) == [profile_uuid(email)]
