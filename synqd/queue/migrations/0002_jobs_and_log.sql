-- How far a full part goes: the highest id there was when it began; a restart must not move it.
ALTER TABLE job_parts ADD COLUMN until INTEGER;

-- 1: the job was resumed, and rows that its pause took off the outbox come back page by page.
ALTER TABLE job_parts ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));

-- What a batch was given: "ids", "skus" and the like. Keys that name nothing are counted in "unknown".
ALTER TABLE jobs ADD COLUMN given TEXT NOT NULL DEFAULT 'ids';

ALTER TABLE jobs ADD COLUMN unknown INTEGER NOT NULL DEFAULT 0 CHECK (unknown >= 0);

-- Keys of batches that Magento could not be asked about yet. No foreign key: they come and go in pages.
CREATE TABLE batch_keys (
    job_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (job_id, key)
) STRICT, WITHOUT ROWID;

-- Keys of batches that name nothing; once counted, only the first hundred of a job are kept.
CREATE TABLE unknown_keys (
    job_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (job_id, key)
) STRICT, WITHOUT ROWID;

-- How many living items were last sent with which settings.
CREATE TABLE settings_counts (
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    fingerprint_id INTEGER NOT NULL REFERENCES fingerprints (id),
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (model, store_id, fingerprint_id)
) STRICT, WITHOUT ROWID;

INSERT INTO settings_counts (model, store_id, fingerprint_id, n)
SELECT model, store_id, fingerprint_id, count(*) FROM ledger WHERE alive = 1 GROUP BY 1, 2, 3;

-- The synchronization log: jobs, chunks and exceptions. A ring: the oldest lines go when there are too many.
CREATE TABLE log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- lines are followed by number
    at INTEGER NOT NULL,
    event TEXT NOT NULL CHECK (event <> ''),
    job_id INTEGER,
    model TEXT,
    store_id INTEGER,
    entity_id INTEGER,
    text TEXT NOT NULL, -- who or why, for people
    facts TEXT NOT NULL CHECK (json_valid(facts)) -- numbers by name
) STRICT;

CREATE INDEX log_job ON log (job_id, id) WHERE job_id IS NOT NULL;

CREATE INDEX log_entity ON log (model, entity_id, id) WHERE entity_id IS NOT NULL;

CREATE INDEX dead_letters_wire_key ON dead_letters (wire_key);

-- Comparisons of Magento with the ledger.
CREATE TABLE verifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- a number that people have seen is never given again
    state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'cancelled')),
    origin TEXT NOT NULL,
    repair INTEGER NOT NULL CHECK (repair IN (0, 1)),
    remote INTEGER NOT NULL CHECK (remote >= 0), -- items to read back from Synerise, for each part
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK ((finished_at IS NULL) = (state = 'running'))
) STRICT;

-- One model and store view of a comparison.
CREATE TABLE verification_parts (
    id INTEGER PRIMARY KEY,
    verification_id INTEGER NOT NULL REFERENCES verifications (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL CHECK (store_id > 0),
    position INTEGER NOT NULL DEFAULT 0,
    until INTEGER, -- high-water mark in Magento; known once begun
    total INTEGER,
    done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    figures TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(figures)), -- numbers by name
    samples TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(samples)), -- the first findings of each kind
    UNIQUE (verification_id, model, store_id)
) STRICT;
