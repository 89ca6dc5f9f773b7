-- name: enqueue
-- Makes or raises the one row of each item (Q2). A leased row keeps its lease, and its times then speak of the
-- change that came in flight. A bulk wish (batch, full) never moves a row of the live lane; a live wish makes
-- any row live and settles it anew, at most until :11 milliseconds after its first live change (S13).
-- 1 model, 2 store view, 3 JSON list of entities, 4 lane, 5 want, 6 standing, 7 now, 8 due, 9 hint,
-- 10 revision (1), 11 ceiling, 12 when they were deleted
INSERT INTO outbox (model, store_id, entity_id, lane, want, standing, first_at, due_at, hint, revision, deleted_at)
SELECT ?1, ?2, j.value, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?12 FROM json_each(?3) AS j WHERE true
ON CONFLICT (model, entity_id, store_id) DO UPDATE SET
    revision = revision + 1,
    attempts = 0,
    lane = min(lane, excluded.lane),
    want = want | excluded.want,
    standing = standing | excluded.standing,
    hint = coalesce(excluded.hint, hint),
    deleted_at = coalesce(excluded.deleted_at, deleted_at),
    first_at = CASE
        WHEN EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = outbox.id) OR (excluded.lane = 0 AND lane > 0) THEN excluded.first_at
        ELSE min(first_at, excluded.first_at)
    END,
    due_at = CASE
        WHEN excluded.lane > 0 AND lane = 0 THEN due_at
        WHEN excluded.lane > 0 THEN min(due_at, excluded.due_at)
        WHEN EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = outbox.id) OR lane > 0 THEN excluded.due_at
        ELSE min(excluded.due_at, min(first_at, excluded.first_at) + ?11)
    END;

-- name: newest
-- Highest row id; ids are handed out in order, so the difference of two looks is the number of new rows.
SELECT coalesce(max(id), 0) FROM outbox;

-- name: raised
-- Rows of lower lanes among these entities. 1 model, 2 store view, 3 lane, 4 JSON list of entities, each once
SELECT o.lane, count(*)
FROM json_each(?4) AS j
CROSS JOIN outbox AS o INDEXED BY outbox_key
    ON o.model = ?1 AND o.entity_id = j.value AND o.store_id = ?2
WHERE o.lane > ?3
GROUP BY o.lane;

-- name: elsewhere
-- Store views where entities of a model live, or may live, by the ledger or wait in the outbox.
-- 1 model, 2 JSON list of ids
SELECT j.value, l.store_id
FROM json_each(?2) AS j
CROSS JOIN ledger AS l ON l.model = ?1 AND l.entity_id = j.value AND (l.alive = 1 OR l.doubt IS NOT NULL)
UNION
SELECT j.value, o.store_id
FROM json_each(?2) AS j
CROSS JOIN outbox AS o INDEXED BY outbox_key ON o.model = ?1 AND o.entity_id = j.value;
