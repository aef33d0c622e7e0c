/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <string.h>

#include "core/buf.h"
#include "daemon/ctl/suggest.h"

#define CONFIG_ERROR  "Helios::Config ERROR: "
#define JOBTYPE_ERROR "Helios::JobType ERROR: "

/* clang-format off */
const struct ctl_command ctl_commands[] = {
    {.name = "submit", .operands = "JOBTYPE [ARGS...]",
     .help = "Put a job, or with --lines many, into the queue",
     .options = submit_options, .takes = {ITEM_JOBTYPE}, .needs = 1, .rest = true,
     .columns = submit_columns, .run = submit_run},
    {.name = "schema init", .operands = "",
     .help = "Create the tables of a collective",
     .columns = schema_columns, .run = schema_init},
    {.name = "schema upgrade", .operands = "",
     .help = "Bring existing tables up to date",
     .columns = schema_columns, .run = schema_upgrade},
    {.name = "schema status", .operands = "",
     .help = "Say whether the tables are up to date",
     .columns = schema_columns, .run = schema_status},
    {.name = "schema check", .operands = "",
     .help = "Look for what is missing or odd in the tables",
     .columns = finding_columns,
     .list = true, .run = schema_check},
    {.name = "doctor", .operands = "",
     .help = "Look for faults of this host and the collective",
     .columns = finding_columns,
     .list = true, .run = doctor_run},
    {.name = "config explain", .operands = "SERVICE",
     .help = "Show a service's parameters and where each comes from",
     .takes = {ITEM_SERVICE}, .needs = 1,
     .columns = explain_columns, .run = config_explain},
    {.name = "config get", .operands = "SERVICE PARAM",
     .help = "Print the value of a parameter",
     .options = config_host_options, .takes = {ITEM_SERVICE, ITEM_PARAM}, .needs = 2,
     .columns = config_columns, .run = config_get},
    {.name = "config set", .operands = "SERVICE PARAM VALUE",
     .help = "Set a parameter of a service on one host or all",
     .options = config_host_options, .takes = {ITEM_SERVICE, ITEM_PARAM, ITEM_VALUE},
     .needs = 3, .columns = config_columns, .run = config_set},
    {.name = "config unset", .operands = "SERVICE PARAM",
     .help = "Remove what was set for a service on one host or all",
     .options = config_host_options, .takes = {ITEM_SERVICE, ITEM_PARAM}, .needs = 2,
     .columns = config_columns, .run = config_unset},
    {.name = "config import", .operands = "FILE",
     .help = "Set the parameters that a file like helios.ini names",
     .options = import_options, .takes = {ITEM_FILE}, .needs = 1,
     .columns = import_columns, .run = config_import},
    {.name = "config list", .operands = "[SERVICE]",
     .help = "List what is set in the table",
     .options = config_list_options, .columns = config_columns, .takes = {ITEM_SERVICE},
     .list = true, .run = config_list},
    {.name = "jobtype add", .operands = "NAME",
     .help = "Create a jobtype",
     .takes = {ITEM_JOBTYPE}, .needs = 1,
     .columns = jobtype_columns, .run = jobtype_add},
    {.name = "jobtype info", .operands = "[NAME]",
     .help = "Print number and name of a jobtype",
     .options = jobtype_id_options, .takes = {ITEM_JOBTYPE},
     .columns = jobtype_columns, .run = jobtype_info},
    {.name = "jobtype list", .operands = "",
     .help = "List all jobtypes",
     .columns = jobtype_columns,
      .list = true, .run = jobtype_list},
    {.name = "jobtype remove", .operands = "NAME",
     .help = "Remove a jobtype that nothing refers to",
     .takes = {ITEM_JOBTYPE}, .needs = 1,
     .columns = jobtype_columns, .run = jobtype_remove},
    {.name = "job info", .operands = "JOBID",
     .help = "Show a job in the queue, or its last attempt",
     .options = job_info_options, .takes = {ITEM_JOBID}, .needs = 1,
     .columns = info_columns, .run = job_info},
    {.name = "job status", .operands = "JOBID",
     .help = "Print waiting, delayed, running, done or failed",
     .takes = {ITEM_JOBID}, .needs = 1,
     .columns = status_columns, .run = job_status},
    {.name = "job list", .operands = "",
     .help = "List jobs by type, state, time and error",
     .options = job_list_options, .columns = job_columns,
     .list = true, .run = job_list},
    {.name = "job retry", .operands = "[JOBID...]",
     .help = "Put jobs that failed for good back into the queue",
     .options = job_change_options, .columns = change_columns, .rest = true,
     .run = job_retry},
    {.name = "job cancel", .operands = "[JOBID...]",
     .help = "Let jobs that do not run fail for good",
     .options = job_change_options, .columns = change_columns, .rest = true,
     .run = job_cancel},
    {.name = "job hold", .operands = "[JOBID...]",
     .help = "Let jobs wait until they are requeued",
     .options = job_change_options, .columns = change_columns, .rest = true,
     .run = job_hold},
    {.name = "job requeue", .operands = "[JOBID...]",
     .help = "Let delayed or held jobs run now",
     .options = job_change_options, .columns = change_columns, .rest = true,
     .run = job_requeue},
    {.name = "job wait", .operands = "JOBID",
     .help = "Wait until a job has ended, and end as it did",
     .options = job_wait_options, .takes = {ITEM_JOBID}, .needs = 1,
     .columns = status_columns, .run = job_wait},
    {.name = "queue", .operands = "",
     .help = "Show how many jobs of each jobtype wait, run and end",
     .options = queue_options, .columns = queue_columns,
     .list = true, .run = queue_show},
    {.name = "top", .operands = "",
     .help = "Watch daemons, workers, queue and failures live",
     .run = top_run},
    {.name = "service status", .operands = "",
     .help = "Show the daemons of this host",
     .options = service_status_options, .columns = service_columns,
     .list = true, .run = service_status},
    {.name = "service list", .operands = "",
     .help = "Show the daemons of all hosts",
     .options = service_list_options, .columns = service_columns,
     .list = true, .run = service_list},
    {.name = "service hold", .operands = "SERVICE",
     .help = "Let a service take no more jobs",
     .options = service_steer_options, .takes = {ITEM_SERVICE}, .needs = 1,
     .columns = order_columns, .run = service_hold},
    {.name = "service resume", .operands = "SERVICE",
     .help = "Let a service take jobs again",
     .options = service_steer_options, .takes = {ITEM_SERVICE}, .needs = 1,
     .columns = order_columns, .run = service_resume},
    {.name = "service halt", .operands = "SERVICE",
     .help = "Let the daemons of a service end",
     .options = service_steer_options, .takes = {ITEM_SERVICE}, .needs = 1,
     .columns = order_columns, .run = service_halt},
    {.name = "service clear-halt", .operands = "SERVICE",
     .help = "Let the daemons of a service start again",
     .options = service_steer_options, .takes = {ITEM_SERVICE}, .needs = 1,
     .columns = order_columns, .run = service_clear_halt},
    {.name = "log clean", .operands = "",
     .help = "Delete old rows of the log and of the job history",
     .options = log_clean_options,
     .columns = clean_columns, .run = log_clean},
    {.name = "log", .operands = "",
     .help = "Show the last messages of the log, and follow it",
     .options = log_options, .columns = log_columns,
     .run = log_show},
    {.name = "history clean", .operands = "",
     .help = "Delete old rows of the job history",
     .options = history_clean_options,
     .columns = clean_columns, .run = history_clean},
    {.name = "help", .operands = "[COMMAND...]",
     .help = "Say what a command does and takes",
     .rest = true,
     .run = help_run},
    {.name = "completion", .operands = "SHELL [FOLDER]",
     .help = "Print the completions for a shell, or write their file",
     .takes = {ITEM_SHELL, ITEM_FILE}, .needs = 1,
     .run = completion_print},

    {.name = "helios_job_submit", .operands = "JOBTYPE [ARGXML]", .historical = true,
     .help = "Put a job into the queue; without ARGXML, from standard input",
     .options = submit_historical_options, .unparsed = true, .run = submit_run_historical},
    {.name = "helios_config_get", .operands = "", .historical = true,
     .help = "Print the value of a parameter",
     .options = config_get_options, .context = CONFIG_ERROR, .run = config_get},
    {.name = "helios_config_set", .operands = "", .historical = true,
     .help = "Set a parameter of a service on one host or all",
     .options = config_set_options, .context = CONFIG_ERROR, .run = config_set},
    {.name = "helios_config_unset", .operands = "", .historical = true,
     .help = "Remove what was set for a service on one host or all",
     .options = config_unset_options, .context = CONFIG_ERROR, .run = config_unset},
    {.name = "helios_config_import", .operands = "", .historical = true,
     .help = "Set the parameters that a file like helios.ini names",
     .options = import_historical_options, .context = CONFIG_ERROR, .run = config_import},
    {.name = "helios_jobtype_add", .operands = "[NAME]", .historical = true,
     .help = "Create a jobtype",
     .options = jobtype_add_options, .takes = {ITEM_JOBTYPE}, .context = JOBTYPE_ERROR,
     .run = jobtype_add},
    {.name = "helios_jobtype_info", .operands = "[NAME]", .historical = true,
     .help = "Print number and name of a jobtype",
     .options = jobtype_info_options, .takes = {ITEM_JOBTYPE}, .context = JOBTYPE_ERROR,
     .run = jobtype_info},
    {.name = "helios_job_info", .operands = "[JOBID]", .historical = true,
     .help = "Show a job in the queue, or its last attempt",
     .options = job_info_historical_options, .takes = {ITEM_JOBID}, .context = "ERROR: ",
     .run = job_info},
    {.name = "helios_job_status", .operands = "[JOBID]", .historical = true,
     .help = "Print the exit status of a job's last attempt",
     .options = job_status_historical_options, .takes = {ITEM_JOBID}, .context = "ERROR: ",
     .run = job_status},
    {.name = "helios_service_status", .operands = "", .historical = true,
     .help = "Show daemons registered in the last five minutes",
     .options = service_historical_options, .context = "ERROR: ",
     .run = service_historical},
    {.name = "helios_log_clean", .operands = "", .historical = true,
     .help = "Delete old rows of the log and of the job history",
     .options = log_clean_historical_options, .context = "ERROR: ", .run = log_clean},
    {.name = NULL},
};
/* clang-format on */

/* Two words at most make a command. */
static bool is_named(const struct ctl_command *c, int argc, char **argv, int *used)
{
    size_t first = strcspn(c->name, " ");
    *used = c->name[first] == '\0' ? 1 : 2;
    if (strlen(argv[0]) != first || strncmp(c->name, argv[0], first) != 0)
        return false;
    return *used == 1 || (argc > 1 && strcmp(c->name + first + 1, argv[1]) == 0);
}

const struct ctl_command *command_by_words(int argc, char **argv, int *used)
{
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (!c->historical && is_named(c, argc, argv, used))
            return c;
    }
    return NULL;
}

/* Some of the names were installed with their suffix, by version. */
const struct ctl_command *command_by_program(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');
    const char *base = slash == NULL ? argv0 : slash + 1;
    size_t len = strlen(base);
    if (len > 3 && strcmp(base + len - 3, ".pl") == 0)
        len -= 3;
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (c->historical && strlen(c->name) == len && strncmp(c->name, base, len) == 0)
            return c;
    }
    return NULL;
}

/* ---- suggestions ---- */

static void offer_commands(struct suggestion *s)
{
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (!c->historical)
            suggest_offer(s, c->name);
    }
}

const char *command_suggest(const char *first, const char *second)
{
    struct suggestion one;
    struct suggestion two;
    struct buf both = BUF_INIT;
    suggest_begin(&one, first);
    offer_commands(&one);
    if (second == NULL)
        return one.nearest;
    buf_printf(&both, "%s %s", first, second);
    suggest_begin(&two, buf_text(&both));
    offer_commands(&two);
    buf_fini(&both);
    return two.nearest != NULL && two.distance < one.distance ? two.nearest : one.nearest;
}

bool command_is_family(const char *word)
{
    size_t len = strlen(word);
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (!c->historical && strncmp(c->name, word, len) == 0 && c->name[len] == ' ')
            return true;
    }
    return false;
}
