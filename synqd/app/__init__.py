"""The composition root: the only place that knows all classes.

``daemon``      the process: lock, queue, faces, signals; one generation after the other
``storage``     the queue file: where it is, and what happens when it is broken
``heartbeat``   proof of progress, and what can be used
``opening``     opens Magento and Synerise for a configuration and checks that they belong together
``generation``  one configuration at work: the movers between them
``operations``  what the control socket asks for
``snapshot``    what a scrape of the metrics shows

Life cycle: lock on the state directory -> queue (migrate, check, release leases) -> faces -> generation
(Magento -> Synerise -> movers) -> READY, which is also said when Magento cannot be reached yet: the faces
answer, and the generation begins when it can. A reload ends the generation and begins the next; queue and
faces stay. At SIGTERM intake stops first, the drainer ends its requests within the grace time, then Synerise
and Magento are closed, the faces, and the queue last.

A queue file that turns out to be broken ends everything in the same order; it is set aside, and the process
begins anew with an empty one that is filled from the oldest retained rows of the change log (S17).
"""

from synqd.app.daemon import run

__all__ = ["run"]
