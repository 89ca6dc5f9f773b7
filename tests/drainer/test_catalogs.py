"""S15: a catalog that is another one than before is filled anew, once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd.models.errors import StorageUnavailable
from synqd.models.item import Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.movers.drainer.catalogs import LATE, ORIGIN, CatalogWatch
from synqd.queue import Queue, QueueSettings
from tests.queue.words import sent
from tests.support.clocks import HandClock

STREAM = Stream(Model.PRODUCT, 1)
CATALOG = ("first", "store-1")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def queue(tmp_path: Path, clock: HandClock) -> AsyncIterator[Queue]:
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), clock) as opened:
        yield opened


async def origins(queue: Queue) -> list[str]:
    return [job.origin for job in await queue.jobs.page()]


async def test_an_id_that_a_request_under_way_reports_late_starts_no_further_job(
    queue: Queue, clock: HandClock
) -> None:
    watch = CatalogWatch(queue, clock)
    for catalog_id in ("old", "new", "old", "new", "old"):
        await watch.saw(*CATALOG, catalog_id, STREAM)
    assert await origins(queue) == [ORIGIN]
    clock.pass_(LATE)
    await watch.saw(*CATALOG, "old", STREAM)
    assert await origins(queue) == [ORIGIN] * 2, "it has become the catalog again"


async def test_a_crash_between_the_job_and_the_note_of_the_id_starts_it_again(
    queue: Queue, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S15 "also over a restart": the id is noted last."""
    await queue.outbox.intake([Wish(Key(Model.PRODUCT, 1, 7), quiet=9.0)])
    (item,) = await queue.outbox.lease(STREAM, Lane.LIVE, 1, 60)
    await queue.outbox.settle([Ack(item, sent())])
    await CatalogWatch(queue, clock).saw(*CATALOG, "old", STREAM)

    async def full(*args: object) -> None:
        raise StorageUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(queue.jobs, "submit_full", full)
        with pytest.raises(StorageUnavailable):
            await CatalogWatch(queue, clock).saw(*CATALOG, "new", STREAM)
    await CatalogWatch(queue, clock).saw(*CATALOG, "new", STREAM)
    assert await origins(queue) == [ORIGIN]
    assert (await queue.facts.counts()).alive == {STREAM: 0}
