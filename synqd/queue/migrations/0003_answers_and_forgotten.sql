-- HTTP status that Synerise answered when the item was last sent; NULL where an older synqd sent it.
ALTER TABLE ledger ADD COLUMN status INTEGER;

-- Salted hashes by which forgotten persons are known again (S20); one person has several.
CREATE TABLE forgotten (
    hash BLOB NOT NULL PRIMARY KEY,
    person INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX forgotten_person ON forgotten (person);
