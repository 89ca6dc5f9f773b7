"""Synerise: one ``Workspace`` for each configured workspace, and the ``Delivery`` of items to it.

A delivery takes the items of one request and gives an outcome for each of them::

    Delivery  packs items into requests, halves those that one item spoils    delivery, packing, isolation
      Calls   sends one request until there is a verdict: login, catalog      calls, auth, tokens, catalogs
        Workspace.exchange  waits for its turn, then HTTP                     client, pacer, transport
        judge               what the answer means: the one table, pure        outcome, matching, complaints

An item ends as ``Delivered``, ``Refused`` (a dead letter: no repetition would help) or ``Postponed`` with
what stands in the way; nothing is retried here except what is part of the same attempt (a renewed token, a
catalog looked up again, halves). When to try again is for the caller to decide, with
``synqd.pacing.backoff`` and ``synqd.pacing.breaker``; the pause after a 429 is kept here, because every
request has to respect it.

Every call may be repeated: profiles and catalog items are upserts, transactions and events carry a salt. So
whenever it is unclear whether something arrived, it counts as not delivered, and as ``doubtful`` in the
report.

No exception of the HTTP library leaves this room, and no key or token shows in an error, a repr or a log.
"""

from synqd.synerise.client import Workspace, open_workspace
from synqd.synerise.delivery import Delivery
from synqd.synerise.observer import Observer, RequestFacts
from synqd.synerise.packing import MAX_ITEMS
from synqd.synerise.reading import Absent, Found, KeyCheck, Reading, Unreadable
from synqd.synerise.report import Delivered, DeliveryReport, ObstacleKind, Outcome, Postponed, Refused

__all__ = [
    "MAX_ITEMS",
    "Absent",
    "Delivered",
    "Delivery",
    "DeliveryReport",
    "Found",
    "KeyCheck",
    "Observer",
    "ObstacleKind",
    "Outcome",
    "Postponed",
    "Reading",
    "Refused",
    "RequestFacts",
    "Unreadable",
    "Workspace",
    "open_workspace",
]
