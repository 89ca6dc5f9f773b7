-- name: record
-- What was last sent for an item that is no event and no consent (Q9). The first time stays; everything else is the
-- newest.
-- 1 model, 2 entity, 3 store view, 4 workspace, 5 wire key, 6 field set, 7 digest, 8 fingerprint, 9 alive,
-- 10 first time, 11 last time, 12 HTTP status
INSERT INTO ledger (model, entity_id, store_id, workspace, wire_key, field_set_id, digest, fingerprint_id,
    alive, first_at, last_at, status)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT (model, entity_id, store_id) DO UPDATE SET
    workspace = excluded.workspace,
    wire_key = excluded.wire_key,
    field_set_id = excluded.field_set_id,
    digest = excluded.digest,
    fingerprint_id = excluded.fingerprint_id,
    alive = excluded.alive,
    first_at = min(first_at, excluded.first_at),
    last_at = excluded.last_at,
    status = excluded.status,
    event = NULL,
    agreed_at = NULL,
    withdrawn_at = NULL,
    doubt = NULL,
    guest = NULL;

-- name: refresh
-- The same for an item that was sent before under the same key to the same workspace: the index of keys is left
-- alone, whose pages lie far apart. Parameters as for record.
INSERT INTO ledger (model, entity_id, store_id, workspace, wire_key, field_set_id, digest, fingerprint_id,
    alive, first_at, last_at, status)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT (model, entity_id, store_id) DO UPDATE SET
    field_set_id = excluded.field_set_id,
    digest = excluded.digest,
    fingerprint_id = excluded.fingerprint_id,
    alive = excluded.alive,
    first_at = min(first_at, excluded.first_at),
    last_at = excluded.last_at,
    status = excluded.status,
    event = NULL,
    agreed_at = NULL,
    withdrawn_at = NULL,
    doubt = NULL,
    guest = NULL;

-- name: record_all
-- The same with what is remembered of events, consent, doubt and guests.
-- 1 model, 2 entity, 3 store view, 4 workspace, 5 wire key, 6 field set, 7 digest, 8 fingerprint, 9 alive,
-- 10 first time, 11 last time, 12 HTTP status, 13 event, 14 agreed at, 15 withdrawn at, 16 doubt, 17 guest
INSERT INTO ledger (model, entity_id, store_id, workspace, wire_key, field_set_id, digest, fingerprint_id,
    alive, first_at, last_at, status, event, agreed_at, withdrawn_at, doubt, guest)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
ON CONFLICT (model, entity_id, store_id) DO UPDATE SET
    workspace = excluded.workspace,
    wire_key = excluded.wire_key,
    field_set_id = excluded.field_set_id,
    digest = excluded.digest,
    fingerprint_id = excluded.fingerprint_id,
    alive = excluded.alive,
    first_at = min(first_at, excluded.first_at),
    last_at = excluded.last_at,
    status = excluded.status,
    event = excluded.event,
    agreed_at = excluded.agreed_at,
    withdrawn_at = excluded.withdrawn_at,
    doubt = excluded.doubt,
    guest = excluded.guest;

-- name: refresh_all
-- The same with what is remembered of events, consent, doubt and guests. Parameters as for record_all.
INSERT INTO ledger (model, entity_id, store_id, workspace, wire_key, field_set_id, digest, fingerprint_id,
    alive, first_at, last_at, status, event, agreed_at, withdrawn_at, doubt, guest)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
ON CONFLICT (model, entity_id, store_id) DO UPDATE SET
    field_set_id = excluded.field_set_id,
    digest = excluded.digest,
    fingerprint_id = excluded.fingerprint_id,
    alive = excluded.alive,
    first_at = min(first_at, excluded.first_at),
    last_at = excluded.last_at,
    status = excluded.status,
    event = excluded.event,
    agreed_at = excluded.agreed_at,
    withdrawn_at = excluded.withdrawn_at,
    doubt = excluded.doubt,
    guest = excluded.guest;

-- name: repeat
-- Items were sent again exactly as before. 1 model, 2 JSON list of entities, 3 store view,
-- 4 last time, 5 HTTP status
UPDATE ledger SET last_at = ?4, status = ?5
WHERE model = ?1 AND store_id = ?3 AND entity_id IN (SELECT j.value FROM json_each(?2) AS j);

-- name: confirm
-- Items are up to date under other settings than they were sent with.
-- 1 model, 2 JSON list of entities, 3 store view, 4 settings
UPDATE ledger SET fingerprint_id = ?4
WHERE model = ?1 AND store_id = ?3 AND entity_id IN (SELECT j.value FROM json_each(?2) AS j);

-- name: add_to_field_sets
-- A set of field names gets a number, once; returns it, also where it is there already (the list below misses
-- texts with U+0000, which older versions of SQLite cut there). 1 names
INSERT INTO field_sets (names) VALUES (?1) ON CONFLICT (names) DO UPDATE SET names = excluded.names RETURNING id;

-- name: field_sets
-- The numbers of sets of field names, as one JSON list. 1 JSON list of names
SELECT json_group_array(json_array(j.value, f.id))
FROM json_each(?1) AS j CROSS JOIN field_sets AS f ON f.names = j.value;

-- name: add_to_fingerprints
-- A settings fingerprint gets a number, once; returns it, also where it is there already. 1 fingerprint
INSERT INTO fingerprints (value) VALUES (?1) ON CONFLICT (value) DO UPDATE SET value = excluded.value RETURNING id;

-- name: fingerprints
-- The numbers of settings fingerprints, as one JSON list. 1 JSON list of fingerprints
SELECT json_group_array(json_array(j.value, f.id))
FROM json_each(?1) AS j CROSS JOIN fingerprints AS f ON f.value = j.value;

-- name: stamp
-- When the last ack of a stream was recorded. 1 model, 2 store view, 3 now
INSERT INTO last_sent (model, store_id, at) VALUES (?1, ?2, ?3)
ON CONFLICT (model, store_id) DO UPDATE SET at = excluded.at;

-- name: entry
-- The ledger entry of one item. 1 model, 2 entity, 3 store view
SELECT workspace, wire_key, field_set_id, hex(digest), fingerprint_id, alive, first_at, last_at, status,
    iif(coalesce(event, agreed_at, withdrawn_at, doubt, guest) IS NULL, NULL,
        json_array(hex(event), agreed_at, withdrawn_at, doubt, guest))
FROM ledger
WHERE model = ?1 AND entity_id = ?2 AND store_id = ?3;

-- name: page
-- A page of a model's ledger by (entity, store view). 1 model, 2 entity, 3 store view, 4 limit, 5 only this
-- store view or NULL
SELECT entity_id, store_id, workspace, wire_key, field_set_id, hex(digest), fingerprint_id, alive, first_at,
    last_at, status,
    iif(coalesce(event, agreed_at, withdrawn_at, doubt, guest) IS NULL, NULL,
        json_array(hex(event), agreed_at, withdrawn_at, doubt, guest))
FROM ledger
WHERE model = ?1 AND (entity_id, store_id) > (?2, ?3) AND (?5 IS NULL OR store_id = ?5)
ORDER BY entity_id, store_id
LIMIT ?4;

-- name: holding
-- Customers and subscribers that were sent last by one of these addresses.
-- 1 workspace, 2 JSON list of addresses, A to Z in lower case
SELECT l.model, l.entity_id, l.store_id, l.workspace, l.wire_key, l.field_set_id, hex(l.digest), l.fingerprint_id,
    l.alive, l.first_at, l.last_at, l.status,
    iif(coalesce(l.event, l.agreed_at, l.withdrawn_at, l.doubt, l.guest) IS NULL, NULL,
        json_array(hex(l.event), l.agreed_at, l.withdrawn_at, l.doubt, l.guest))
FROM json_each(?2) AS j
CROSS JOIN ledger AS l INDEXED BY ledger_address
    ON l.workspace = ?1 AND l.model IN ('customer', 'subscriber') AND lower(l.wire_key) = j.value;

-- name: step
-- Where the next page of a walk over a model's ledger ends. 1 model, 2 entity, 3 rows
SELECT entity_id FROM ledger WHERE model = ?1 AND entity_id > ?2 ORDER BY entity_id LIMIT 1 OFFSET ?3;

-- name: void
-- Forgets what was sent of a store view for a range of entities (S15).
-- 1 model, 2 store view, 3 after this entity, 4 up to this one
DELETE FROM ledger WHERE model = ?1 AND store_id = ?2 AND entity_id > ?3 AND entity_id <= ?4
RETURNING alive, fingerprint_id;

-- name: withdrawn
-- Withdrawals that were sent, or may have been, for some of these addresses in a workspace, as one JSON list;
-- the case of A to Z makes no other address. 1 workspace, 2 JSON list of addresses
SELECT json_group_array(json_array(j.value, l.withdrawn_at))
FROM json_each(?2) AS j
CROSS JOIN ledger AS l INDEXED BY ledger_withdrawn
    ON l.workspace = ?1 AND lower(l.wire_key) = lower(j.value) AND l.withdrawn_at IS NOT NULL;

-- name: newest_guests
-- Orders whose names were sent for some guests in a workspace, as one JSON list.
-- 1 workspace, 2 JSON list of what guests are known by
SELECT json_group_array(json_array(j.value, l.entity_id))
FROM json_each(?2) AS j
CROSS JOIN ledger AS l INDEXED BY ledger_guest ON l.workspace = ?1 AND l.guest = j.value;
