"""The mover: each run once, also over restarts and clock jumps, and never two of the same at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from synqd.config import Routes, ScheduleSettings, Settings
from synqd.models.item import Want
from synqd.models.names import Model, Stream
from synqd.models.shop import Shop, ShopConfig, StoreView, Website
from synqd.movers.scheduler import Scheduler
from synqd.queue import Job, JobState, LogFilter, Queue, QueueSettings
from tests.support.clocks import HandClock

NIGHT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86_400.0

SHOP = Shop(
    websites={1: Website(1, "base", "Base", 1)},
    stores={
        number: StoreView(number, code, code, 1, "base", 1, 2, active=True)
        for number, code in ((1, "en"), (2, "de"))
    },
    config=ShopConfig(),
)


def routes(*entries: ScheduleSettings, models: tuple[Model, ...] = tuple(Model)) -> Routes:
    settings = Settings.model_validate(
        {
            "sync": {"enabled": True, "models": models},
            "workspaces": {"main": {"api_key_file": "key", "websites": ["base"]}},
            "schedule": entries,
        }
    )
    return Routes.build(settings, SHOP)


def nightly(**values: Any) -> ScheduleSettings:
    return ScheduleSettings(**{"cron": "0 3 * * *", "models": (Model.PRODUCT,), **values})


class Night:
    """A queue file that outlives the daemons that open it, and a clock turned by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = HandClock(NIGHT)

    @asynccontextmanager
    async def daemon(
        self, *entries: ScheduleSettings, **options: Any
    ) -> AsyncIterator[tuple[Queue, Scheduler]]:
        async with Queue.open(self.path, QueueSettings(reserve_bytes=0), self.clock) as queue:
            built = routes(*(entries or (nightly(),)), **options)
            yield queue, Scheduler(built.settings, built, queue, self.clock)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path / "queue.db")


async def finish(queue: Queue, job: Job) -> None:
    for part in job.parts:
        await queue.jobs.advance_part(part.part_id, 0, (), finished=True)


async def test_a_new_schedule_waits_for_its_time_and_runs_once(night: Night) -> None:
    async with night.daemon() as (queue, scheduler):
        assert await scheduler.tick() == 30.0
        night.clock.pass_(HOUR - 10)
        assert await scheduler.tick() == pytest.approx(10.0)
        night.clock.pass_(10)
        await scheduler.tick()
        assert await scheduler.tick() == 30.0
        (job,) = await queue.jobs.page()
    assert (job.origin, job.want) == ("schedule 0 3 * * *", Want.FORCE)
    assert [part.stream for part in job.parts] == [Stream(Model.PRODUCT, 1), Stream(Model.PRODUCT, 2)]


async def test_models_and_store_views_are_those_chosen_and_switched_on(night: Night) -> None:
    entry = nightly(models=(Model.PRODUCT, Model.ORDER), stores=("de",), changed_only=True)
    async with night.daemon(entry, models=(Model.ORDER,)) as (queue, scheduler):
        await scheduler.tick()
        night.clock.pass_(HOUR)
        await scheduler.tick()
        (job,) = await queue.jobs.page()
    assert ([part.stream for part in job.parts], job.want) == ([Stream(Model.ORDER, 2)], Want.NOTHING)


async def test_runs_missed_while_the_daemon_was_down_are_made_up_for_once(night: Night) -> None:
    async with night.daemon() as (queue, scheduler):
        await scheduler.tick()
    night.clock.pass_(5 * DAY)
    async with night.daemon() as (queue, scheduler):
        await scheduler.tick()
        await scheduler.tick()
        (job,) = await queue.jobs.page()
        await finish(queue, job)
    night.clock.pass_(60)
    async with night.daemon() as (queue, scheduler):
        await scheduler.tick()
        assert len(await queue.jobs.page()) == 1, "a restart repeats nothing"
        night.clock.pass_(DAY)
        await scheduler.tick()
        assert len(await queue.jobs.page()) == 2


async def test_two_of_the_same_never_run_at_once(night: Night) -> None:
    async with night.daemon() as (queue, scheduler):
        await scheduler.tick()
        night.clock.pass_(HOUR)
        await scheduler.tick()
        (first,) = await queue.jobs.page()
        night.clock.pass_(DAY)
        await scheduler.tick()
        assert [job.job_id for job in await queue.jobs.page()] == [first.job_id]
        assert (await queue.jobs.get(first.job_id)).state is JobState.RUNNING
        (*_, last) = await queue.log.page(LogFilter())
        assert last.line.event == "schedule.skipped"
        await finish(queue, first)
        night.clock.pass_(DAY)
        await scheduler.tick()
        assert len(await queue.jobs.page()) == 2


async def test_only_what_is_still_running_is_left_out(night: Night) -> None:
    async with night.daemon() as (queue, scheduler):
        await scheduler.tick()
        await queue.jobs.submit_full([Stream(Model.PRODUCT, 1)], Want.FORCE, "operator uid 0")
        night.clock.pass_(HOUR)
        await scheduler.tick()
        newest, operators = await queue.jobs.page()
        assert [part.stream for part in newest.parts] == [Stream(Model.PRODUCT, 2)]
        assert operators.state is JobState.RUNNING


async def test_a_job_that_sends_less_does_not_stand_for_one_that_sends_all(night: Night) -> None:
    async with night.daemon() as (queue, scheduler):
        await scheduler.tick()
        lesser = await queue.jobs.submit_full([Stream(Model.PRODUCT, 1)], Want.NOTHING, "operator uid 0")
        night.clock.pass_(HOUR)
        await scheduler.tick()
        assert len((await queue.jobs.page())[0].parts) == 2
        assert (await queue.jobs.get(lesser.job_id)).state is JobState.REPLACED


async def test_a_clock_set_back_silences_no_schedule_and_repeats_none(night: Night) -> None:
    async with night.daemon() as (queue, scheduler):
        await scheduler.tick()
        night.clock.pass_(HOUR)
        await scheduler.tick()
        night.clock.pass_(-30 * DAY)
        await scheduler.tick()
        assert len(await queue.jobs.page()) == 1
        await finish(queue, (await queue.jobs.page())[0])
        night.clock.pass_(DAY)
        await scheduler.tick()
        assert len(await queue.jobs.page()) == 2
