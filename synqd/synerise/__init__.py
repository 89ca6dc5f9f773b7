"""Synerise: one ``Workspace`` for each configured workspace, and the ``Delivery`` of items to it."""

from synqd.synerise.client import (
    Absent,
    Found,
    KeyCheck,
    Reading,
    Unreadable,
    Workspace,
    open_workspace,
)
from synqd.synerise.delivery import MAX_ITEMS, Delivery
from synqd.synerise.observer import Observer, RequestFacts
from synqd.synerise.report import Delivered, DeliveryReport, Hold, Outcome, Postponed, Refused

__all__ = [
    "MAX_ITEMS",
    "Absent",
    "Delivered",
    "Delivery",
    "DeliveryReport",
    "Found",
    "Hold",
    "KeyCheck",
    "Observer",
    "Outcome",
    "Postponed",
    "Reading",
    "Refused",
    "RequestFacts",
    "Unreadable",
    "Workspace",
    "open_workspace",
]
