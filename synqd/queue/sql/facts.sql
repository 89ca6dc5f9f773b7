-- name: stores
-- Store views in which anything is known of an entity. 1 model, 2 entity
SELECT store_id FROM ledger WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM outbox WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM skips WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM dead_letters WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM former_keys WHERE model = ?1 AND entity_id = ?2
ORDER BY 1;

-- name: waiting
-- The outbox row of one item, as people see it. 1 model, 2 entity, 3 store view
SELECT lane, revision, attempts, first_at, due_at, EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = outbox.id)
FROM outbox WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;

-- name: skip
-- Why an item was last skipped. 1 model, 2 entity, 3 store view
SELECT reason, at FROM skips WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;

-- name: left_out
-- How many items of each stream are left out, by reason; not those of which something is alive at Synerise.
SELECT s.model, s.store_id, s.reason, count(*)
FROM skips AS s
LEFT JOIN ledger AS l ON l.model = s.model AND l.entity_id = s.entity_id AND l.store_id = s.store_id
WHERE l.alive IS NOT 1 AND s.reason <> 'gone' AND s.reason <> 'not in Magento, and never sent'
GROUP BY s.model, s.store_id, s.reason;

-- name: named
-- Entities that are or were known to Synerise by a key. 1 key, 2 JSON list of workspaces, 3 JSON list of models
SELECT l.model, l.entity_id
FROM json_each(?2) AS w CROSS JOIN json_each(?3) AS m
CROSS JOIN ledger AS l INDEXED BY ledger_wire_key
    ON l.workspace = w.value AND l.model = m.value AND l.wire_key = ?1
UNION
SELECT d.model, d.entity_id
FROM json_each(?3) AS m
CROSS JOIN dead_letters AS d INDEXED BY dead_letters_wire_key ON d.wire_key = ?1 AND d.model = m.value
UNION
SELECT f.model, f.entity_id
FROM json_each(?3) AS m
CROSS JOIN former_keys AS f INDEXED BY former_keys_key ON lower(f.wire_key) = lower(?1) AND f.model = m.value
ORDER BY 1, 2 LIMIT 100;
