"""What alerts are tried on: the series of a healthy daemon, and what differs when something is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field

J = 'job="synqd",instance="shop:9464"'
W = f'{J},workspace="main"'
S = f'{W},store="de",model="product"'
DISK = 100_000_000_000
ALWAYS = "x240"
"""Minutes that a steady series goes on."""


def steady(value: float) -> str:
    """The same value each minute."""
    return f"{float(value)}+0{ALWAYS}"


def growing(first: float, step: float) -> str:
    """So much more (or less) each minute."""
    return f"{float(first)}{float(step):+}{ALWAYS}"


def breaker(phase: str) -> dict[str, str]:
    """The series of one breaker."""
    return {
        f'synqd_breaker_state{{{W},endpoint="catalog",state="{one}"}}': steady(one == phase)
        for one in ("closed", "open", "denied", "forbidden", "misused")
    }


HEALTHY: Mapping[str, str] = {
    f"up{{{J}}}": steady(1),
    f'synqd_build_info{{{J},version="1"}}': steady(1),
    f"process_start_time_seconds{{{J}}}": steady(1000),
    f'synqd_mover_last_turn_age_seconds{{{J},mover="drainer"}}': steady(5),
    f'synqd_mover_turn_limit_seconds{{{J},mover="drainer"}}': steady(120),
    f"synqd_snapshot_success{{{J}}}": steady(1),
    f"synqd_config_last_reload_successful{{{J}}}": steady(1),
    f'synqd_usable{{{J},place="magento"}}': steady(1),
    f'synqd_changelog_lag_seconds{{{J},source="own"}}': steady(0),
    f'synqd_changelog_lag_rows{{{J},source="own"}}': steady(3),
    f'synqd_changelog_faults{{{J},kind="missing"}}': steady(0),
    f'synqd_changelog_faults{{{J},kind="uncovered"}}': steady(0),
    f'synqd_changelog_faults{{{J},kind="conflict"}}': steady(0),
    f'synqd_changelog_faults{{{J},kind="definer"}}': steady(0),
    f'synqd_outbox_oldest_age_seconds{{{S},lane="live"}}': steady(1),
    f'synqd_outbox_oldest_age_seconds{{{S},lane="full"}}': steady(0),
    f'synqd_items_total{{{S},outcome="sent"}}': growing(0, 50),
    f"synqd_dead_letters{{{S}}}": steady(7),
    f"synqd_queue_reserve_freed{{{J}}}": steady(0),
    f"synqd_queue_disk_free_bytes{{{J}}}": steady(DISK // 2),
    f"synqd_queue_disk_size_bytes{{{J}}}": steady(DISK),
    f'synqd_job_parts{{{J},kind="full",state="running"}}': steady(0),
    **breaker("closed"),
}


@dataclass(frozen=True)
class Scenario:
    """Something happens; ``alerts`` are all that fire after ``minutes``. A change of None: no such series."""

    name: str
    changes: Mapping[str, str | None] = field(default_factory=dict)
    alerts: frozenset[str] = frozenset()
    minutes: int = 30

    def series(self) -> dict[str, str]:
        """Every series with its values."""
        all_series = {**HEALTHY, **self.changes}
        return {name: values for name, values in all_series.items() if values is not None}


def case(name: str, changes: Mapping[str, str | None], *alerts: str, minutes: int = 30) -> Scenario:
    """A scenario in one line."""
    return Scenario(name, changes, frozenset(alerts), minutes)


OLD_LIVE = {f'synqd_outbox_oldest_age_seconds{{{S},lane="live"}}': growing(0, 60)}
NOTHING_SENT = {f'synqd_items_total{{{S},outcome="sent"}}': steady(500)}
PAUSED = {f'synqd_paused{{{W},model="product"}}': steady(1)}
LOST = f'synqd_changes_maybe_lost_total{{{J},model="product"}}'
RUNNING = {f'synqd_job_parts{{{J},kind="full",state="running"}}': steady(1)}
SETTLED = f'synqd_job_settled_items{{{W},store="de",model="product",kind="full"}}'
OTHER_SETTLED = f'synqd_job_settled_items{{{W},store="en",model="product",kind="full"}}'

SCENARIOS = (
    case("all is well", {}),
    case("no answer", {f"up{{{J}}}": steady(0)}, "SynqdDown"),
    case("no answer for a minute", {f"up{{{J}}}": f"1+0x29 0+0x1 1+0{ALWAYS}"}),
    case("no target", dict.fromkeys(HEALTHY), "SynqdAbsent"),
    case(
        "started again and again",
        {f"process_start_time_seconds{{{J}}}": growing(1000, 60)},
        "SynqdRestarting",
    ),
    case(
        "something else starts again and again",
        {'process_start_time_seconds{job="other",instance="b"}': growing(1000, 60)},
    ),
    case("one restart", {f"process_start_time_seconds{{{J}}}": f"1000+0x10 2000+0{ALWAYS}"}),
    case(
        "a mover hangs",
        {f'synqd_mover_last_turn_age_seconds{{{J},mover="drainer"}}': growing(0, 60)},
        "SynqdMoverStuck",
    ),
    case("queue unreadable", {f"synqd_snapshot_success{{{J}}}": steady(0)}, "SynqdQueueUnreadable"),
    case("wrong reload", {f"synqd_config_last_reload_successful{{{J}}}": steady(0)}, "SynqdReloadFailed"),
    case("no database", {f'synqd_usable{{{J},place="magento"}}': steady(0)}, "SynqdMagentoUnreachable"),
    case(
        "late rows",
        {f'synqd_changelog_lag_seconds{{{J},source="own"}}': steady(300)},
        "SynqdChangelogLag",
    ),
    case(
        "many rows in a log without times",
        {f'synqd_changelog_lag_rows{{{J},source="own"}}': steady(90_000)},
        "SynqdChangelogLag",
    ),
    case(
        "no triggers", {f'synqd_changelog_faults{{{J},kind="missing"}}': steady(4)}, "SynqdChangelogDamaged"
    ),
    case(
        "a view gone to realtime",
        {f'synqd_changelog_faults{{{J},kind="uncovered"}}': steady(1)},
        "SynqdChangelogDamaged",
    ),
    case(
        "triggers in the way",
        {f'synqd_changelog_faults{{{J},kind="conflict"}}': steady(1)},
        "SynqdDeployConflict",
    ),
    case("a definer gone", {f'synqd_changelog_faults{{{J},kind="definer"}}': steady(1)}, "SynqdDefinerGone"),
    case("a replica that is late", {f"synqd_replica_lag_seconds{{{J}}}": steady(90)}, "SynqdReplicaLate"),
    case("a replica that keeps up", {f"synqd_replica_lag_seconds{{{J}}}": steady(20)}),
    case(
        "a lock that somebody holds",
        {f"synqd_changelog_write_wait_seconds{{{J}}}": steady(50)},
        "SynqdWritesWait",
    ),
    case(
        "a lock that is waited for now and then", {f"synqd_changelog_write_wait_seconds{{{J}}}": steady(20)}
    ),
    case("rows lost just now", {LOST: f"_x20 12+0{ALWAYS}"}, "SynqdChangesMaybeLost"),
    case("more rows lost", {LOST: f"3+0x70 9+0{ALWAYS}"}, "SynqdChangesMaybeLost", minutes=90),
    case("rows lost long ago", {LOST: f"_x5 3+0{ALWAYS}"}, minutes=120),
    case("nothing leaves", OLD_LIVE | NOTHING_SENT, "SynqdNotDelivering", "SynqdDeliveryLate"),
    case(
        "a full synchronization does not leave",
        {f'synqd_outbox_oldest_age_seconds{{{S},lane="full"}}': growing(0, 60), **NOTHING_SENT},
        "SynqdNotDelivering",
    ),
    case("less leaves than comes", OLD_LIVE, "SynqdDeliveryLate"),
    case("nothing leaves because it is paused", OLD_LIVE | NOTHING_SENT | PAUSED),
    case("nothing leaves because there is nothing", NOTHING_SENT),
    case("new dead letters", {f"synqd_dead_letters{{{S}}}": f"7+0x20 9+0{ALWAYS}"}, "SynqdDeadLetters"),
    case("dead letters retried", {f"synqd_dead_letters{{{S}}}": f"7+0x20 0+0{ALWAYS}"}),
    case("an outage at Synerise", breaker("open"), "SynqdBreakerOpen"),
    case("key refused", breaker("denied"), "SynqdKeyRefused"),
    case("permission missing", breaker("forbidden"), "SynqdPermissionMissing"),
    case("wrong address", breaker("misused"), "SynqdEndpointMisused"),
    case("paused in the morning", PAUSED, "SynqdPausedLong", minutes=241),
    case("disk full", {f"synqd_queue_reserve_freed{{{J}}}": steady(1)}, "SynqdReserveUsed"),
    case("disk nearly full", {f"synqd_queue_disk_free_bytes{{{J}}}": steady(DISK // 50)}, "SynqdDiskLow"),
    case(
        "disk full within hours",
        {f"synqd_queue_disk_free_bytes{{{J}}}": growing(DISK // 4, -(DISK // 600))},
        "SynqdDiskLow",
        minutes=90,
    ),
    case("a job stands", {**RUNNING, SETTLED: f"0+10x20 200+0{ALWAYS}"}, "SynqdFullJobStalled", minutes=60),
    case("a job moves", {**RUNNING, SETTLED: growing(0, 10)}, minutes=60),
    case(
        "one store view waits for the other",
        {**RUNNING, SETTLED: steady(0), OTHER_SETTLED: growing(0, 10)},
        minutes=60,
    ),
    case("a job has just begun", {**RUNNING, SETTLED: f"_x50 0+0{ALWAYS}"}, minutes=60),
    case("a job is paused", {SETTLED: steady(100)}, minutes=60),
    case("its delivery is paused", {**RUNNING, **PAUSED, SETTLED: steady(100)}, minutes=60),
)
