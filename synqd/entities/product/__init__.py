"""Products become items of the catalog ``store-<id>``, one catalog a store view, keyed by SKU.

A chunk of leased items goes this way: ``planning`` has the plan of the store view (metadata, at most a minute
old); ``loading`` reads all rows of the chunk in a fixed number of queries; ``offers`` works out prices and
salability; ``store_mapping`` or ``module_mapping`` writes the item; ``compose`` makes parcels of it, with
tombstones (``identity``), cleared values and digest. Only ``planning``, ``loading`` and ``identity`` wait for
Magento; the rest is pure. An outage raises ``MagentoUnavailable`` and nothing of the chunk was decided. Rows
that contradict each other (a value without its attribute, a link to nowhere, a date of zeros) leave out the
field that they spoil, never the chunk.

What is sent is computed from the rows that people and imports write, with one exception:
``catalogrule_product_price``, because rule prices exist nowhere else (semantics S23).

``watches``, ``relations``, ``dependents``   what changes concern products, and which ones
``attributes``, ``names``, ``fields``, ``eav``   which attributes there are, how they are called and written
``prices``, ``tax``, ``market``, ``money``   the arithmetic, and what a store view calculates with
``stock``, ``categories``, ``urls``       the other subjects of an item
``plan``, ``chunk``, ``kinds``            what the parts above hand to each other
``checks``, ``explain``                   for ``check-config`` and ``preview --explain``
"""

from synqd.entities.declaration import Declaration, Stamped
from synqd.entities.product.checks import check_attributes, refused_names
from synqd.entities.product.entity import UNPLACED, ProductEntity
from synqd.models.names import Model
from synqd.models.wire import Endpoint

DECLARATION = Declaration(
    Model.PRODUCT,
    ProductEntity,
    endpoints=(Endpoint.CATALOG,),
    stamped=(Stamped("catalog_product_entity", "entity_id", "entity_id", "updated_at"),),
    addressed=True,
    unplaced=UNPLACED,
    keys={"skus": "sku"},
)

__all__ = ["DECLARATION", "ProductEntity", "check_attributes", "refused_names"]
