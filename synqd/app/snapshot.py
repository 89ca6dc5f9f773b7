"""What a scrape of the metrics shows of the queue, at a cost that does not grow with it."""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from synqd.app.parts import DaemonParts
from synqd.app.views import store_code
from synqd.config import Routes, Settings
from synqd.exporter import Health
from synqd.metrics import BreakerFacts, JobFacts, Snapshot, StreamFacts
from synqd.models.names import Lane, Model, Stream
from synqd.movers.drainer.breakers import MAIN_ENDPOINTS, Breakers
from synqd.movers.janitor import Census
from synqd.pacing.breaker import BreakerState
from synqd.queue import Counts, Hold, JobState, Queue, covered


async def look(
    house: DaemonParts, settings: Settings, routes: Routes | None, breakers: Breakers | None, health: Health
) -> Snapshot:
    """Everything for one scrape; ``routes`` and ``breakers`` are None while no generation is at work.

    Raises:
        StorageUnavailable: the queue cannot be read.
    """
    queue, now = house.queue, house.clock.now()
    counts, oldest, sizes = await queue.facts.counts(), await queue.facts.oldest(), await queue.file.sizes()
    holds = await queue.holds.all()
    return Snapshot(
        streams=[_stream(one, routes, counts, oldest, house.census, now) for one in sorted(routes.streams)]
        if routes
        else [],
        jobs=await _jobs(queue, routes) if routes else [],
        queue_bytes={
            "file": sizes.file,
            "wal": sizes.wal,
            "reserve": sizes.reserve,
            "free": sizes.free,
        },
        paused=sorted(_held(settings, holds)),
        turn_ages=house.progress.ages(),
        enabled=settings.sync.enabled,
        breakers=list(_breakers(settings, breakers)) if breakers else (),
        turn_limits={check.name: check.limit for check in health.checks()},
        waiting={mover: mover in house.progress.trouble for mover in house.progress.limits},
        usable={one.name: one.usable for one in health.conditions()},
        reserve_freed=queue.file.reserve_freed,
        disk=_disk(settings.queue.directory),
    )


def _breakers(settings: Settings, breakers: Breakers) -> Iterator[BreakerFacts]:
    """Every breaker that may matter, so that one that never opened shows as closed."""
    states = breakers.states()
    expected = {(name, endpoint) for name in settings.workspaces for endpoint in MAIN_ENDPOINTS}
    for workspace, endpoint in sorted(expected | states.keys()):
        state = states.get((workspace, endpoint)) or BreakerState()
        yield BreakerFacts(workspace, endpoint.value, state.phase)


def _held(settings: Settings, holds: Collection[Hold]) -> set[tuple[str, str]]:
    """(workspace, model) pairs that operators keep from being delivered."""
    return {
        (workspace, model.value)
        for workspace in settings.workspaces
        for model in Model
        if covered(holds, workspace, model)
    }


def _disk(directory: Path) -> tuple[int, int] | None:
    """Free and all bytes of the file system that a directory lies on."""
    try:
        disk = os.statvfs(directory)
    except OSError:
        return None  # the queue's own errors say what is wrong there
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize


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
        for job in await queue.jobs.page(unfinished=True)
        for part in job.parts
        if part.stream in routes.streams
    ]
