"""Capture: from what changes in Magento to the outbox.

``Poller``   reads a page of every model's log in one statement, merges the rows of each entity
             (``coalesce``), adds the entities that depend on it, finds their store views, and hands wishes
             and cursor to the queue in one transaction (Q1): a crash before the commit means that the page
             is read again.
``FanOut``   takes what concerns very many entities (a category, an option) from ``pending``, where the
             poller left it before its cursor moved, and makes live changes or a job of it.
``Sweeper``  finds what changes without a row in a log, each kind of it in ``sweeps``: prices whose day has
             come, rule prices after an index run, settings of the shop, and in read-only capture rows that
             changed by ``updated_at`` and rows that are gone.

Rows of models and store views that are switched off are read and dropped, counted (S4).
"""

from synqd.poller.fanout import FanOut
from synqd.poller.interruption import Interruptions
from synqd.poller.mover import CAPTURE, Poller
from synqd.poller.pending import Pending
from synqd.poller.sweeper import Sweeper
from synqd.poller.sweeps import Tools, all_sweeps

__all__ = ["CAPTURE", "FanOut", "Interruptions", "Pending", "Poller", "Sweeper", "Tools", "all_sweeps"]
