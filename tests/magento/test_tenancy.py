"""Only one daemon reads a change log; who crashed has it again at once, who stopped leaves it free."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from synqd.config import MagentoSettings
from synqd.entities.customer import CustomerEntity
from synqd.magento import Magento
from synqd.magento.changelog.claim import SURE
from synqd.magento.session import Session
from synqd.models.errors import Fatal, MagentoUnavailable
from synqd.models.names import Model
from tests.magento.places import OpenMagento
from tests.support.clocks import HandClock as Hand
from tests.support.database import Database

ONE, OTHER = "1" * 36, "2" * 36


@pytest.fixture
async def places(empty_shop: Database) -> AsyncIterator[list[Magento]]:
    settings = MagentoSettings(socket=Path(empty_shop.socket), database=empty_shop.name, user="root")
    watches = {Model.CUSTOMER: CustomerEntity().watches}
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(Magento.open(settings, watches)) for _ in range(2)]
        await opened[0].changelog.install()
        yield opened


async def test_a_second_daemon_is_refused_until_the_first_stops(places: list[Magento]) -> None:
    first, second = places
    await first.hold(ONE)
    with pytest.raises(Fatal, match="another synqd reads this change log"):
        await second.hold(OTHER)
    await first.hold(ONE)
    await first.let_go()
    await second.hold(OTHER)
    with pytest.raises(Fatal):
        await first.hold(ONE)


async def test_the_same_daemon_has_it_at_once_after_a_crash(places: list[Magento]) -> None:
    crashed, restarted = places
    await crashed.hold(ONE)
    await restarted.hold(ONE)
    with pytest.raises(Fatal, match="a copy of this one"):
        await crashed.hold(ONE)


async def test_a_daemon_that_vanished_is_succeeded_after_its_term(
    places: list[Magento], empty_shop: Database
) -> None:
    vanished, successor = places
    await vanished.hold(ONE)
    await empty_shop.sql("UPDATE synqd_meta SET installed_at = NOW() - INTERVAL 61 SECOND WHERE id = 2")
    await successor.hold(OTHER)
    installed = await successor.installation()
    assert installed is not None
    assert installed.epoch == 1


async def test_a_commit_whose_answer_is_lost_makes_nobody_a_copy_of_itself(
    places: list[Magento], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = places
    await first.hold(ONE)
    execute = Session.execute
    losing = True

    async def answer_lost(self: Session, sql: str, args: Sequence[Any] = ()) -> int:
        touched = await execute(self, sql, args)
        if losing and sql == "COMMIT":
            raise MagentoUnavailable("the connection went away")
        return touched

    monkeypatch.setattr(Session, "execute", answer_lost)
    for _ in range(3):
        with pytest.raises(MagentoUnavailable):
            await first.hold(ONE)
    losing = False
    await first.hold(ONE)
    await other.hold(ONE)
    with pytest.raises(Fatal, match="a copy of this one"):
        await first.hold(ONE)


async def test_a_claim_that_was_not_renewed_in_time_fences_reading_and_purging(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    clock = Hand()
    place = await open_magento(empty_shop, clock=clock)
    await place.changelog.install()
    cursors = await place.reader.heads()
    await place.hold(ONE)
    for set_forward in (clock.pass_, clock.jump):
        set_forward(SURE - 0.1)
        assert place.lapsed() is None
        await place.reader.read(cursors)
        set_forward(0.2)
        for forbidden in (place.reader.read(cursors), place.reader.purge(cursors, 0.0)):
            with pytest.raises(MagentoUnavailable, match="could not be renewed for a minute"):
                await forbidden
        await place.hold(ONE)
        await place.reader.read(cursors)
        await place.reader.purge(cursors, 0.0)
    await place.let_go()
    clock.pass_(SURE)
    assert place.lapsed() is None, "nobody has claimed anything"


async def test_where_there_is_nothing_to_claim_nobody_else_can_have_it(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    clock = Hand()
    place = await open_magento(empty_shop, clock=clock)
    await place.changelog.install()
    await place.hold(ONE)
    await empty_shop.sql("DROP TABLE synqd_meta")
    clock.pass_(SURE)
    assert await place.installation() is None
    assert place.lapsed() is None
