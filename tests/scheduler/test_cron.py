"""When a schedule fits next: cron's own meaning, time zones, daylight saving."""

from datetime import UTC, datetime, timedelta

import pytest

from synqd.config import ScheduleSettings
from synqd.models.errors import ConfigError
from synqd.movers.scheduler import next_run


def runs(cron: str, after: str, count: int = 3, zone: str = "UTC") -> list[str]:
    """The next runs in UTC, as ``MM-DDTHH:MM``."""
    entry = ScheduleSettings(cron=cron, time_zone=zone)
    moment, found = datetime.fromisoformat(after).replace(tzinfo=UTC), []
    for _ in range(count):
        following = next_run(entry, moment)
        assert following is not None
        assert following > moment
        moment = following
        found.append(moment.strftime("%m-%dT%H:%M"))
    return found


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        ("0", ["01-04", "01-11", "01-18"]),  # 2026-01-04 is a Sunday
        ("7", ["01-04", "01-11", "01-18"]),
        ("sun", ["01-04", "01-11", "01-18"]),
        ("1", ["01-05", "01-12", "01-19"]),
        ("1-5", ["01-01", "01-02", "01-05"]),
        ("6-7", ["01-03", "01-04", "01-10"]),
        ("5-1", ["01-02", "01-03", "01-04"]),
        ("*/2", ["01-01", "01-03", "01-04"]),
        ("SAT,mon", ["01-03", "01-05", "01-10"]),
    ],
)
def test_weekdays_are_counted_from_sunday_as_in_cron(weekday: str, days: list[str]) -> None:
    assert runs(f"0 3 * * {weekday}", "2026-01-01T00:00") == [f"{day}T03:00" for day in days]


def test_either_day_is_enough_if_both_are_restricted() -> None:
    assert runs("0 3 15 * 1", "2026-01-10T00:00", 4) == [
        *("01-12T03:00", "01-15T03:00", "01-19T03:00", "01-26T03:00")
    ]


def test_the_expression_is_read_in_its_time_zone() -> None:
    assert runs("0 3 * * *", "2026-01-01T00:00", 1, "Europe/Warsaw") == ["01-01T02:00"]
    assert runs("0 3 * * *", "2026-07-01T00:00", 1, "Europe/Warsaw") == ["07-01T01:00"]
    assert runs("0 3 * * *", "2026-01-01T00:00", 1, "America/New_York") == ["01-01T08:00"]


def test_an_hour_that_is_left_out_in_spring_costs_no_day() -> None:
    """On 2026-03-29 Warsaw's clocks go from 02:00 to 03:00: there is no 02:30."""
    found = runs("30 2 * * *", "2026-03-28T00:00", 3, "Europe/Warsaw")
    assert found == ["03-28T01:30", "03-29T01:30", "03-30T00:30"]


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        # Clocks go from 00:00 to 01:00: the first moment of these days is 01:00.
        ("America/Santiago", "2026-09-05T00:00", ["09-05T04:00", "09-06T04:00", "09-07T03:00"]),
        ("Asia/Beirut", "2026-03-27T00:00", ["03-27T22:00", "03-28T22:00", "03-29T21:00"]),
        ("Africa/Cairo", "2026-04-23T00:00", ["04-23T22:00", "04-24T21:00", "04-25T21:00"]),
    ],
)
def test_a_midnight_that_is_left_out_in_spring_costs_no_day(
    zone: str, after: str, expected: list[str]
) -> None:
    assert runs("0 0 * * *", after, 3, zone) == expected


def test_every_hour_has_no_run_in_the_hour_that_is_left_out() -> None:
    found = runs("0 * * * *", "2026-09-06T02:30", 3, "America/Santiago")
    assert found == ["09-06T03:00", "09-06T04:00", "09-06T05:00"]


def test_an_hour_that_comes_twice_in_autumn_counts_once() -> None:
    """On 2026-10-25 Warsaw's clocks go from 03:00 back to 02:00: 02:30 comes twice."""
    found = runs("30 2 * * *", "2026-10-24T12:00", 2, "Europe/Warsaw")
    assert found == ["10-25T00:30", "10-26T01:30"]


@pytest.mark.parametrize("cron", ["30 2 * * *", "0 0 * * *"])
@pytest.mark.parametrize(
    "zone",
    [
        *("Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "UTC"),
        *("America/Santiago", "Asia/Beirut", "Africa/Cairo", "America/Havana"),
    ],
)
def test_through_a_whole_year_there_is_one_run_a_day(zone: str, cron: str) -> None:
    entry = ScheduleSettings(cron=cron, time_zone=zone)
    moment = start = datetime(2026, 1, 1, tzinfo=UTC)
    count = 0
    while (found := next_run(entry, moment)) and found < start + timedelta(days=365):
        assert timedelta(hours=22) < found - moment < timedelta(hours=26) or moment == start
        moment, count = found, count + 1
    assert 364 <= count <= 365


@pytest.mark.parametrize(
    ("cron", "zone", "message"),
    [
        ("0 3 * *", "UTC", "it has 4 fields, not 5"),
        ("61 3 * * *", "UTC", "cron: '61 3 * * *' is not a cron expression"),
        ("0 3 * * 8", "UTC", "'8' is not a weekday"),
        ("0 3 * * mo", "UTC", "'mo' is not a weekday"),
        ("0 3 * * */0", "UTC", "is not positive"),
        ("0 3 * * *", "Europe/Atlantis", "time_zone: there is no time zone 'Europe/Atlantis'"),
        ("0 3 * * *", "", "there is no time zone ''"),
    ],
)
def test_what_is_wrong_is_said(cron: str, zone: str, message: str) -> None:
    with pytest.raises(ConfigError, match="schedule") as caught:
        next_run(ScheduleSettings(cron=cron, time_zone=zone), datetime(2026, 1, 1, tzinfo=UTC))
    assert message in str(caught.value)


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "America/Santiago", "Australia/Lord_Howe"])
@pytest.mark.parametrize("month", [3, 4, 9, 10])
def test_every_hour_is_every_hour_when_clocks_change(zone: str, month: int) -> None:
    entry = ScheduleSettings(cron="17 * * * *", time_zone=zone)
    moment = datetime(2026, month, 1, 0, 17, tzinfo=UTC)
    for _ in range(31 * 24):
        found = next_run(entry, moment)
        assert found is not None
        assert timedelta(minutes=30) <= found - moment <= timedelta(minutes=90)
        moment = found
