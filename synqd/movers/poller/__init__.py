"""``Poller`` reads what the change logs say: from what changes in Magento to the outbox.

It reads a page of every model's log in one statement, merges the rows of each entity (``capture.coalesce``),
adds the entities that depend on it, finds their store views, and hands wishes and cursor to the queue in one
transaction (Q1): a crash before the commit means that the page is read again. What concerns very many
entities it leaves to the fan-out. Rows of models and store views that are switched off are read and dropped,
counted (S4).
"""

from synqd.movers.poller.mover import CAPTURE, Poller

__all__ = ["CAPTURE", "Poller"]
