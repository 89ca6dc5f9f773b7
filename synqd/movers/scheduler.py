"""Submits full synchronizations by the clock (``[[schedule]]`` in the configuration).

Expressions mean what cron(8) means by them, in the time zone of the entry; apscheduler knows when they fit
next, daylight saving included. When an entry last ran stands in the queue file and is written with its job,
so restarts neither repeat nor forget: of the runs missed while the daemon was down, one is made up for.

Two of the same never run at once: what a job of the same kind is still synchronizing is left out, and a turn
for which nothing is left is skipped. So a shop that takes longer than the period is still finished each time.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from synqd.config import Routes, ScheduleSettings, Settings
from synqd.models.errors import ConfigError
from synqd.models.item import Want
from synqd.models.names import Stream
from synqd.models.shortage import outages
from synqd.queue import JobKind, Line, PartState, Queue
from synqd.runtime.clock import Clock, utc
from synqd.runtime.logs import get_logger

LONGEST_REST = 30.0
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
CLOCK_CHANGE = timedelta(hours=2)
"""Clocks are never changed by more at a time."""
UNFINISHED = 500
"""Unfinished jobs that are looked at; there are never that many."""

log = get_logger("scheduler")


def trigger(entry: ScheduleSettings) -> BaseTrigger:
    """The trigger of an entry.

    Raises:
        ConfigError: the expression or the time zone is wrong.
    """
    zone = _zone(entry)
    try:
        return _trigger(entry.cron.lower().split(), zone)
    except ValueError as error:
        raise ConfigError(f"[[schedule]] cron: {entry.cron!r} is not a cron expression: {error}") from error


def next_run(entry: ScheduleSettings, after: datetime) -> datetime | None:
    """The first moment after ``after`` that matches the expression, in UTC; None if there is none.

    When clocks go back, a fixed hour counts once, as in cron(8), and "every hour" each time. When they jump
    over a fixed hour, it counts right after the gap. Left to its own, apscheduler leaves out a day whose gap
    is at midnight, and the day after one of half an hour: it is only asked for times as the clocks show them.
    """
    zone, every_hour = _zone(entry), entry.cron.split()[1].startswith("*")
    best: datetime | None = None
    for shown in _shown(entry, after.astimezone(zone).replace(tzinfo=UTC) - CLOCK_CHANGE):
        if best is not None and shown > best.astimezone(zone).replace(tzinfo=UTC) + CLOCK_CHANGE:
            break
        later = [moment for moment in _moments(shown, zone, every_hour=every_hour) if moment > after]
        best = min([*later, best] if best else later, default=None)
    return best


def next_runs(entry: ScheduleSettings, after: datetime) -> Iterator[datetime]:
    """The moments after ``after`` that match the expression, in UTC, one after another."""
    while (moment := next_run(entry, after)) is not None:
        yield moment
        after = moment


def _zone(entry: ScheduleSettings) -> ZoneInfo:
    try:
        with outages("the time zones cannot be read now"):
            return ZoneInfo(entry.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"[[schedule]] time_zone: there is no time zone {entry.time_zone!r}") from error


def _shown(entry: ScheduleSettings, since: datetime) -> Iterator[datetime]:
    """Times that the expression names as clocks show them, with UTC standing in for the zone."""
    fits = trigger(entry.model_copy(update={"time_zone": "UTC"}))
    while (found := fits.get_next_fire_time(None, since)) is not None:
        yield found
        since = found + timedelta(minutes=1)


def _moments(shown: datetime, zone: ZoneInfo, *, every_hour: bool) -> Iterator[datetime]:
    """When clocks show that time; a time that they jump over is as far behind the gap as it is in it."""
    here = shown.replace(tzinfo=zone)
    first, second = here.astimezone(UTC), here.replace(fold=1).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=UTC) == shown or not every_hour:
        yield first
    if every_hour and second > first:
        yield second


def _trigger(fields: Sequence[str], zone: ZoneInfo) -> BaseTrigger:
    """As crontab(5) has it: if both days are restricted, either of them is enough."""
    if len(fields) != 5:
        raise ValueError(f"it has {len(fields)} fields, not 5")
    minute, hour, day, month, weekday = fields
    weekdays = _weekdays(weekday)
    if day.startswith("*") or weekday.startswith("*"):
        days = [(day, weekdays)]
    else:
        days = [(day, "*"), ("*", weekdays)]
    found = [
        CronTrigger(minute=minute, hour=hour, day=one, month=month, day_of_week=other, timezone=zone)
        for one, other in days
    ]
    return found[0] if len(found) == 1 else OrTrigger(found)


def _weekdays(field: str) -> str:
    """Names of the days, since apscheduler counts them from Monday and cron from Sunday."""
    if field == "*":
        return field
    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-6" if span == "*" else span).partition("-")
        low = _weekday(first)
        high = _weekday(last) if last else 6 if step else low
        high += 7 if high < low else 0
        width = int(step or 1)
        if width < 1:
            raise ValueError(f"the step {step!r} of the weekday is not positive")
        numbers |= {number % 7 for number in range(low, high + 1, width)}
    return ",".join(WEEKDAYS[number] for number in sorted(numbers))


def _weekday(text: str) -> int:
    if text in WEEKDAYS:
        return WEEKDAYS.index(text)
    if text.isdecimal() and int(text) <= 7:
        return int(text)
    raise ValueError(f"{text!r} is not a weekday: 0 to 7 (0 and 7 are Sunday) or sun to sat")


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
                rest = 0.0
            else:
                rest = min(rest, wait)
        return rest

    async def _due(self, entry: ScheduleSettings) -> datetime | None:
        """When the entry is next due, counted from its last run; a new entry counts from now."""
        now = utc(self._clock)
        last = await self._queue.facts.meta(_mark(entry))
        if last is None or datetime.fromisoformat(last) > now:
            # Also after the clock was set back: what it showed before must not silence the entry for long.
            await self._queue.facts.set_meta(_mark(entry), now.isoformat())
            return next_run(entry, now)
        return next_run(entry, datetime.fromisoformat(last))

    async def _submit(self, entry: ScheduleSettings) -> None:
        mark = (_mark(entry), utc(self._clock).isoformat())
        want = Want.NOTHING if entry.changed_only else Want.FORCE
        busy = await self._busy(want)
        wanted = [stream for stream in self._chosen(entry) if stream not in busy]
        origin = f"schedule {entry.cron}"
        if wanted:
            job = await self._queue.jobs.submit_full(wanted, want, origin, noting=mark)
            log.info("job.submitted", job=job.job_id, origin=job.origin)
            return
        text = f"{origin}: nothing to start, an earlier job has not ended or nothing chosen is switched on"
        log.warning("schedule.skipped", origin=origin)
        await self._queue.log.note(Line("schedule.skipped", text=text))
        await self._queue.facts.set_meta(*mark)

    def _chosen(self, entry: ScheduleSettings) -> list[Stream]:
        return [
            Stream(model, store_id)
            for model in entry.models
            for store_id, route in sorted(self._routes.by_store.items())
            if Stream(model, store_id) in self._routes.streams
            and (entry.stores == "all" or route.store.code in entry.stores)
        ]

    async def _busy(self, want: Want) -> set[Stream]:
        """Streams that an unfinished full job is synchronizing in at least this way."""
        return {
            part.stream
            for job in await self._queue.jobs.page(UNFINISHED, unfinished=True)
            for part in job.parts
            if job.kind is JobKind.FULL
            and job.want & want == want
            and part.state in (PartState.PAGING, PartState.DRAINING)
        }


def _mark(entry: ScheduleSettings) -> str:
    models, stores = ",".join(entry.models), ",".join(entry.stores) if entry.stores != "all" else "all"
    return f"schedule {entry.cron} {entry.time_zone} {models} {stores}"
