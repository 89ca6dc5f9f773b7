"""Leases live beside the file: they cost it nothing, share its transactions and hide no row that is free."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from synqd.models.item import Leased
from synqd.models.names import Lane
from synqd.models.settle import Release, Retry
from synqd.queue import Queue
from synqd.queue.connection import transact
from synqd.queue.delivery import lease
from synqd.queue.migrate import migrations
from synqd.queue.statements import split
from tests.queue.conftest import File, HandClock
from tests.queue.words import PRODUCTS, ack, live, take

FOREVER = 10**15


def ids(items: list[Leased]) -> list[int]:
    return [item.key.entity_id for item in items]


async def test_a_lease_writes_nothing_into_the_file(queue: Queue) -> None:
    await queue.outbox.intake([live(entity_id) for entity_id in range(1, 200)])
    before = await queue.file.sizes()
    assert len(await take(queue, limit=100)) == 100
    assert await queue.file.sizes() == before


async def test_a_lease_that_is_rolled_back_was_never_taken(db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO outbox (model, store_id, entity_id, lane, want, standing, first_at, due_at)"
        " VALUES ('product', 1, 1, 0, 0, 1, 0, 0)"
    )

    def take_and_fail(db: sqlite3.Connection) -> None:
        assert ids(lease(db, PRODUCTS, Lane.LIVE, 8, 1, 10, FOREVER)) == [1]
        raise ValueError("the lease is not wanted")

    with pytest.raises(ValueError, match="not wanted"):
        transact(db, take_and_fail)
    assert ids(transact(db, lease, PRODUCTS, Lane.LIVE, 8, 2, 10, FOREVER)) == [1]


async def test_rows_that_come_back_are_found_before_those_that_are_leased(
    queue: Queue, clock: HandClock
) -> None:
    await queue.outbox.intake([live(entity_id) for entity_id in range(1, 6)])
    one, two, *_ = await take(queue, limit=4)
    await queue.outbox.settle([Release(one), Retry(two, 0.0)])
    assert [ready.stream for ready in await queue.outbox.ready()] == [PRODUCTS]
    clock.seconds += 1
    assert ids(await take(queue)) == [1, 2, 5]


async def test_a_new_row_that_is_due_before_leased_ones_is_found(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1)])
    assert ids(await take(queue)) == [1]
    clock.seconds -= 3600
    await queue.outbox.intake([live(2)])
    assert ids(await take(queue)) == [2]


async def test_a_row_that_left_leaves_no_lease_to_whoever_gets_its_id(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.settle([ack(item)])
    await queue.outbox.intake([live(2)])
    (next_item,) = await take(queue)
    assert next_item.row_id == item.row_id


async def test_what_an_older_file_has_leased_waits_again(file: File, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file.path, isolation_level=None)) as db:
        for number, script in migrations()[:3]:
            for statement in split(script.read_text("utf-8")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
        db.execute("PRAGMA application_id = 0x53594E51")
        db.execute(
            "INSERT INTO outbox (model, store_id, entity_id, lane, revision, attempts, want, standing,"
            " first_at, due_at, lease_token, lease_until, hint)"
            " VALUES ('product', 1, 7, 0, 3, 2, 1, 1, 10, 20, 5, 99, 'sku')"
        )
        db.execute("INSERT INTO counters VALUES ('depth', 'product', 1, 0, 1)")
    async with file.open() as queue:
        (item,) = await take(queue)
        assert (item.key.entity_id, item.revision, item.attempts, item.want, item.hint) == (7, 3, 2, 1, "sku")
