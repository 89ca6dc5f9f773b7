-- name: save
-- Moves a cursor.
INSERT INTO cursors (source, high, mark) VALUES (:source, :high, :mark)
ON CONFLICT (source) DO UPDATE SET high = excluded.high, mark = excluded.mark;

-- name: find
-- How far one source was read.
SELECT high, mark FROM cursors WHERE source = :source;

-- name: sources
-- All sources that were ever read.
SELECT source FROM cursors ORDER BY source;

-- name: gaps
-- Version ids below the cursor that are still missing.
SELECT first, last, since FROM gaps WHERE source = :source ORDER BY first;

-- name: drop_gap
-- A gap that was filled, given up or is described anew.
DELETE FROM gaps WHERE source = :source AND first = :first;

-- name: add_gap
-- A gap that was seen.
INSERT INTO gaps (source, first, last, since) VALUES (:source, :first, :last, :since);
