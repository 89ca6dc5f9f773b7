-- name: hashes
-- All that is remembered of forgotten persons.
SELECT hash FROM forgotten;

-- name: all
-- The same, with whom it belongs to and since when.
SELECT hash, person, at FROM forgotten;

-- name: next_person
-- A number for one more person.
SELECT coalesce(max(person), 0) + 1 FROM forgotten;

-- name: remember
-- A forgotten person is known again by this. 1 hash, 2 person, 3 now
INSERT INTO forgotten (hash, person, at) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING;

-- name: revoke
-- Nothing is remembered of whoever is known by this. 1 hash
DELETE FROM forgotten WHERE person = (SELECT person FROM forgotten WHERE hash = ?1);

-- name: acquainted
-- Keys of people: of what was sent, waits or is dead, by address (:emails, lower case) or by customer (:ids).
-- A walk over everything, since the index tells letters of different case apart; forgetting is rare.
SELECT model, entity_id, key FROM (
    SELECT model, entity_id, wire_key AS key FROM ledger
    UNION ALL SELECT l.model, l.entity_id, d.value FROM ledger AS l CROSS JOIN json_each(l.doubt) AS d
    UNION ALL SELECT model, entity_id, hint FROM outbox WHERE hint IS NOT NULL
    UNION ALL SELECT model, entity_id, wire_key FROM dead_letters
)
WHERE model IN ('customer', 'subscriber') AND (
    lower(key) IN (SELECT value FROM json_each(:emails))
    OR (model = 'customer' AND entity_id IN (SELECT value FROM json_each(:ids)))
);

-- name: drop_waiting
-- Rows of an entity leave the outbox, also those in flight: their settlements find nothing. 1 model, 2 entity
DELETE FROM outbox WHERE model = ?1 AND entity_id = ?2 RETURNING store_id, lane, id;

-- name: drop_sent
-- What was sent of an entity. 1 model, 2 entity
DELETE FROM ledger WHERE model = ?1 AND entity_id = ?2 RETURNING store_id, alive, fingerprint_id;

-- name: drop_skips
-- Why an entity was skipped. 1 model, 2 entity
DELETE FROM skips WHERE model = ?1 AND entity_id = ?2;

-- name: drop_letters
-- Dead letters of an entity. 1 model, 2 entity
DELETE FROM dead_letters WHERE model = ?1 AND entity_id = ?2 RETURNING store_id;

-- name: drop_lines
-- Lines about an entity. 1 model, 2 entity
DELETE FROM log WHERE model = ?1 AND entity_id = ?2;

-- name: streams
-- Streams of a model in which job parts have members. 1 model
SELECT DISTINCT store_id FROM job_parts WHERE open > 0 AND model = ?1;

-- name: drop_ids
-- An entity is chosen by no batch any more. 1 model, 2 entity
DELETE FROM batch_ids WHERE entity_id = ?2 AND job_id IN (SELECT job_id FROM job_parts WHERE model = ?1);

-- name: letters
-- Everything in dead letters that may name people.
SELECT id, model, entity_id, wire_key, hint, payload, detail, answer FROM dead_letters;

-- name: tell_letter
-- A letter of somebody else without the names in it. 1 id, 2 payload, 3 detail, 4 answer
UPDATE dead_letters SET payload = ?2, detail = ?3, answer = ?4 WHERE id = ?1;

-- name: lines
-- Texts of the log.
SELECT id, text FROM log WHERE text <> '';

-- name: tell_line
-- A line without the names in it. 1 id, 2 text
UPDATE log SET text = ?2 WHERE id = ?1;

-- name: batch_keys
-- Keys of batches that were not looked up yet.
SELECT job_id, key FROM batch_keys;

-- name: drop_batch_key
-- A key that is not to be looked up. 1 job, 2 key
DELETE FROM batch_keys WHERE job_id = ?1 AND key = ?2;

-- name: unknown_keys
-- Keys of batches that name nothing.
SELECT job_id, key FROM unknown_keys;

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
