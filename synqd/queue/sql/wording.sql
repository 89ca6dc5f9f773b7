-- name: letters
-- Everything in dead letters that may name people.
SELECT id, model, wire_key, hint, detail, answer, payload FROM dead_letters;

-- name: tell_letter
-- A letter of somebody else without the names in it. 1 id, 2 wire key, 3 hint, 4 detail, 5 answer, 6 payload
UPDATE dead_letters SET wire_key = ?2, hint = ?3, detail = ?4, answer = ?5, payload = ?6 WHERE id = ?1;

-- name: lines
-- Texts of the log.
SELECT id, text FROM log WHERE text <> '';

-- name: tell_line
-- A line without the names in it. 1 id, 2 text
UPDATE log SET text = ?2 WHERE id = ?1;

-- name: skips
-- Reasons why items were skipped, each as its own key.
SELECT DISTINCT reason, reason FROM skips;

-- name: tell_skip
-- A reason without the names in it. 1 reason, 2 the same without
UPDATE skips SET reason = ?2 WHERE reason = ?1;

-- name: reasons
-- Reasons in the accounts of job parts.
SELECT part_id, reason, n FROM part_reasons;

-- name: drop_reason
-- A reason that is told in other words. 1 part, 2 reason
DELETE FROM part_reasons WHERE part_id = ?1 AND reason = ?2;

-- name: tell_reason
-- A reason without the names in it; another one may read the same then. 1 part, 2 reason, 3 how many
INSERT INTO part_reasons (part_id, reason, n) VALUES (?1, ?2, ?3)
ON CONFLICT (part_id, reason) DO UPDATE SET n = n + excluded.n;

-- name: batch_keys
-- Addresses in batches that were not looked up yet.
SELECT k.job_id, k.key FROM batch_keys AS k JOIN jobs AS j ON j.id = k.job_id WHERE j.given = 'emails';

-- name: drop_batch_key
-- A key that is not to be looked up. 1 job, 2 key
DELETE FROM batch_keys WHERE job_id = ?1 AND key = ?2;

-- name: unknown_keys
-- Addresses in batches that name nobody.
SELECT k.job_id, k.key FROM unknown_keys AS k JOIN jobs AS j ON j.id = k.job_id WHERE j.given = 'emails';

-- name: drop_unknown_key
-- A key that is counted, but not named any more. 1 job, 2 key
DELETE FROM unknown_keys WHERE job_id = ?1 AND key = ?2;

-- name: samples
-- Findings of comparisons.
SELECT id, model, samples FROM verification_parts WHERE samples <> '[]';

-- name: tell_samples
-- Findings without those of a person. 1 part, 2 samples
UPDATE verification_parts SET samples = ?2 WHERE id = ?1;

-- name: breakers
-- What breakers remember of answers.
SELECT name, state FROM breakers;

-- name: tell_breaker
-- A breaker without the names in it. 1 name, 2 state
UPDATE breakers SET state = ?2 WHERE name = ?1;
