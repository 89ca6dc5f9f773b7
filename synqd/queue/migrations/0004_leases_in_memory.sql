-- Leases moved into memory (sql/leases.sql): no process outlives its own, and none reads those of another. Without
-- their columns a lease writes nothing into the file, and a settlement touches one index less.
CREATE TABLE outbox_new (
    id INTEGER PRIMARY KEY, -- order of arrival
    model TEXT NOT NULL CHECK (model <> ''),
    store_id INTEGER NOT NULL CHECK (store_id > 0),
    entity_id INTEGER NOT NULL CHECK (entity_id > 0),
    lane INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 2),
    revision INTEGER NOT NULL DEFAULT 1 CHECK (revision > 0), -- grows with each wish (Q4)
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0), -- failures that were the item's own (Q6)
    want INTEGER NOT NULL CHECK (want >= 0),
    standing INTEGER NOT NULL CHECK (standing IN (0, 1)), -- 1: wanted by more than jobs (S18)
    first_at INTEGER NOT NULL, -- oldest wish that is not in flight
    due_at INTEGER NOT NULL,
    hint TEXT
) STRICT;

INSERT INTO outbox_new
SELECT id, model, store_id, entity_id, lane, revision, attempts, want, standing, first_at, due_at, hint FROM outbox;

DROP TABLE outbox;

ALTER TABLE outbox_new RENAME TO outbox;

-- Entity before store view: intake asks in which store views an entity waits.
CREATE UNIQUE INDEX outbox_key ON outbox (model, entity_id, store_id);

-- Rows that are due at the same time stand in the order of their ids, as SQLite ends each entry with the row id.
CREATE INDEX outbox_ready ON outbox (model, store_id, lane, due_at);

-- The few rows that were put off: with it the age of the oldest row is known without looking at all.
CREATE INDEX outbox_delayed ON outbox (model, store_id, lane, first_at) WHERE due_at - first_at > 5000;
