-- name: begin
-- The row of a number has to be there before it can change. 1 kind, 2 model, 3 store view, 4 lane
INSERT INTO counters (kind, model, store_id, lane, n) VALUES (?1, ?2, ?3, ?4, 0)
ON CONFLICT (kind, model, store_id, lane) DO NOTHING;

-- name: add
-- Changes a number. 1 kind, 2 model, 3 store view, 4 lane, 5 change
UPDATE counters SET n = n + ?5 WHERE kind = ?1 AND model = ?2 AND store_id = ?3 AND lane = ?4;

-- name: one
-- One number. 1 kind, 2 model, 3 store view, 4 lane
SELECT n FROM counters WHERE kind = ?1 AND model = ?2 AND store_id = ?3 AND lane = ?4;

-- name: all
-- Every number.
SELECT kind, model, store_id, lane, n FROM counters;

-- name: last_sent
-- When the last ack of each stream was recorded.
SELECT model, store_id, at FROM last_sent;

-- name: oldest
-- When the oldest row of each stream and lane was first wanted, leased or not: the head of those that are not put
-- off, and the oldest of those that are. Off by at most the 5 s of the index of put-off rows.
SELECT model, store_id, lane, min(first_at) FROM (
    SELECT c.model, c.store_id, c.lane, (
        SELECT o.first_at FROM outbox AS o INDEXED BY outbox_ready
        WHERE o.model = c.model AND o.store_id = c.store_id AND o.lane = c.lane
        ORDER BY o.due_at LIMIT 1
    ) AS first_at
    FROM counters AS c WHERE c.kind = 'depth' AND c.n > 0
    UNION ALL
    SELECT c.model, c.store_id, c.lane, (
        SELECT min(o.first_at) FROM outbox AS o INDEXED BY outbox_delayed
        WHERE o.due_at - o.first_at > 5000
            AND o.model = c.model AND o.store_id = c.store_id AND o.lane = c.lane
    )
    FROM counters AS c WHERE c.kind = 'depth' AND c.n > 0
)
WHERE first_at IS NOT NULL
GROUP BY model, store_id, lane;

-- name: add_by_settings
-- Changes how many living items were last sent with some settings. 1 model, 2 store view, 3 settings, 4 change
INSERT INTO settings_counts (model, store_id, fingerprint_id, n) VALUES (?1, ?2, ?3, max(?4, 0))
ON CONFLICT (model, store_id, fingerprint_id) DO UPDATE SET n = n + ?4;

-- name: by_settings
-- How many living items were last sent with which settings.
SELECT c.model, c.store_id, f.value, c.n
FROM settings_counts AS c JOIN fingerprints AS f ON f.id = c.fingerprint_id
WHERE c.n > 0;
