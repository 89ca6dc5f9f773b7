"""One sweep over a real queue file, and what it tells operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from synqd.config import Routes
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.item import Want
from synqd.models.names import Model, Stream
from synqd.movers.capture.pending import Pending
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.mover import Sweep
from synqd.queue import Queue
from tests.support.bench import Rows, settings_for, small_shop
from tests.support.clocks import HandClock


async def told(queue: Queue, sweep: Callable[[SweepDeps], Sweep], notice: str, **sections: Any) -> str:
    """What a generation with these settings tells under a name; "" for nothing."""
    routes = Routes.build(settings_for("http://127.0.0.1:1", **sections), small_shop())
    clock, notices = HandClock(), {notice: "of before"}
    entities = {model: Rows(model) for model in Model}
    place = cast(Magento, None)  # a sweep that is tried like this asks Magento nothing
    deps = SweepDeps(
        routes, queue, place, entities, Pending(queue, clock), clock, lambda _: None, notices, Metrics()
    )
    await sweep(deps).run()
    return notices.get(notice, "")


async def full(queue: Queue, *streams: Stream) -> None:
    """A full synchronization, to its end."""
    job = await queue.jobs.submit_full(streams, Want.NOTHING, "a test")
    for part in job.parts:
        await queue.jobs.advance_part(part.part_id, 0, [], finished=True)
