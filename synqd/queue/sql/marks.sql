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

-- name: remember
-- A forgotten person is known again by this. 1 hash, 2 person, 3 now
INSERT INTO forgotten (hash, person, at) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING;

-- name: revoke
-- Nothing is remembered of whoever is known by this. 1 hash
DELETE FROM forgotten WHERE person = (SELECT person FROM forgotten WHERE hash = ?1);
