-- What Synerise knows the item by that a line is about; of a chunk the ids of its entities.
ALTER TABLE log ADD COLUMN key TEXT;

-- Keys that items were sent under before: whoever asks for one is told what became of it. They go with the log.
CREATE TABLE former_keys (
    model TEXT NOT NULL,
    entity_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    wire_key TEXT NOT NULL,
    until INTEGER NOT NULL,
    removed INTEGER NOT NULL CHECK (removed IN (0, 1)), -- 1: its removal was sent
    PRIMARY KEY (model, entity_id, store_id, workspace, wire_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX former_keys_key ON former_keys (lower(wire_key));

CREATE INDEX former_keys_until ON former_keys (until);

-- How many items of a stream were a forgotten person's: numbers add up although nothing else is known of them.
CREATE TABLE forgotten_items (
    person INTEGER NOT NULL,
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (person, model, store_id)
) STRICT, WITHOUT ROWID;

-- Since when a letter's item is tried again: it counts as dead no more, and keeps its number should it fail again.
ALTER TABLE dead_letters ADD COLUMN retried_at INTEGER;
