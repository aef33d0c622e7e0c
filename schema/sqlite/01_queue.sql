-- The queue: the five tables of TheSchwartz, and the list of the steps applied.
-- Over existing tables nothing is changed. Stock Helios has a second index on
-- job (funcid, uniqkey), which repeats the UNIQUE one; it is not made here.

CREATE TABLE IF NOT EXISTS funcmap (
    funcid INTEGER PRIMARY KEY AUTOINCREMENT,
    funcname VARCHAR(255) NOT NULL,
    UNIQUE (funcname)
);

CREATE TABLE IF NOT EXISTS job (
    jobid INTEGER PRIMARY KEY AUTOINCREMENT,
    funcid INTEGER NOT NULL,
    arg BLOB,
    uniqkey VARCHAR(255),
    insert_time INTEGER,
    run_after INTEGER NOT NULL,
    grabbed_until INTEGER NOT NULL,
    priority INTEGER,
    coalesce VARCHAR(255),
    UNIQUE (funcid, uniqkey)
);

CREATE TABLE IF NOT EXISTS note (
    jobid INTEGER NOT NULL,
    notekey VARCHAR(255) NOT NULL,
    value BLOB,
    PRIMARY KEY (jobid, notekey)
);

CREATE TABLE IF NOT EXISTS error (
    error_time INTEGER NOT NULL,
    jobid INTEGER NOT NULL,
    message VARCHAR(255) NOT NULL,
    funcid INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS exitstatus (
    jobid INTEGER PRIMARY KEY NOT NULL,
    funcid INTEGER NOT NULL DEFAULT 0,
    status INTEGER,
    completion_time INTEGER,
    delete_after INTEGER
);

CREATE TABLE IF NOT EXISTS helios_schema_tb (
    version INTEGER PRIMARY KEY NOT NULL,
    name VARCHAR(64) NOT NULL,
    applied_time INTEGER NOT NULL
);

-- unless index job (funcid, run_after)
CREATE INDEX IF NOT EXISTS helios_job_run_after ON job (funcid, run_after);

-- unless index job (funcid, coalesce)
CREATE INDEX IF NOT EXISTS helios_job_coalesce ON job (funcid, coalesce);

-- unless index error (funcid, error_time)
CREATE INDEX IF NOT EXISTS helios_error_funcid ON error (funcid, error_time);

-- unless index error (error_time)
CREATE INDEX IF NOT EXISTS helios_error_time ON error (error_time);

-- unless index error (jobid)
CREATE INDEX IF NOT EXISTS helios_error_jobid ON error (jobid);

-- unless index exitstatus (funcid)
CREATE INDEX IF NOT EXISTS helios_exitstatus_funcid ON exitstatus (funcid);

-- unless index exitstatus (delete_after)
CREATE INDEX IF NOT EXISTS helios_exitstatus_delete_after ON exitstatus (delete_after);
