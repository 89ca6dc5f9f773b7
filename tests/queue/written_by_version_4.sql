-- What a synqd with schema version 4 left when it was killed: sent, waiting, in flight, skipped and dead items.
BEGIN TRANSACTION;
CREATE TABLE batch_ids (
    job_id INTEGER NOT NULL,
    entity_id INTEGER NOT NULL CHECK (entity_id > 0),
    PRIMARY KEY (job_id, entity_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE batch_keys (
    job_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (job_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE breakers (
    name TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (json_valid(state)),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE counters (
    kind TEXT NOT NULL CHECK (kind IN ('depth', 'alive', 'dead')),
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    lane INTEGER NOT NULL, -- 0 except for 'depth'
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (kind, model, store_id, lane)
) STRICT, WITHOUT ROWID;
INSERT INTO "counters" VALUES('alive','order',1,0,1);
INSERT INTO "counters" VALUES('alive','product',1,0,1);
INSERT INTO "counters" VALUES('alive','subscriber',1,0,2);
INSERT INTO "counters" VALUES('dead','order',1,0,0);
INSERT INTO "counters" VALUES('dead','product',1,0,1);
INSERT INTO "counters" VALUES('dead','subscriber',1,0,0);
INSERT INTO "counters" VALUES('depth','order',1,0,0);
INSERT INTO "counters" VALUES('depth','product',1,0,2);
INSERT INTO "counters" VALUES('depth','subscriber',1,0,0);
CREATE TABLE cursors (
    source TEXT NOT NULL PRIMARY KEY,
    high INTEGER NOT NULL CHECK (high >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO "cursors" VALUES('synqd_product_cl',3);
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
INSERT INTO "dead_letters" VALUES(1,'product',1,4,'main','sku4','refused','no such thing',400,'{}',NULL,1,0,NULL,1700000000000,1700000000000);
CREATE TABLE field_sets (
    id INTEGER PRIMARY KEY,
    names TEXT NOT NULL UNIQUE -- sorted, one a line
) STRICT;
INSERT INTO "field_sets" VALUES(1,'color
name');
INSERT INTO "field_sets" VALUES(2,'agreements.email
email
uuid');
INSERT INTO "field_sets" VALUES(3,'email
uuid');
INSERT INTO "field_sets" VALUES(4,'orderId');
CREATE TABLE fingerprints (
    id INTEGER PRIMARY KEY,
    value TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "fingerprints" VALUES(1,'settings');
CREATE TABLE flags (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE forgotten (
    hash BLOB NOT NULL PRIMARY KEY,
    person INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE gaps (
    source TEXT NOT NULL REFERENCES cursors (source) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (last >= first),
    since INTEGER NOT NULL,
    PRIMARY KEY (source, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE job_items (
    part_id INTEGER NOT NULL REFERENCES job_parts (id) ON DELETE CASCADE,
    entity_id INTEGER NOT NULL,
    PRIMARY KEY (part_id, entity_id)
) STRICT, WITHOUT ROWID;
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
    finished_at INTEGER, until INTEGER, withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
    UNIQUE (job_id, model, store_id),
    CHECK (selected = sent + unchanged + skipped + dead + dropped + open),
    CHECK (state <> 'finished' OR open = 0)
) STRICT;
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- a number that people have seen is never given again
    kind TEXT NOT NULL CHECK (kind IN ('full', 'batch')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'finished', 'cancelled', 'replaced')),
    want INTEGER NOT NULL,
    origin TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER, given TEXT NOT NULL DEFAULT 'ids', unknown INTEGER NOT NULL DEFAULT 0 CHECK (unknown >= 0),
    CHECK ((finished_at IS NULL) = (state IN ('draft', 'running', 'paused')))
) STRICT;
CREATE TABLE last_sent (
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (model, store_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "last_sent" VALUES('order',1,1700000000000);
INSERT INTO "last_sent" VALUES('product',1,1700000000000);
INSERT INTO "last_sent" VALUES('subscriber',1,1700000000000);
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
    last_at INTEGER NOT NULL, status INTEGER,
    PRIMARY KEY (model, entity_id, store_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "ledger" VALUES('order',7,1,'main','000000007',4,X'64646464646464646464646464646464',1,1,1700000000000,1700000000000,202);
INSERT INTO "ledger" VALUES('product',1,1,'main','sku1',1,X'64646464646464646464646464646464',1,1,1700000000000,1700000000000,202);
INSERT INTO "ledger" VALUES('product',2,1,'main','sku2',1,X'64646464646464646464646464646464',1,0,1700000000000,1700000000000,202);
INSERT INTO "ledger" VALUES('subscriber',5,1,'main','s5@shop.example',2,X'64646464646464646464646464646464',1,1,1700000000000,1700000000000,202);
INSERT INTO "ledger" VALUES('subscriber',6,1,'main','s6@shop.example',3,X'64646464646464646464646464646464',1,1,1700000000000,1700000000000,202);
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
INSERT INTO "log" VALUES(1,1700000000000,'chunk',NULL,'product',1,4,'1 refused','{"dead": 1}');
INSERT INTO "log" VALUES(2,1700000000000,'item.dead',NULL,'product',1,4,'refused: no such thing','{"status": 400}');
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('closed','no');
CREATE TABLE "outbox" (
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
INSERT INTO "outbox" VALUES(1,'product',1,1,0,1,0,0,1,1700000000000,1700000000000,NULL);
INSERT INTO "outbox" VALUES(2,'product',1,3,0,1,0,0,1,1700000000000,1700000000000,NULL);
CREATE TABLE part_reasons (
    part_id INTEGER NOT NULL REFERENCES job_parts (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (part_id, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE settings_counts (
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    fingerprint_id INTEGER NOT NULL REFERENCES fingerprints (id),
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (model, store_id, fingerprint_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "settings_counts" VALUES('order',1,1,1);
INSERT INTO "settings_counts" VALUES('product',1,1,1);
INSERT INTO "settings_counts" VALUES('subscriber',1,1,2);
CREATE TABLE skips (
    model TEXT NOT NULL,
    entity_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    at INTEGER NOT NULL,
    PRIMARY KEY (model, entity_id, store_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE unknown_keys (
    job_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (job_id, key)
) STRICT, WITHOUT ROWID;
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
CREATE INDEX ledger_wire_key ON ledger (workspace, model, wire_key);
CREATE UNIQUE INDEX dead_letters_key ON dead_letters (model, entity_id, store_id);
CREATE INDEX jobs_unfinished ON jobs (id) WHERE finished_at IS NULL;
CREATE INDEX job_parts_open ON job_parts (model, store_id) WHERE open > 0;
CREATE INDEX job_parts_unfinished ON job_parts (model, store_id) WHERE state IN ('paging', 'draining');
CREATE INDEX log_job ON log (job_id, id) WHERE job_id IS NOT NULL;
CREATE INDEX log_entity ON log (model, entity_id, id) WHERE entity_id IS NOT NULL;
CREATE INDEX dead_letters_wire_key ON dead_letters (wire_key);
CREATE INDEX forgotten_person ON forgotten (person);
CREATE UNIQUE INDEX outbox_key ON outbox (model, entity_id, store_id);
CREATE INDEX outbox_ready ON outbox (model, store_id, lane, due_at);
CREATE INDEX outbox_delayed ON outbox (model, store_id, lane, first_at) WHERE due_at - first_at > 5000;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('dead_letters',1);
INSERT INTO "sqlite_sequence" VALUES('log',2);
COMMIT;
PRAGMA user_version = 4;
PRAGMA application_id = 1398361681;
