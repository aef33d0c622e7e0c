/* SPDX-License-Identifier: MIT */
#include "conf/option.h"

#include <string.h>

#include "core/board.h"

#define YEAR_S   31536000
#define DATABASE "Database and files"
#define TIMING   "Daemon timing"
#define WORK     "Work control"
#define LIMITS   "Limits of a worker"
#define LOGGING  "Logging"
#define EXEC     "ExecService"

/* Sentences end with a full stop and begin with a capital letter: the manual's source has
 * each on a line of its own. What a type makes of odd texts is said once, by the type. */
const struct option option_table[] = {
    {.name = "dsn",
     .type = OPTION_TEXT,
     .read = READ_RELOAD,
     .ini_only = true,
     .group = DATABASE,
     .help = "The database of the collective, as a data source name of Perl's DBI. "
             "Known are dbi:mysql:database=NAME;host=HOST, the same with dbi:MariaDB:, and "
             "dbi:SQLite:dbname=/PATH. "
             "It must be set. "
             "A HUP takes another address of the same database, and refuses another one."},
    {.name = "user",
     .type = OPTION_TEXT,
     .read = READ_RELOAD,
     .ini_only = true,
     .group = DATABASE,
     .help = "The database user. "
             "SQLite has none."},
    {.name = "password",
     .type = OPTION_TEXT,
     .read = READ_RELOAD,
     .secret = true,
     .ini_only = true,
     .group = DATABASE,
     .help = "The password of that user, everything behind the equals sign. "
             "A file that holds one should not be readable by everybody."},
    {.name = "table_prefix",
     .type = OPTION_TEXT,
     .read = READ_START,
     .ini_only = true,
     .group = DATABASE,
     .help = "What the names of TheSchwartz's five tables begin with, such as ts_: its "
             "programs call it prefix. "
             "The tables of Helios have no prefix, but for that of the schema's version."},
    {.name = "queue_databases",
     .type = OPTION_PATHS,
     .read = READ_START,
     .ini_only = true,
     .group = DATABASE,
     .help =
         "Further helios.ini files, divided by colons, each of a collective with a "
         "database of its own. "
         "Programs that submit jobs with this file put them into any of the databases, "
         "and pass over one that they cannot reach. "
         "A job whose connection is lost while it is stored goes to no other one: it may "
         "be in the queue already. "
         "A daemon works for the database of its own file only: run one for each."},
    {.name = "queue_database_retry",
     .type = OPTION_SECONDS,
     .fallback = "30",
     .max = YEAR_S,
     .read = READ_START,
     .ini_only = true,
     .group = DATABASE,
     .help = "How long a program leaves one of several databases alone that it could not "
             "reach."},
    {.name = "options",
     .type = OPTION_TEXT,
     .read = READ_START,
     .ini_only = true,
     .group = DATABASE,
     .help = "Connect options of Perl programs, a list such as private_a=>'x',b=>1. "
             "It is accepted so that one file serves both, and ignored with a warning. "
             "It is never evaluated."},
    {.name = "pid_path",
     .type = OPTION_PATH,
     .fallback = "/var/run/helios",
     .read = READ_START,
     .ini_only = true,
     .group = DATABASE,
     .help = "The folder of PID files and scoreboards. "
             "It must exist and be writable. "
             "Each collective of a host needs one of its own: the files are named after "
             "services alone."},
    {.name = "run_as_user",
     .type = OPTION_TEXT,
     .read = READ_START,
     .ini_only = true,
     .group = DATABASE,
     .help = "The account, by name or number, that a daemon started by root becomes before "
             "it loads the plugin or connects. "
             "It is no way back: groups and capabilities of root are dropped, and programs "
             "that it starts gain no rights by set-user-ID bits. "
             "A pid_path that is missing is made for that account, one of root that holds "
             "nothing but files of daemons is handed to it. "
             "Started by another user than root or this account, the daemon refuses. "
             "The file helios.ini itself should be readable for the account, or HUP cannot "
             "read it again. "
             "The parameter user is another thing: the database user."},
    {.name = "run_as_group",
     .type = OPTION_TEXT,
     .read = READ_START,
     .ini_only = true,
     .group = DATABASE,
     .help = "The group of that account, by name or number, where it is not to be the "
             "account's own."},
    {.name = "pass_environment",
     .type = OPTION_TEXT,
     .read = READ_START,
     .ini_only = true,
     .group = DATABASE,
     .help =
         "Names of environment variables that the daemon hands on to its workers, divided "
         "by commas. "
         "Without it they get PATH, HOME, USER, LOGNAME, LANG, LANGUAGE, LC_..., TZ, "
         "TMPDIR and HELIOS_..., and nothing else of what the daemon was started with."},
    {.name = "service_path",
     .type = OPTION_PATHS,
     .read = READ_RELOAD,
     .ini_only = true,
     .group = DATABASE,
     .help = "Folders that are searched for service plugins, divided by colons. "
             "If it is not set, the plugin folder of the installation is searched."},

    {.name = "master_launch_interval",
     .type = OPTION_SECONDS,
     .fallback = "1",
     .max = YEAR_S,
     .read = READ_LOOK,
     .group = TIMING,
     .help = "The longest time between two looks at the database after workers were "
             "launched. "
             "0 asks for no pause, which the daemon grants as far as is sensible."},
    {.name = "zero_launch_interval",
     .type = OPTION_SECONDS,
     .fallback = "10",
     .max = YEAR_S,
     .read = READ_LOOK,
     .group = TIMING,
     .help = "The longest time between two looks while jobs wait and no worker may be "
             "launched. "
             "Twice this is the time that workers have to finish their job when the daemon "
             "stops. "
             "0 asks for no pause and gives no time."},
    {.name = "zero_sleep_interval",
     .type = OPTION_SECONDS,
     .fallback = "10",
     .max = YEAR_S,
     .read = READ_LOOK,
     .group = TIMING,
     .help = "The longest time between two looks while no job waits. "
             "Where the daemon is told of new jobs (WAKE) it is 60, or "
             "registration_interval if that is less, unless this is more. "
             "0 asks for no pause."},
    {.name = "registration_interval",
     .type = OPTION_SECONDS,
     .fallback = "60",
     .max = YEAR_S,
     .read = READ_LOOK,
     .group = TIMING,
     .help = "The time between two registrations of the daemon in the worker registry. "
             "0 registers at most once a second."},
    {.name = "WORKER_MAX_TTL_WAIT_INTERVAL",
     .type = OPTION_SECONDS,
     .fallback = "20",
     .max = YEAR_S,
     .read = READ_LOOK,
     .group = TIMING,
     .help = "How long beyond WORKER_MAX_TTL a worker may go on with its job before the "
             "daemon kills it. "
             "0 kills at once."},
    {.name = "WAKE",
     .type = OPTION_CHOICE,
     .fallback = "binlog",
     .choices = "binlog,poll",
     .read = READ_LOOK,
     .group = TIMING,
     .help =
         "How the daemon learns of new jobs. "
         "With binlog it follows the binary log of the server, so that jobs start within "
         "milliseconds of their commit and an idle daemon asks once a minute; with "
         "SQLite it watches the file. "
         "Where that cannot be, it says why in the log, once, and polls. "
         "With poll it looks at the intervals above."},
    {.name = "SAFE_MODE_RETRIES",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 1000000,
     .read = READ_LOOK,
     .group = TIMING,
     .help = "How many times in a row the database may be out of reach before the daemon "
             "gives up. "
             "0 never gives up."},

    {.name = "HOLD",
     .type = OPTION_IS_ONE,
     .fallback = "0",
     .read = READ_LOOK,
     .group = WORK,
     .help =
         "Holds the service: no worker is launched, and workers leave after the job that "
         "they run."},
    {.name = "HALT",
     .type = OPTION_SET,
     .read = READ_LOOK,
     .group = WORK,
     .help = "Stops the daemon, and keeps it from starting while it is set. "
             "In helios.ini it makes the service impossible to start."},
    {.name = "MAX_WORKERS",
     .type = OPTION_INT,
     .fallback = "1",
     .max = BOARD_SLOTS,
     .read = READ_LOOK,
     .group = WORK,
     .help =
         "How many workers the service may have on this host. "
         "0 launches none; running ones finish what they do. "
         "With OVERDRIVE it has fewer where jobs are so quick that its workers wait for "
         "each other at the database."},
    {.name = "OVERDRIVE",
     .type = OPTION_IS_ONE,
     .fallback = "0",
     .read = READ_JOB,
     .group = WORK,
     .help = "A worker takes job after job until none is left, instead of one job and "
             "leaving."},
    {.name = "WORKER_LAUNCH_PATTERN",
     .type = OPTION_CHOICE,
     .fallback = "linear",
     .choices = "linear,dynamic,optimistic",
     .read = READ_LOOK,
     .group = WORK,
     .help = "How many workers are launched while jobs wait, at most the free slots. "
             "If as many jobs wait as MAX_WORKERS allows workers, all slots are filled. "
             "With fewer, linear launches one, dynamic one for each job beyond the workers "
             "that run, at least one, and optimistic one for each job."},
    {.name = "PRIORITIZE_JOBS",
     .type = OPTION_TEXT,
     .fallback = "0",
     .read = READ_JOB,
     .group = WORK,
     .help = "Which of the waiting jobs of a type are taken first: with high those of the "
             "highest priority, jobs without one last; with low those of the lowest, jobs "
             "without one first. "
             "0 takes the oldest, whatever its priority. "
             "With high or low every claim reads and sorts all waiting jobs of the type, "
             "unless the table "
             "has an index for it: where they are many, make the one that helios-doctor(1) "
             "names."},
    {.name = "PRIORITY_FLOOR",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 65535,
     .read = READ_JOB,
     .group = WORK,
     .help = "With PRIORITIZE_JOBS, jobs of a lower priority than this are left alone, and "
             "those that have none. "
             "0 takes all."},
    {.name = "WORKER_MAX_TTL",
     .type = OPTION_SECONDS,
     .fallback = "0",
     .max = YEAR_S,
     .read = READ_LOOK,
     .group = WORK,
     .help =
         "The age at which a worker leaves after its job, and at which the daemon kills "
         "it, WORKER_MAX_TTL_WAIT_INTERVAL later, if the job does not end. "
         "It is the age of the worker, not of a job: let WORKER_MAX_TTL_WAIT_INTERVAL be "
         "as "
         "long as the longest job. "
         "0 sets no limit."},
    {.name = "WORKER_LINGER",
     .type = OPTION_SECONDS,
     .fallback = "0",
     .max = YEAR_S,
     .read = READ_LOOK,
     .group = WORK,
     .help = "How long a worker without jobs stays, to be woken for the next one. "
             "0 leaves at once, as in Perl Helios."},
    {.name = "CLAIM_MAX",
     .type = OPTION_INT,
     .fallback = "500",
     .min = 1,
     .max = BOARD_JOBS,
     .read = READ_JOB,
     .group = WORK,
     .help = "The most jobs that a worker in OVERDRIVE claims at once. "
             "1 claims one by one."},
    {.name = "CLAIM_TARGET_MS",
     .type = OPTION_MS,
     .fallback = "100",
     .min = 1,
     .max = 60000,
     .read = READ_JOB,
     .group = WORK,
     .help = "How much work a worker in OVERDRIVE claims at once, by what jobs have been "
             "taking. "
             "1 claims slow jobs one by one."},
    {.name = "COMPLETION_DELAY_MS",
     .type = OPTION_MS,
     .fallback = "20",
     .max = 10000,
     .read = READ_JOB,
     .group = WORK,
     .help =
         "How long completions of an idempotent service may wait to be written together. "
         "0 writes each at once. "
         "Other services are not affected."},
    {.name = "LAZY_CONFIG_UPDATE",
     .type = OPTION_IS_ONE,
     .fallback = "0",
     .read = READ_JOB,
     .group = WORK,
     .help = "With OVERDRIVE, a worker reads its parameters before every tenth job only."},
    {.name = "DOWNSHIFT_ON_NONZERO_RUN",
     .type = OPTION_IS_ONE,
     .fallback = "0",
     .read = READ_JOB,
     .group = WORK,
     .help =
         "A worker leaves after a job for which the service returned a number other than "
         "0."},
    {.name = "job_history",
     .type = OPTION_SWITCH,
     .fallback = "on",
     .read = READ_JOB,
     .group = WORK,
     .help = "Whether a row is kept for each outcome of a job."},

    {.name = "WORKER_MAX_MEMORY_MB",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 16777216,
     .read = READ_WORKER,
     .group = LIMITS,
     .help =
         "The address space of a worker, and of each process that it starts, in "
         "megabytes (RLIMIT_AS). "
         "What a service does when it gets no more is its own affair; the error of a job "
         "that failed so names this limit. "
         "A worker that cannot even start with it is launched again, ever more slowly. "
         "0 sets none, as for the limits below; what is above the daemon's own hard limit "
         "is cut to that."},
    {.name = "WORKER_MAX_CPU",
     .type = OPTION_SECONDS,
     .fallback = "0",
     .max = YEAR_S,
     .read = READ_JOB,
     .group = LIMITS,
     .help = "The CPU time that one job may take, and each process that it starts. "
             "Beyond it the worker is ended by SIGXCPU, and the job has failed."},
    {.name = "WORKER_MAX_FILES",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 1048576,
     .read = READ_WORKER,
     .group = LIMITS,
     .help = "How many descriptors a worker may have open, its own dozen included "
             "(RLIMIT_NOFILE). "
             "It also raises the usual limit of 1024."},
    {.name = "WORKER_MAX_FILE_MB",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 16777216,
     .read = READ_JOB,
     .group = LIMITS,
     .help = "The size in megabytes beyond which a job may not write to a file "
             "(RLIMIT_FSIZE). "
             "Beyond it the worker is ended by SIGXFSZ, and the job has failed. "
             "On SQLite it holds for the database too, where a service writes to it by "
             "helios_job_db()."},
    {.name = "WORKER_NICE",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 19,
     .read = READ_WORKER,
     .group = LIMITS,
     .help =
         "By how much the scheduler prefers others to workers, on top of the daemon's own "
         "niceness. "
         "The master and the poller keep theirs."},
    {.name = "cgroup_path",
     .type = OPTION_TEXT,
     .read = READ_START,
     .ini_only = true,
     .group = LIMITS,
     .help =
         "A control group of version 2, as an absolute path, that is delegated to the "
         "daemon with the controllers memory and pids, and in which no other process is. "
         "own is the group that a daemon in the foreground is started in, with "
         "Delegate=memory pids and ProtectControlGroups=no in its unit. "
         "The daemon makes a group in it for each worker. "
         "If it cannot be used the daemon does not start."},
    {.name = "WORKER_GROUP_MEMORY_MB",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 16777216,
     .read = READ_WORKER,
     .group = LIMITS,
     .help =
         "The memory in megabytes that a worker and all that it starts may hold together "
         "(memory.max). "
         "Beyond it the kernel kills one of them; if it is the worker, the job has failed. "
         "It needs cgroup_path."},
    {.name = "WORKER_GROUP_PIDS",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 4194304,
     .read = READ_WORKER,
     .group = LIMITS,
     .help = "How many processes and threads a worker and all that it starts may be "
             "(pids.max). "
             "It needs cgroup_path."},

    {.name = "internal_logger",
     .type = OPTION_SWITCH,
     .fallback = "on",
     .read = READ_START,
     .group = LOGGING,
     .help =
         "Whether log messages become rows of the log table. "
         "Even if not, those do that a daemon in the background can write nowhere else, "
         "and that a logger fails."},
    {.name = "log_priority_threshold",
     .type = OPTION_INT,
     .fallback = "7",
     .max = 7,
     .read = READ_LOOK,
     .group = LOGGING,
     .help = "Messages of a level above this do not become rows of the log table. "
             "The levels are those of syslog: 0 keeps emergencies only, 3 errors, 6 "
             "information, 7 everything."},
    {.name = "loggers",
     .type = OPTION_TEXT,
     .read = READ_START,
     .group = LOGGING,
     .help = "Where else log messages go: any of syslog, journal and stderr, divided by "
             "commas. "
             "A message to stderr is heard from a daemon in the foreground only: in the "
             "background its standard error is /dev/null, which a start, --check and "
             "helios doctor say. "
             "HeliosX::Logger::Syslog is another name of syslog; "
             "for HeliosX::Logger::Log4perl and HeliosX::Logger::File syslog is used, for "
             "HeliosX::Logger::HiRes the log table, which a warning says. "
             "Other names are ignored with a warning; empty is none. "
             "That one of them fails is said by the others and in the log table, as an "
             "emergency, at most once a minute."},
    {.name = "syslog_facility",
     .type = OPTION_CHOICE,
     .fallback = "user",
     .choices = "user,daemon,local0,local1,local2,local3,local4,local5,local6,local7,auth,"
                "authpriv,cron,ftp,kern,lpr,mail,news,syslog,uucp",
     .read = READ_START,
     .group = LOGGING,
     .help = "The facility of messages to syslog."},
    {.name = "syslog_options",
     .type = OPTION_TEXT,
     .read = READ_START,
     .group = LOGGING,
     .help =
         "Options of openlog(3), divided by commas: pid, cons, ndelay, odelay, nowait, "
         "perror. "
         "Those that only Perl's Sys::Syslog has, nofatal, noeol and nonul, are allowed "
         "and do nothing; others are ignored with a warning."},
    {.name = "syslog_logmask",
     .type = OPTION_INT,
     .fallback = "0",
     .max = 255,
     .read = READ_START,
     .group = LOGGING,
     .help = "The levels that go to syslog, as a sum of 1 for emergencies, 2, 4, 8 for "
             "errors, 16, 32, 64 for information and 128 for debugging. "
             "0 is all of them."},
    {.name = "syslog_priority_threshold",
     .type = OPTION_INT,
     .fallback = "7",
     .max = 7,
     .read = READ_START,
     .group = LOGGING,
     .help = "Messages of a level above this do not go to syslog."},

    /* What is run must not be chosen by whoever may write to the database. */
    {.name = "exec_program",
     .type = OPTION_TEXT,
     .read = READ_RELOAD,
     .ini_only = true,
     .group = EXEC,
     .help = "The absolute path of the program that ExecService runs for each job."},
    {.name = "exec_args",
     .type = OPTION_TEXT,
     .read = READ_RELOAD,
     .ini_only = true,
     .group = EXEC,
     .help = "Its arguments, divided by blanks. "
             "No shell reads them."},
    {.name = "exec_timeout",
     .type = OPTION_SECONDS,
     .fallback = "600",
     .min = 1,
     .max = 7 * 86400,
     .read = READ_JOB,
     .group = EXEC,
     .help = "How long it may run. "
             "Then its process group gets a TERM, and five seconds later a KILL."},
};
const size_t option_count = sizeof option_table / sizeof option_table[0];

const struct option *option_find(const char *name)
{
    for (size_t i = 0; i < option_count; i++)
        if (strcmp(option_table[i].name, name) == 0)
            return &option_table[i];
    return NULL;
}
