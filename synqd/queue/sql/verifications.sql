-- name: submit
-- A new comparison.
INSERT INTO verifications (state, origin, repair, remote, created_at)
VALUES ('running', :origin, :repair, :remote, :now);

-- name: add_part
-- One model and store view of it. 1 comparison, 2 model, 3 store view
INSERT INTO verification_parts (verification_id, model, store_id) VALUES (?1, ?2, ?3);

-- name: unfinished
-- Comparisons that are not over.
SELECT id FROM verifications WHERE state = 'running';

-- name: end
-- A comparison is over. 1 comparison, 2 state, 3 now
UPDATE verifications SET state = ?2, finished_at = ?3 WHERE id = ?1;

-- name: find
-- One comparison, or the newest (NULL). 1 comparison
SELECT id, state, origin, repair, remote, created_at, finished_at FROM verifications
WHERE ?1 IS NULL OR id = ?1 ORDER BY id DESC LIMIT 1;

-- name: parts
-- Its parts. 1 comparison
SELECT id, model, store_id, position, until, total, done, figures, samples
FROM verification_parts WHERE verification_id = ?1 ORDER BY id;

-- name: next_part
-- The first part that is not done.
SELECT v.id, p.id, p.model, p.store_id, p.position, p.until, p.total, p.done, p.figures, p.samples
FROM verifications AS v JOIN verification_parts AS p ON p.verification_id = v.id
WHERE v.state = 'running' AND p.done = 0 ORDER BY v.id, p.id LIMIT 1;

-- name: begin
-- Where a part will end, and how many entities there are. 1 part, 2 high-water mark, 3 total
UPDATE verification_parts SET until = ?2, total = ?3 WHERE id = ?1 AND until IS NULL;

-- name: state
-- Whether a part is to go on. 1 part
SELECT v.id, v.state FROM verification_parts AS p JOIN verifications AS v ON v.id = p.verification_id
WHERE p.id = ?1;

-- name: advance
-- What a page showed. 1 part, 2 position, 3 done, 4 figures, 5 samples
UPDATE verification_parts SET position = ?2, done = ?3, figures = ?4, samples = ?5 WHERE id = ?1;

-- name: going_on
-- Whether a comparison has parts left. 1 comparison
SELECT EXISTS (SELECT 1 FROM verification_parts WHERE verification_id = ?1 AND done = 0);

-- name: range
-- Entities of a stream that live, or may live, by id. 1 model, 2 store view, 3 after, 4 until, 5 limit
SELECT entity_id FROM ledger
WHERE model = ?1 AND entity_id > ?3 AND entity_id <= ?4 AND store_id = ?2 AND (alive = 1 OR doubt IS NOT NULL)
ORDER BY entity_id LIMIT ?5;

-- name: waiting
-- Whether an item is in the outbox. 1 model, 2 entity, 3 store view
SELECT 1 FROM outbox WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;

-- name: prune
-- Comparisons that ended long ago. 1 before
DELETE FROM verifications WHERE finished_at < ?1;
