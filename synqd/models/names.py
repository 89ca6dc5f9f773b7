"""Models, lanes and the words that go with them."""

from enum import IntEnum, StrEnum
from typing import NamedTuple


class Model(StrEnum):
    """What can be synchronized."""

    CUSTOMER = "customer"
    ORDER = "order"
    PRODUCT = "product"
    SUBSCRIBER = "subscriber"


class Lane(IntEnum):
    """Why an item waits; a smaller number is served first."""

    LIVE = 0
    BATCH = 1
    FULL = 2

    @property
    def update_type(self) -> str:
        """The value of ``lastUpdateType``: how the row got to Synerise, in the official module's words."""
        return ("item", "batch", "all")[self]


class Stream(NamedTuple):
    """Items that may share a request: one model of one store view (and so of one workspace)."""

    model: Model
    store_id: int


class Key(NamedTuple):
    """Identity of an item in the outbox and in the ledger."""

    model: Model
    store_id: int
    entity_id: int
