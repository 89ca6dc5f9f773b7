-- What the row says that a cursor stands on: another row in its place belongs to another log.
ALTER TABLE cursors ADD COLUMN mark TEXT NOT NULL DEFAULT '';

-- SKUs of source items by number: Magento's own log has nothing but the number, also of one that is gone.
CREATE TABLE source_items (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL
) STRICT;
