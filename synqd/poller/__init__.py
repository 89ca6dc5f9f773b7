"""The poller: from Magento's change log to the outbox.

One ``tick()`` reads the next page of every model's log in one round trip, merges the rows of each entity
(``fanout``), finds out to which store views the entities belong and hands wishes and cursor to the queue in
one transaction (Q1): a crash before the commit means that the page is read again. Rows of models and store
views that are switched off are read and dropped, counted (S4).
"""

from synqd.poller.mover import Poller

__all__ = ["Poller"]
