-- name: held
-- The rows of settlements as they are now, and what the ledger has of the item: whether it is alive, if so by
-- which settings it was sent, and under which key of which workspace. 1 JSON list of row ids
SELECT o.id, t.token, o.revision, coalesce(l.alive, 0), iif(l.alive, l.fingerprint_id, NULL),
    l.workspace, l.wire_key
FROM json_each(?1) AS j
CROSS JOIN outbox AS o ON o.id = j.value
CROSS JOIN leases AS t ON t.row_id = o.id
LEFT JOIN ledger AS l ON l.model = o.model AND l.entity_id = o.entity_id AND l.store_id = o.store_id;

-- name: remove
-- Rows leave the outbox (Q5). 1 JSON list of ids
DELETE FROM outbox WHERE id IN (SELECT j.value FROM json_each(?1) AS j);

-- name: put_off
-- A row waits again until later. 1 id, 2 due, 3 failures of its own to add (Q6)
UPDATE outbox SET due_at = ?2, attempts = attempts + ?3 WHERE id = ?1;

-- name: skip
-- Why an item was last skipped. 1 model, 2 entity, 3 store view, 4 reason, 5 now
INSERT INTO skips (model, entity_id, store_id, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (model, entity_id, store_id) DO UPDATE SET reason = excluded.reason, at = excluded.at;

-- name: any_skip
-- Whether any item was skipped at all: spares acks the look for theirs.
SELECT EXISTS (SELECT 1 FROM skips);

-- name: unskip
-- The item is not skipped any more. 1 model, 2 entity, 3 store view
DELETE FROM skips WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;
