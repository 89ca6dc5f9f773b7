"""Makes metrics with our prefix, and keeps their labelled children."""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from synqd.metrics.durations import Durations

M = TypeVar("M", bound=MetricWrapperBase)


class Family(Generic[M]):
    """A metric that keeps its labelled children: looking one up costs a third of ``labels()``."""

    __slots__ = ("_children", "_metric")

    def __init__(self, metric: M) -> None:
        self._metric = metric
        self._children: dict[tuple[str, ...], M] = {}

    def __call__(self, *labels: str) -> M:
        """The child with these labels; it shows from then on."""
        child = self._children.get(labels)
        if child is None:
            child = self._metric.labels(*labels) if labels else self._metric
            self._children[labels] = child
        return child


class Maker:
    """Makes metrics with our prefix in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, documentation: str, *labels: str) -> Family[Counter]:
        """A number that only grows."""
        return Family(Counter(f"synqd_{name}", documentation, labels, registry=self._registry))

    def gauge(self, name: str, documentation: str, *labels: str) -> Family[Gauge]:
        """A number that goes up and down."""
        return Family(Gauge(f"synqd_{name}", documentation, labels, registry=self._registry))

    def histogram(
        self, name: str, documentation: str, buckets: Iterable[float], *labels: str
    ) -> Family[Histogram]:
        """Numbers by size."""
        metric = Histogram(
            f"synqd_{name}", documentation, labels, buckets=tuple(buckets), registry=self._registry
        )
        return Family(metric)

    def durations(self, name: str, documentation: str, buckets: Sequence[float], *labels: str) -> Durations:
        """Durations by size."""
        return Durations(f"synqd_{name}", documentation, buckets, labels, self._registry)
