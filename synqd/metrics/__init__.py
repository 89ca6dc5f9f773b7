"""Numbers for Prometheus: what movers count as they work, and what is looked up when somebody scrapes.

``metrics``   ``Metrics``: counters and histograms, one small method for each thing that happens; movers call
              them once a chunk or page, never once an item
``durations`` a histogram that takes the ages of a whole chunk at once
``snapshot``  ``Snapshot``: gauges that the queue maintains anyway, read when scraped and not before

Nothing here is global: every ``Metrics`` has its own registry. Labels are bounded by the configuration and
by short fixed lists (model, store view, workspace, lane, endpoint, outcome); ids and keys are never labels.
Store views go by their code.
"""

from synqd.metrics.metrics import Metrics, Outcome
from synqd.metrics.snapshot import BreakerFacts, JobFacts, Snapshot, StreamFacts

__all__ = ["BreakerFacts", "JobFacts", "Metrics", "Outcome", "Snapshot", "StreamFacts"]
