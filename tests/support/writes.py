"""SQL for every table that is watched, as shops, imports and ERPs write it, with places for values."""

from __future__ import annotations

from collections.abc import Sequence

_PRODUCTS: Sequence[str] = (
    "UPDATE catalog_product_entity SET sku = 'R{number}' WHERE entity_id = {product}",
    "UPDATE catalog_product_entity SET sku = UPPER(sku) WHERE entity_id = {product}",
    # Two products exchange their SKUs.
    "UPDATE catalog_product_entity product JOIN (SELECT one.entity_id, two.sku"
    " FROM (SELECT entity_id, sku FROM catalog_product_entity WHERE entity_id IN ({product}, {other})) one"
    " JOIN (SELECT entity_id, sku FROM catalog_product_entity WHERE entity_id IN ({product}, {other})) two"
    " ON two.entity_id <> one.entity_id) AS turned USING (entity_id) SET product.sku = turned.sku",
    "DELETE FROM catalog_product_entity WHERE entity_id = {product}",
    # A new product, or the old SKU with another id.
    "INSERT INTO catalog_product_entity (entity_id, attribute_set_id, type_id, sku)"
    " SELECT {fresh}, 4, 'simple', 'S{digit}' FROM DUAL"
    " WHERE NOT EXISTS (SELECT 1 FROM catalog_product_entity WHERE sku = 'S{digit}')",
    "UPDATE catalog_product_entity_varchar SET value = 'n{number}' WHERE entity_id = {product}"
    " AND attribute_id = {name}",
    "REPLACE INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value)"
    " VALUES ({name}, {store}, {product}, 'r{number}')",
    "UPDATE catalog_product_entity_varchar SET value = '/p/{number}.jpg' WHERE entity_id = {product}"
    " AND attribute_id = {image}",
    "UPDATE catalog_product_entity_text SET value = 't{number}' WHERE entity_id = {product} AND store_id = 0",
    "UPDATE catalog_product_entity_decimal SET value = {number} / 7 WHERE entity_id = {product}",
    "INSERT INTO catalog_product_entity_decimal (attribute_id, store_id, entity_id, value)"
    " VALUES ({special_price}, 0, {product}, 3) ON DUPLICATE KEY UPDATE value = value + 1",
    "UPDATE catalog_product_entity_int SET value = 3 - value WHERE entity_id = {product}"
    " AND attribute_id = {status}",
    "UPDATE catalog_product_entity_int SET value = 1 + {number} % 4 WHERE entity_id = {product}"
    " AND attribute_id = {visibility}",
    "UPDATE catalog_product_entity_int SET value = 2 * {bit} WHERE entity_id = {product}"
    " AND attribute_id = {tax_class_id}",
    "INSERT INTO catalog_product_entity_datetime (attribute_id, store_id, entity_id, value)"
    " VALUES ({special_from_date}, 0, {product}, '2026-11-2{digit} 00:00:00')"
    " ON DUPLICATE KEY UPDATE value = VALUES(value)",
    "UPDATE catalog_product_entity_datetime SET value = '2026-11-2{digit} 00:00:00' WHERE {bit} = 1"
    " ORDER BY RAND({number}) LIMIT 2",
    *(
        statement
        for kind in ("datetime", "decimal", "int", "text", "varchar")
        for statement in (
            # As another product has it.
            f"INSERT IGNORE INTO catalog_product_entity_{kind} (attribute_id, store_id, entity_id, value)"
            f" SELECT attribute_id, {{store}} * {{bit}}, {{product}}, value"
            f" FROM (SELECT * FROM catalog_product_entity_{kind}"
            "  WHERE entity_id = {other} AND store_id = 0) AS t",
            f"DELETE FROM catalog_product_entity_{kind} WHERE store_id <> 0"
            " ORDER BY RAND({number}) LIMIT 2",
            f"DELETE FROM catalog_product_entity_{kind} WHERE attribute_id <> {{visibility}}"
            " ORDER BY RAND({number}) LIMIT 2",
        )
    ),
    "UPDATE catalog_product_entity_tier_price SET value = {number} / 9 ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO catalog_product_entity_tier_price"
    " (entity_id, all_groups, customer_group_id, qty, value, website_id)"
    " VALUES ({product}, {bit}, 0, 1, {digit}, {website} * {bit})",
    "DELETE FROM catalog_product_entity_tier_price ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO weee_tax (website_id, entity_id, country, value, attribute_id)"
    " VALUES (0, {product}, 'DE', {number} / 9, {price})",
    "UPDATE weee_tax SET value = {number} / 8 ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM weee_tax ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_product_entity_media_gallery_value SET position = {digit}, disabled = {bit}"
    " WHERE entity_id = {product}",
    "INSERT IGNORE INTO catalog_product_entity_media_gallery_value"
    " (value_id, store_id, entity_id, position, disabled) SELECT value_id, {store}, entity_id, {digit}, {bit}"
    " FROM catalog_product_entity_media_gallery_value_to_entity WHERE entity_id = {product}",
    "DELETE FROM catalog_product_entity_media_gallery_value WHERE entity_id = {product} LIMIT 1",
    "UPDATE IGNORE catalog_product_entity_media_gallery_value_to_entity SET entity_id = {other}"
    " WHERE entity_id = {product} LIMIT 1",
    "INSERT IGNORE INTO catalog_product_entity_media_gallery_value_to_entity (value_id, entity_id)"
    " SELECT value_id, {product} FROM (SELECT * FROM catalog_product_entity_media_gallery_value_to_entity"
    " WHERE entity_id = {other}) AS t",
    "DELETE FROM catalog_product_entity_media_gallery_value_to_entity WHERE entity_id = {product} LIMIT 1",
    "UPDATE catalog_product_entity_media_gallery SET value = '/g/{number}.jpg', disabled = {bit}"
    " ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM catalog_product_entity_media_gallery ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM catalog_product_website WHERE product_id = {product} AND website_id = {website}",
    "UPDATE IGNORE catalog_product_website SET website_id = 3 - website_id WHERE product_id = {product}",
    "INSERT IGNORE INTO catalog_product_website SELECT entity_id, {website} FROM catalog_product_entity"
    " ORDER BY RAND({number}) LIMIT 5",
    "INSERT IGNORE INTO catalog_product_website VALUES ({product}, {website})",
    "DELETE FROM catalog_category_product WHERE product_id = {product} LIMIT 1",
    "INSERT IGNORE INTO catalog_category_product (category_id, product_id, position)"
    " VALUES ({category}, {product}, {number})",
    "UPDATE IGNORE catalog_category_product SET category_id = {category}, position = {digit}"
    " WHERE product_id = {product} LIMIT 1",
    "UPDATE catalog_category_product SET position = {digit} WHERE product_id = {product}",
    "UPDATE url_rewrite SET request_path = 'p{number}.html' WHERE entity_type = 'product'"
    " AND entity_id = {product} AND metadata IS NULL LIMIT 1",
    "UPDATE url_rewrite SET redirect_type = 301 * {bit} WHERE entity_type = 'product'"
    " AND entity_id = {product} LIMIT 1",
    "DELETE FROM url_rewrite WHERE entity_type = 'product' AND entity_id = {product} LIMIT 1",
    "INSERT IGNORE INTO url_rewrite (entity_type, entity_id, request_path, target_path, store_id)"
    " SELECT 'product', {product}, 'i{number}.html', 'x', store_id FROM store WHERE store_id = {store}"
    " AND NOT EXISTS (SELECT 1 FROM url_rewrite WHERE entity_type = 'product' AND entity_id = {product}"
    " AND store_id = {store})",
    "DELETE FROM catalog_url_rewrite_product_category ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_url_rewrite_product_category SET product_id = {product} ORDER BY RAND({number}) LIMIT 1",
    "INSERT INTO catalog_url_rewrite_product_category (url_rewrite_id, category_id, product_id)"
    " SELECT url_rewrite_id, {category}, entity_id FROM url_rewrite WHERE entity_type = 'product'"
    " AND entity_id = {product} ORDER BY url_rewrite_id LIMIT 1",
)

_FAMILIES: Sequence[str] = (
    "DELETE FROM catalog_product_super_link ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO catalog_product_super_link (parent_id, product_id)"
    " VALUES ({configurable}, {product})",
    "UPDATE IGNORE catalog_product_super_link SET parent_id = {configurable} ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM catalog_product_super_attribute WHERE product_id = {configurable} LIMIT 1",
    "INSERT IGNORE INTO catalog_product_super_attribute (product_id, attribute_id)"
    " VALUES ({configurable}, {manufacturer})",
    "UPDATE IGNORE catalog_product_super_attribute SET attribute_id = {cost}, position = position + 1"
    " WHERE product_id = {configurable} LIMIT 1",
    "DELETE FROM catalog_product_link WHERE link_type_id = 3 ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO catalog_product_link (product_id, linked_product_id, link_type_id)"
    " VALUES ({grouped}, {product}, 3)",
    "UPDATE IGNORE catalog_product_link SET linked_product_id = {product} WHERE link_type_id = 3"
    " ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_product_bundle_option SET required = 1 - required ORDER BY RAND({number}) LIMIT 1",
    "INSERT INTO catalog_product_bundle_option (parent_id, required, type) VALUES ({bundle}, {bit}, 'radio')",
    "DELETE FROM catalog_product_bundle_option ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_product_bundle_selection SET selection_qty = {digit} + 1 ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_product_bundle_selection SET product_id = {product} ORDER BY RAND({number}) LIMIT 1",
    "INSERT INTO catalog_product_bundle_selection (option_id, parent_product_id, product_id, selection_qty)"
    " SELECT option_id, parent_id, {product}, 1 FROM catalog_product_bundle_option"
    " ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM catalog_product_bundle_selection ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO catalog_product_bundle_selection_price SELECT selection_id, {website}, 0, {digit},"
    " parent_product_id FROM catalog_product_bundle_selection ORDER BY RAND({number}) LIMIT 3",
    "UPDATE catalog_product_bundle_selection_price SET selection_price_value = {number} / 3"
    " ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM catalog_product_bundle_selection_price ORDER BY RAND({number}) LIMIT 1",
)

_STOCK: Sequence[str] = (
    "UPDATE cataloginventory_stock_item SET is_in_stock = 1 - is_in_stock WHERE product_id = {product}",
    "UPDATE cataloginventory_stock_item SET qty = {digit}, min_qty = 3, use_config_min_qty = {bit}"
    " WHERE product_id = {product}",
    "DELETE FROM cataloginventory_stock_item WHERE product_id = {product}",
    "INSERT IGNORE INTO cataloginventory_stock_item (product_id, stock_id, qty, is_in_stock, website_id)"
    " SELECT entity_id, 1, {digit}, {bit}, 0 FROM catalog_product_entity WHERE entity_id NOT IN"
    " (SELECT product_id FROM cataloginventory_stock_item) ORDER BY RAND({number}) LIMIT 1",
    "UPDATE inventory_source_item SET quantity = {digit}, status = {bit} ORDER BY RAND({number}) LIMIT 1",
    "UPDATE inventory_source_item SET sku = 'M{number}' ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM inventory_source_item ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO inventory_source_item (source_code, sku, quantity, status)"
    " SELECT source_code, sku, {digit}, 1 FROM catalog_product_entity, inventory_source"
    " WHERE entity_id = {product} ORDER BY RAND({number}) LIMIT 1",
    "INSERT INTO inventory_reservation (stock_id, sku, quantity)"
    " SELECT 1 + {bit}, sku, -{number} FROM catalog_product_entity WHERE entity_id = {product}",
    "UPDATE inventory_reservation SET quantity = quantity + {number} ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM inventory_reservation ORDER BY RAND({number}) LIMIT 2",
)

_SOURCES: Sequence[str] = (
    "UPDATE inventory_source SET enabled = 1 - enabled ORDER BY RAND({number}) LIMIT 1",
    "UPDATE IGNORE inventory_source_stock_link SET stock_id = 3 - stock_id ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM inventory_source_stock_link ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO inventory_source_stock_link (stock_id, source_code, priority)"
    " SELECT 1 + {bit}, source_code, 1 FROM inventory_source ORDER BY RAND({number}) LIMIT 1",
)

_CATALOG: Sequence[str] = (
    "UPDATE catalog_category_entity_varchar SET value = 'c{number}' WHERE entity_id = {category}"
    " AND attribute_id = {category_name}",
    "INSERT IGNORE INTO catalog_category_entity_varchar (attribute_id, store_id, entity_id, value)"
    " VALUES ({category_name}, {store}, {category}, 'd{number}')",
    "DELETE FROM catalog_category_entity_varchar WHERE store_id <> 0 ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_category_entity_int SET value = 1 - value WHERE entity_id = {category}"
    " AND attribute_id = {category_is_active}",
    "INSERT IGNORE INTO catalog_category_entity_int (attribute_id, store_id, entity_id, value)"
    " VALUES ({category_is_active}, {store}, {category}, {bit})",
    "DELETE FROM catalog_category_entity_int WHERE store_id <> 0 ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_category_entity SET path = CONCAT('1/2/', {category}) WHERE entity_id = {category}",
    "UPDATE eav_attribute_option SET sort_order = {digit} ORDER BY RAND({number}) LIMIT 1",
    "UPDATE eav_attribute_option_value SET value = 'o{number}' ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO eav_attribute_option_value (option_id, store_id, value)"
    " SELECT option_id, {store}, 'w{number}' FROM eav_attribute_option WHERE option_id NOT IN"
    " (SELECT option_id FROM eav_attribute_option_value WHERE store_id = {store})"
    " ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM eav_attribute_option_value ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM eav_attribute_option ORDER BY RAND({number}) LIMIT 1",
)

_PEOPLE: Sequence[str] = (
    "UPDATE customer_entity SET firstname = 'f{number}' WHERE entity_id = {customer}",
    "UPDATE customer_entity SET email = 'e{number}@random.example' WHERE entity_id = {customer}",
    "UPDATE customer_entity SET store_id = IF(website_id = 1, 1 + {bit}, 3 + {bit})"
    " WHERE entity_id = {customer}",
    "UPDATE customer_entity SET default_billing = NULL WHERE entity_id = {customer}",
    "DELETE FROM customer_entity WHERE entity_id = {customer}",
    "INSERT INTO customer_entity (entity_id, website_id, email, group_id, store_id, firstname, lastname)"
    " SELECT 9000 + {number}, website_id, 'new{number}@random.example', group_id, store_id, firstname,"
    " lastname FROM (SELECT * FROM customer_entity WHERE entity_id = {customer}) AS t",
    *(
        statement
        for kind, value in {
            "datetime": "'2026-01-0{digit} 00:00:00'",
            "decimal": "{number} / 3",
            "int": "{bit}",
            "text": "'t{number}'",
            "varchar": "'v{number}'",
        }.items()
        for statement in (
            f"UPDATE IGNORE customer_entity_{kind} SET value = {value} WHERE entity_id = {{customer}}",
            f"DELETE FROM customer_entity_{kind} ORDER BY RAND({{number}}) LIMIT 1",
            f"INSERT IGNORE INTO customer_entity_{kind} (attribute_id, entity_id, value)"
            f" SELECT attribute_id, {{customer}}, {value} FROM eav_attribute WHERE entity_type_id = 1"
            f" AND attribute_code LIKE 'cust%' AND backend_type = '{kind}'"
            " AND frontend_input NOT IN ('select', 'multiselect')",
        )
    ),
    "UPDATE customer_address_entity SET city = 'c{number}', region_id = {region}"
    " WHERE parent_id = {customer}",
    "INSERT INTO customer_address_entity"
    " (parent_id, city, country_id, firstname, lastname, street, telephone)"
    " VALUES ({customer}, 'i{number}', 'US', 'f', 'l', 's', '1')",
    "DELETE FROM customer_address_entity WHERE parent_id = {customer} LIMIT 1",
    "UPDATE directory_country_region SET default_name = 'r{number}' WHERE region_id = {region}",
    "UPDATE newsletter_subscriber SET subscriber_status = 1 + 2 * {bit},"
    " change_status_at = NOW() ORDER BY RAND({number}) LIMIT 1",
    "UPDATE newsletter_subscriber SET subscriber_email = 's{number}@random.example',"
    " change_status_at = NOW()"
    " WHERE customer_id = 0 ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM newsletter_subscriber ORDER BY RAND({number}) LIMIT 1",
    "INSERT INTO newsletter_subscriber (store_id, change_status_at, subscriber_email, subscriber_status)"
    " SELECT store_id, NOW(), 'i{number}@random.example', 1"
    " FROM store WHERE store_id = {store} AND store_id > 0",
)

_ORDERS: Sequence[str] = (
    "UPDATE sales_order SET status = 's{number}' WHERE entity_id = {order}",
    "UPDATE sales_order SET coupon_code = 'k{number}', total_refunded = {digit} WHERE entity_id = {order}",
    "INSERT INTO sales_order (entity_id, increment_id, store_id, customer_email, customer_is_guest,"
    " created_at, order_currency_code, base_currency_code, status, subtotal, grand_total)"
    " SELECT 9000 + {number}, 'N{number}', store_id, customer_email, customer_is_guest,"
    " created_at, order_currency_code, base_currency_code, 'new', 5, 5"
    " FROM (SELECT * FROM sales_order WHERE entity_id = {order}) AS t",
    "DELETE FROM sales_order WHERE entity_id = {order} AND {digit} = 0",
    "UPDATE sales_order_item SET qty_refunded = {bit}, row_total = {digit} WHERE order_id = {order}",
    "INSERT INTO sales_order_item (order_id, store_id, product_id, product_type, sku, name, qty_ordered,"
    " price, row_total)"
    " SELECT entity_id, store_id, {product}, 'simple', 'x{number}', 'n', 1, {digit}, {digit}"
    " FROM sales_order ORDER BY entity_id DESC LIMIT 3",
    "DELETE FROM sales_order_item WHERE order_id = {order} ORDER BY item_id DESC LIMIT 1",
    "UPDATE sales_order_payment SET method = 'm{number}' WHERE parent_id = {order}",
    "INSERT INTO sales_order_payment (parent_id, method) SELECT entity_id, 'i{number}' FROM sales_order"
    " WHERE entity_id NOT IN (SELECT parent_id FROM sales_order_payment) LIMIT 1",
    "DELETE FROM sales_order_payment WHERE parent_id = {order}",
    "UPDATE sales_order_address SET firstname = 'a{number}' WHERE parent_id = {order}",
    "INSERT INTO sales_order_address (parent_id, address_type, firstname) VALUES ({order}, 'billing', 'b')",
    "DELETE FROM sales_order_address WHERE parent_id = {order} LIMIT 1",
)

NARROW: Sequence[str] = (*_PRODUCTS, *_FAMILIES, *_STOCK, *_PEOPLE, *_ORDERS)
WIDE: Sequence[str] = (*_SOURCES, *_CATALOG)
"""What wakes very many products, among them some that a missed change should have woken."""

SWEEPING: Sequence[str] = (
    "DELETE FROM catalog_category_entity WHERE entity_id = {category}",
    "DELETE FROM inventory_source WHERE source_code = 'b2b_wh2'",
)
"""What makes the daemon compare everything, which would hide what it missed before."""
