"""Submits full synchronizations by the clock (``[[schedule]]`` in the configuration).

Cron expressions are apscheduler's; when each last ran stands in the queue file, so restarts neither repeat
nor forget: of the runs missed while the daemon was down, one is made up for. Two of the same never run at
once, because a new full part replaces the unfinished one of the same model and store view.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from synqd.clock import Clock, utc
from synqd.config import Routes, ScheduleSettings, Settings
from synqd.logs import get_logger
from synqd.models.errors import ConfigError
from synqd.models.item import Want
from synqd.models.names import Stream
from synqd.queue import Queue

LONGEST_REST = 30.0

log = get_logger("scheduler")


def trigger(entry: ScheduleSettings) -> CronTrigger:
    """The trigger of an entry.

    Raises:
        ConfigError: the expression or the time zone is wrong.
    """
    try:
        return CronTrigger.from_crontab(entry.cron, timezone=ZoneInfo(entry.time_zone))
    except ZoneInfoNotFoundError as error:
        raise ConfigError(f"[[schedule]] time_zone: there is no time zone {entry.time_zone!r}") from error
    except ValueError as error:
        raise ConfigError(f"[[schedule]] cron: {entry.cron!r} is not a cron expression: {error}") from error


def next_run(entry: ScheduleSettings, after: datetime) -> datetime | None:
    """The first moment after ``after`` that matches the expression, in UTC; None if there is none."""
    found: datetime | None = trigger(entry).get_next_fire_time(after, after)
    return found.astimezone(UTC) if found else None


class Scheduler:
    """The mover that starts jobs by the clock."""

    name = "scheduler"
    patience = 120.0

    def __init__(self, settings: Settings, routes: Routes, queue: Queue, clock: Clock) -> None:
        self._entries = settings.schedule
        self._routes = routes
        self._queue = queue
        self._clock = clock

    async def tick(self) -> float:
        """Submits what is due; rests until the next, at most half a minute (the clock may jump)."""
        rest = LONGEST_REST
        for entry in self._entries:
            due = await self._due(entry)
            if due is None:
                continue
            wait = (due - utc(self._clock)).total_seconds()
            if wait <= 0:
                await self._submit(entry)
            else:
                rest = min(rest, wait)
        return rest

    async def _due(self, entry: ScheduleSettings) -> datetime | None:
        """When the entry is next due, counted from its last run; a new entry counts from now."""
        last = await self._queue.meta(_mark(entry))
        if last is None:
            now = utc(self._clock)
            await self._queue.set_meta(_mark(entry), now.isoformat())
            return next_run(entry, now)
        return next_run(entry, datetime.fromisoformat(last))

    async def _submit(self, entry: ScheduleSettings) -> None:
        await self._queue.set_meta(_mark(entry), utc(self._clock).isoformat())
        wanted = [
            Stream(model, store_id)
            for model in entry.models
            for store_id, route in sorted(self._routes.by_store.items())
            if Stream(model, store_id) in self._routes.streams
            and (entry.stores == "all" or route.store.code in entry.stores)
        ]
        want = Want.NOTHING if entry.changed_only else Want.FORCE
        if wanted:
            job = await self._queue.submit_full(wanted, want, f"schedule {entry.cron}")
            log.info("job.submitted", job=job.job_id, origin=job.origin)


def _mark(entry: ScheduleSettings) -> str:
    models, stores = ",".join(entry.models), ",".join(entry.stores) if entry.stores != "all" else "all"
    return f"schedule {entry.cron} {entry.time_zone} {models} {stores}"
