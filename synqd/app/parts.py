"""What outlives configurations: the queue file and what the daemon knows of itself."""

from dataclasses import dataclass

from synqd.metrics import Metrics
from synqd.movers.janitor import Census
from synqd.queue import Queue
from synqd.runtime.clock import Clock
from synqd.runtime.supervisor import Progress


@dataclass(frozen=True)
class DaemonParts:
    """What outlives generations."""

    queue: Queue
    metrics: Metrics
    progress: Progress
    census: Census
    clock: Clock
    notices: dict[str, str]
    """What operators should know or do: name -> sentence."""
