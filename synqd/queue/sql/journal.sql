-- name: append
-- One line. 1 now, 2 event, 3 job, 4 model, 5 store view, 6 entity, 7 text, 8 facts, 9 key
INSERT INTO log (at, event, job_id, model, store_id, entity_id, text, facts, key)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: trim
-- All but the newest lines go. 1 how many stay
DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - ?1;

-- name: prune
-- Old lines, which are the first ones. 1 before, 2 limit
DELETE FROM log WHERE id IN (SELECT id FROM log ORDER BY id LIMIT ?2) AND at < ?1;

-- name: newest
-- The newest lines before a number, filtered; NULL does not restrict.
SELECT id, at, event, job_id, model, store_id, entity_id, text, facts, key FROM log
WHERE id < :number
    AND (:job_id IS NULL OR job_id = :job_id)
    AND (:model IS NULL OR model = :model)
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (:since IS NULL OR at >= :since)
    AND (:told IS NULL OR event <> :told)
    AND (:events IS NULL OR event IN (SELECT m.value FROM json_each(:events) AS m))
    AND (:failed IS NULL OR event IN ('item.dead', 'item.failed', 'chunk.postponed') OR facts ->> 'dead' > 0)
    AND (:search IS NULL OR instr(lower(text), lower(:search)) OR instr(lower(key), lower(:search)))
ORDER BY id DESC LIMIT :limit;

-- name: after
-- Lines after a number, filtered; NULL does not restrict.
SELECT id, at, event, job_id, model, store_id, entity_id, text, facts, key FROM log
WHERE id > :number
    AND (:job_id IS NULL OR job_id = :job_id)
    AND (:model IS NULL OR model = :model)
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (:since IS NULL OR at >= :since)
    AND (:told IS NULL OR event <> :told)
    AND (:events IS NULL OR event IN (SELECT m.value FROM json_each(:events) AS m))
    AND (:failed IS NULL OR event IN ('item.dead', 'item.failed', 'chunk.postponed') OR facts ->> 'dead' > 0)
    AND (:search IS NULL OR instr(lower(text), lower(:search)) OR instr(lower(key), lower(:search)))
ORDER BY id LIMIT :limit;

-- name: newest_of_job
-- The newest lines of one job before a number.
SELECT id, at, event, job_id, model, store_id, entity_id, text, facts, key FROM log INDEXED BY log_job
WHERE job_id = :job_id AND id < :number
    AND (:model IS NULL OR model = :model)
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (:since IS NULL OR at >= :since)
    AND (:told IS NULL OR event <> :told)
    AND (:events IS NULL OR event IN (SELECT m.value FROM json_each(:events) AS m))
    AND (:failed IS NULL OR event IN ('item.dead', 'item.failed', 'chunk.postponed') OR facts ->> 'dead' > 0)
    AND (:search IS NULL OR instr(lower(text), lower(:search)) OR instr(lower(key), lower(:search)))
ORDER BY id DESC LIMIT :limit;

-- name: after_of_job
-- Lines of one job after a number.
SELECT id, at, event, job_id, model, store_id, entity_id, text, facts, key FROM log INDEXED BY log_job
WHERE job_id = :job_id AND id > :number
    AND (:model IS NULL OR model = :model)
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (:since IS NULL OR at >= :since)
    AND (:told IS NULL OR event <> :told)
    AND (:events IS NULL OR event IN (SELECT m.value FROM json_each(:events) AS m))
    AND (:failed IS NULL OR event IN ('item.dead', 'item.failed', 'chunk.postponed') OR facts ->> 'dead' > 0)
    AND (:search IS NULL OR instr(lower(text), lower(:search)) OR instr(lower(key), lower(:search)))
ORDER BY id LIMIT :limit;

-- name: newest_of_entities
-- The newest lines of some entities before a number; :entities is a JSON list of (model, entity id).
SELECT l.id, l.at, l.event, l.job_id, l.model, l.store_id, l.entity_id, l.text, l.facts, l.key
FROM json_each(:entities) AS j
CROSS JOIN log AS l INDEXED BY log_entity
    ON l.model = j.value ->> 0 AND l.entity_id = j.value ->> 1 AND l.id < :number
WHERE (:job_id IS NULL OR l.job_id = :job_id)
    AND (:store_id IS NULL OR l.store_id = :store_id)
    AND (:model IS NULL OR l.model = :model)
    AND (:since IS NULL OR l.at >= :since)
    AND (:told IS NULL OR l.event <> :told)
    AND (:events IS NULL OR l.event IN (SELECT m.value FROM json_each(:events) AS m))
    AND (:failed IS NULL OR l.event IN ('item.dead', 'item.failed', 'chunk.postponed') OR l.facts ->> 'dead' > 0)
    AND (:search IS NULL OR instr(lower(l.text), lower(:search)) OR instr(lower(l.key), lower(:search)))
ORDER BY l.id DESC LIMIT :limit;

-- name: after_of_entities
-- Lines of some entities after a number.
SELECT l.id, l.at, l.event, l.job_id, l.model, l.store_id, l.entity_id, l.text, l.facts, l.key
FROM json_each(:entities) AS j
CROSS JOIN log AS l INDEXED BY log_entity
    ON l.model = j.value ->> 0 AND l.entity_id = j.value ->> 1 AND l.id > :number
WHERE (:job_id IS NULL OR l.job_id = :job_id)
    AND (:store_id IS NULL OR l.store_id = :store_id)
    AND (:model IS NULL OR l.model = :model)
    AND (:since IS NULL OR l.at >= :since)
    AND (:told IS NULL OR l.event <> :told)
    AND (:events IS NULL OR l.event IN (SELECT m.value FROM json_each(:events) AS m))
    AND (:failed IS NULL OR l.event IN ('item.dead', 'item.failed', 'chunk.postponed') OR l.facts ->> 'dead' > 0)
    AND (:search IS NULL OR instr(lower(l.text), lower(:search)) OR instr(lower(l.key), lower(:search)))
ORDER BY l.id LIMIT :limit;
