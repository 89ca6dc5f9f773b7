"""S3: old queue files, and databases that lost something, are found by the count of claims."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import pytest

from synqd.entities.watch import EVERYTHING
from synqd.magento import Magento
from synqd.models.errors import Fatal, MagentoUnavailable, Mismatch
from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.movers.capture import Pending
from synqd.movers.capture.interruption import Interruptions
from synqd.movers.capture.pending import KEYS_WANTED
from synqd.movers.poller.claims import Claims, adopt_past
from synqd.queue import OLD, REBUILT, Queue, QueueSettings
from tests.magento.places import WATCHES
from tests.magento.places import settings_for as place_for
from tests.queue.test_opening import copy_running
from tests.queue.words import live
from tests.support.bench import settings_for
from tests.support.clocks import HandClock
from tests.support.database import Database

PRODUCTS = Stream(Model.PRODUCT, 1)
KEY = Key(Model.PRODUCT, 1, 1)


@dataclass
class Opened:
    """A daemon's hold on the log: one queue file, one state directory."""

    queue: Queue
    pending: Pending
    claims: Claims
    magento: Magento

    async def compares(self) -> set[Model]:
        """The models of which everything is to be compared."""
        assert bool(len(self.pending)) == bool(await self.queue.facts.meta(KEYS_WANTED))
        return {cause.model for cause in self.pending._told if cause.via == EVERYTHING}

    async def known(self) -> LedgerEntry:
        return (await self.queue.ledger.known([KEY]))[KEY]


@dataclass
class Desk:
    """Opens queue files on one change log."""

    database: Database
    home: Path
    clock: HandClock

    @asynccontextmanager
    async def open(self, name: str = "queue.db", directory: str = "state") -> AsyncIterator[Opened]:
        async with (
            Magento.open(place_for(self.database), WATCHES, self.clock) as magento,
            Queue.open(self.home / name, QueueSettings(reserve_bytes=0), self.clock) as queue,
        ):
            pending = Pending(queue, self.clock)
            await pending.load()
            interruptions = Interruptions(queue, pending, lambda _: None, list(Model))
            if await queue.facts.installation() is None:
                installed = await magento.installation()
                assert installed is not None
                await queue.facts.adopt(installed)
            claims = Claims(queue, magento, interruptions, self.clock, self.home / directory)
            yield Opened(queue, pending, claims, magento)

    async def move(self, by: int) -> None:
        """The database is one of another time, by that many claims."""
        await self.database.sql("UPDATE synqd_meta SET epoch = epoch + %s WHERE id = 2", by)


@pytest.fixture
async def desk(empty_shop: Database, tmp_path: Path) -> Desk:
    made = Desk(empty_shop, tmp_path, HandClock())
    async with Magento.open(place_for(empty_shop), WATCHES) as magento:
        await magento.changelog.install()
    return made


async def send(queue: Queue) -> None:
    """Product 1 is delivered."""
    await queue.outbox.intake([live(1)])
    (item,) = await queue.outbox.lease(PRODUCTS, Lane.LIVE, 10, 60)
    sent = LedgerEntry("main", "sku1", frozenset({"name"}), b"digest", "settings", True, 5, 5)
    await queue.outbox.settle([Ack(item, sent)])


async def test_whoever_goes_on_is_never_suspected(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills between queue file and database, lost answers, restarts and reloads."""

    async def lost(self: Magento, holder: str) -> None:
        raise MagentoUnavailable("the connection went away")

    async def answer_lost(self: Magento, holder: str) -> None:
        await hold(self, holder)
        raise MagentoUnavailable("the connection went away")

    hold = Magento.hold
    for _ in range(2):
        async with desk.open() as opened:
            await send(opened.queue)
            for way in (lost, answer_lost, answer_lost, lost):
                monkeypatch.setattr(Magento, "hold", way)
                with pytest.raises(MagentoUnavailable):
                    await opened.claims.renew()
            monkeypatch.setattr(Magento, "hold", hold)
            await opened.claims.renew()
            await opened.claims.renew()
            await opened.claims.let_go()
        async with desk.open() as killed:
            await killed.claims.renew()
    async with desk.open() as opened:
        await opened.claims.renew()
        assert await opened.compares() == set()
        assert (await opened.known()).doubt is None


@pytest.mark.parametrize("copied", ["stopped", "running"])
async def test_an_old_queue_file_is_refused_until_it_is_adopted(desk: Desk, copied: str) -> None:
    async with desk.open() as opened:
        await opened.claims.renew()
        await send(opened.queue)
        cursors = list((await opened.magento.reader.heads()).values())
        await opened.queue.outbox.intake((), cursors)
        if copied == "running":
            copy_running(desk.home / "queue.db", desk.home / "old.db")
        await opened.claims.let_go()
    if copied == "stopped":
        copy(desk.home / "queue.db", desk.home / "old.db")
        async with desk.open() as opened:
            await opened.claims.renew()
    async with desk.open("old.db") as old:
        for _ in range(2):
            with pytest.raises(Mismatch, match=r"queue file is an old one.*run `synqd adopt`"):
                await old.claims.renew()
        assert (await old.known()).doubt is None
        settings = settings_for("http://127.0.0.1:1", queue={"directory": desk.home / "state"})
        assert "sent again" in await adopt_past(old.queue, old.magento, settings)
        await old.queue.facts.adopt(await old.magento.adopt())
    async with desk.open("old.db") as old:
        await old.claims.renew()
        assert await old.compares() == set(Model)
        assert (await old.known()).doubt == ()
        assert not any((await old.queue.facts.counts()).alive.values())
        assert str(await old.queue.facts.meta(REBUILT)).endswith(OLD)
        assert await old.queue.capture.cursors() == sorted(cursors, key=lambda one: one.source), (
            "it reads on there"
        )


async def test_after_another_daemon_all_that_was_known_is_in_doubt_once(desk: Desk) -> None:
    async with desk.open() as opened:
        await opened.claims.renew()
        await send(opened.queue)
        await opened.claims.let_go()
    async with desk.open("other.db", "other") as other:
        await other.claims.renew()
        assert await other.compares() == set()
        async with desk.open() as opened:
            with pytest.raises(Fatal, match="another synqd reads this change log"):
                await opened.claims.renew()
        await other.claims.let_go()
    async with desk.open() as opened:
        await opened.claims.renew()
        assert (await opened.known()).doubt == ()
        assert await opened.compares() == set(Model)
        assert str(await opened.queue.facts.meta(REBUILT)).endswith(OLD)
        await send(opened.queue)
        await opened.claims.renew()
        assert (await opened.known()).doubt is None


async def test_a_claim_that_was_noted_and_not_made_hides_no_other_daemon(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: Magento, holder: str) -> None:
        raise MagentoUnavailable("the connection went away")

    async with desk.open() as opened:
        await opened.claims.renew()
        await send(opened.queue)
        with monkeypatch.context() as patch:
            patch.setattr(Magento, "hold", lost)
            with pytest.raises(MagentoUnavailable):
                await opened.claims.renew()
    await desk.database.sql("UPDATE synqd_meta SET installed_at = NOW() - INTERVAL 61 SECOND WHERE id = 2")
    async with desk.open("other.db", "other") as other:
        await other.claims.renew()
        await other.claims.let_go()
    await desk.move(-1)  # as if the other one had been killed
    async with desk.open() as opened:
        await opened.claims.renew()
        assert (await opened.known()).doubt == ()


async def test_a_database_that_lost_its_last_moments_is_compared_once(desk: Desk) -> None:
    async with desk.open() as opened:
        for _ in range(20):
            await opened.claims.renew()
        await send(opened.queue)
        await desk.move(-3)
        await opened.claims.renew()
        assert await opened.compares() == set(Model)
        assert (await opened.known()).doubt is None, "the ledger is right"
        await opened.pending.done(dict(opened.pending._told))
        await opened.queue.facts.set_meta(KEYS_WANTED, "")
        await opened.claims.renew()
        assert await opened.compares() == set()


@pytest.mark.parametrize("row", ["older", "gone"])
async def test_an_older_database_is_refused_until_it_is_adopted(desk: Desk, row: str) -> None:
    async with desk.open() as opened:
        for _ in range(20):
            await opened.claims.renew()
        await send(opened.queue)
        if row == "older":
            await desk.move(-17)
        else:
            await desk.database.sql("DELETE FROM synqd_meta WHERE id = 2")
        with pytest.raises(Mismatch, match=r"database is older than the queue file.*run `synqd adopt`"):
            await opened.claims.renew()
        assert await opened.compares() == set()
    async with desk.open() as opened:
        settings = settings_for("http://127.0.0.1:1", queue={"directory": desk.home / "state"})
        assert "is compared" in await adopt_past(opened.queue, opened.magento, settings)
        await opened.queue.facts.adopt(await opened.magento.adopt())
    async with desk.open() as opened:
        await opened.claims.renew()
        assert await opened.compares() == set(Model)
        assert (await opened.known()).doubt is None


async def test_a_log_that_was_made_again_counts_for_itself(desk: Desk) -> None:
    async with desk.open() as opened:
        for _ in range(20):
            await opened.claims.renew()
        await opened.magento.changelog.uninstall()
        await opened.magento.changelog.install(remembered=await opened.queue.facts.installation())
        await opened.claims.renew()
        assert await opened.compares() == set(Model)
        owner = await opened.queue.facts.installation()
        assert owner == await opened.magento.installation()


async def test_another_log_is_found_while_it_works(desk: Desk) -> None:
    async with desk.open() as opened:
        await opened.claims.renew()
        await desk.database.sql("UPDATE synqd_meta SET installation_id = UUID() WHERE id = 1")
        await desk.move(500)
        with pytest.raises(Mismatch, match="another shop's, or a copy"):
            await opened.claims.renew()
