-- Sums that are kept by triggers: rare writes, and adding them up would read every row.
CREATE TABLE totals (
    name TEXT NOT NULL PRIMARY KEY,
    n INTEGER NOT NULL CHECK (n >= 0)
) STRICT, WITHOUT ROWID;

INSERT INTO totals (name, n)
SELECT 'payload bytes', coalesce(sum(length(CAST(payload AS BLOB))), 0) FROM dead_letters;

CREATE TRIGGER dead_letters_inserted AFTER INSERT ON dead_letters WHEN NEW.payload IS NOT NULL BEGIN
    UPDATE totals SET n = n + length(CAST(NEW.payload AS BLOB)) WHERE name = 'payload bytes';
END;

CREATE TRIGGER dead_letters_updated AFTER UPDATE OF payload ON dead_letters BEGIN
    UPDATE totals SET n = n + coalesce(length(CAST(NEW.payload AS BLOB)), 0) - coalesce(length(CAST(OLD.payload AS BLOB)), 0)
    WHERE name = 'payload bytes';
END;

CREATE TRIGGER dead_letters_deleted AFTER DELETE ON dead_letters WHEN OLD.payload IS NOT NULL BEGIN
    UPDATE totals SET n = n - length(CAST(OLD.payload AS BLOB)) WHERE name = 'payload bytes';
END;

-- The letters that hold a payload, the oldest first.
CREATE INDEX dead_letters_payload ON dead_letters (buried_at) WHERE payload IS NOT NULL;
