"""When a transaction or an event overwrites an earlier one, and what becomes of its products."""

from typing import Any

import pytest

from synqd_demo.fake_synerise import Settings
from tests.fake_synerise.api import (
    CUSTOM,
    EVENT,
    PRODUCT,
    REMOVED,
    TRANSACTION,
    TRANSACTIONS,
    Api,
    Clock,
    altered,
)
from tests.fake_synerise.conftest import Connect


def skus(*names: str) -> list[dict[str, Any]]:
    return [altered(PRODUCT, sku=name) for name in names]


async def send(api: Api, **changes: Any) -> None:
    assert (await api.post(TRANSACTIONS, [altered(TRANSACTION, **changes)])).status == 202


async def test_equal_salt_time_profile_and_action_overwrite(api: Api) -> None:
    await send(api)
    await send(api, recordedAt="2024-05-01T12:11:12+02:00", metadata={"orderStatus": "complete"})
    (stored,) = api.fake.transactions()
    assert (stored["writes"], stored["metadata"]) == (2, {"orderStatus": "complete"})
    assert (api.fake.counters["overwrites"], api.fake.counters["salt_misuse"]) == (1, 0)
    assert len(api.fake.events(action="product.buy")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"recordedAt": "2024-05-01T10:11:12.001Z"},
        {"client": {"email": "other@example.test"}},
    ],
    ids=str,
)
async def test_a_salt_used_for_something_else_doubles_the_order(api: Api, change: dict[str, Any]) -> None:
    await send(api)
    await send(api, **change)
    assert (len(api.fake.transactions()), api.fake.counters["salt_misuse"]) == (2, 1)
    await send(api, **change)
    assert (len(api.fake.transactions()), api.fake.counters["salt_misuse"]) == (2, 1)


async def test_a_salt_used_for_another_action(api: Api) -> None:
    await send(api, client=EVENT["client"], recordedAt=EVENT["time"])
    await api.post(CUSTOM, altered(EVENT, eventSalt=TRANSACTION["eventSalt"]))
    assert api.fake.counters["salt_misuse"] == 1


async def test_less_than_a_millisecond_is_the_same_time(api: Api) -> None:
    await send(api, recordedAt="2024-05-01T10:11:12.0001Z")
    await send(api, recordedAt="2024-05-01T10:11:12.0004Z")
    assert len(api.fake.transactions()) == 1


async def test_without_a_salt_every_write_is_new(api: Api) -> None:
    await send(api, eventSalt=REMOVED)
    await send(api, eventSalt=REMOVED)
    assert (len(api.fake.transactions()), api.fake.counters["unsalted"]) == (2, 2)


async def test_shortened_products_leave_the_old_tail(api: Api) -> None:
    await send(api, products=skus("a", "b", "c"))
    await send(api, products=skus("a"))
    (stored,) = api.fake.transactions()
    assert [(buy["sku"], buy["stale"], buy["writes"]) for buy in stored["buys"]] == [
        ("a", False, 2),
        ("b", True, 1),
        ("c", True, 1),
    ]
    assert api.fake.counters["stale_products"] == 2
    await send(api, products=skus("a", "b", "c"))
    assert [buy["stale"] for buy in api.fake.transactions()[0]["buys"]] == [False] * 3


async def test_reordered_products_are_replaced_by_position(api: Api) -> None:
    await send(api, products=skus("a", "b"))
    before = [buy["eventId"] for buy in api.fake.transactions()[0]["buys"]]
    await send(api, products=skus("b", "a"))
    buys = api.fake.transactions()[0]["buys"]
    assert [buy["eventId"] for buy in buys] == before
    assert [buy["sku"] for buy in buys] == ["b", "a"]
    assert api.fake.counters["moved_products"] == 2


async def test_future_times_are_replaced(connect: Connect) -> None:
    clock = Clock()
    api = await connect(Settings(now=clock, token_ttl_s=10_000))
    await send(api, recordedAt="2024-05-01T10:12:12.000Z", eventSalt="just in time")
    await send(api, recordedAt="2024-05-01T10:12:12.001Z", eventSalt="future")
    assert api.fake.counters["future_times"] == 1
    assert [stored["time"] for stored in api.fake.transactions()] == [
        "2024-05-01T10:12:12.000Z",
        "2024-05-01T10:11:12.000Z",
    ]


async def test_unknown_client_becomes_a_profile(api: Api) -> None:
    await send(api, client={"customId": "c"}, eventSalt="1")
    await send(api, client={"email": "e@x.pl"}, eventSalt="2")
    assert [(p["email"], p["customId"], p["anonymous"]) for p in api.fake.profiles()] == [
        (None, "c", True),
        ("e@x.pl", None, False),
    ]


async def test_conflicting_client_stores_nothing(api: Api) -> None:
    await send(api, client={"customId": "c"}, eventSalt="1")
    await send(api, client={"email": "e@x.pl"}, eventSalt="2")
    await send(api, client={"email": "e@x.pl", "customId": "c"}, eventSalt="3")
    assert (len(api.fake.transactions()), api.fake.counters["conflicts"]) == (2, 1)


async def test_event_ids_do_not_depend_on_the_run(connect: Connect) -> None:
    first, second = await connect(Settings()), await connect(Settings(seed=1))
    for api in (first, second):
        await send(api)
    assert first.fake.transactions() == second.fake.transactions()
    assert first.fake.digest() == second.fake.digest()


async def test_digest_is_free_of_order_and_repeats(connect: Connect) -> None:
    first, second = await connect(Settings()), await connect(Settings())
    orders: list[dict[str, Any]] = [
        {"eventSalt": "1"},
        {"eventSalt": "2", "client": {"email": "other@example.test"}},
    ]
    for order in orders:
        await send(first, **order)
    for order in [*reversed(orders), *orders]:
        await send(second, **order)
    assert first.fake.digest() == second.fake.digest()
    await send(second, eventSalt="1", metadata={"changed": True})
    assert first.fake.digest() != second.fake.digest()
