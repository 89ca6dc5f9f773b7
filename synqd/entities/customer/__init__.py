"""Customers become profiles.

A chunk is read with one statement for the customers and their default billing address and one for the
selected attributes (``reading``), by a ``Plan`` that is worked out once per store view from settings and
metadata (``plan``, ``plans``, ``attributes``), and mapped by pure functions (``profile``, ``values``). What
a customer leaves behind, as a deleted account or an old address, is decided in ``deletion``; only chunks
with such a customer cost a statement more. The ledger remembers a customer under its e-mail.
"""

from synqd.entities.customer.entity import CustomerEntity
from synqd.entities.customer.reading import UNPLACED
from synqd.entities.declaration import Declaration, Stamped
from synqd.models.names import Model
from synqd.models.wire import Endpoint

DECLARATION = Declaration(
    Model.CUSTOMER,
    CustomerEntity,
    endpoints=(Endpoint.CLIENTS, Endpoint.EVENTS, Endpoint.CLIENT_DELETE),
    stamped=(
        Stamped("customer_entity", "entity_id", "entity_id", "updated_at"),
        Stamped("customer_address_entity", "entity_id", "parent_id", "updated_at"),
    ),
    unplaced=UNPLACED,
    keys={"emails": "email"},
)

__all__ = ["DECLARATION", "CustomerEntity"]
