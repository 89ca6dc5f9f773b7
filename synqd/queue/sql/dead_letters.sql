-- name: bury
-- The newest failure of an item stands for it. 1 model, 2 store view, 3 entity, 4 workspace, 5 wire key,
-- 6 reason, 7 detail, 8 status, 9 answer, 10 payload, 11 attempts, 12 want, 13 hint, 14 first time, 15 now,
-- 16 when it was deleted
INSERT INTO dead_letters (model, store_id, entity_id, workspace, wire_key, reason, detail, status, answer,
    payload, attempts, want, hint, first_at, buried_at, deleted_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
ON CONFLICT (model, entity_id, store_id) DO UPDATE SET
    workspace = excluded.workspace,
    wire_key = excluded.wire_key,
    reason = excluded.reason,
    detail = excluded.detail,
    status = excluded.status,
    answer = excluded.answer,
    payload = excluded.payload,
    attempts = excluded.attempts + iif(retried_at IS NULL, 0, attempts),
    want = excluded.want,
    hint = excluded.hint,
    first_at = min(first_at, excluded.first_at),
    buried_at = excluded.buried_at,
    deleted_at = excluded.deleted_at,
    retried_at = NULL;

-- name: newest
-- Highest letter id: a sweep over all letters ends there, whatever is buried meanwhile.
SELECT coalesce(max(id), 0) FROM dead_letters;

-- name: any
-- Whether there is any letter at all: spares acks the look for theirs.
SELECT EXISTS (SELECT 1 FROM dead_letters);

-- name: revive
-- Items were delivered after all. 1 model, 2 JSON list of entities, 3 store view
DELETE FROM dead_letters
WHERE model = ?1 AND store_id = ?3 AND entity_id IN (SELECT j.value FROM json_each(?2) AS j)
RETURNING retried_at;

-- name: end_retried
-- Items that were tried again, and of which nothing is to be sent any more. 1 model, 2 JSON list of entities, 3 store view
DELETE FROM dead_letters
WHERE retried_at IS NOT NULL AND model = ?1 AND store_id = ?3
    AND entity_id IN (SELECT j.value FROM json_each(?2) AS j);

-- name: retry
-- A letter's item is tried again. 1 id, 2 now
UPDATE dead_letters SET retried_at = ?2 WHERE id = ?1;

-- name: sweep_retried
-- Letters of items that were tried again and wait no more, however they left.
DELETE FROM dead_letters WHERE retried_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM outbox AS o INDEXED BY outbox_key
    WHERE o.model = dead_letters.model AND o.entity_id = dead_letters.entity_id AND o.store_id = dead_letters.store_id
);

-- name: list
-- Letters by id, filtered; NULL does not restrict. Those that are tried again only where :retried asks for them.
SELECT id, model, store_id, entity_id, workspace, wire_key, reason, detail, status, answer, payload, attempts,
    first_at, buried_at, retried_at
FROM dead_letters
WHERE id > :after
    AND (retried_at IS NULL OR :retried)
    AND (:model IS NULL OR model = :model)
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (:reason IS NULL OR reason = :reason)
    AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
ORDER BY id
LIMIT :limit;

-- name: of_item
-- The letter of one item. 1 model, 2 entity, 3 store view
SELECT id, model, store_id, entity_id, workspace, wire_key, reason, detail, status, answer, payload, attempts,
    first_at, buried_at, retried_at
FROM dead_letters WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;

-- name: wishes
-- What was wanted of a letter's item. 1 id
SELECT want, hint, deleted_at FROM dead_letters WHERE id = ?1;

-- name: remove
-- A letter that an operator retries or discards. 1 id
DELETE FROM dead_letters WHERE id = ?1;

-- name: payload_bytes
-- Bytes of all payloads.
SELECT n FROM totals WHERE name = 'payload bytes';

-- name: drop_payloads
-- The oldest payloads, of letters that were buried before a time. 1 before, 2 how many
UPDATE dead_letters SET payload = NULL WHERE id IN (
    SELECT d.id FROM dead_letters AS d INDEXED BY dead_letters_payload
    WHERE d.payload IS NOT NULL AND d.buried_at < ?1 ORDER BY d.buried_at LIMIT ?2
);
