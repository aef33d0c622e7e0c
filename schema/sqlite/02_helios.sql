-- The tables that Helios 2.x adds to the queue.

CREATE TABLE IF NOT EXISTS helios_params_tb (
    host VARCHAR(64),
    worker_class VARCHAR(64),
    param VARCHAR(64),
    value VARCHAR(128)
);

CREATE TABLE IF NOT EXISTS helios_class_map (
    job_type VARCHAR(32),
    job_class VARCHAR(64)
);

CREATE TABLE IF NOT EXISTS helios_job_history_tb (
    jobid INTEGER NOT NULL,
    funcid INTEGER NOT NULL,
    arg BLOB,
    uniqkey VARCHAR(255),
    insert_time INTEGER,
    run_after INTEGER NOT NULL,
    grabbed_until INTEGER NOT NULL,
    priority INTEGER,
    coalesce VARCHAR(255),
    complete_time INTEGER NOT NULL,
    exitstatus INTEGER
);

CREATE TABLE IF NOT EXISTS helios_log_tb (
    log_time INTEGER NOT NULL,
    host VARCHAR(64),
    process_id INTEGER,
    jobid INTEGER,
    funcid INTEGER,
    job_class VARCHAR(64),
    priority VARCHAR(20),
    message BLOB
);

CREATE TABLE IF NOT EXISTS helios_worker_registry_tb (
    register_time INTEGER NOT NULL,
    start_time INTEGER,
    worker_class VARCHAR(64),
    worker_version VARCHAR(10),
    host VARCHAR(64),
    process_id INTEGER
);

-- unless index helios_job_history_tb (jobid)
CREATE INDEX IF NOT EXISTS helios_history_jobid ON helios_job_history_tb (jobid);

-- unless index helios_log_tb (log_time)
CREATE INDEX IF NOT EXISTS helios_log_time ON helios_log_tb (log_time);
