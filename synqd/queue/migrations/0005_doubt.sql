-- Kept for the notes of requests under way.
SELECT 1;
