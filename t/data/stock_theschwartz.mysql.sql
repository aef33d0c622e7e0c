-- The five tables as TheSchwartz 1.12 documents them, with rows.
CREATE TABLE funcmap (
    funcid INT UNSIGNED PRIMARY KEY NOT NULL AUTO_INCREMENT,
    funcname VARCHAR(255) NOT NULL, UNIQUE (funcname));
CREATE TABLE job (
    jobid BIGINT UNSIGNED PRIMARY KEY NOT NULL AUTO_INCREMENT,
    funcid INT UNSIGNED NOT NULL, arg MEDIUMBLOB, uniqkey VARCHAR(255) NULL,
    insert_time INTEGER UNSIGNED, run_after INTEGER UNSIGNED NOT NULL,
    grabbed_until INTEGER UNSIGNED NOT NULL, priority SMALLINT UNSIGNED,
    coalesce VARCHAR(255), INDEX (funcid, run_after), UNIQUE (funcid, uniqkey),
    INDEX (funcid, coalesce));
CREATE TABLE note (
    jobid BIGINT UNSIGNED NOT NULL, notekey VARCHAR(255), PRIMARY KEY (jobid, notekey),
    value MEDIUMBLOB);
CREATE TABLE error (
    error_time INTEGER UNSIGNED NOT NULL, jobid BIGINT UNSIGNED NOT NULL,
    message VARCHAR(255) NOT NULL, funcid INT UNSIGNED NOT NULL DEFAULT 0,
    INDEX (funcid, error_time), INDEX (error_time), INDEX (jobid));
CREATE TABLE exitstatus (
    jobid BIGINT UNSIGNED PRIMARY KEY NOT NULL, funcid INT UNSIGNED NOT NULL DEFAULT 0,
    status SMALLINT UNSIGNED, completion_time INTEGER UNSIGNED,
    delete_after INTEGER UNSIGNED, INDEX (funcid), INDEX (delete_after));
INSERT INTO funcmap (funcid, funcname) VALUES (7, 'Lab::Svc');
INSERT INTO job (jobid, funcid, arg, uniqkey, insert_time, run_after, grabbed_until)
    VALUES (100, 7, X'050B02000000010A063C6A6F622F3E', 'k', 1600000000, 1600000000, 0),
           (101, 7, 'plain', NULL, NULL, 4000000000, 0);
INSERT INTO error VALUES (1600000001, 100, 'first try', 7);
INSERT INTO exitstatus VALUES (99, 7, 0, 1600000000, 1600000100);
