"""The histogram of many values at once says the same as prometheus_client's own."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest

from synqd.metrics.durations import Durations

BUCKETS = (0.1, 0.5, 1, 30)

# Quarters add up exactly, in whatever order.
lots = st.lists(
    st.tuples(st.sampled_from("ab"), st.lists(st.integers(0, 200).map(lambda n: n / 4), min_size=1)),
    max_size=6,
)


@given(lots)
def test_it_says_the_same_as_a_histogram(lots: list[tuple[str, list[float]]]) -> None:
    disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    durations = Durations("waited_seconds", "Time.", BUCKETS, ("who",), ours)
    histogram = Histogram("waited_seconds", "Time.", ("who",), buckets=BUCKETS, registry=theirs)
    for who, values in lots:
        durations.observe((who,), values)
        for value in values:
            histogram.labels(who).observe(value)
    assert sorted(generate_latest(ours).splitlines()) == sorted(generate_latest(theirs).splitlines())
