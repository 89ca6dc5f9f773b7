"""What poller, sweeper and fan-out share: the way from a change in Magento to the outbox.

``pending``      what concerns very many entities (a category, an option) waits here, stored before the
                 poller's cursor moves, until ``movers.fanout`` makes live changes or a job of it
``coalesce``     one change an entity from many rows of a log
``categories``   which changes of a category its products show
``source_items`` whose stock a deleted source item was
``interruption`` a time in which nothing was captured, and what is compared for it
"""

from synqd.movers.capture.interruption import Interruptions
from synqd.movers.capture.pending import Pending

__all__ = ["Interruptions", "Pending"]
