"""Moves jobs forward: pages entity ids by key from Magento (or a batch's list) into the outbox.

One ``tick()`` enqueues at most one page of each part that has room. Page, membership and position are one
transaction of the queue, so a kill at any line means that the page is read again or is done, never both.

A full part ends at the high-water mark read when it began and kept with it: rows that come later are live
changes. While the lanes of jobs hold ``full_backlog`` items, a part selects only a little, and only when
nothing of it is left in the outbox: queue and memory stay flat at any size, and a workspace that does not
answer keeps nobody from going on. Rows inserted meanwhile below the position are live changes, too, and rows
deleted meanwhile are never selected or turn into what their entity makes of a row that is gone.

A batch selects, for each store view, those of its ids that belong there or that Synerise knows from there.
Keys that Magento could not be asked about when the batch came in are looked up first (``lookup``).

A job that is paused gives back what waits (``Queue.pause_job``); after the resume its rows return page by
page.

``mover``   the ticks
``lookup``  from keys to ids, and what is wrong with the others
"""

from synqd.movers.jobrunner.lookup import LookUp, LookupDeps, look_up
from synqd.movers.jobrunner.mover import JobRunner

__all__ = ["JobRunner", "LookUp", "LookupDeps", "look_up"]
