-- The tables that Helios 2.x adds to the queue.

CREATE TABLE IF NOT EXISTS helios_params_tb (
    host VARCHAR(64),
    worker_class VARCHAR(64),
    param VARCHAR(64),
    value VARCHAR(128)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS helios_class_map (
    job_type VARCHAR(32),
    job_class VARCHAR(64)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS helios_job_history_tb (
    jobid BIGINT UNSIGNED NOT NULL,
    funcid INT UNSIGNED NOT NULL,
    arg MEDIUMBLOB,
    uniqkey VARCHAR(255) NULL,
    insert_time INTEGER UNSIGNED,
    run_after INTEGER UNSIGNED NOT NULL,
    grabbed_until INTEGER UNSIGNED NOT NULL,
    priority SMALLINT UNSIGNED,
    coalesce VARCHAR(255),
    complete_time INTEGER UNSIGNED NOT NULL,
    exitstatus SMALLINT UNSIGNED,
    INDEX (jobid)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS helios_log_tb (
    log_time INTEGER UNSIGNED NOT NULL,
    host VARCHAR(64),
    process_id INTEGER UNSIGNED,
    jobid BIGINT UNSIGNED,
    funcid INT UNSIGNED,
    job_class VARCHAR(64),
    priority VARCHAR(20),
    message MEDIUMBLOB,
    INDEX (log_time)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS helios_worker_registry_tb (
    register_time INTEGER UNSIGNED NOT NULL,
    start_time INTEGER UNSIGNED,
    worker_class VARCHAR(64),
    worker_version VARCHAR(10),
    host VARCHAR(64),
    process_id INTEGER UNSIGNED
) ENGINE=InnoDB;
