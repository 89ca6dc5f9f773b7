"""When everything that Synerise has is looked up in Magento."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from synqd.config import Routes
from synqd.entities import Source
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.change import Installation
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.models.shop import Shop
from synqd.movers.capture.pending import KEYS_WANTED, Pending
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.keys import SAFETY_EVERY, Keys
from synqd.queue import Queue, QueueSettings
from tests.queue.words import sent
from tests.support.bench import Rows, settings_for, small_shop
from tests.support.clocks import HandClock

DAY = SAFETY_EVERY
SOON = 60.0
ORDER = Key(Model.ORDER, 1, 7)


@dataclass
class Orders(Rows):
    """Orders that are all there; it is noted when they were looked up."""

    model: Model = Model.ORDER
    clock: HandClock = field(default_factory=HandClock)
    looked: list[float] = field(default_factory=list)

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        if ids:
            self.looked.append(self.clock.now())
        return dict.fromkeys(ids, frozenset({1}))


@dataclass
class Shelf:
    """A queue file with one order that was sent."""

    queue: Queue
    clock: HandClock
    orders: Orders

    def started(self, **sections: Any) -> Keys:
        """The sweep of a daemon that has just started."""
        routes = Routes.build(settings_for("http://127.0.0.1:1", **sections), small_shop())
        others = {model: Rows(model) for model in Model}
        return Keys(
            SweepDeps(
                routes,
                self.queue,
                cast(Magento, Nowhere()),
                {**others, Model.ORDER: self.orders},
                Pending(self.queue, self.clock),
                self.clock,
                lambda _: None,
                {},
                Metrics(),
            )
        )

    async def looks(self, keys: Keys, seconds: float) -> int:
        """How often the order is looked up meanwhile."""
        before, end = len(self.orders.looked), self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.pass_(await keys.run())
        return len(self.orders.looked) - before


class Nowhere:
    """Magento that only passes through."""

    source = None


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    clock = HandClock()
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), clock) as queue:
        await queue.facts.adopt(Installation("shop", 1))
        await queue.outbox.intake([Wish(ORDER, quiet=60.0)])
        (item,) = await queue.outbox.lease(Stream(ORDER.model, ORDER.store_id), Lane.LIVE, 1, 60)
        await queue.outbox.settle([Ack(item, sent(wire_key="000000007"))])
        yield Shelf(queue, clock, Orders(clock=clock))


async def test_a_pass_begins_soon_and_then_once_a_day(shelf: Shelf) -> None:
    keys = shelf.started()
    assert await shelf.looks(keys, SOON) == 1
    assert await shelf.looks(keys, DAY - 2 * SOON) == 0
    assert await shelf.looks(keys, 2 * SOON) == 1


async def test_a_restart_costs_no_pass_and_puts_none_off(shelf: Shelf) -> None:
    assert await shelf.looks(shelf.started(), SOON) == 1
    for _ in range(3):
        assert await shelf.looks(shelf.started(), DAY / 4) == 0
    assert await shelf.looks(shelf.started(), DAY / 4) == 1


async def test_a_pass_that_a_crash_ended_begins_anew(shelf: Shelf) -> None:
    keys = shelf.started()
    while not shelf.orders.looked:
        shelf.clock.pass_(await keys.run())
    assert await shelf.looks(shelf.started(), SOON) == 1


async def test_what_was_switched_on_since_is_looked_up_soon(shelf: Shelf) -> None:
    few = {"sync": {"models": ["order"], "stores": ["store1"]}}
    assert await shelf.looks(shelf.started(**few), SOON) == 1
    assert await shelf.looks(shelf.started(**few), SOON) == 0
    assert await shelf.looks(shelf.started(), SOON) == 1


async def test_a_change_log_that_was_made_anew_has_everything_looked_up_soon(shelf: Shelf) -> None:
    assert await shelf.looks(shelf.started(), SOON) == 1
    await shelf.queue.facts.adopt(Installation("shop", 2))
    assert await shelf.looks(shelf.started(), SOON) == 1


async def test_lost_rows_begin_a_pass_at_any_time(shelf: Shelf) -> None:
    assert await shelf.looks(shelf.started(), SOON) == 1
    keys = shelf.started()
    await shelf.queue.facts.set_meta(KEYS_WANTED, "rows were lost")
    assert await shelf.looks(keys, SOON) == 1


async def test_a_clock_that_was_set_back_puts_no_pass_off(shelf: Shelf) -> None:
    assert await shelf.looks(shelf.started(), SOON) == 1
    shelf.clock.jump(-30 * DAY)
    assert await shelf.looks(shelf.started(), SOON) == 1


async def test_a_wanted_pass_that_a_restart_ends_begins_anew_at_once(shelf: Shelf) -> None:
    assert await shelf.looks(shelf.started(), SOON) == 1, "the one of today"
    keys = shelf.started()
    await shelf.queue.facts.set_meta(KEYS_WANTED, "rows were lost")
    await keys.run()
    assert await shelf.looks(shelf.started(), SOON) == 1
    assert await shelf.looks(shelf.started(), DAY / 2) == 0, "once it is made, it is not wanted any more"


async def test_rows_that_are_lost_during_a_pass_ask_for_another(shelf: Shelf) -> None:
    keys = shelf.started()
    await shelf.queue.facts.set_meta(KEYS_WANTED, "rows were lost")
    await keys.run()
    await shelf.queue.facts.set_meta(KEYS_WANTED, "rows were lost")
    assert await shelf.looks(keys, SOON) == 2


async def test_a_model_that_cannot_be_looked_up_keeps_no_other_from_it(shelf: Shelf) -> None:
    customer = Key(Model.CUSTOMER, 1, 3)
    await shelf.queue.outbox.intake([Wish(customer, quiet=60.0)])
    (item,) = await shelf.queue.outbox.lease(Stream(Model.CUSTOMER, 1), Lane.LIVE, 1, 60)
    await shelf.queue.outbox.settle([Ack(item, sent(wire_key="a@b.example"))])
    keys = shelf.started()

    async def locked(source: Source, shop: Shop, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        raise MagentoUnavailable("customer_entity is locked")

    keys._deps.entities[Model.CUSTOMER].locate = locked  # type: ignore[method-assign]
    failures = 0
    while not shelf.orders.looked:
        try:
            shelf.clock.pass_(await keys.run())
        except MagentoUnavailable:
            failures += 1
    assert failures == 1
