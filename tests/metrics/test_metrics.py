import re
import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from synqd import __version__
from synqd.metrics import BreakerFacts, JobFacts, Metrics, Outcome, Snapshot, StreamFacts
from synqd.metrics.metrics import RETRY_CAUSES
from synqd.models.names import Lane, Model
from synqd.pacing.breaker import Phase
from synqd.synerise import ObstacleKind

Labels = dict[str, str]


def full() -> tuple[Metrics, Snapshot]:
    """Metrics in which everything was counted once, and a snapshot with everything in it."""
    metrics = Metrics()
    metrics.changes_read(Model.ORDER, 5)
    metrics.changes_dropped(Model.ORDER, "switched-off", 2)
    metrics.changes_maybe_lost(Model.ORDER, 3)
    metrics.changelog_lag("synqd", rows=9, seconds=1.5, gaps=1)
    metrics.changelog_fault("missing", 1)
    metrics.drifted(2)
    metrics.enqueued(Model.ORDER, Lane.LIVE, 3)
    metrics.hydrated(Model.ORDER, 0.02)
    metrics.settled("main", "de", Model.ORDER, Outcome.SENT, 100)
    metrics.retried("main", Model.ORDER, "outage", 4)
    metrics.buried("main", Model.ORDER, "refused", 1)
    metrics.delivered(Model.ORDER, Lane.LIVE, [0.3, 0.6, 100])
    metrics.request("main", "transactions", "202", 0.2, sent=2000)
    metrics.token_renewed("main")
    metrics.turned("drainer", ok=True)
    metrics.reloaded(ok=True, at=1_700_000_000)
    stream = StreamFacts(
        "main",
        "de",
        Model.ORDER,
        {Lane.LIVE: 2},
        {Lane.LIVE: 0.5},
        alive=90,
        dead=1,
        total=100,
        last_sent=17.0,
    )
    jobs = [
        JobFacts("batch", "main", "de", Model.ORDER, total=10, selected=5, settled=4),
        JobFacts("batch", "main", "de", Model.ORDER, total=None, selected=7, settled=1, paused=True),
    ]
    breakers = [BreakerFacts("main", "events", Phase.OPEN)]
    snapshot = Snapshot(
        [stream],
        jobs,
        breakers,
        {"file": 4096},
        [("main", "order")],
        {"drainer": 0.1},
        turn_limits={"drainer": 120},
        waiting={"drainer": False},
        usable={"synerise main": True},
        disk=(1_000, 4_000),
    )
    return metrics, snapshot


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float | None:
    return samples(text).get((name, tuple(sorted(labels.items()))))


def test_what_was_counted_is_exposed() -> None:
    metrics, snapshot = full()
    text = metrics.render(snapshot)[0].decode()
    stream = {"workspace": "main", "store": "de", "model": "order"}
    assert value(text, "synqd_items_total", **stream, outcome="sent") == 100
    assert value(text, "synqd_delivery_latency_seconds_bucket", model="order", lane="live", le="0.75") == 2
    assert value(text, "synqd_request_bytes_total", workspace="main", call="transactions") == 2000
    assert value(text, "synqd_outbox_items", **stream, lane="live") == 2
    assert value(text, "synqd_outbox_items", **stream, lane="full") == 0
    assert value(text, "synqd_magento_items", **stream) == 100
    assert value(text, "synqd_changes_maybe_lost_total", model="order") == 3
    assert value(text, "synqd_usable", place="synerise main") == 1
    assert value(text, "synqd_queue_disk_free_bytes") == 1_000
    assert value(text, "synqd_queue_reserve_freed") == 0
    assert value(text, "synqd_mover_turn_limit_seconds", mover="drainer") == 120
    assert value(text, "synqd_last_success_timestamp_seconds", **stream) == 17
    assert value(text, "synqd_breaker_state", workspace="main", endpoint="events", state="open") == 1
    assert value(text, "synqd_breaker_state", workspace="main", endpoint="events", state="closed") == 0
    assert f'version="{__version__}"' in text


def test_batch_jobs_of_one_model_add_up() -> None:
    metrics, snapshot = full()
    text = metrics.render(snapshot)[0].decode()
    job = {"kind": "batch", "workspace": "main", "store": "de", "model": "order"}
    assert value(text, "synqd_job_selected_items", **job) == 12
    assert value(text, "synqd_job_total_items", **job) == 10
    assert value(text, "synqd_job_parts", kind="batch", state="paused") == 1


def test_what_is_not_known_is_left_out() -> None:
    text = Metrics().render(Snapshot([StreamFacts("main", "de", Model.ORDER)]))[0].decode()
    names = {name for name, _ in samples(text)}
    assert not names & {"synqd_magento_items", "synqd_last_success_timestamp_seconds"}
    assert "synqd_outbox_items" in names


def test_two_daemons_do_not_share_numbers() -> None:
    first, second = Metrics(), Metrics()
    first.changes_read(Model.ORDER, 1)
    assert value(second.render(None)[0].decode(), "synqd_changes_read_total", model="order") is None


def test_names_follow_the_conventions() -> None:
    metrics, snapshot = full()
    text = metrics.render(snapshot)[0].decode()
    ours = [family for family in text_string_to_metric_families(text) if family.name.startswith("synqd_")]
    assert len(ours) > 25
    for family in ours:
        assert family.documentation
        assert family.documentation.endswith(".")
        assert re.fullmatch(r"[a-z_]+", family.name)
        assert family.samples, f"{family.name} is never filled by this test"
        if family.type == "counter":
            assert f"# TYPE {family.name}_total counter" in text
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb)(_|$)", family.name)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing() -> None:
    metrics, snapshot = full()
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics.render(snapshot)[0], capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_open_metrics_is_spoken_where_it_is_asked_for() -> None:
    body, kind = Metrics().render(None, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def test_what_will_be_counted_shows_as_zero_before_it_happens() -> None:
    metrics = Metrics()
    metrics.expect([("main", "de", Model.ORDER)], ["drainer"])
    text, _ = metrics.render(None)
    for line in (
        'synqd_items_total{model="order",outcome="buried",store="de",workspace="main"} 0.0',
        'synqd_items_buried_total{model="order",reason="refused",workspace="main"} 0.0',
        'synqd_retries_total{cause="unavailable",model="order",workspace="main"} 0.0',
        'synqd_items_enqueued_total{lane="live",model="order"} 0.0',
        'synqd_mover_turns_total{mover="drainer",outcome="waiting"} 0.0',
        'synqd_token_renewals_total{workspace="main"} 0.0',
    ):
        assert line in text.decode().splitlines(), line


def test_causes_and_reasons_that_are_expected_are_those_that_there_are() -> None:
    assert set(RETRY_CAUSES) == {kind.value for kind in ObstacleKind}
