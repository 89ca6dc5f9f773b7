-- name: overwritten
-- Items that live by the ledger under keys that something was sent under for others, as one JSON list.
-- 1 workspace, 2 model, 3 store view of those others, 4 only items of this store view or NULL,
-- 5 JSON list of (key, entity)
SELECT json_group_array(json_array(l.entity_id, l.store_id))
FROM json_each(?5) AS j
CROSS JOIN ledger AS l INDEXED BY ledger_wire_key
    ON l.workspace = ?1 AND l.model = ?2 AND l.wire_key = j.value ->> 0
WHERE (l.entity_id <> j.value ->> 1 OR l.store_id <> ?3) AND (?4 IS NULL OR l.store_id = ?4) AND l.alive = 1;

-- name: holds
-- Whether an item is alive under a key as it is there now, or may be, by the ledger.
-- 1 model, 2 entity, 3 store view, 4 workspace, 5 key, 6 digest of what it is there now; NULL: as the ledger has it
SELECT 1 FROM ledger
WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3 AND workspace = ?4
    AND ((wire_key = ?5 AND alive = 1 AND (?6 IS NULL OR digest = ?6))
        OR (wire_key = ?5 AND doubt IS NOT NULL)
        OR EXISTS (SELECT 1 FROM json_each(doubt) AS j WHERE j.value = ?5));
