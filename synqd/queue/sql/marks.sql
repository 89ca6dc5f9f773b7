-- name: hashes
-- All that is remembered of forgotten persons.
SELECT hash FROM forgotten;

-- name: all
-- The same, with whom it belongs to and since when.
SELECT hash, person, at FROM forgotten;

-- name: next_person
-- A number for one more person.
SELECT coalesce(max(person), 0) + 1 FROM forgotten;

-- name: join
-- Whoever is known by this is that person. 1 hash, 2 person
UPDATE forgotten SET person = ?2 WHERE person = (SELECT person FROM forgotten WHERE hash = ?1);

-- name: join_items
-- Their items are that person's. 1 hash, 2 person
INSERT INTO forgotten_items (person, model, store_id, n)
SELECT ?2, model, store_id, sum(n) FROM forgotten_items
WHERE person = (SELECT person FROM forgotten WHERE hash = ?1) AND person <> ?2 GROUP BY model, store_id
ON CONFLICT (person, model, store_id) DO UPDATE SET n = n + excluded.n;

-- name: count_items
-- So many items of a stream were a person's. 1 person, 2 model, 3 store view, 4 how many
INSERT INTO forgotten_items (person, model, store_id, n) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (person, model, store_id) DO UPDATE SET n = n + excluded.n;

-- name: drop_items
-- Items of persons that are nobody's any more.
DELETE FROM forgotten_items WHERE person NOT IN (SELECT person FROM forgotten);

-- name: items
-- Items of forgotten persons by stream.
SELECT model, store_id, sum(n) FROM forgotten_items GROUP BY model, store_id;

-- name: remember
-- A forgotten person is known again by this. 1 hash, 2 person, 3 now
INSERT INTO forgotten (hash, person, at) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING;

-- name: revoke
-- Nothing is remembered of whoever is known by this. 1 hash
DELETE FROM forgotten WHERE person = (SELECT person FROM forgotten WHERE hash = ?1);
