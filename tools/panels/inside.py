"""Panels of the daemon's inside: change log, queue, jobs, process."""

from collections.abc import Mapping, Sequence

from tools.panels.panel import RATE, D, Panel, S, rate, ratio

ROWS: Mapping[str, Sequence[Panel]] = {
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
            [
                (f"max by (source) (synqd_changelog_lag_seconds{{{D}}})", "{{source}}"),
                (f"max(synqd_replica_lag_seconds{{{D}}})", "replica"),
            ],
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
