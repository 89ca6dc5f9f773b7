"""What an answer means for those who follow, and what of it outlives a restart."""

import pytest

from synqd.models.wire import Endpoint
from synqd.movers.drainer.breakers import BreakerKey, Breakers
from synqd.pacing.breaker import BreakerPolicy, Phase
from synqd.synerise import Delivered, DeliveryReport, ObstacleKind, Outcome, Postponed, Refused
from tests.support.clocks import HandClock

BREAKER: BreakerKey = ("main", Endpoint.CLIENTS)


def report(*outcomes: Outcome) -> DeliveryReport:
    return DeliveryReport(outcomes, requests=1)


def down(**values: float) -> DeliveryReport:
    return report(Postponed(ObstacleKind.UNAVAILABLE, "HTTP 503", status=503, **values))  # type: ignore[arg-type]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def breakers(clock: HandClock) -> Breakers:
    return Breakers({"main": BreakerPolicy(), "other": BreakerPolicy()}, clock)


def test_failures_in_a_row_close_the_way_for_one_endpoint_of_one_workspace(breakers: Breakers) -> None:
    for _ in range(5):
        assert breakers.admit(BREAKER).go
        breakers.learn(BREAKER, down())
    assert not breakers.admit(BREAKER).go
    assert breakers.pause_left(BREAKER) > 0
    assert breakers.trouble("main").startswith("clients: HTTP 503")
    assert breakers.admit(("main", Endpoint.CATALOG)).go
    assert breakers.admit(("other", Endpoint.CLIENTS)).go
    assert breakers.trouble("other") == ""


def test_a_probe_goes_alone_and_its_success_lets_more_through(breakers: Breakers, clock: HandClock) -> None:
    breakers.learn(BREAKER, down(retry_after=60.0))
    clock.pass_(breakers.pause_left(BREAKER) + 1)
    assert breakers.admit(BREAKER).probe
    breakers.enter(BREAKER)
    assert not breakers.admit(BREAKER).go
    breakers.learn(BREAKER, report(Delivered(202)))
    breakers.leave(BREAKER)
    assert breakers.admit(BREAKER).go
    breakers.enter(BREAKER)
    assert not breakers.admit(BREAKER).go, "one, two, four: a server that has just recovered is not run over"


@pytest.mark.parametrize(
    "says_nothing",
    [
        report(Refused("too-large", "2 MB")),
        report(Refused("unencodable", "NaN")),
        report(Postponed(ObstacleKind.SUSPECT, "HTTP 500", status=500)),
    ],
)
def test_what_never_reached_the_endpoint_says_nothing_about_it(
    breakers: Breakers, clock: HandClock, says_nothing: DeliveryReport
) -> None:
    for _ in range(5):
        breakers.learn(BREAKER, down())
    clock.pass_(1000)
    before = breakers.states()[BREAKER]
    breakers.learn(BREAKER, says_nothing)
    assert breakers.states()[BREAKER] == before


def test_refusals_of_rights_are_looked_at_soon_and_then_every_few_minutes(
    breakers: Breakers, clock: HandClock
) -> None:
    pauses = []
    for _ in range(8):
        breakers.learn(BREAKER, report(Postponed(ObstacleKind.FORBIDDEN, "HTTP 403", status=403)))
        pauses.append(breakers.pause_left(BREAKER))
        clock.pass_(pauses[-1] + 1)
    assert breakers.states()[BREAKER].phase is Phase.FORBIDDEN
    assert 7.5 <= pauses[0] <= 12.5
    assert all(225 <= pause <= 375 for pause in pauses[-2:])


def test_a_refused_key_closes_the_workspace_and_one_success_opens_it(
    breakers: Breakers, clock: HandClock
) -> None:
    catalog: BreakerKey = ("main", Endpoint.CATALOG)
    key_refused = report(Postponed(ObstacleKind.DENIED, "HTTP 401", status=401))
    breakers.learn(BREAKER, key_refused)
    phases = {breaker: state.phase for breaker, state in breakers.states().items()}
    assert phases == {
        ("main", endpoint): Phase.DENIED
        for endpoint in (Endpoint.CLIENTS, Endpoint.TRANSACTIONS, Endpoint.CATALOG)
    }
    assert breakers.admit(("other", Endpoint.CLIENTS)).go
    clock.pass_(20)
    breakers.enter(BREAKER)
    assert not breakers.admit(catalog).go, "one chunk in all finds out whether the key is good again"
    breakers.learn(BREAKER, key_refused)
    breakers.leave(BREAKER)
    assert breakers.pause_left(catalog) > 12
    clock.pass_(30)
    breakers.learn(catalog, report(Delivered(200)))
    assert breakers.trouble("main") == ""
    assert breakers.admit(BREAKER).go


def test_a_refused_key_closes_every_endpoint_that_was_used_there_and_no_other(
    breakers: Breakers,
) -> None:
    for workspace in ("main", "other"):
        breakers.learn((workspace, Endpoint.EVENTS), down())
    breakers.learn(BREAKER, report(Postponed(ObstacleKind.DENIED, "HTTP 401", status=401)))
    denied = {breaker for breaker, state in breakers.states().items() if state.phase is Phase.DENIED}
    main = (Endpoint.CLIENTS, Endpoint.TRANSACTIONS, Endpoint.CATALOG, Endpoint.EVENTS)
    assert denied == {("main", endpoint) for endpoint in main}


def test_a_401_of_one_endpoint_while_others_are_served_is_its_own_trouble(
    breakers: Breakers, clock: HandClock
) -> None:
    catalog: BreakerKey = ("main", Endpoint.CATALOG)
    for _ in range(2):
        breakers.learn(catalog, report(Postponed(ObstacleKind.DENIED, "HTTP 401", status=401)))
        clock.pass_(60)
        breakers.learn(BREAKER, report(Delivered(202)))
    breakers.learn(catalog, report(Postponed(ObstacleKind.DENIED, "HTTP 401", status=401)))
    assert breakers.trouble("main").startswith("catalog: HTTP 401")
    assert breakers.admit(BREAKER).go


def test_429_is_no_failure(breakers: Breakers) -> None:
    for _ in range(10):
        breakers.learn(BREAKER, report(Postponed(ObstacleKind.THROTTLED, "HTTP 429", 7.0, status=429)))
    assert breakers.trouble("main") == ""
    assert breakers.pause_left(BREAKER) == 0
    breakers.enter(BREAKER)
    assert not breakers.admit(BREAKER).go, "when its pause is over, one after the other begins"


def test_a_request_through_another_gate_than_its_chunks_is_held_to_that_gates_probes(
    breakers: Breakers, clock: HandClock
) -> None:
    events: BreakerKey = ("main", Endpoint.EVENTS)
    for _ in range(5):
        breakers.learn(events, down())
    with breakers.aside(events) as wait:
        assert wait == breakers.pause_left(events) > 0
    clock.pass_(1000)
    with breakers.aside(events) as first, breakers.aside(events) as second:
        assert first == 0
        assert second > 0
    with breakers.aside(events) as third:
        assert third == 0


def test_states_are_saved_until_that_worked_and_come_back(breakers: Breakers, clock: HandClock) -> None:
    for _ in range(5):
        breakers.learn(BREAKER, down())
    next(breakers.changed())  # saving it failed: it is offered again
    saved = dict(breakers.changed())
    assert saved.keys() == {"main/clients"}
    assert dict(breakers.changed()) == {}
    fresh = Breakers({"main": BreakerPolicy()}, clock)
    fresh.restore({**saved, "main/catalog": "{}", "main/nonsense": "x"})
    assert fresh.states()[BREAKER] == breakers.states()[BREAKER]
    assert not fresh.admit(BREAKER).go
    assert fresh.admit(("main", Endpoint.CATALOG)).go


def test_a_reason_that_is_no_text_is_kept_over_a_restart(breakers: Breakers, clock: HandClock) -> None:
    breakers.learn(BREAKER, report(Postponed(ObstacleKind.MISUSED, "a redirect to f\udcfcr", status=302)))
    saved = dict(breakers.changed())
    again = Breakers({"main": BreakerPolicy()}, clock)
    again.restore(saved)
    assert again.trouble("main") == "clients: a redirect to f?r"


def test_an_answer_from_before_a_refusal_does_not_make_it_one_endpoints_own_trouble(
    breakers: Breakers, clock: HandClock
) -> None:
    """The request was under way when the key was refused: it says nothing of the key as it is now."""
    refusal = report(Postponed(ObstacleKind.DENIED, "the API key was refused", status=401))
    breakers.learn(BREAKER, refusal)
    clock.pass_(1.0)
    breakers.learn(("main", Endpoint.CATALOG), report(Delivered(200)))
    clock.pass_(breakers.pause_left(BREAKER) + 1.0)
    breakers.learn(BREAKER, refusal)
    assert not breakers.admit(("main", Endpoint.CATALOG)).go, "all of the workspace waits again"


def test_what_an_answer_said_is_kept_for_operators_and_nowhere_else(
    breakers: Breakers, clock: HandClock
) -> None:
    forbidden = Postponed(ObstacleKind.FORBIDDEN, "HTTP 403", status=403, said="profile ann@example.com")
    breakers.learn(BREAKER, report(forbidden))
    assert breakers.said(BREAKER) == "profile ann@example.com"
    assert breakers.trouble("main") == "clients: HTTP 403"
    assert "ann" not in str(list(breakers.changed()))
    clock.pass_(breakers.pause_left(BREAKER) + 1)
    breakers.learn(BREAKER, report(Delivered(202)))
    assert breakers.said(BREAKER) == ""


def test_what_an_answer_said_names_nobody_who_was_forgotten(clock: HandClock) -> None:
    forgotten: set[str] = set()
    breakers = Breakers(
        {"main": BreakerPolicy()}, clock, lambda text: "(erased)" if text in forgotten else text
    )
    breakers.learn(BREAKER, report(Postponed(ObstacleKind.DENIED, "HTTP 401", said="ann@example.com")))
    forgotten.add("ann@example.com")
    breakers.retell()
    assert breakers.said(BREAKER) == "(erased)"
    breakers.learn(BREAKER, report(Postponed(ObstacleKind.DENIED, "HTTP 401", said="ann@example.com")))
    assert breakers.said(BREAKER) == "(erased)"
    assert breakers.trouble("main") == "catalog: HTTP 401"
