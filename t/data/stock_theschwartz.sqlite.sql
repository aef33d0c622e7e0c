-- The tables of TheSchwartz' own tests: no note, no index but the unique ones. With rows.
CREATE TABLE funcmap (
    funcid INTEGER PRIMARY KEY AUTOINCREMENT, funcname VARCHAR(255) NOT NULL,
    UNIQUE (funcname));
CREATE TABLE job (
    jobid INTEGER PRIMARY KEY AUTOINCREMENT, funcid INTEGER UNSIGNED NOT NULL,
    arg MEDIUMBLOB, uniqkey VARCHAR(255) NULL, insert_time INTEGER UNSIGNED,
    run_after INTEGER UNSIGNED NOT NULL, grabbed_until INTEGER UNSIGNED NOT NULL,
    priority SMALLINT UNSIGNED, coalesce VARCHAR(255), UNIQUE (funcid, uniqkey));
CREATE TABLE error (
    error_time INTEGER UNSIGNED NOT NULL, jobid INTEGER NOT NULL,
    message VARCHAR(255) NOT NULL, funcid INT UNSIGNED NOT NULL DEFAULT 0);
CREATE TABLE exitstatus (
    jobid INTEGER PRIMARY KEY NOT NULL, funcid INT UNSIGNED NOT NULL DEFAULT 0,
    status SMALLINT UNSIGNED, completion_time INTEGER UNSIGNED,
    delete_after INTEGER UNSIGNED);
INSERT INTO funcmap (funcid, funcname) VALUES (7, 'Lab::Svc');
INSERT INTO job (jobid, funcid, arg, uniqkey, insert_time, run_after, grabbed_until)
    VALUES (100, 7, X'050B02000000010A063C6A6F622F3E', 'k', 1600000000, 1600000000, 0),
           (101, 7, 'plain', NULL, NULL, 4000000000, 0);
INSERT INTO error VALUES (1600000001, 100, 'first try', 7);
INSERT INTO exitstatus VALUES (99, 7, 0, 1600000000, 1600000100);
