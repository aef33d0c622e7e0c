-- The queue: the five tables of TheSchwartz, and the list of the steps applied.
-- Over existing tables nothing is changed.

CREATE TABLE IF NOT EXISTS funcmap (
    funcid INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    funcname VARCHAR(255) NOT NULL,
    UNIQUE (funcname)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS job (
    jobid BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    funcid INT UNSIGNED NOT NULL,
    arg MEDIUMBLOB,
    uniqkey VARCHAR(255) NULL,
    insert_time INTEGER UNSIGNED,
    run_after INTEGER UNSIGNED NOT NULL,
    grabbed_until INTEGER UNSIGNED NOT NULL,
    priority SMALLINT UNSIGNED,
    coalesce VARCHAR(255),
    INDEX (funcid, run_after),
    UNIQUE (funcid, uniqkey),
    INDEX (funcid, coalesce)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS note (
    jobid BIGINT UNSIGNED NOT NULL,
    notekey VARCHAR(255) NOT NULL,
    value MEDIUMBLOB,
    PRIMARY KEY (jobid, notekey)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS error (
    error_time INTEGER UNSIGNED NOT NULL,
    jobid BIGINT UNSIGNED NOT NULL,
    message VARCHAR(255) NOT NULL,
    funcid INT UNSIGNED NOT NULL DEFAULT 0,
    INDEX (funcid, error_time),
    INDEX (error_time),
    INDEX (jobid)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS exitstatus (
    jobid BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    funcid INT UNSIGNED NOT NULL DEFAULT 0,
    status SMALLINT UNSIGNED,
    completion_time INTEGER UNSIGNED,
    delete_after INTEGER UNSIGNED,
    INDEX (funcid),
    INDEX (delete_after)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS helios_schema_tb (
    version INT UNSIGNED NOT NULL PRIMARY KEY,
    name VARCHAR(64) NOT NULL,
    applied_time INTEGER UNSIGNED NOT NULL
) ENGINE=InnoDB;
