-- What is being sent just now: one row for a request, written before it leaves and removed by the transaction that
-- settles it (S24). Those that a process left behind are in doubt.
CREATE TABLE notes (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    at INTEGER NOT NULL,
    what BLOB NOT NULL -- JSON: its entities, and only what the ledger does not know of them
) STRICT;

-- Hash of the client and the time that an event was sent with (S25); NULL for what is no event, and where an older
-- synqd sent it.
ALTER TABLE ledger ADD COLUMN event BLOB;

-- When the consent that was sent was given, or withdrawn (S26); NULL where an older synqd sent it.
ALTER TABLE ledger ADD COLUMN agreed_at INTEGER;

ALTER TABLE ledger ADD COLUMN withdrawn_at INTEGER;

-- Not NULL: nobody knows what arrived last (S24). A JSON list of the keys that may be alive besides the wire key.
ALTER TABLE ledger ADD COLUMN doubt TEXT CHECK (doubt IS NULL OR alive = 0);

-- Withdrawals that were sent, by address: rows that are gone keep their say.
CREATE INDEX ledger_withdrawn ON ledger (workspace, lower(wire_key)) WHERE withdrawn_at IS NOT NULL;

-- When the entity was deleted, by its row in the change log: the time that its deletion is sent with.
ALTER TABLE outbox ADD COLUMN deleted_at INTEGER;

ALTER TABLE dead_letters ADD COLUMN deleted_at INTEGER;
