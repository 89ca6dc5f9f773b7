-- name: write
-- A request is about to leave. 1 number, 2 model, 3 store view, 4 workspace, 5 now, 6 what
INSERT INTO notes (id, model, store_id, workspace, at, what) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: remove
-- Requests are settled. 1 JSON list of numbers
DELETE FROM notes WHERE id IN (SELECT j.value FROM json_each(?1) AS j);

-- name: all
-- All that is noted, the oldest first.
SELECT id, model, store_id, workspace, at, what FROM notes ORDER BY id;

-- name: what
-- What is noted of a request. 1 number
SELECT what FROM notes WHERE id = ?1;

-- name: rewrite
-- A request without some of its items. 1 number, 2 what
UPDATE notes SET what = ?2 WHERE id = ?1;

-- name: unsettled
-- Those of some entities that were not settled: their rows are still there. 1 model, 2 store view, 3 JSON list of ids
SELECT j.value
FROM json_each(?3) AS j
CROSS JOIN outbox AS o INDEXED BY outbox_key ON o.model = ?1 AND o.entity_id = j.value AND o.store_id = ?2;
