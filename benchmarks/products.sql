-- Products {first} to {last} (ids), in tens: a configurable, its five variants, four single ones. Variants are
-- not shown on their own. Each product has a value for every attribute that is stored per product; the German
-- and the Polish store view have names of their own. Runs after the temporary tables of `shop.py`.

INSERT INTO catalog_product_entity (entity_id, attribute_set_id, type_id, sku, has_options, required_options)
SELECT seq, 4, IF(seq % 10 = 0, 'configurable', 'simple'), CONCAT('SKU-', seq), seq % 10 = 0, seq % 10 = 0
FROM seq_{first}_to_{last};

INSERT INTO catalog_product_website (product_id, website_id)
SELECT seq, website_id FROM seq_{first}_to_{last} JOIN store_website WHERE website_id > 0;

INSERT INTO catalog_product_super_link (product_id, parent_id)
SELECT seq, seq - seq % 10 FROM seq_{first}_to_{last} WHERE seq % 10 BETWEEN 1 AND 5;

INSERT INTO catalog_product_relation (parent_id, child_id)
SELECT seq - seq % 10, seq FROM seq_{first}_to_{last} WHERE seq % 10 BETWEEN 1 AND 5;

INSERT INTO catalog_product_super_attribute (product_id, attribute_id, position)
SELECT seq, attribute_id, 0 FROM seq_{first}_to_{last} JOIN bench_attribute
WHERE seq % 10 = 0 AND code IN ('color', 'size');

INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value)
SELECT attribute_id, 0, seq,
    CASE
        WHEN code = 'name' THEN CONCAT('Product ', seq, ', stoneware, dishwasher-proof')
        WHEN code = 'url_key' THEN CONCAT('product-', seq)
        WHEN code = 'country_of_manufacture' THEN 'DE'
        WHEN input = 'media_image' THEN CONCAT('/p/', seq % 10, '/product-', seq, '.jpg')
        ELSE CONCAT(code, ' of product ', seq, ': a few words that a shopper reads')
    END
FROM seq_{first}_to_{last} JOIN bench_attribute WHERE backend = 'varchar' AND options = 0;

INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value)
SELECT attribute_id, store_id, seq, CONCAT('Product ', seq, ' (', store.code, ')')
FROM seq_{first}_to_{last} JOIN bench_attribute JOIN store
WHERE bench_attribute.code = 'name' AND store.code IN ('home_de', 'trade_pl');

INSERT INTO catalog_product_entity_text (attribute_id, store_id, entity_id, value)
SELECT attribute_id, 0, seq,
    REPEAT(CONCAT('Product ', seq, ' is made by hand. '), IF(code = 'description', 24, 6))
FROM seq_{first}_to_{last} JOIN bench_attribute WHERE backend = 'text' AND options = 0;

INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value)
SELECT attribute_id, 0, seq,
    CASE code
        WHEN 'status' THEN IF(seq % 50 = 9, 2, 1)
        WHEN 'visibility' THEN IF(seq % 10 BETWEEN 1 AND 5, 1, 4)
        WHEN 'tax_class_id' THEN IF(seq % 7 = 0, 5, 2)
        ELSE seq % 2
    END
FROM seq_{first}_to_{last} JOIN bench_attribute WHERE backend = 'int' AND options = 0;

INSERT INTO catalog_product_entity_decimal (attribute_id, store_id, entity_id, value)
SELECT attribute_id, 0, seq, 5 + seq % 400 + IF(code = 'special_price', 0.49, 0.99)
FROM seq_{first}_to_{last} JOIN bench_attribute
WHERE backend = 'decimal' AND (code <> 'price' OR seq % 10 > 0) AND (code <> 'special_price' OR seq % 5 = 1);

INSERT INTO catalog_product_entity_datetime (attribute_id, store_id, entity_id, value)
SELECT attribute_id, 0, seq, CONCAT('20', 20 + seq % 9, '-05-17 00:00:00')
FROM seq_{first}_to_{last} JOIN bench_attribute
WHERE backend = 'datetime' AND code NOT LIKE 'special%';

INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value)
SELECT attribute_id, 0, seq, option_id
FROM seq_{first}_to_{last} JOIN bench_option ON place = seq % options WHERE backend = 'int';

INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value)
SELECT attribute_id, 0, seq, option_id
FROM seq_{first}_to_{last} JOIN bench_option ON place = seq % options WHERE backend = 'varchar';

INSERT INTO catalog_product_entity_text (attribute_id, store_id, entity_id, value)
SELECT attribute_id, 0, seq, GROUP_CONCAT(option_id)
FROM seq_{first}_to_{last} JOIN bench_option ON place <> seq % options WHERE backend = 'text'
GROUP BY seq, attribute_id;

INSERT INTO catalog_product_entity_tier_price (entity_id, all_groups, customer_group_id, qty, value, website_id)
SELECT seq, 1, 0, 1, 4.5 + seq % 400, 0 FROM seq_{first}_to_{last} WHERE seq % 10 = 7;

INSERT INTO catalogrule_product_price (rule_date, customer_group_id, product_id, rule_price, website_id)
SELECT UTC_DATE(), 0, seq, 4.8 + seq % 400, website_id
FROM seq_{first}_to_{last} JOIN store_website WHERE website_id > 0 AND seq % 10 = 6;

INSERT INTO cataloginventory_stock_item (product_id, stock_id, qty, is_in_stock)
SELECT seq, 1, seq % 90, seq % 90 > 0 OR seq % 10 = 0 FROM seq_{first}_to_{last};

INSERT INTO inventory_source_item (source_code, sku, quantity, status)
SELECT source_code, CONCAT('SKU-', seq), seq % 90, 1
FROM seq_{first}_to_{last} JOIN inventory_source WHERE seq % 10 > 0;

INSERT INTO catalog_category_product (category_id, product_id, position)
SELECT category_id, seq, seq % 100 FROM seq_{first}_to_{last} JOIN bench_category
WHERE seq % 10 NOT BETWEEN 1 AND 5 AND place IN (seq % categories, (seq + 1) % categories);

INSERT INTO url_rewrite (entity_type, entity_id, request_path, target_path, store_id, is_autogenerated)
SELECT 'product', seq, CONCAT('product-', seq, '.html'), CONCAT('catalog/product/view/id/', seq), store_id, 1
FROM seq_{first}_to_{last} JOIN store WHERE store_id > 0 AND seq % 10 NOT BETWEEN 1 AND 5;

INSERT INTO catalog_product_entity_media_gallery (value_id, attribute_id, value)
SELECT seq, attribute_id, CONCAT('/p/', seq % 10, '/product-', seq, '.jpg')
FROM seq_{first}_to_{last} JOIN bench_attribute WHERE code = 'media_gallery';

INSERT INTO catalog_product_entity_media_gallery_value (value_id, store_id, entity_id, position)
SELECT seq, 0, seq, 1 FROM seq_{first}_to_{last};

INSERT INTO catalog_product_entity_media_gallery_value_to_entity (value_id, entity_id)
SELECT seq, seq FROM seq_{first}_to_{last};
