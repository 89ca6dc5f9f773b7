-- name: ordered
-- Orders as they were to be sent, by dead letters.
SELECT entity_id, payload FROM dead_letters WHERE model = 'order' AND payload IS NOT NULL;

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
DELETE FROM dead_letters WHERE model = ?1 AND entity_id = ?2 RETURNING store_id, retried_at;

-- name: drop_lines
-- Lines about an entity. 1 model, 2 entity
DELETE FROM log WHERE model = ?1 AND entity_id = ?2;

-- name: drop_former
-- What an entity was known by before. 1 model, 2 entity
DELETE FROM former_keys WHERE model = ?1 AND entity_id = ?2;

-- name: drop_former_as
-- Addresses that people were known by before. 1 JSON list of addresses, lower case
DELETE FROM former_keys
WHERE model IN ('customer', 'subscriber') AND lower(wire_key) IN (SELECT value FROM json_each(?1));

-- name: drop_lines_as
-- Lines about deliveries to addresses, of people who have another one by now. 1 JSON list of addresses, lower case
DELETE FROM log WHERE model IN ('customer', 'subscriber') AND lower(key) IN (SELECT value FROM json_each(?1));

-- name: stores
-- Store views in which an entity was sent, waits, was left out or refused. 1 model, 2 entity
SELECT store_id FROM ledger WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM outbox WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM skips WHERE model = ?1 AND entity_id = ?2
UNION SELECT store_id FROM dead_letters WHERE model = ?1 AND entity_id = ?2;

-- name: streams
-- Streams of a model in which job parts have members. 1 model
SELECT DISTINCT store_id FROM job_parts WHERE open > 0 AND model = ?1;

-- name: drop_ids
-- An entity is chosen by no batch any more. 1 model, 2 entity
DELETE FROM batch_ids WHERE entity_id = ?2 AND job_id IN (SELECT job_id FROM job_parts WHERE model = ?1);

-- name: drop_sent_as
-- What was sent under addresses, of people who have another one by now. 1 JSON list of addresses, lower case
DELETE FROM ledger
WHERE model IN ('customer', 'subscriber') AND lower(wire_key) IN (SELECT value FROM json_each(?1))
RETURNING model, store_id, alive, fingerprint_id;

-- name: doubts
-- Keys that may be alive besides, of people.
SELECT model, entity_id, store_id, doubt FROM ledger WHERE model IN ('customer', 'subscriber') AND doubt <> '[]';

-- name: tell_doubt
-- The same without some. 1 model, 2 entity, 3 store view, 4 doubt
UPDATE ledger SET doubt = ?4 WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;

-- name: drop_hints
-- Former addresses of people who wait. 1 JSON list of addresses, lower case
UPDATE outbox SET hint = NULL
WHERE model IN ('customer', 'subscriber') AND lower(hint) IN (SELECT value FROM json_each(?1));
