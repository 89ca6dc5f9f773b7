-- Hash of the address that an order brought a guest's names for (S30); NULL for none, and where an older synqd sent it.
ALTER TABLE ledger ADD COLUMN guest TEXT;

-- Which order was the newest one to do so.
CREATE INDEX ledger_guest ON ledger (workspace, guest) WHERE guest IS NOT NULL;

-- Who was sent last by an address; the case of A to Z makes no other one (S33).
CREATE INDEX ledger_address ON ledger (workspace, lower(wire_key)) WHERE model IN ('customer', 'subscriber');
