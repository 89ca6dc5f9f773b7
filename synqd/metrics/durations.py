"""A histogram for values that come by the hundred."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Durations(Collector):
    """Like ``prometheus_client.Histogram``, but a lot of values costs little more than one of them there."""

    def __init__(
        self,
        name: str,
        documentation: str,
        buckets: Sequence[float],
        labels: Sequence[str],
        registry: CollectorRegistry,
    ) -> None:
        """Args: buckets: upper bounds, ascending; all values above them are counted, too."""
        self._name = name
        self._documentation = documentation
        self._bounds = tuple(buckets)
        self._labels = tuple(labels)
        self._counts: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}
        registry.register(self)

    def observe(self, labels: tuple[str, ...], values: Sequence[float]) -> None:
        """Count values, in seconds, of one child."""
        counts = self._counts.setdefault(labels, [0] * (len(self._bounds) + 1))
        for value in values:
            counts[bisect_left(self._bounds, value)] += 1
        self._sums[labels] = self._sums.get(labels, 0.0) + sum(values)

    def describe(self) -> Iterable[HistogramMetricFamily]:
        """Its name, without values."""
        return [HistogramMetricFamily(self._name, self._documentation, labels=self._labels)]

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """All values so far."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
        for labels, counts in self._counts.items():
            family.add_metric(labels, list(self._cumulated(counts)), self._sums[labels])
        return [family]

    def _cumulated(self, counts: Iterable[int]) -> Iterator[tuple[str, int]]:
        total = 0
        for bound, count in zip((*self._bounds, float("inf")), counts, strict=True):
            total += count
            yield floatToGoString(bound), total  # type: ignore[no-untyped-call] # it has no annotations
