-- name: join
-- Makes items members of a part, each once. 1 part, 2 JSON list of entities
INSERT OR IGNORE INTO job_items (part_id, entity_id) SELECT ?1, j.value FROM json_each(?2) AS j;

-- name: open_parts
-- Parts of a stream with members that are not settled. 1 model, 2 store view
SELECT id FROM job_parts INDEXED BY job_parts_open WHERE open > 0 AND model = ?1 AND store_id = ?2;

-- name: leave
-- Members were settled. 1 part, 2 JSON list of entities
DELETE FROM job_items WHERE part_id = ?1 AND entity_id IN (SELECT j.value FROM json_each(?2) AS j);

-- name: account
-- Moves members from open to where they ended, and finishes a part that has all its ids (Q10).
-- 1 part, 2 sent, 3 unchanged, 4 skipped, 5 dead, 6 dropped, 7 now
UPDATE job_parts SET
    sent = sent + ?2, unchanged = unchanged + ?3, skipped = skipped + ?4, dead = dead + ?5,
    dropped = dropped + ?6,
    open = open - ?2 - ?3 - ?4 - ?5 - ?6,
    state = CASE WHEN state = 'draining' AND open = ?2 + ?3 + ?4 + ?5 + ?6 THEN 'finished' ELSE state END,
    finished_at = CASE WHEN state = 'draining' AND open = ?2 + ?3 + ?4 + ?5 + ?6 THEN ?7 ELSE finished_at END
WHERE id = ?1
RETURNING job_id, state;

-- name: reason
-- Counts why members were skipped or died. 1 part, 2 reason, 3 how many
INSERT INTO part_reasons (part_id, reason, n) VALUES (?1, ?2, ?3)
ON CONFLICT (part_id, reason) DO UPDATE SET n = n + excluded.n;

-- name: finish_job
-- A job ends with its last part; one whose parts were all taken over is "replaced". 1 job, 2 now
UPDATE jobs SET
    finished_at = ?2,
    state = CASE
        WHEN EXISTS (SELECT 1 FROM job_parts WHERE job_id = ?1 AND state <> 'replaced') THEN 'finished'
        ELSE 'replaced'
    END
WHERE id = ?1 AND finished_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM job_parts WHERE job_id = ?1 AND state IN ('paging', 'draining'))
RETURNING state;

-- name: sum
-- The account of a whole job. 1 job
SELECT sum(selected), sum(sent), sum(unchanged), sum(skipped), sum(dead), sum(dropped)
FROM job_parts WHERE job_id = ?1;

-- name: reasons
-- Why members of a whole job were skipped or died, the most frequent first. 1 job
SELECT r.reason, sum(r.n)
FROM job_parts AS p JOIN part_reasons AS r ON r.part_id = p.id
WHERE p.job_id = ?1 GROUP BY r.reason ORDER BY 2 DESC, 1;

-- name: paused_parts
-- Parts of paused jobs that have members.
SELECT p.id, p.model, p.store_id
FROM jobs AS j INDEXED BY jobs_unfinished
JOIN job_parts AS p ON p.job_id = j.id
WHERE j.finished_at IS NULL AND j.state = 'paused' AND p.state IN ('paging', 'draining') AND p.open > 0;

-- name: withdrawable
-- Members of a paused part that wait, and that no change, operator or running part wants too (S18).
-- 1 part, 2 limit
SELECT i.entity_id
FROM job_parts AS p
CROSS JOIN job_items AS i ON i.part_id = p.id
CROSS JOIN outbox AS o INDEXED BY outbox_key
    ON o.model = p.model AND o.entity_id = i.entity_id AND o.store_id = p.store_id
WHERE p.id = ?1 AND o.standing = 0 AND NOT EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = o.id) AND NOT EXISTS (
    SELECT 1
    FROM job_parts AS q INDEXED BY job_parts_open
    CROSS JOIN job_items AS k ON k.part_id = q.id AND k.entity_id = o.entity_id
    CROSS JOIN jobs AS j ON j.id = q.job_id AND j.state = 'running'
    WHERE q.open > 0 AND q.model = p.model AND q.store_id = p.store_id AND q.state IN ('paging', 'draining')
)
LIMIT ?2;

-- name: absent
-- Members of a part that have no row in the outbox. 1 part, 2 limit
SELECT i.entity_id
FROM job_parts AS p
CROSS JOIN job_items AS i ON i.part_id = p.id
LEFT JOIN outbox AS o ON o.model = p.model AND o.entity_id = i.entity_id AND o.store_id = p.store_id
WHERE p.id = ?1 AND o.id IS NULL
LIMIT ?2;

-- name: abandoned
-- Members of a cancelled or replaced part whose rows are not being delivered just now. 1 part, 2 limit
SELECT i.entity_id
FROM job_parts AS p
CROSS JOIN job_items AS i ON i.part_id = p.id
LEFT JOIN outbox AS o ON o.model = p.model AND o.entity_id = i.entity_id AND o.store_id = p.store_id
WHERE p.id = ?1 AND NOT EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = o.id)
LIMIT ?2;

-- name: abandoned_parts
-- Cancelled and replaced parts that still have members.
SELECT id, model, store_id FROM job_parts INDEXED BY job_parts_open
WHERE open > 0 AND state IN ('cancelled', 'replaced');

-- name: drop_rows
-- Rows that nobody wants any more: no change, no operator, no other part that goes on (S18).
-- 1 model, 2 store view, 3 JSON list of entities
DELETE FROM outbox WHERE id IN (
    SELECT o.id
    FROM json_each(?3) AS j
    CROSS JOIN outbox AS o INDEXED BY outbox_key
        ON o.model = ?1 AND o.entity_id = j.value AND o.store_id = ?2
    WHERE o.standing = 0 AND NOT EXISTS (SELECT 1 FROM leases AS t WHERE t.row_id = o.id) AND NOT EXISTS (
        SELECT 1
        FROM job_parts AS p INDEXED BY job_parts_open
        CROSS JOIN job_items AS i ON i.part_id = p.id AND i.entity_id = o.entity_id
        CROSS JOIN jobs AS j ON j.id = p.job_id AND j.state = 'running'
        WHERE p.open > 0 AND p.model = ?1 AND p.store_id = ?2 AND p.state IN ('paging', 'draining')
    )
)
RETURNING lane;
