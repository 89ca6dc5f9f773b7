"""Q8: a full disk stops intake, loudly; acks still fit in the reserve."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from synqd.models.errors import StorageUnavailable
from synqd.models.item import Leased, Want
from synqd.models.names import Lane
from synqd.models.settle import Ack, Release
from synqd.queue import Queue, maintenance
from synqd.queue.errors import DiskFull
from synqd.queue.reserve import Reserve
from tests.queue.conftest import SETTINGS, File
from tests.queue.words import PRODUCTS, ack, bulk, flight, live, sent, take

SIZE = 1 << 20
WITH_RESERVE = replace(SETTINGS, reserve_bytes=SIZE)


async def fill(queue: Queue, room: int = 0) -> None:
    """Let the file grow by ``room`` more pages only."""

    def limit(db: sqlite3.Connection) -> None:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + room}")

    await queue._store._writer.run(limit)


def big(item: Leased) -> Ack:
    """An ack whose ledger entry does not fit where the outbox row was."""
    return Ack(item, sent(wire_key=f"{item.key.entity_id}" + "k" * 2000))


async def test_q8_intake_fails_loudly_and_loses_nothing(file: File) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([live(1)])
        await fill(queue)
        with pytest.raises(StorageUnavailable, match=r"the disk of queue file .* is full: make room"):
            await queue.outbox.intake([live(number) for number in range(1, 5000)])
        (item,) = await take(queue)
        assert item.revision == 1
        await fill(queue, 1000)
        assert (await queue.outbox.intake([live(number) for number in range(2, 5000)])).added == 4998
        assert sum((await queue.facts.counts()).depth.values()) == 4999


async def test_q8_acks_use_the_reserve_and_intake_stays_closed_until_it_is_back(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with file.open(WITH_RESERVE) as queue:
        assert (await queue.file.sizes()).reserve == SIZE
        await queue.outbox.intake([live(number) for number in range(1, 3000)])
        job = await queue.jobs.submit_full([PRODUCTS], Want.FORCE, "test")
        items = await take(queue, 3000)
        await fill(queue)
        free = Reserve.free

        def free_and_grow(self: Reserve) -> None:
            free(self)
            queue._store._writer._conn.execute("PRAGMA max_page_count = 1000000")

        monkeypatch.setattr(Reserve, "free", free_and_grow)
        await queue.outbox.settle([big(item) for item in items])
        assert await queue.outbox.ready() == []
        assert (await queue.file.sizes()).reserve == 0
        assert queue.file.reserve_freed
        with pytest.raises(StorageUnavailable, match="nothing new is taken in"):
            await queue.outbox.intake([live(1)])
        with pytest.raises(StorageUnavailable, match="nothing new is taken in"):
            await queue.jobs.advance_part(job.parts[0].part_id, 1, [bulk(1)], finished=True)
        assert await queue.file.renew_reserve()
        assert (await queue.file.sizes()).reserve == SIZE
        await queue.outbox.intake([live(1)])


async def test_q8_when_even_acks_do_not_fit_it_says_so(file: File) -> None:
    async with file.open(WITH_RESERVE) as queue:
        await queue.outbox.intake([live(number) for number in range(1, 3000)])
        items = await take(queue, 3000)
        await fill(queue)
        for _ in range(2):
            with pytest.raises(DiskFull):
                await queue.outbox.settle([big(item) for item in items])
        await fill(queue, 10_000)
        await queue.outbox.settle([big(item) for item in items])
        assert (await queue.facts.counts()).depth[PRODUCTS, Lane.LIVE] == 0


async def test_while_nothing_can_be_recorded_nothing_is_handed_out_or_taken_back(file: File) -> None:
    """Leases write nothing into the file: a full disk would let the same items be sent again and again."""
    async with file.open(WITH_RESERVE) as queue:
        await queue.outbox.intake([live(number) for number in range(1, 3000)])
        items = await take(queue, 2000)
        await fill(queue)
        with pytest.raises(DiskFull):
            await queue.outbox.settle([big(item) for item in items])
        file.clock.seconds += 3600
        for _ in range(2):
            with pytest.raises(DiskFull):
                await take(queue, 10)
            with pytest.raises(DiskFull):
                await queue.outbox.reap()
        await fill(queue, 10_000)
        assert len(await take(queue, 10)) == 10
        assert (await queue.outbox.reap()).expired == 2000


async def test_what_was_given_back_on_a_full_disk_is_in_doubt_before_it_is_handed_out_again(
    file: File,
) -> None:
    """Its request was cut off; without the doubt, the shop's going back would look as if nothing had left."""
    async with file.open(WITH_RESERVE) as queue:
        await queue.outbox.intake([live(number) for number in range(1, 3000)])
        await queue.outbox.settle([ack(item) for item in await take(queue, 1)])
        await queue.outbox.intake([live(1)])
        items = await take(queue, 3000)
        await queue.outbox.depart("main", [[flight(item, fields=frozenset({"f" * 2000})) for item in items]])
        await fill(queue)
        with pytest.raises(DiskFull):
            await queue.outbox.settle([Release(item, doubtful=True) for item in items])
        file.clock.seconds += 3600
        with pytest.raises(DiskFull):
            await queue.outbox.reap()
        await fill(queue, 10_000)
        await queue.outbox.reap()
        again = await take(queue, 3000)
        assert len(again) == len(items)
        assert all(item.known is not None and item.known.doubt is not None for item in again)
        await queue.outbox.settle([ack(item) for item in again])
        assert await queue.outbox.ready() == []
        assert await queue._store._writer.run(
            lambda db: db.execute("SELECT count(*) FROM notes").fetchone()
        ) == (0,)


async def test_a_disk_that_is_full_when_it_is_opened_may_use_up_the_reserve(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with file.open(WITH_RESERVE) as queue:
        await queue.outbox.intake([live(1)])
        await take(queue)
    prepare, held = maintenance.prepare, Reserve.held

    def no_room(db: sqlite3.Connection, path: Path) -> bool:
        if Reserve(path, SIZE).held():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return prepare(db, path)

    monkeypatch.setattr(maintenance, "prepare", no_room)
    monkeypatch.setattr(Reserve, "_has_room", lambda _: False)
    async with file.open(WITH_RESERVE) as queue:
        assert queue.file.reserve_freed
        (item,) = await take(queue)
        await queue.outbox.settle([Ack(item, sent())])
        with pytest.raises(StorageUnavailable, match="nothing new is taken in"):
            await queue.outbox.intake([live(2)])
    assert held(Reserve(file.path, SIZE)) == 0


async def test_the_reserve_is_taken_back_only_with_room_to_spare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = Reserve(tmp_path / "queue.db", SIZE)
    files = len(list(Path("/proc/self/fd").iterdir()))
    assert reserve.renew()
    assert reserve.held() == SIZE
    assert len(list(Path("/proc/self/fd").iterdir())) == files, "none is left open"
    reserve.free()
    assert (reserve.freed, reserve.held()) == (True, 0)
    monkeypatch.setattr(Reserve, "_has_room", lambda _: False)
    assert not reserve.renew()
    assert reserve.freed
    monkeypatch.undo()
    assert reserve.renew()
    assert not reserve.freed


async def test_a_file_without_a_reserve_never_closes_its_intake(file: File) -> None:
    async with file.open() as queue:
        await queue.file.free_reserve()
        assert not queue.file.reserve_freed
        assert await queue.file.renew_reserve()
        await queue.outbox.intake([live(1)])


@pytest.mark.parametrize(
    ("room", "renewed"), [(SIZE, False), (SIZE * 5 // 4 - 1, False), (SIZE * 5 // 4, True)]
)
def test_the_reserve_is_only_taken_back_with_a_quarter_of_it_to_spare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, renewed: bool
) -> None:
    """Or it would be lost at once again."""
    disk = SimpleNamespace(f_bavail=room, f_frsize=1)
    monkeypatch.setattr(os, "statvfs", lambda path: disk)
    reserve = Reserve(tmp_path / "queue.db", SIZE)
    assert reserve.renew() is renewed
    assert reserve.freed is not renewed
    assert reserve.held() == (SIZE if renewed else 0)


async def test_a_reserve_that_comes_and_goes_leaves_no_open_file(file: File) -> None:
    async with file.open() as queue:
        open_files = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(3):
            await queue.file.free_reserve()
            assert await queue.file.renew_reserve()
        assert len(list(Path("/proc/self/fd").iterdir())) == open_files
