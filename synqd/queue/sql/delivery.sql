-- name: ready
-- When the first free row of each stream and lane is due: one index seek for each that has rows at all.
SELECT c.model, c.store_id, c.lane, (
    SELECT o.due_at FROM outbox AS o INDEXED BY outbox_ready
    WHERE o.lease_token IS NULL AND o.model = c.model AND o.store_id = c.store_id AND o.lane = c.lane
    ORDER BY o.due_at LIMIT 1
) AS due_at
FROM counters AS c
WHERE c.kind = 'depth' AND c.n > 0;

-- name: due
-- Due rows of one stream and lane in order of (due, arrival), with what the ledger knows of them.
-- 1 model, 2 store view, 3 lane, 4 now, 5 limit
SELECT o.id, o.entity_id, o.revision, o.attempts, o.first_at, o.want, o.hint,
    l.workspace, l.wire_key, l.field_set_id, l.digest, l.fingerprint_id, l.alive, l.first_at, l.last_at,
    l.status
FROM outbox AS o INDEXED BY outbox_ready
LEFT JOIN ledger AS l ON l.model = o.model AND l.entity_id = o.entity_id AND l.store_id = o.store_id
WHERE o.lease_token IS NULL AND o.model = ?1 AND o.store_id = ?2 AND o.lane = ?3 AND o.due_at <= ?4
ORDER BY o.due_at, o.id
LIMIT ?5;

-- name: take
-- Leases rows. 1 JSON list of ids, 2 token, 3 deadline
UPDATE outbox SET lease_token = ?2, lease_until = ?3 WHERE id IN (SELECT j.value FROM json_each(?1) AS j);

-- name: expire
-- Leases past their deadline return to waiting (Q3). 1 now
UPDATE outbox INDEXED BY outbox_leased SET lease_token = NULL, lease_until = NULL
WHERE lease_token IS NOT NULL AND lease_until <= ?1;

-- name: pull_leases
-- Deadlines further ahead than any lease lasts: the clock was set back (Q7). 1 furthest honest deadline
UPDATE outbox INDEXED BY outbox_leased SET lease_until = ?1
WHERE lease_token IS NOT NULL AND lease_until > ?1;

-- name: pull_due
-- Due times further ahead than any backoff: the clock was set back (Q7).
-- 1 model, 2 store view, 3 lane, 4 now, 5 furthest honest due time, 6 limit
UPDATE outbox SET due_at = ?4
WHERE id IN (
    SELECT id FROM outbox INDEXED BY outbox_ready
    WHERE lease_token IS NULL AND model = ?1 AND store_id = ?2 AND lane = ?3 AND due_at > ?5
    LIMIT ?6
);

-- name: release_all
-- Frees every lease: whoever held them is gone.
UPDATE outbox INDEXED BY outbox_leased SET lease_token = NULL, lease_until = NULL
WHERE lease_token IS NOT NULL;
