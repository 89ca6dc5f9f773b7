-- name: take
-- Leases rows. 1 JSON list of ids, 2 token, 3 deadline
INSERT INTO leases (row_id, token, until) SELECT j.value, ?2, ?3 FROM json_each(?1) AS j;

-- name: give_back
-- Rows are not leased any more, or have left. 1 JSON list of ids
DELETE FROM leases WHERE row_id IN (SELECT j.value FROM json_each(?1) AS j);

-- name: expire
-- Leases past their deadline return to waiting (Q3). 1 now
DELETE FROM leases WHERE until <= ?1;

-- name: pull
-- Deadlines further ahead than any lease lasts: the clock was set back (Q7). 1 furthest honest deadline
UPDATE leases SET until = ?1 WHERE until > ?1;

-- name: head
-- Where to begin to look. 1 model, 2 store view, 3 lane
SELECT due_at, row_id FROM heads WHERE model = ?1 AND store_id = ?2 AND lane = ?3;

-- name: set_head
-- Everything up to here is leased. 1 model, 2 store view, 3 lane, 4 due, 5 row
INSERT OR REPLACE INTO heads (model, store_id, lane, due_at, row_id) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: forget_heads
-- Rows may wait before them now.
DELETE FROM heads;
