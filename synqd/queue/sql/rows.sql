-- name: names_of
-- The field names that numbers stand for, as one JSON list. 1 JSON list of numbers
SELECT json_group_array(json_array(id, names)) FROM field_sets WHERE id IN (SELECT j.value FROM json_each(?1) AS j);

-- name: fingerprints_of
-- The settings fingerprints that numbers stand for, as one JSON list. 1 JSON list of numbers
SELECT json_group_array(json_array(id, value)) FROM fingerprints
WHERE id IN (SELECT j.value FROM json_each(?1) AS j);
