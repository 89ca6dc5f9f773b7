"""Products become items of the catalog ``store-<id>``, one catalog a store view, keyed by SKU.

``entity``      the ``Entity`` of products: reads a chunk, decides, maps
``watches``     the tables that shape a payload; ``relations`` leads from their rows to products
``identity``    tombstones: products gone, off the website or renamed; never for a SKU that lives
``attributes``  what attributes the shop has, and the words behind option ids
``eav``         values of many products at once
"""

from synqd.entities.product.entity import ProductEntity

__all__ = ["ProductEntity"]
