-- name: held
-- The rows of settlements as they are now, as one JSON list in the order of the ids, and what the ledger has of the
-- item: whether it is alive, if so by which settings it was sent, under which key of which workspace, and if it is in
-- doubt the other keys. No token for a row that is gone or leased to nobody. 1 JSON list of row ids
SELECT json_group_array(json_array(t.token, o.revision, coalesce(l.alive, 0),
    iif(l.alive, l.fingerprint_id, NULL), l.workspace, l.wire_key, l.doubt))
FROM json_each(?1) AS j
LEFT JOIN outbox AS o ON o.id = j.value
LEFT JOIN leases AS t ON t.row_id = o.id
LEFT JOIN ledger AS l ON l.model = o.model AND l.entity_id = o.entity_id AND l.store_id = o.store_id;

-- name: remove
-- Rows leave the outbox (Q5). 1 JSON list of ids
DELETE FROM outbox WHERE id IN (SELECT j.value FROM json_each(?1) AS j);

-- name: put_off
-- Rows wait again until later. 1 JSON list of ids, 2 due, 3 failures of their own to add (Q6)
UPDATE outbox SET due_at = ?2, attempts = attempts + ?3 WHERE id IN (SELECT j.value FROM json_each(?1) AS j);

-- name: still_wanted
-- What a row was leased for was not done: it is as old as before. 1 row, 2 first time
UPDATE outbox SET first_at = min(first_at, ?2) WHERE id = ?1;

-- name: skip
-- Why items were last skipped. 1 model, 2 JSON list of entities, 3 store view, 4 reason, 5 now
INSERT INTO skips (model, entity_id, store_id, reason, at)
SELECT ?1, j.value, ?3, ?4, ?5 FROM json_each(?2) AS j WHERE true
ON CONFLICT (model, entity_id, store_id) DO UPDATE SET reason = excluded.reason, at = excluded.at;

-- name: any_skip
-- Whether any item was skipped at all: spares acks the look for theirs.
SELECT EXISTS (SELECT 1 FROM skips);

-- name: unskip
-- Items are not skipped any more. 1 model, 2 JSON list of entities, 3 store view
DELETE FROM skips WHERE model = ?1 AND store_id = ?3 AND entity_id IN (SELECT j.value FROM json_each(?2) AS j);
