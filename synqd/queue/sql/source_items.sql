-- name: known
-- SKUs of source items by number.
SELECT id, sku FROM source_items WHERE id IN (SELECT value FROM json_each(?1));

-- name: learn
-- A source item read from the shop's table.
INSERT INTO source_items (id, sku) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING;

-- name: put
-- A source item as a change has left it.
INSERT INTO source_items (id, sku) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET sku = excluded.sku;

-- name: drop
-- A source item that is gone.
DELETE FROM source_items WHERE id = ?1;

-- name: forget_page
-- Some of them, when they are needed no more.
DELETE FROM source_items WHERE id IN (SELECT id FROM source_items LIMIT ?1);
