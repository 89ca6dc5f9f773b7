"""Panels of what is synchronized: is all well, what waits, what arrives."""

from collections.abc import Mapping, Sequence

from tools.panels.panel import RATE, YES, D, Panel, S, W, quantile, rate, stat

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
}
