-- name: keep
-- An item was sent under another key before. 1 model, 2 entity, 3 store view, 4 workspace, 5 key, 6 until, 7 removed
INSERT INTO former_keys (model, entity_id, store_id, workspace, wire_key, until, removed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (model, entity_id, store_id, workspace, wire_key)
DO UPDATE SET until = excluded.until, removed = excluded.removed;

-- name: taken_again
-- An item has a key again that it had before. 1 model, 2 entity, 3 store view, 4 workspace, 5 key
DELETE FROM former_keys
WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3 AND workspace = ?4 AND wire_key = ?5;

-- name: of_item
-- What an item was sent as before, the newest first. 1 model, 2 entity, 3 store view
SELECT workspace, wire_key, until, removed FROM former_keys
WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3 ORDER BY until DESC, wire_key;

-- name: prune
-- Old ones go. 1 before, 2 limit
DELETE FROM former_keys WHERE (model, entity_id, store_id, workspace, wire_key) IN (
    SELECT model, entity_id, store_id, workspace, wire_key FROM former_keys INDEXED BY former_keys_until
    WHERE until < ?1 ORDER BY until LIMIT ?2
);
