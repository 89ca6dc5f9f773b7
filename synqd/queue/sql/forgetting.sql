-- name: acquainted
-- Keys of people: of what was sent, waits or is dead, by address (:emails, lower case), by customer (:customers) or
-- by subscriber (:subscribers). lower() knows A to Z only, as S33 wants it.
-- A walk over everything, since the index tells letters of different case apart; forgetting is rare.
SELECT model, entity_id, key FROM (
    SELECT model, entity_id, wire_key AS key FROM ledger
    UNION ALL SELECT l.model, l.entity_id, d.value FROM ledger AS l CROSS JOIN json_each(l.doubt) AS d
    UNION ALL SELECT model, entity_id, hint FROM outbox WHERE hint IS NOT NULL
    UNION ALL SELECT model, entity_id, wire_key FROM dead_letters
)
WHERE model IN ('customer', 'subscriber') AND (
    lower(key) IN (SELECT value FROM json_each(:emails))
    OR (model = 'customer' AND entity_id IN (SELECT value FROM json_each(:customers)))
    OR (model = 'subscriber' AND entity_id IN (SELECT value FROM json_each(:subscribers)))
)
-- Keys of before only by who had them: whose such an address is now nobody says.
UNION ALL SELECT 'customer', f.entity_id, f.wire_key
FROM json_each(:customers) AS j CROSS JOIN former_keys AS f ON f.model = 'customer' AND f.entity_id = j.value
UNION ALL SELECT 'subscriber', f.entity_id, f.wire_key
FROM json_each(:subscribers) AS j CROSS JOIN former_keys AS f ON f.model = 'subscriber' AND f.entity_id = j.value;
