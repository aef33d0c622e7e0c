-- The schema of Helios 2.83 for SQLite, with rows.
CREATE TABLE funcmap (
    funcid INTEGER PRIMARY KEY AUTOINCREMENT, funcname VARCHAR(255) NOT NULL,
    UNIQUE (funcname));
CREATE TABLE job (
    jobid INTEGER PRIMARY KEY AUTOINCREMENT, funcid INTEGER NOT NULL, arg BLOB,
    uniqkey VARCHAR(255), insert_time INTEGER, run_after INTEGER NOT NULL,
    grabbed_until INTEGER NOT NULL, priority INTEGER, coalesce VARCHAR(255),
    UNIQUE (funcid, uniqkey));
CREATE INDEX job_runafter ON job (funcid, run_after);
CREATE INDEX job_coalesce ON job (funcid, coalesce);
CREATE INDEX job_uniqkey ON job (funcid, uniqkey);
CREATE TABLE note (
    jobid INTEGER NOT NULL, notekey VARCHAR(255), value BLOB, PRIMARY KEY (jobid, notekey));
CREATE TABLE error (
    error_time INTEGER NOT NULL, jobid INTEGER NOT NULL, message VARCHAR(255) NOT NULL,
    funcid INTEGER NOT NULL DEFAULT 0);
CREATE INDEX error_funcid ON error (funcid, error_time);
CREATE INDEX error_time ON error (error_time);
CREATE INDEX error_jobid ON error (jobid);
CREATE TABLE exitstatus (
    jobid INTEGER PRIMARY KEY NOT NULL, funcid INTEGER NOT NULL DEFAULT 0,
    status INTEGER, completion_time INTEGER, delete_after INTEGER);
CREATE INDEX exitstatus_funcid ON exitstatus (funcid);
CREATE INDEX exitstatus_delete ON exitstatus (delete_after);
CREATE TABLE helios_params_tb (
    host VARCHAR(64), worker_class VARCHAR(64), param VARCHAR(64), value VARCHAR(128));
CREATE TABLE helios_class_map (job_type VARCHAR(32), job_class VARCHAR(64));
CREATE TABLE helios_job_history_tb (
    jobid INTEGER NOT NULL, funcid INTEGER NOT NULL, arg BLOB, uniqkey VARCHAR(255),
    insert_time INTEGER, run_after INTEGER NOT NULL, grabbed_until INTEGER NOT NULL,
    priority INTEGER, coalesce VARCHAR(255), complete_time INTEGER NOT NULL,
    exitstatus INTEGER);
CREATE INDEX history_time ON helios_job_history_tb (complete_time);
CREATE INDEX history_jobid ON helios_job_history_tb (jobid);
CREATE TABLE helios_log_tb (
    log_time INTEGER NOT NULL, host VARCHAR(64), process_id INTEGER, jobid INTEGER,
    funcid INTEGER, job_class VARCHAR(64), priority VARCHAR(20), message BLOB);
CREATE INDEX log_time ON helios_log_tb (log_time);
CREATE TABLE helios_worker_registry_tb (
    register_time INTEGER NOT NULL, start_time INTEGER, worker_class VARCHAR(64),
    worker_version VARCHAR(10), host VARCHAR(64), process_id INTEGER);
INSERT INTO funcmap (funcid, funcname) VALUES (7, 'Lab::Svc');
INSERT INTO job (jobid, funcid, arg, uniqkey, insert_time, run_after, grabbed_until)
    VALUES (100, 7, X'050B02000000010A063C6A6F622F3E', 'k', 1600000000, 1600000000, 0),
           (101, 7, 'plain', NULL, NULL, 4000000000, 0);
INSERT INTO error VALUES (1600000001, 100, 'first try', 7);
INSERT INTO exitstatus VALUES (99, 7, 0, 1600000000, 1600000100);
INSERT INTO helios_params_tb (host, worker_class, param, value)
    VALUES ('*', 'Lab::Svc', 'MAX_WORKERS', '4'), ('*', 'Lab::Svc', 'HOLD', NULL);
INSERT INTO helios_job_history_tb (jobid, funcid, arg, insert_time, run_after,
    grabbed_until, complete_time, exitstatus)
    VALUES (99, 7, '<job/>', 1600000000, 1600000000, 1600003600, 1600000002, 0);
INSERT INTO helios_log_tb (log_time, host, process_id, job_class, priority, message)
    VALUES (1600000000, 'h', 42, 'Lab::Svc', '6', 'hello');
