-- name: names_of
-- The field names that a number stands for. 1 number
SELECT names FROM field_sets WHERE id = ?1;

-- name: fingerprint_of
-- The settings fingerprint that a number stands for. 1 number
SELECT value FROM fingerprints WHERE id = ?1;
