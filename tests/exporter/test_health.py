from synqd.exporter import Health
from synqd.runtime.supervisor import Progress
from tests.support.clocks import HandClock


class Drainer:
    name = "drainer"
    patience = 60.0

    async def tick(self) -> float:
        return 0.0


def test_nothing_expected_yet_is_alive_but_not_ready() -> None:
    clock = HandClock()
    health = Health(clock, Progress(clock))
    assert (health.alive, health.ready) == (True, False)


def test_a_mover_that_hangs_is_not_alive_until_it_turns_again() -> None:
    clock = HandClock()
    progress = Progress(clock)
    health = Health(clock, progress)
    progress.watch(Drainer())
    clock.pass_(60)
    assert health.alive
    clock.pass_(0.1)
    assert not health.alive
    assert [(check.name, check.ok) for check in health.checks()] == [("drainer", False)]
    progress.turn("drainer")
    assert health.alive


def test_a_round_trip_that_stops_is_not_alive() -> None:
    clock = HandClock()
    health = Health(clock, Progress(clock))
    health.expect("queue", 30)
    clock.pass_(31)
    assert not health.alive
    health.beat("queue")
    assert health.alive
    clock.pass_(31)
    health.forget("queue")
    assert health.alive


def test_an_outage_makes_unready_and_never_unhealthy() -> None:
    clock = HandClock()
    health = Health(clock, Progress(clock))
    health.usable("magento", ok=True)
    health.usable("synerise main", ok=True)
    assert health.ready
    health.usable("magento", ok=False, detail="does not answer")
    assert (health.alive, health.ready) == (True, False)
    assert [one.detail for one in health.conditions() if not one.usable] == ["does not answer"]
    health.usable("magento", ok=True)
    assert health.ready


def test_what_is_stuck_is_not_ready() -> None:
    clock = HandClock()
    health = Health(clock, Progress(clock))
    health.usable("magento", ok=True)
    health.expect("queue", 1)
    clock.pass_(2)
    assert not health.ready


def test_trouble_is_shown_and_is_no_fault() -> None:
    clock = HandClock()
    progress = Progress(clock)
    health = Health(clock, progress)
    progress.watch(Drainer())
    progress.trouble["drainer"] = "503 Service Unavailable"
    (check,) = health.checks()
    assert (check.ok, check.trouble) == (True, "503 Service Unavailable")


def test_reasons_are_told_without_whoever_was_forgotten() -> None:
    clock = HandClock()
    health = Health(clock, Progress(clock))
    health.usable("synerise main", ok=False, detail="403 for ann")
    health.retell(lambda text: text.replace("ann", "(erased)"))
    assert [one.detail for one in health.conditions()] == ["403 for (erased)"]
