-- name: add_job
-- A new job. A batch is a draft until its ids are all in.
INSERT INTO jobs (kind, state, want, origin, created_at, given)
VALUES (:kind, :state, :want, :origin, :now, :given);

-- name: add_part
-- One model and store view of a job.
INSERT INTO job_parts (job_id, model, store_id) VALUES (:job_id, :model, :store_id);

-- name: replace_parts
-- Unfinished full parts of a stream, which a newer full job takes over.
UPDATE job_parts SET state = 'replaced', finished_at = :now
WHERE model = :model AND store_id = :store_id AND state IN ('paging', 'draining')
    AND job_id IN (SELECT id FROM jobs WHERE kind = 'full')
RETURNING job_id;

-- name: pageable
-- Parts with ids left to select, oldest job first.
SELECT p.id
FROM jobs AS j INDEXED BY jobs_unfinished
JOIN job_parts AS p ON p.job_id = j.id
WHERE j.finished_at IS NULL AND j.state = 'running' AND p.state = 'paging'
    AND NOT EXISTS (SELECT 1 FROM batch_keys AS k WHERE k.job_id = j.id)
ORDER BY j.id, p.id;

-- name: withdrawn
-- Parts of running jobs whose rows have to come back after a pause.
SELECT p.id
FROM jobs AS j INDEXED BY jobs_unfinished
JOIN job_parts AS p ON p.job_id = j.id
WHERE j.finished_at IS NULL AND j.state = 'running' AND p.withdrawn = 1
ORDER BY j.id, p.id;

-- name: mark_withdrawn
-- Rows of a job's parts may have to come back.
UPDATE job_parts SET withdrawn = 1 WHERE job_id = :job_id AND open > 0 AND state IN ('paging', 'draining');

-- name: restored
-- All rows of a part are back.
UPDATE job_parts SET withdrawn = 0 WHERE id = :part_id;

-- name: begin_part
-- A full part begins: its high-water mark and how many ids there are below it.
UPDATE job_parts SET until = :until, total = :total, started_at = coalesce(started_at, :now)
WHERE id = :part_id AND until IS NULL;

-- name: page_state
-- Whether a part is to be paged now, and what its page has to be about.
SELECT p.model, p.store_id, j.state = 'running' AND p.state = 'paging'
FROM job_parts AS p JOIN jobs AS j ON j.id = p.job_id
WHERE p.id = :part_id;

-- name: advance
-- A page was selected. With the last one the part drains, or is finished if nothing is open.
UPDATE job_parts SET
    position = :position,
    selected = selected + :joined,
    open = open + :joined,
    total = CASE WHEN :finished THEN selected + :joined ELSE total END,
    started_at = coalesce(started_at, :now),
    state = CASE WHEN NOT :finished THEN state WHEN open + :joined > 0 THEN 'draining' ELSE 'finished' END,
    finished_at = CASE WHEN :finished AND open + :joined = 0 THEN :now END
WHERE id = :part_id
RETURNING job_id;

-- name: set_state
-- Pauses or resumes a job.
UPDATE jobs SET state = :state WHERE id = :job_id;

-- name: cancel_parts
-- Parts of a cancelled job that were not over.
UPDATE job_parts SET state = 'cancelled', finished_at = :now
WHERE job_id = :job_id AND state IN ('paging', 'draining');

-- name: cancel_job
-- A job that its operator ends.
UPDATE jobs SET state = 'cancelled', finished_at = :now WHERE id = :job_id;

-- name: find
-- One job that is not a draft.
SELECT id, kind, state, want, origin, created_at, finished_at, unknown FROM jobs WHERE id = :job_id AND state <> 'draft';

-- name: list
-- Jobs, newest first.
SELECT id, kind, state, want, origin, created_at, finished_at, unknown FROM jobs
WHERE id < :before AND state <> 'draft'
ORDER BY id DESC LIMIT :limit;

-- name: list_unfinished
-- Jobs that are not over, newest first.
SELECT id, kind, state, want, origin, created_at, finished_at, unknown FROM jobs INDEXED BY jobs_unfinished
WHERE finished_at IS NULL AND id < :before AND state <> 'draft'
ORDER BY id DESC LIMIT :limit;

-- name: parts
-- The parts of a job.
SELECT p.id, p.job_id, j.kind, p.model, p.store_id, p.state, j.want, p.position, p.total, p.selected, p.sent,
    p.unchanged, p.skipped, p.dead, p.dropped, p.open, p.started_at, p.finished_at, p.until, p.withdrawn
FROM job_parts AS p JOIN jobs AS j ON j.id = p.job_id
WHERE p.job_id = :job_id
ORDER BY p.id;

-- name: part
-- One part.
SELECT p.id, p.job_id, j.kind, p.model, p.store_id, p.state, j.want, p.position, p.total, p.selected, p.sent,
    p.unchanged, p.skipped, p.dead, p.dropped, p.open, p.started_at, p.finished_at, p.until, p.withdrawn
FROM job_parts AS p JOIN jobs AS j ON j.id = p.job_id
WHERE p.id = :part_id;

-- name: reasons
-- Why members of a part were skipped or died.
SELECT reason, n FROM part_reasons WHERE part_id = :part_id ORDER BY n DESC, reason;

-- name: prune_jobs
-- Jobs that ended long ago and whose members are all accounted for.
DELETE FROM jobs WHERE id IN (
    SELECT j.id FROM jobs AS j
    WHERE j.finished_at < :before
        AND NOT EXISTS (SELECT 1 FROM job_parts AS p WHERE p.job_id = j.id AND p.open > 0)
    ORDER BY j.id LIMIT :limit
);

-- name: unknown_keys
-- The first keys of a batch that name nothing. 1 job, 2 limit
SELECT key, reason FROM unknown_keys WHERE job_id = ?1 ORDER BY key LIMIT ?2;

-- name: any_keys
-- Whether a batch has keys that were not looked up yet. 1 job
SELECT EXISTS (SELECT 1 FROM batch_keys WHERE job_id = ?1);
