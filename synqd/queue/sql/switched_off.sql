-- name: take_off
-- Rows of a stream that nobody delivers leave the outbox, but for those in flight. 1 model, 2 store view, 3 limit
DELETE FROM outbox WHERE id IN (
    SELECT o.id FROM outbox AS o INDEXED BY outbox_ready
    WHERE o.model = ?1 AND o.store_id = ?2 AND NOT EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = o.id)
    LIMIT ?3
)
RETURNING entity_id, lane;
