-- name: ready
-- When the first free row of each stream and lane is due: one index seek for each that has rows at all, behind what
-- is leased.
SELECT c.model, c.store_id, c.lane, (
    SELECT o.due_at FROM outbox AS o INDEXED BY outbox_ready
    WHERE o.model = c.model AND o.store_id = c.store_id AND o.lane = c.lane
        AND (o.due_at, o.id) > (coalesce(h.due_at, -1 << 62), coalesce(h.row_id, 0))
        AND NOT EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = o.id)
    ORDER BY o.due_at, o.id LIMIT 1
) AS due_at
FROM counters AS c
LEFT JOIN heads AS h ON h.model = c.model AND h.store_id = c.store_id AND h.lane = c.lane
WHERE c.kind = 'depth' AND c.n > 0;

-- name: due
-- Due rows of one stream and lane in order of (due, arrival), with what the ledger knows of them, as one JSON list.
-- 1 model, 2 store view, 3 lane, 4 now, 5 limit, 6 and 7 due time and id of the head that is leased
SELECT json_group_array(json_array(id, due_at, entity_id, revision, attempts, first_at, want, hint, deleted_at,
    workspace, wire_key, field_set_id, digest, fingerprint_id, alive, sent_first, sent_last, status, memory))
FROM (
    SELECT o.id, o.due_at, o.entity_id, o.revision, o.attempts, o.first_at, o.want, o.hint, o.deleted_at,
        l.workspace, l.wire_key, l.field_set_id, hex(l.digest) AS digest, l.fingerprint_id, l.alive,
        l.first_at AS sent_first, l.last_at AS sent_last, l.status,
        iif(coalesce(l.event, l.agreed_at, l.withdrawn_at, l.doubt, l.guest) IS NULL, NULL,
            json_array(hex(l.event), l.agreed_at, l.withdrawn_at, l.doubt, l.guest)) AS memory
    FROM outbox AS o INDEXED BY outbox_ready
    LEFT JOIN ledger AS l ON l.model = o.model AND l.entity_id = o.entity_id AND l.store_id = o.store_id
    WHERE o.model = ?1 AND o.store_id = ?2 AND o.lane = ?3 AND o.due_at <= ?4 AND (o.due_at, o.id) > (?6, ?7)
        AND NOT EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = o.id)
    ORDER BY o.due_at, o.id
    LIMIT ?5
);

-- name: pull_due
-- Due times further ahead than any backoff: the clock was set back (Q7).
-- 1 model, 2 store view, 3 lane, 4 now, 5 furthest honest due time, 6 limit
UPDATE outbox SET due_at = ?4
WHERE id IN (
    SELECT o.id FROM outbox AS o INDEXED BY outbox_ready
    WHERE o.model = ?1 AND o.store_id = ?2 AND o.lane = ?3 AND o.due_at > ?5
        AND NOT EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = o.id)
    LIMIT ?6
);
