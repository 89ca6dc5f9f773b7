"""Orders become transactions.

A chunk is read with one statement each for orders, lines, sums below bundle lines, names of cart price
rules and addresses of guests, the last three only where needed (``reading``), and for the products behind
the lines (``line_products``, in the words and by the rules of ``entities.product``; ``metadata``). Pure
functions map them: ``amounts`` knows what a line costs, ``lines`` makes the ``products``, ``transaction``
the rest, ``guest`` the profile of somebody without an account.

The salt and the time of creation make a second sending overwrite the first. Renaming a product, a category
or a cart price rule sends no order again, for each sending is billed as an event; what an order only looks
up counts neither as a change nor for its digest.
"""

from synqd.entities.declaration import Declaration, Stamped
from synqd.entities.order.entity import OrderEntity
from synqd.entities.paging import unplaced
from synqd.models.names import Model
from synqd.models.wire import Endpoint

DECLARATION = Declaration(
    Model.ORDER,
    OrderEntity,
    endpoints=(Endpoint.TRANSACTIONS,),
    stamped=(
        Stamped("sales_order", "entity_id", "entity_id", "updated_at"),
        Stamped("sales_order_item", "item_id", "order_id", "updated_at"),
    ),
    addressed=True,
    unplaced=unplaced("sales_order"),
    keys={"increment_ids": "increment_id"},
)

__all__ = ["DECLARATION", "OrderEntity"]
