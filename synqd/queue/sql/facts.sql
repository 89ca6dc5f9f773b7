-- name: stores
-- Store views in which anything is known of an entity. 1 model, 2 entity
SELECT store_id FROM ledger WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM outbox WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM skips WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM dead_letters WHERE model = ?1 AND entity_id = ?2
ORDER BY 1;

-- name: waiting
-- The outbox row of one item, as people see it. 1 model, 2 entity, 3 store view
SELECT lane, revision, attempts, first_at, due_at, lease_token IS NOT NULL
FROM outbox WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;

-- name: skip
-- Why an item was last skipped. 1 model, 2 entity, 3 store view
SELECT reason, at FROM skips WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;
