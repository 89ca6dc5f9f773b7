-- name: add_ids
-- Ids of a draft; the same id twice counts once.
INSERT INTO batch_ids (job_id, entity_id) VALUES (?1, ?2) ON CONFLICT (job_id, entity_id) DO NOTHING;

-- name: add_keys
-- Keys of a batch that have to be looked up later.
INSERT INTO batch_keys (job_id, key) VALUES (?1, ?2) ON CONFLICT (job_id, key) DO NOTHING;

-- name: add_unknown
-- Keys of a batch that name nothing; the same key twice counts once. 1 job, 2 key, 3 reason
INSERT INTO unknown_keys (job_id, key, reason) VALUES (?1, ?2, ?3) ON CONFLICT (job_id, key) DO NOTHING;

-- name: count_unknown
-- How many keys name nothing. 1 job, 2 how many more
UPDATE jobs SET unknown = unknown + ?2 WHERE id = ?1;

-- name: next_keys
-- A running batch that has keys to look up, oldest first. 1 JSON list of models
SELECT j.id, j.given FROM jobs AS j INDEXED BY jobs_unfinished
WHERE j.finished_at IS NULL AND j.state = 'running' AND j.kind = 'batch'
    AND EXISTS (SELECT 1 FROM batch_keys AS k WHERE k.job_id = j.id)
    AND EXISTS (
        SELECT 1 FROM job_parts AS p WHERE p.job_id = j.id AND p.model IN (SELECT m.value FROM json_each(?1) AS m)
    )
ORDER BY j.id LIMIT 1;

-- name: keys
-- A page of a batch's keys. 1 job, 2 limit
SELECT key FROM batch_keys WHERE job_id = ?1 ORDER BY key LIMIT ?2;

-- name: drop_key
-- A key was looked up. 1 job, 2 key
DELETE FROM batch_keys WHERE job_id = ?1 AND key = ?2;

-- name: any_ids
-- Whether a batch has ids. 1 job
SELECT EXISTS (SELECT 1 FROM batch_ids WHERE job_id = ?1);

-- name: start_draft
-- All keys are in: from now on the batch is a job like any other.
UPDATE jobs SET state = 'running' WHERE id = :job_id AND state = 'draft';

-- name: add_total
-- How many more ids each part of a batch has to select.
UPDATE job_parts SET total = coalesce(total, 0) + :more WHERE job_id = :job_id;

-- name: drop_drafts
-- Drafts that will never be completed: one (:job_id), or all that a process left behind (NULL).
DELETE FROM jobs WHERE state = 'draft' AND (:job_id IS NULL OR id = :job_id);

-- name: batch_page
-- The next ids of a batch.
SELECT entity_id FROM batch_ids WHERE job_id = :job_id AND entity_id > :position ORDER BY entity_id LIMIT :limit;

-- name: next_list
-- The next job that has an id list, and whether anybody still needs it.
SELECT b.job_id, EXISTS (SELECT 1 FROM jobs AS j WHERE j.id = b.job_id AND j.finished_at IS NULL)
FROM batch_ids AS b WHERE b.job_id > :job_id ORDER BY b.job_id LIMIT 1;

-- name: next_key_list
-- The next job that has keys to look up, and whether anybody still needs them.
SELECT k.job_id, EXISTS (SELECT 1 FROM jobs AS j WHERE j.id = k.job_id AND j.finished_at IS NULL)
FROM batch_keys AS k WHERE k.job_id > :job_id ORDER BY k.job_id LIMIT 1;

-- name: prune_keys
-- A page of keys that nobody needs any more.
DELETE FROM batch_keys WHERE job_id = :job_id AND key IN (
    SELECT key FROM batch_keys WHERE job_id = :job_id LIMIT :limit
);

-- name: next_unknown_list
-- The next job that has keys that name nothing, and how many of them are kept: none if the job is gone, all
-- while it is a draft.
SELECT u.job_id, coalesce((
    SELECT CASE WHEN j.state = 'draft' THEN 1 << 62 ELSE :kept END FROM jobs AS j WHERE j.id = u.job_id
), 0)
FROM unknown_keys AS u WHERE u.job_id > :job_id ORDER BY u.job_id LIMIT 1;

-- name: prune_unknown
-- A page of keys that name nothing, but for the first ones.
DELETE FROM unknown_keys WHERE job_id = :job_id AND key IN (
    SELECT key FROM unknown_keys WHERE job_id = :job_id ORDER BY key LIMIT :limit OFFSET :kept
);

-- name: prune_ids
-- A page of an id list that nobody needs any more: its job is over or was never started.
DELETE FROM batch_ids WHERE job_id = :job_id AND entity_id IN (
    SELECT entity_id FROM batch_ids WHERE job_id = :job_id LIMIT :limit
);
