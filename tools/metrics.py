"""The page docs/metrics.md, from the registry itself; ``reference`` writes it."""

from collections.abc import Iterator

from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric

from synqd.metrics import Metrics, Snapshot

INTRODUCTION = """\
# Metrics

For operators. Read it when you watch synqd with Prometheus and Grafana.

`[metrics] listen` (`127.0.0.1:9464`) serves `/metrics` for Prometheus (text or OpenMetrics), `/healthz`
(progress is made; 503 otherwise) and `/readyz` (Magento, queue and Synerise can be used). A scrape reads
counts that the queue maintains anyway, so it costs the same with five or five million waiting items; ten
scrapers within a second cost one look.

Labels are bounded by the configuration: `workspace`, `store` (code of the store view), `model` (customer,
order, product, subscriber), `lane` (live, batch, full) and short fixed lists. Ids and keys are never labels.
Counters begin at 0 with the process, and a series appears with its first event.

[monitoring/alerts.yml](../monitoring/alerts.yml) has rules with a [runbook](runbook.md),
[monitoring/dashboard.json](../monitoring/dashboard.json) a Grafana dashboard.

| metric | type | labels | meaning |
|---|---|---|---|
"""
CLOSING = """
Beside them stand `process_*` (processor, memory, descriptors, start) and `python_gc_*`.

Useful questions:

```promql
# share of live changes that arrived within a second, by model
sum by (model) (rate(synqd_delivery_latency_seconds_bucket{lane="live",le="1.0"}[1h]))
  / sum by (model) (rate(synqd_delivery_latency_seconds_count{lane="live"}[1h]))
# what is missing at Synerise, by store view and model
synqd_magento_items - synqd_ledger_items
# items a request, and bytes an item
sum(rate(synqd_items_total{outcome="sent"}[1h])) / sum(rate(synqd_requests_total[1h]))
```
"""


def families() -> Iterator[tuple[str, Metric, tuple[str, ...]]]:
    """Name as it is scraped, the family, and its labels, in the order of the exposition."""
    metrics = Metrics()
    metrics.render(Snapshot(disk=(0, 0)))
    for collector, families in _collected(metrics):
        for family in families:
            if family.name.startswith("synqd_"):
                yield _name(family), family, _labels(collector, family)


def _collected(metrics: Metrics) -> Iterator[tuple[object, list[Metric]]]:
    for collector in list(metrics.registry._collector_to_names):  # noqa: SLF001 - the registry tells nobody
        yield collector, list(collector.collect())


def _labels(collector: object, family: Metric) -> tuple[str, ...]:
    if isinstance(collector, MetricWrapperBase):
        return tuple(collector._labelnames)  # noqa: SLF001 - before the first event nothing else knows them
    return tuple(getattr(family, "_labelnames", ()))


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def page() -> str:
    """The whole page."""
    rows = [
        f"| `{name}` | {family.type} | {', '.join(labels)} | {family.documentation} |\n"
        for name, family, labels in sorted(families(), key=lambda entry: entry[0])
    ]
    return INTRODUCTION + "".join(rows) + CLOSING
