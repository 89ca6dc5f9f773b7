-- name: flags
-- All flags.
SELECT name, value, at, by FROM flags ORDER BY name;

-- name: set_flag
-- Sets a flag.
INSERT INTO flags (name, value, at, by) VALUES (:name, :value, :now, :by)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at, by = excluded.by;

-- name: clear_flag
-- Removes a flag.
DELETE FROM flags WHERE name = :name;

-- name: breakers
-- All saved circuit breakers.
SELECT name, state, at FROM breakers ORDER BY name;

-- name: save_breaker
-- Saves a circuit breaker.
INSERT INTO breakers (name, state, at) VALUES (:name, :state, :now)
ON CONFLICT (name) DO UPDATE SET state = excluded.state, at = excluded.at;

-- name: meta
-- A fact about the file.
SELECT value FROM meta WHERE name = :name;

-- name: set_meta
-- Notes a fact about the file.
INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
