"""Panels of the Grafana dashboard: what each asks Prometheus, by row; ``dashboard`` makes the document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

D = 'job=~"$job",instance=~"$instance"'
"""Series of the daemons chosen."""
W = f'{D},workspace=~"$workspace"'
S = f'{W},store=~"$store",model=~"$model"'
RATE = "$__rate_interval"


@dataclass(frozen=True)
class Panel:
    """One panel: queries are (expression, legend)."""

    title: str
    description: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    height: int = 7
    stacked: bool = False
    bad_above: float | None = None
    """From this value on it shows red."""
    mappings: Sequence[tuple[str, str, str]] = ()
    """(value, text, color)."""


YES = (("1", "yes", "green"), ("0", "no", "red"))


def quantile(share: float, metric: str, by: str, selector: str) -> str:
    """A quantile of a histogram."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{{{selector}}}[{RATE}])))"


def rate(metric: str, by: str, selector: str) -> str:
    """A counter's rate."""
    return f"sum by ({by}) (rate({metric}{{{selector}}}[{RATE}]))"


def ratio(part: str, whole: str, by: str, selector: str) -> str:
    """A gauge's share of another."""
    return f"sum by ({by}) ({part}{{{selector}}}) / (sum by ({by}) ({whole}{{{selector}}}) > 0)"


def stat(title: str, description: str, expression: str, **more: Any) -> Panel:
    """One number."""
    return Panel(title, description, [(expression, "")], kind="stat", width=3, height=4, **more)


ROWS: Mapping[str, Sequence[Panel]] = {
    "Overview": (
        stat("Up", "Whether the daemon answers scrapes.", f"min(up{{{D}}})", mappings=YES),
        stat(
            "Switched on", "[sync] enabled of the configuration.", f"min(synqd_enabled{{{D}}})", mappings=YES
        ),
        stat("Waiting", "Items in the outbox, all lanes.", f"sum(synqd_outbox_items{{{S}}})"),
        stat(
            "Oldest change",
            "Age of the oldest live change that waits.",
            f'max(synqd_outbox_oldest_age_seconds{{{S},lane="live"}})',
            unit="s",
            bad_above=900,
        ),
        stat(
            "Delivered",
            "Items that Synerise took, a second.",
            f'sum(rate(synqd_items_total{{{S},outcome="sent"}}[{RATE}]))',
            unit="cps",
        ),
        stat(
            "95 % arrive within",
            "Time from a live change to Synerise's answer.",
            f"histogram_quantile(0.95, sum by (le) (rate("
            f'synqd_delivery_latency_seconds_bucket{{{D},lane="live",model=~"$model"}}[{RATE}])))',
            unit="s",
        ),
        stat(
            "Dead letters",
            "Items that wait for an operator.",
            f"sum(synqd_dead_letters{{{S}}})",
            bad_above=1,
        ),
        stat(
            "Version", "Version of the daemon.", f"count by (version) (synqd_build_info{{{D}}})", unit="none"
        ),
        Panel(
            "Places",
            "Whether Magento, the queue and each workspace of Synerise can be used.",
            [(f"min by (place) (synqd_usable{{{D}}})", "{{place}}")],
            kind="state-timeline",
            width=12,
            mappings=YES,
        ),
        Panel(
            "Circuit breakers that are not closed",
            "Phase of each breaker: open, denied (key), forbidden (permission) or misused (wrong address).",
            [
                (
                    f'max by (workspace, endpoint, state) (synqd_breaker_state{{{W},state!="closed"}})',
                    "{{workspace}} {{endpoint}} {{state}}",
                )
            ],
            kind="state-timeline",
            width=12,
            mappings=(("1", "yes", "red"), ("0", "no", "green")),
        ),
    ),
    "Store views": (
        Panel(
            "Store views and models",
            "What Magento has, what exists at Synerise by the ledger, what waits, and what was given up.",
            [
                (f"sum by (store, model) (synqd_magento_items{{{S}}})", "in Magento"),
                (f"sum by (store, model) (synqd_ledger_items{{{S}}})", "at Synerise"),
                (f"sum by (store, model) (synqd_outbox_items{{{S}}})", "waiting"),
                (f"sum by (store, model) (synqd_dead_letters{{{S}}})", "dead letters"),
                (
                    f"time() - max by (store, model) (synqd_last_success_timestamp_seconds{{{S}}})",
                    "last delivery (s ago)",
                ),
            ],
            kind="table",
            width=24,
            height=9,
        ),
        Panel(
            "Waiting by store view",
            "Items in the outbox.",
            [(f"sum by (store, model) (synqd_outbox_items{{{S}}})", "{{store}} {{model}}")],
            width=12,
            stacked=True,
        ),
        Panel(
            "Delivered by store view",
            "Items that Synerise took.",
            [
                (
                    f'sum by (store, model) (rate(synqd_items_total{{{S},outcome="sent"}}[{RATE}]))',
                    "{{store}} {{model}}",
                )
            ],
            unit="cps",
            width=12,
            stacked=True,
        ),
    ),
    "Delivery": (
        Panel(
            "Items by outcome",
            "What became of items: sent, unchanged, skipped, to be retried, released or buried.",
            [(rate("synqd_items_total", "outcome", S), "{{outcome}}")],
            unit="cps",
            stacked=True,
        ),
        Panel(
            "Change to delivered, 95 %",
            "Time from a change, or from being enqueued, to Synerise's answer.",
            [
                (
                    quantile(0.95, "synqd_delivery_latency_seconds", "model, lane", f'{D},model=~"$model"'),
                    "{{model}} {{lane}}",
                )
            ],
            unit="s",
        ),
        Panel(
            "Requests by outcome",
            "HTTP status, or why there was none.",
            [(rate("synqd_requests_total", "call, outcome", W), "{{call}} {{outcome}}")],
            unit="reqps",
            stacked=True,
        ),
        Panel(
            "Request time",
            "Time of requests to Synerise, answer included: median and 95 %.",
            [
                (quantile(0.5, "synqd_request_duration_seconds", "call", W), "{{call}} 50 %"),
                (quantile(0.95, "synqd_request_duration_seconds", "call", W), "{{call}} 95 %"),
            ],
            unit="s",
        ),
        Panel(
            "Read and map time, 95 %",
            "Time to read a chunk from Magento and map it.",
            [
                (
                    quantile(0.95, "synqd_hydrate_duration_seconds", "model", f'{D},model=~"$model"'),
                    "{{model}}",
                )
            ],
            unit="s",
        ),
        Panel(
            "Bytes sent",
            "Request bodies as they went over the wire.",
            [(rate("synqd_request_bytes_total", "call", W), "{{call}}")],
            unit="Bps",
            stacked=True,
        ),
        Panel(
            "To be sent again",
            "Items of requests that did not get through, by cause.",
            [(rate("synqd_retries_total", "workspace, cause", W), "{{workspace}} {{cause}}")],
            unit="cps",
        ),
        Panel(
            "New dead letters",
            "Items given up within the interval, by reason.",
            [
                (
                    f"sum by (model, reason) (increase(synqd_items_buried_total{{{W}}}[{RATE}]))",
                    "{{model}} {{reason}}",
                )
            ],
        ),
        Panel(
            "Token renewals and pauses",
            "Logins that gave a new token in an hour, and models whose delivery an operator holds.",
            [
                (
                    f"sum by (workspace) (increase(synqd_token_renewals_total{{{W}}}[1h]))",
                    "{{workspace}} logins",
                ),
                (f"sum by (workspace, model) (synqd_paused{{{W}}})", "{{workspace}} {{model}} paused"),
            ],
        ),
    ),
    "Capture": (
        Panel(
            "Changes read",
            "Rows of the change log.",
            [(rate("synqd_changes_read_total", "model", D), "{{model}}")],
            unit="cps",
            stacked=True,
        ),
        Panel(
            "Behind the change log",
            "Age of the oldest row that was not read yet.",
            [(f"max by (source) (synqd_changelog_lag_seconds{{{D}}})", "{{source}}")],
            unit="s",
        ),
        Panel(
            "Rows not read, and gaps",
            "Rows that wait to be read, and ids skipped so far that may still appear.",
            [
                (f"max by (source) (synqd_changelog_lag_rows{{{D}}})", "{{source}} not read"),
                (f"max by (source) (synqd_changelog_gap_rows{{{D}}})", "{{source}} in gaps"),
            ],
        ),
        Panel(
            "Enqueued",
            "Items put into the outbox, by lane.",
            [(rate("synqd_items_enqueued_total", "model, lane", D), "{{model}} {{lane}}")],
            unit="cps",
            stacked=True,
        ),
        Panel(
            "Changes that led to nothing",
            "Rows of models and store views that are switched off.",
            [(rate("synqd_changes_dropped_total", "model, reason", D), "{{model}} {{reason}}")],
            unit="cps",
        ),
        Panel(
            "Change log intact",
            "Missing or changed triggers and tables; rows that were gone before they were read.",
            [
                (f"max(synqd_changelog_faults{{{D}}})", "faults"),
                (
                    f"sum by (model) (increase(synqd_changes_maybe_lost_total{{{D}}}[1h]))",
                    "{{model}} maybe lost",
                ),
            ],
            bad_above=1,
        ),
    ),
    "Queue": (
        Panel(
            "Outbox by lane",
            "Items that wait, leased ones included.",
            [(f"sum by (lane) (synqd_outbox_items{{{S}}})", "{{lane}}")],
            stacked=True,
        ),
        Panel(
            "Oldest by lane",
            "Age of the oldest item that waits.",
            [(f"max by (lane) (synqd_outbox_oldest_age_seconds{{{S}}})", "{{lane}}")],
            unit="s",
        ),
        Panel(
            "Ledger",
            "Items that exist at Synerise.",
            [(f"sum by (model) (synqd_ledger_items{{{S}}})", "{{model}}")],
            stacked=True,
        ),
        Panel(
            "Queue on disk",
            "File, write-ahead log, reserve, and free pages inside the file.",
            [(f"max by (instance, part) (synqd_queue_bytes{{{D}}})", "{{part}}")],
            unit="bytes",
        ),
        Panel(
            "Room on its disk",
            "Free space where the queue lies, and the whole file system.",
            [
                (f"min by (instance) (synqd_queue_disk_free_bytes{{{D}}})", "{{instance}} free"),
                (f"max by (instance) (synqd_queue_disk_size_bytes{{{D}}})", "{{instance}} size"),
            ],
            unit="bytes",
        ),
        Panel(
            "Queue in trouble",
            "The reserve was given up because the disk is full; the counts could not be read.",
            [
                (f"max by (instance) (synqd_queue_reserve_freed{{{D}}})", "{{instance}} reserve given up"),
                (f"1 - min by (instance) (synqd_snapshot_success{{{D}}})", "{{instance}} unreadable"),
            ],
            bad_above=1,
        ),
    ),
    "Jobs": (
        Panel(
            "Progress of running jobs",
            "Share of a job's items that are done with.",
            [
                (
                    ratio("synqd_job_settled_items", "synqd_job_total_items", "kind, store, model", S),
                    "{{kind}} {{store}} {{model}}",
                )
            ],
            unit="percentunit",
            width=12,
        ),
        Panel(
            "Items of running jobs",
            "Selected so far, and done with.",
            [
                (f"sum by (kind, model) (synqd_job_selected_items{{{S}}})", "{{kind}} {{model}} selected"),
                (f"sum by (kind, model) (synqd_job_settled_items{{{S}}})", "{{kind}} {{model}} done with"),
            ],
            width=6,
        ),
        Panel(
            "Parts of jobs",
            "Parts (model and store view) of jobs that have not ended.",
            [(f"sum by (kind, state) (synqd_job_parts{{{D}}})", "{{kind}} {{state}}")],
            width=6,
            stacked=True,
        ),
    ),
    "Daemon": (
        Panel(
            "Since the last turn, of its limit",
            "Above 100 % a mover is stuck.",
            [
                (
                    ratio("synqd_mover_last_turn_age_seconds", "synqd_mover_turn_limit_seconds", "mover", D),
                    "{{mover}}",
                )
            ],
            unit="percentunit",
            bad_above=1,
        ),
        Panel(
            "Turns of movers",
            "Turns a second, and whether they had to wait for something outside.",
            [(rate("synqd_mover_turns_total", "mover, outcome", D), "{{mover}} {{outcome}}")],
            unit="cps",
        ),
        Panel(
            "Movers that wait",
            "1 while a mover waits for Magento, Synerise or the disk.",
            [(f"max by (mover) (synqd_mover_waiting{{{D}}})", "{{mover}}")],
            kind="state-timeline",
            mappings=(("1", "waits", "red"), ("0", "works", "green")),
        ),
        Panel(
            "Memory",
            "Resident memory of the process.",
            [(f"max by (instance) (process_resident_memory_bytes{{{D}}})", "{{instance}}")],
            unit="bytes",
        ),
        Panel(
            "Processor",
            "Processor time used, in cores.",
            [(f"sum by (instance) (rate(process_cpu_seconds_total{{{D}}}[{RATE}]))", "{{instance}}")],
        ),
        Panel(
            "Configuration",
            "Whether the last reload succeeded, and how long ago a configuration was taken over.",
            [
                (
                    f"min by (instance) (synqd_config_last_reload_successful{{{D}}})",
                    "{{instance}} succeeded",
                ),
                (
                    f"time() - max by (instance) (synqd_config_last_reload_success_timestamp_seconds{{{D}}})",
                    "{{instance}} age (s)",
                ),
            ],
            kind="table",
        ),
    ),
}
