-- Facts about the file: installation and epoch (S3), whether it was closed in order.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Switches that an operator or the daemon set: pauses and the like.
CREATE TABLE flags (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Circuit breakers survive a restart; what the text means is their owner's matter.
CREATE TABLE breakers (
    name TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (json_valid(state)),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each change log was read; written with the wishes that came of it (Q1).
CREATE TABLE cursors (
    source TEXT NOT NULL PRIMARY KEY,
    high INTEGER NOT NULL CHECK (high >= 0)
) STRICT, WITHOUT ROWID;

-- Version ids below the cursor that were not there yet; ranges never overlap.
CREATE TABLE gaps (
    source TEXT NOT NULL REFERENCES cursors (source) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (last >= first),
    since INTEGER NOT NULL,
    PRIMARY KEY (source, first)
) STRICT, WITHOUT ROWID;

-- What waits or is being delivered: at most one row per item (Q2).
CREATE TABLE outbox (
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
    lease_token INTEGER,
    lease_until INTEGER,
    hint TEXT,
    CHECK ((lease_token IS NULL) = (lease_until IS NULL))
) STRICT;

-- Entity before store view: intake asks in which store views an entity waits.
CREATE UNIQUE INDEX outbox_key ON outbox (model, entity_id, store_id);

CREATE INDEX outbox_ready ON outbox (model, store_id, lane, due_at, id) WHERE lease_token IS NULL;

CREATE INDEX outbox_leased ON outbox (lease_until) WHERE lease_token IS NOT NULL;

-- The few rows that were put off: with it the age of the oldest row is known without looking at all.
CREATE INDEX outbox_delayed ON outbox (model, store_id, lane, first_at) WHERE due_at - first_at > 5000;

-- Exact numbers, kept by every transaction that changes them; counting rows is not flat. Triggers would keep
-- them, too, but cost a sixth of each upsert.
CREATE TABLE counters (
    kind TEXT NOT NULL CHECK (kind IN ('depth', 'alive', 'dead')),
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    lane INTEGER NOT NULL, -- 0 except for 'depth'
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (kind, model, store_id, lane)
) STRICT, WITHOUT ROWID;

-- Sets of field names and settings fingerprints are few and repeat in millions of ledger rows.
CREATE TABLE field_sets (
    id INTEGER PRIMARY KEY,
    names TEXT NOT NULL UNIQUE -- sorted, one a line
) STRICT;

CREATE TABLE fingerprints (
    id INTEGER PRIMARY KEY,
    value TEXT NOT NULL UNIQUE
) STRICT;

-- What was last sent (S6, Q9). Entity before store view for the same reason as in the outbox.
CREATE TABLE ledger (
    model TEXT NOT NULL,
    entity_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    wire_key TEXT NOT NULL,
    field_set_id INTEGER NOT NULL REFERENCES field_sets (id),
    digest BLOB NOT NULL,
    fingerprint_id INTEGER NOT NULL REFERENCES fingerprints (id),
    alive INTEGER NOT NULL CHECK (alive IN (0, 1)),
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (model, entity_id, store_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_wire_key ON ledger (workspace, model, wire_key);

-- When the last ack of a stream was recorded.
CREATE TABLE last_sent (
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (model, store_id)
) STRICT, WITHOUT ROWID;

-- Why an item was last skipped.
CREATE TABLE skips (
    model TEXT NOT NULL,
    entity_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    at INTEGER NOT NULL,
    PRIMARY KEY (model, entity_id, store_id)
) STRICT, WITHOUT ROWID;

-- What could not be delivered; the newest failure of an item stands for it.
CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- a number that people have seen is never given again
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    entity_id INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    wire_key TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    detail TEXT NOT NULL,
    status INTEGER,
    answer TEXT,
    payload TEXT,
    attempts INTEGER NOT NULL,
    want INTEGER NOT NULL,
    hint TEXT,
    first_at INTEGER NOT NULL,
    buried_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX dead_letters_key ON dead_letters (model, entity_id, store_id);

-- Full and batch jobs. A draft is a batch whose ids are still coming in: nobody sees it.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- a number that people have seen is never given again
    kind TEXT NOT NULL CHECK (kind IN ('full', 'batch')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'finished', 'cancelled', 'replaced')),
    want INTEGER NOT NULL,
    origin TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK ((finished_at IS NULL) = (state IN ('draft', 'running', 'paused')))
) STRICT;

CREATE INDEX jobs_unfinished ON jobs (id) WHERE finished_at IS NULL;

-- One model and store view of a job; its account always adds up (Q10).
CREATE TABLE job_parts (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL CHECK (store_id > 0),
    state TEXT NOT NULL DEFAULT 'paging'
        CHECK (state IN ('paging', 'draining', 'finished', 'cancelled', 'replaced')),
    position INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    selected INTEGER NOT NULL DEFAULT 0,
    sent INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL DEFAULT 0 CHECK (open >= 0),
    started_at INTEGER,
    finished_at INTEGER,
    UNIQUE (job_id, model, store_id),
    CHECK (selected = sent + unchanged + skipped + dead + dropped + open),
    CHECK (state <> 'finished' OR open = 0)
) STRICT;

CREATE INDEX job_parts_open ON job_parts (model, store_id) WHERE open > 0;

CREATE INDEX job_parts_unfinished ON job_parts (model, store_id) WHERE state IN ('paging', 'draining');

-- Selected items that have not been settled yet (S18).
CREATE TABLE job_items (
    part_id INTEGER NOT NULL REFERENCES job_parts (id) ON DELETE CASCADE,
    entity_id INTEGER NOT NULL,
    PRIMARY KEY (part_id, entity_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE part_reasons (
    part_id INTEGER NOT NULL REFERENCES job_parts (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (part_id, reason)
) STRICT, WITHOUT ROWID;

-- The id list of a batch job, shared by its parts. No foreign key: a million rows go in pages, later.
CREATE TABLE batch_ids (
    job_id INTEGER NOT NULL,
    entity_id INTEGER NOT NULL CHECK (entity_id > 0),
    PRIMARY KEY (job_id, entity_id)
) STRICT, WITHOUT ROWID;
