"""What an answer means for those who follow, and what of it outlives a restart."""

import pytest

from synqd.breaker import BreakerPolicy, Phase
from synqd.drainer.gates import Gate, Gates
from synqd.models.wire import Endpoint
from synqd.synerise import Delivered, DeliveryReport, Hold, Outcome, Postponed, Refused
from tests.support.clocks import HandClock

GATE: Gate = ("main", Endpoint.CLIENTS)


def report(*outcomes: Outcome) -> DeliveryReport:
    return DeliveryReport(outcomes, requests=1)


def down(**values: float) -> DeliveryReport:
    return report(Postponed(Hold.UNAVAILABLE, "HTTP 503", status=503, **values))  # type: ignore[arg-type]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def gates(clock: HandClock) -> Gates:
    return Gates({"main": BreakerPolicy(), "other": BreakerPolicy()}, clock)


def test_failures_in_a_row_close_the_way_for_one_endpoint_of_one_workspace(gates: Gates) -> None:
    for _ in range(5):
        assert gates.admit(GATE).go
        gates.learn(GATE, down())
    assert not gates.admit(GATE).go
    assert gates.pause_left(GATE) > 0
    assert gates.trouble("main").startswith("clients: HTTP 503")
    assert gates.admit(("main", Endpoint.CATALOG)).go
    assert gates.admit(("other", Endpoint.CLIENTS)).go
    assert gates.trouble("other") == ""


def test_a_probe_goes_alone_and_its_success_lets_more_through(gates: Gates, clock: HandClock) -> None:
    gates.learn(GATE, down(retry_after=60.0))
    clock.pass_(gates.pause_left(GATE) + 1)
    assert gates.admit(GATE).probe
    gates.enter(GATE)
    assert not gates.admit(GATE).go
    gates.learn(GATE, report(Delivered(202)))
    gates.leave(GATE)
    assert gates.admit(GATE).go
    gates.enter(GATE)
    assert not gates.admit(GATE).go, "one, two, four: a server that has just recovered is not run over"


@pytest.mark.parametrize(
    "says_nothing",
    [
        report(Refused("too-large", "2 MB")),
        report(Refused("unencodable", "NaN")),
        report(Postponed(Hold.SUSPECT, "HTTP 500", status=500)),
    ],
)
def test_what_never_reached_the_endpoint_says_nothing_about_it(
    gates: Gates, clock: HandClock, says_nothing: DeliveryReport
) -> None:
    for _ in range(5):
        gates.learn(GATE, down())
    clock.pass_(1000)
    before = gates.states()[GATE]
    gates.learn(GATE, says_nothing)
    assert gates.states()[GATE] == before


def test_refusals_of_rights_are_looked_at_soon_and_then_every_few_minutes(
    gates: Gates, clock: HandClock
) -> None:
    pauses = []
    for _ in range(8):
        gates.learn(GATE, report(Postponed(Hold.FORBIDDEN, "HTTP 403", status=403)))
        pauses.append(gates.pause_left(GATE))
        clock.pass_(pauses[-1] + 1)
    assert gates.states()[GATE].phase is Phase.FORBIDDEN
    assert 7.5 <= pauses[0] <= 12.5
    assert all(225 <= pause <= 375 for pause in pauses[-2:])


def test_a_refused_key_closes_the_workspace_and_one_success_opens_it(gates: Gates, clock: HandClock) -> None:
    catalog: Gate = ("main", Endpoint.CATALOG)
    key_refused = report(Postponed(Hold.DENIED, "HTTP 401", status=401))
    gates.learn(GATE, key_refused)
    phases = {gate: state.phase for gate, state in gates.states().items()}
    assert phases == {
        ("main", endpoint): Phase.DENIED
        for endpoint in (Endpoint.CLIENTS, Endpoint.TRANSACTIONS, Endpoint.CATALOG)
    }
    assert gates.admit(("other", Endpoint.CLIENTS)).go
    clock.pass_(20)
    gates.enter(GATE)
    assert not gates.admit(catalog).go, "one chunk in all finds out whether the key is good again"
    gates.learn(GATE, key_refused)
    gates.leave(GATE)
    assert gates.pause_left(catalog) > 12
    clock.pass_(30)
    gates.learn(catalog, report(Delivered(200)))
    assert gates.trouble("main") == ""
    assert gates.admit(GATE).go


def test_a_refused_key_closes_every_endpoint_that_was_used_and_no_other_workspaces(gates: Gates) -> None:
    for workspace in ("main", "other"):
        gates.learn((workspace, Endpoint.EVENTS), down())
    gates.learn(GATE, report(Postponed(Hold.DENIED, "HTTP 401", status=401)))
    denied = {gate for gate, state in gates.states().items() if state.phase is Phase.DENIED}
    main = (Endpoint.CLIENTS, Endpoint.TRANSACTIONS, Endpoint.CATALOG, Endpoint.EVENTS)
    assert denied == {("main", endpoint) for endpoint in main}


def test_a_401_of_one_endpoint_while_others_are_served_is_its_own_trouble(
    gates: Gates, clock: HandClock
) -> None:
    catalog: Gate = ("main", Endpoint.CATALOG)
    for _ in range(2):
        gates.learn(catalog, report(Postponed(Hold.DENIED, "HTTP 401", status=401)))
        clock.pass_(60)
        gates.learn(GATE, report(Delivered(202)))
    gates.learn(catalog, report(Postponed(Hold.DENIED, "HTTP 401", status=401)))
    assert gates.trouble("main").startswith("catalog: HTTP 401")
    assert gates.admit(GATE).go


def test_429_is_no_failure(gates: Gates) -> None:
    for _ in range(10):
        gates.learn(GATE, report(Postponed(Hold.THROTTLED, "HTTP 429", 7.0, status=429)))
    assert gates.trouble("main") == ""
    assert gates.pause_left(GATE) == 0
    gates.enter(GATE)
    assert not gates.admit(GATE).go, "when its pause is over, one after the other begins"


def test_a_request_through_another_gate_than_its_chunks_is_held_to_that_gates_probes(
    gates: Gates, clock: HandClock
) -> None:
    events: Gate = ("main", Endpoint.EVENTS)
    for _ in range(5):
        gates.learn(events, down())
    with gates.aside(events) as wait:
        assert wait == gates.pause_left(events) > 0
    clock.pass_(1000)
    with gates.aside(events) as first, gates.aside(events) as second:
        assert first == 0
        assert second > 0
    with gates.aside(events) as third:
        assert third == 0


def test_states_are_saved_until_that_worked_and_come_back(gates: Gates, clock: HandClock) -> None:
    for _ in range(5):
        gates.learn(GATE, down())
    next(gates.changed())  # saving it failed: it is offered again
    saved = dict(gates.changed())
    assert saved.keys() == {"main/clients"}
    assert dict(gates.changed()) == {}
    fresh = Gates({"main": BreakerPolicy()}, clock)
    fresh.restore({**saved, "main/catalog": "{}", "main/nonsense": "x"})
    assert fresh.states()[GATE] == gates.states()[GATE]
    assert not fresh.admit(GATE).go
    assert fresh.admit(("main", Endpoint.CATALOG)).go


def test_a_reason_that_is_no_text_is_kept_over_a_restart(gates: Gates, clock: HandClock) -> None:
    gates.learn(GATE, report(Postponed(Hold.MISUSED, "a redirect to f\udcfcr", status=302)))
    saved = dict(gates.changed())
    again = Gates({"main": BreakerPolicy()}, clock)
    again.restore(saved)
    assert again.trouble("main") == "clients: a redirect to f?r"


def test_an_answer_from_before_a_refusal_does_not_make_it_one_endpoints_own_trouble(
    gates: Gates, clock: HandClock
) -> None:
    """The request was under way when the key was refused: it says nothing of the key as it is now."""
    refusal = report(Postponed(Hold.DENIED, "the API key was refused", status=401))
    gates.learn(GATE, refusal)
    clock.pass_(1.0)
    gates.learn(("main", Endpoint.CATALOG), report(Delivered(200)))
    clock.pass_(gates.pause_left(GATE) + 1.0)
    gates.learn(GATE, refusal)
    assert not gates.admit(("main", Endpoint.CATALOG)).go, "all of the workspace waits again"


def test_what_an_answer_said_is_kept_for_operators_and_nowhere_else(gates: Gates, clock: HandClock) -> None:
    forbidden = Postponed(Hold.FORBIDDEN, "HTTP 403", status=403, said="profile ann@example.com")
    gates.learn(GATE, report(forbidden))
    assert gates.said(GATE) == "profile ann@example.com"
    assert gates.trouble("main") == "clients: HTTP 403"
    assert "ann" not in str(list(gates.changed()))
    clock.pass_(gates.pause_left(GATE) + 1)
    gates.learn(GATE, report(Delivered(202)))
    assert gates.said(GATE) == ""


def test_what_an_answer_said_names_nobody_who_was_forgotten(clock: HandClock) -> None:
    forgotten: set[str] = set()
    gates = Gates({"main": BreakerPolicy()}, clock, lambda text: "(erased)" if text in forgotten else text)
    gates.learn(GATE, report(Postponed(Hold.DENIED, "HTTP 401", said="ann@example.com")))
    forgotten.add("ann@example.com")
    gates.retell()
    assert gates.said(GATE) == "(erased)"
    gates.learn(GATE, report(Postponed(Hold.DENIED, "HTTP 401", said="ann@example.com")))
    assert gates.said(GATE) == "(erased)"
    assert gates.trouble("main") == "catalog: HTTP 401"
