"""What is synchronized: one module (or package) per model, all behind the same small interface.

An entity declares the tables whose changes concern it (``Watch``), says to which store views an entity
belongs (``locate``), lists ids in key order for full synchronizations (``page``) and turns a chunk of leased
items into what shall be sent (``compose``): it reads all rows of the chunk in a number of queries that does
not depend on its size, then maps them with pure functions.

Adding a fifth thing to synchronize means adding one module here and its line in ``create_entities``.

``base``      the interface, and what an entity is given
``watch``     which tables are watched, and what a change of a row means
``payload``   digests, field names, cleared values: the same for every model
"""

from collections.abc import Mapping

from synqd.entities.base import Context, Entity, Page, Source
from synqd.entities.customer import CustomerEntity
from synqd.entities.order import OrderEntity
from synqd.entities.product import ProductEntity
from synqd.entities.subscriber import SubscriberEntity
from synqd.entities.watch import Watch
from synqd.models.names import Model


def create_entities() -> Mapping[Model, Entity]:
    """One new instance of each entity; they cache metadata of one shop, so each daemon has its own."""
    return {
        Model.CUSTOMER: CustomerEntity(),
        Model.ORDER: OrderEntity(),
        Model.PRODUCT: ProductEntity(),
        Model.SUBSCRIBER: SubscriberEntity(),
    }


__all__ = ["Context", "Entity", "Page", "Source", "Watch", "create_entities"]
