-- Version 3: that something may have reached the server, and what lay there before.
-- `there_before` is a JSON list of places in the prearchive; empty where nobody looked.
ALTER TABLE job ADD COLUMN send_begun INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN there_before TEXT NOT NULL DEFAULT '';
UPDATE job SET send_begun = 1
    WHERE prearchive_url <> '' OR attempts > 0 OR state NOT IN ('queued', 'paused');
