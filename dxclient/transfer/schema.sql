CREATE TABLE plan (
    digest TEXT PRIMARY KEY,
    json   TEXT NOT NULL
);
CREATE TABLE job (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    target         TEXT NOT NULL,
    server         TEXT NOT NULL,
    user           TEXT NOT NULL,
    project        TEXT NOT NULL,
    label          TEXT NOT NULL,
    study_uid      TEXT NOT NULL,
    plan           TEXT NOT NULL REFERENCES plan (digest),
    scans          TEXT NOT NULL,
    left_out       TEXT NOT NULL,
    findings       TEXT NOT NULL,
    date_check     TEXT NOT NULL,
    state          TEXT NOT NULL,
    sentence       TEXT NOT NULL DEFAULT '',
    details        TEXT NOT NULL DEFAULT '',
    files_total    INTEGER NOT NULL,
    bytes_total    INTEGER NOT NULL,
    prearchive_url TEXT NOT NULL DEFAULT '',
    server_url     TEXT NOT NULL DEFAULT '',
    sent_study     TEXT NOT NULL DEFAULT '',
    commit_begun   INTEGER NOT NULL DEFAULT 0,
    start_over     INTEGER NOT NULL DEFAULT 0,
    discard        INTEGER NOT NULL DEFAULT 0,
    attempts       INTEGER NOT NULL DEFAULT 0,
    next_try       REAL NOT NULL DEFAULT 0,
    created        REAL NOT NULL,
    finished       REAL NOT NULL DEFAULT 0,
    owner          TEXT NOT NULL DEFAULT '',
    lease_until    REAL NOT NULL DEFAULT 0
);
CREATE INDEX job_by_label ON job (server, project, label);
CREATE INDEX job_by_state ON job (state, next_try);
CREATE TABLE part (
    job         TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    state       TEXT NOT NULL,
    files       INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    sha256      TEXT NOT NULL DEFAULT '',
    body_size   INTEGER NOT NULL DEFAULT 0,
    sent_files  INTEGER NOT NULL DEFAULT 0,
    left_out    TEXT NOT NULL DEFAULT '[]',
    owner       TEXT NOT NULL DEFAULT '',
    lease_until REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;
-- What a part holds of each scan: no paths, so it may stay when those are forgotten.
CREATE TABLE share (
    job    TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    part   INTEGER NOT NULL,
    series TEXT NOT NULL,
    files  INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    PRIMARY KEY (job, part, series)
) WITHOUT ROWID;
CREATE TABLE file (
    job         TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    part        INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    path        TEXT NOT NULL,
    size        INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    series      TEXT NOT NULL,
    sop         TEXT NOT NULL,
    PRIMARY KEY (job, part, position)
) WITHOUT ROWID;
CREATE TABLE sent (
    job   TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    part  INTEGER NOT NULL,
    scan  TEXT NOT NULL,
    sop   TEXT NOT NULL,
    size  INTEGER NOT NULL,
    PRIMARY KEY (job, sop)
) WITHOUT ROWID;
CREATE TABLE receipt (
    job  TEXT PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
    json TEXT NOT NULL
);
