"""What a scrape of the metrics shows of the queue, at a cost that does not grow with it."""

from collections.abc import Mapping

from synqd.app.views import store_code
from synqd.config import Routes, Settings
from synqd.drainer.mover import HOLD
from synqd.janitor import Census
from synqd.metrics import JobFacts, Snapshot, StreamFacts
from synqd.models.names import Lane, Stream
from synqd.queue import Counts, JobState, Queue
from synqd.supervisor import Progress


async def look(
    queue: Queue, settings: Settings, routes: Routes | None, census: Census, progress: Progress, now: float
) -> Snapshot:
    """Everything for one scrape; ``now`` in seconds since the epoch.

    Raises:
        StorageUnavailable: the queue cannot be read.
    """
    counts, oldest, sizes = await queue.counts(), await queue.oldest(), await queue.sizes()
    flags = await queue.flags()
    return Snapshot(
        streams=[_stream(one, routes, counts, oldest, census, now) for one in sorted(routes.streams)]
        if routes
        else [],
        jobs=await _jobs(queue, routes) if routes else [],
        queue_bytes={
            "file": sizes.file,
            "wal": sizes.wal,
            "reserve": sizes.reserve,
            "free": sizes.free,
        },
        paused=[
            (parts[1], parts[2]) for name in flags if len(parts := name.split("/")) == 3 and parts[0] == HOLD
        ],
        turn_ages=progress.ages(),
        enabled=settings.sync.enabled,
    )


def _stream(
    stream: Stream,
    routes: Routes,
    counts: Counts,
    oldest: Mapping[tuple[Stream, Lane], int],
    census: Census,
    now: float,
) -> StreamFacts:
    last_sent = counts.last_sent.get(stream)
    ages = {lane: max(0.0, now - oldest[stream, lane] / 1000) for lane in Lane if (stream, lane) in oldest}
    return StreamFacts(
        workspace=routes.workspace(stream.store_id),
        store=store_code(routes, stream.store_id),
        model=stream.model,
        waiting={lane: counts.depth.get((stream, lane), 0) for lane in Lane},
        oldest=ages,
        alive=counts.alive.get(stream, 0),
        dead=counts.dead.get(stream, 0),
        total=census.totals.get(stream, (None, 0.0))[0],
        last_sent=last_sent / 1000 if last_sent else None,
    )


async def _jobs(queue: Queue, routes: Routes) -> list[JobFacts]:
    return [
        JobFacts(
            kind=part.kind.value,
            workspace=routes.workspace(part.stream.store_id),
            store=store_code(routes, part.stream.store_id),
            model=part.stream.model,
            total=part.total,
            selected=part.selected,
            settled=part.selected - part.open,
            paused=job.state is JobState.PAUSED,
        )
        for job in await queue.jobs(unfinished=True)
        for part in job.parts
        if part.stream in routes.streams
    ]
