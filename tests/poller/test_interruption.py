"""What may have escaped is compared once: told to the fan-out, with what is known of when it began."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from synqd.entities.watch import EVERYTHING, SINCE
from synqd.models.item import Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.movers.capture import interruption
from synqd.movers.capture.interruption import OVERLAP, PURGED, SOUND, Interruptions
from synqd.movers.capture.pending import KEYS_WANTED, Cause, Pending
from synqd.queue import Queue, QueueSettings
from tests.queue.words import sent
from tests.support.clocks import HandClock

ORDERS = Stream(Model.ORDER, 1)
COMPARED = Cause(Model.ORDER, EVERYTHING, "the log lost rows")
SINCE_THEN = Cause(Model.ORDER, SINCE, str(5_000 - OVERLAP))


class Told:
    """Where interruptions are told, and what came of them."""

    def __init__(self, queue: Queue, clock: HandClock) -> None:
        self.queue = queue
        self.woken: list[str] = []
        self.pending = Pending(queue, clock)
        self.interruptions = Interruptions(
            queue, self.pending, self.woken.append, {Model.ORDER, Model.PRODUCT}
        )

    @property
    def causes(self) -> set[Cause]:
        return set(self.pending._told)

    async def send_orders(self, count: int) -> None:
        """So many orders live at Synerise."""
        await self.queue.outbox.intake(
            [Wish(Key(Model.ORDER, 1, number), quiet=9.0) for number in range(1, count + 1)]
        )
        leased = await self.queue.outbox.lease(ORDERS, Lane.LIVE, count, 60)
        await self.queue.outbox.settle([Ack(item, sent()) for item in leased])


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Told]:
    clock = HandClock()
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), clock) as queue:
        yield Told(queue, clock)


async def test_the_models_that_are_switched_on_are_compared_and_looked_for(told: Told) -> None:
    await told.interruptions.tell(list(Model), "the log lost rows")
    assert told.causes == {COMPARED, Cause(Model.PRODUCT, EVERYTHING, "the log lost rows")}
    assert await told.queue.facts.meta(KEYS_WANTED) == "the log lost rows"
    assert told.woken == ["fanout", "sweeper"]


async def test_what_is_switched_off_is_not_compared(told: Told) -> None:
    await told.interruptions.tell([Model.CUSTOMER], "the log lost rows")
    assert (told.causes, told.woken) == (set(), [])
    assert await told.queue.facts.meta(KEYS_WANTED) is None


@pytest.mark.parametrize(
    ("alive", "tables", "sound", "cause"),
    [
        (3, ["sales_order", "sales_order_item"], True, SINCE_THEN),
        (2, ["sales_order"], True, COMPARED),
        (3, ["sales_order"], False, COMPARED),
        (3, ["sales_order", "customer_entity"], True, COMPARED),
        (3, [], True, COMPARED),
    ],
    ids=["many", "few", "never sound", "without time stamps", "unknown tables"],
)
async def test_very_many_orders_are_compared_from_their_time_stamps_on_where_these_tell(
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    *,
    alive: int,
    tables: list[str],
    sound: bool,
    cause: Cause,
) -> None:
    monkeypatch.setattr(interruption, "FEW_ORDERS", 2)
    await told.send_orders(alive)
    if sound:
        await told.queue.facts.set_meta(SOUND, orjson.dumps({"at": 5_000.7}).decode())
    await told.interruptions.tell([Model.ORDER], "the log lost rows", tables)
    assert told.causes == {cause}


async def test_until_when_each_model_was_made_good_is_remembered(told: Told) -> None:
    await told.interruptions.tell([Model.ORDER], "triggers made anew", until="2026-03-01 10:00:00")
    await told.interruptions.tell([Model.PRODUCT], "the log lost rows")
    good = await told.interruptions.good_until()
    assert good == dict.fromkeys(Model, "") | {Model.ORDER: "2026-03-01 10:00:00"}


async def test_what_was_purged_unread_is_made_up_for_once(told: Told) -> None:
    await told.interruptions.make_up_for_purged()
    assert told.causes == set()
    await told.queue.facts.set_meta(PURGED, orjson.dumps(["order"]).decode())
    await told.interruptions.make_up_for_purged()
    what = "rows went unread while synchronization was off"
    assert told.causes == {Cause(Model.ORDER, EVERYTHING, what)}
    assert await told.queue.facts.meta(PURGED) == ""
    await told.interruptions.make_up_for_purged()
    assert told.woken == ["fanout", "sweeper"]
