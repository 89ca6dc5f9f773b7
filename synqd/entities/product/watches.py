"""The tables whose rows shape a product's payload, and how a changed row leads to products.

Index tables (``*_index*``, ``*_idx``, ``catalogrule_product_price``, ``cataloginventory_stock_status``) are
never watched: they follow the rows below, late, and triggers on them do not survive a rebuild.

What a row names beside a product (``via``, answered by ``relations``):

``sku``        products by SKU: source items and reservations know nothing else
``source_item``  products by the number of a source item, which is all that Magento's own log of them has
``picture``    products that show a picture of the gallery
``category``   products in a category or below it: names, activity and place of a category
``category_log``  a category that Magento's own log names: compared with what is remembered before it spreads
``option``     products that have a select option: its labels and its order
``attribute``  products that have a value of an attribute: one of its options is gone
``source``     products that an inventory source holds: a source switched off, or moved to another stock
``row``        the product of a version, if that is current (content staging)
``category_row``  products in the category of a version, if that is current
``all``        nobody can tell: a category was deleted, and the database has dropped its assignments

The payload of a product also depends on rows of its children and parents; ``ProductEntity.related`` tells
which. Tables of settings (attributes, taxes, rates, configuration) are no watches: their change concerns
every product, which is for ``[sync] on_config_change`` to decide.
"""

from synqd.entities.watch import (
    CATEGORY_LOG,
    CATEGORY_ROW,
    EVERYTHING,
    ROW,
    SOURCE_ITEM,
    On,
    Otherwise,
    Watch,
)

EAV_TYPES = ("datetime", "decimal", "int", "text", "varchar")

TEXT_TYPES = ("text", "varchar")

_VALUE = ("entity_id", "attribute_id", "store_id", "value")
_LOGGED_CATEGORY = Otherwise("entity_id", CATEGORY_LOG)
_BY_ROW = Otherwise("row_id", ROW)

_OWN = (
    Watch(
        "catalog_product_entity",
        entity="{row}.entity_id",
        key="{row}.sku",
        key_changes_matter=True,
        identity=True,
        spelling=("sku",),
    ),
    *(
        Watch(
            f"catalog_product_entity_{kind}",
            entity="{row}.entity_id",
            only=_VALUE,
            spelling=("value",) if kind in TEXT_TYPES else (),
            staged=_BY_ROW,
        )
        for kind in EAV_TYPES
    ),
    Watch("catalog_product_entity_tier_price", entity="{row}.entity_id", staged=_BY_ROW),
    Watch("weee_tax", entity="{row}.entity_id", optional=True),
    Watch("catalog_product_entity_media_gallery_value", entity="{row}.entity_id", staged=_BY_ROW),
    Watch("catalog_product_entity_media_gallery_value_to_entity", entity="{row}.entity_id", staged=_BY_ROW),
    # With content staging a product goes by cascade from here, which no trigger on its own rows sees.
    Watch("sequence_product", entity="{row}.sequence_value", on=On.DELETE, identity=True, optional=True),
    Watch("catalog_product_website", entity="{row}.product_id"),
    Watch("catalog_category_product", entity="{row}.product_id"),
    Watch("cataloginventory_stock_item", entity="{row}.product_id", ignore=("low_stock_date",)),
    # Rewrites of categories and pages have entity 0 here and lead nowhere.
    Watch("url_rewrite", entity="IF({row}.entity_type = 'product', {row}.entity_id, 0)"),
    # Whether a rewrite is a product's own one or that of a place in a category.
    Watch("catalog_url_rewrite_product_category", entity="{row}.product_id", optional=True),
)


def _composite(table: str, column: str, *, optional: bool = True, implied: bool = False) -> Watch:
    """The product that something is part of, or linked to."""
    entity = f"{{row}}.{column}"
    return Watch(table, entity, optional=optional, implied=implied, staged=Otherwise(column, ROW))


# Both ends of a link: once the row is gone, nothing leads from one end to the other.
_LINKS = (
    # Where Magento's own log names the child alone, its configurables are woken as its relatives.
    _composite("catalog_product_super_link", "parent_id", implied=True),
    Watch("catalog_product_super_link", entity="{row}.product_id", optional=True),
    _composite("catalog_product_super_attribute", "product_id"),
    _composite("catalog_product_link", "product_id", optional=False),
    _composite("catalog_product_bundle_option", "parent_id"),
    _composite("catalog_product_bundle_selection", "parent_product_id"),
    _composite("catalog_product_bundle_selection_price", "parent_product_id"),
)

_INDIRECT = (
    Watch(
        "inventory_source_item",
        entity="0",
        via="sku",
        key="{row}.sku",
        key_changes_matter=True,
        optional=True,
        otherwise=Otherwise("source_item_id", SOURCE_ITEM),
    ),
    Watch("inventory_reservation", entity="0", via="sku", key="{row}.sku", optional=True),
    Watch(
        "inventory_source",
        entity="0",
        via="source",
        key="{row}.source_code",
        on=On.UPDATE,
        only=("enabled",),
        optional=True,
    ),
    Watch(
        "inventory_source",
        entity="0",
        via=EVERYTHING,
        key="CONCAT('source ', {row}.source_code, ' deleted')",
        on=On.DELETE,
        optional=True,
    ),
    Watch("inventory_source_stock_link", entity="0", via="source", key="{row}.source_code", optional=True),
    Watch(
        "catalog_product_entity_media_gallery",
        entity="0",
        via="picture",
        key="{row}.value_id",
        on=On.UPDATE,
    ),
    Watch(
        "catalog_category_entity",
        entity="0",
        via="category",
        key="{row}.entity_id",
        on=On.UPDATE,
        only=("path",),
        otherwise=_LOGGED_CATEGORY,
    ),
    *(
        Watch(
            f"catalog_category_entity_{kind}",
            entity="0",
            via="category",
            key="{row}.entity_id",
            only=_VALUE,
            otherwise=_LOGGED_CATEGORY,
            staged=Otherwise("row_id", CATEGORY_ROW),
        )
        for kind in ("int", "varchar")
    ),
    Watch(
        "catalog_category_entity",
        entity="0",
        via=EVERYTHING,
        key="CONCAT('category ', {row}.entity_id, ' deleted')",
        on=On.DELETE,
        otherwise=_LOGGED_CATEGORY,
        staged=_LOGGED_CATEGORY,  # it may have been only one of its versions
    ),
    Watch(
        "sequence_catalog_category",
        entity="0",
        via=EVERYTHING,
        key="CONCAT('category ', {row}.sequence_value, ' deleted')",
        on=On.DELETE,
        optional=True,
    ),
    Watch("eav_attribute_option", entity="0", via="option", key="{row}.option_id", on=On.UPDATE),
    Watch("eav_attribute_option", entity="0", via="attribute", key="{row}.attribute_id", on=On.DELETE),
    Watch("eav_attribute_option_value", entity="0", via="option", key="{row}.option_id"),
)

WATCHES: tuple[Watch, ...] = _OWN + _LINKS + _INDIRECT
