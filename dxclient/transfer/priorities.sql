-- Version 2: order, questions and answers, digests, sums that need no counting.
ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN choices TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN answer TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN resent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN parts_total INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN parts_done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN files_sent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN bytes_sent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sent ADD COLUMN md5 TEXT NOT NULL DEFAULT '';
ALTER TABLE sent ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
UPDATE job SET
    parts_total = (SELECT count(*) FROM part WHERE part.job = job.id),
    parts_done = (SELECT count(*) FROM part WHERE part.job = job.id
        AND part.state IN ('accepted', 'nothing to send')),
    files_sent = (SELECT coalesce(sum(files), 0) FROM part WHERE part.job = job.id
        AND part.state IN ('accepted', 'nothing to send')),
    bytes_sent = (SELECT coalesce(sum(size), 0) FROM part WHERE part.job = job.id
        AND part.state IN ('accepted', 'nothing to send'));
CREATE TRIGGER part_added AFTER INSERT ON part
BEGIN
    UPDATE job SET parts_total = parts_total + 1 WHERE id = NEW.job;
END;
CREATE TRIGGER part_done AFTER UPDATE OF state ON part
WHEN NEW.state IN ('accepted', 'nothing to send')
    AND OLD.state NOT IN ('accepted', 'nothing to send')
BEGIN
    UPDATE job SET parts_done = parts_done + 1, files_sent = files_sent + NEW.files,
        bytes_sent = bytes_sent + NEW.size WHERE id = NEW.job;
END;
CREATE TRIGGER part_undone AFTER UPDATE OF state ON part
WHEN OLD.state IN ('accepted', 'nothing to send')
    AND NEW.state NOT IN ('accepted', 'nothing to send')
BEGIN
    UPDATE job SET parts_done = parts_done - 1, files_sent = files_sent - OLD.files,
        bytes_sent = bytes_sent - OLD.size WHERE id = OLD.job;
END;
-- The order in which jobs are claimed; the index holds only what may be.
DROP INDEX job_by_state;
CREATE INDEX job_by_state ON job (state, priority DESC, seq);
