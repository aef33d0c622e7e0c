/* SPDX-License-Identifier: MIT */
#include "child.h"
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* ExecService: runs a program of the operator's for each job. The job chooses neither the
 * program nor its arguments; it only gives data, in the environment and as JSON on standard
 * input.
 *
 *   exec_program   absolute path; required
 *   exec_args      arguments, separated by blanks
 *   exec_timeout   seconds that it may run, 1 to 604800; anything else is 600
 */

HELIOS_SERVICE_EXPORT;

#define ARGV_MAX       64
#define TIMEOUT_S      600
#define TIMEOUT_MAX_S  (7 * 24 * 3600)
#define RETRIES        3u
#define RETRY_S        60u
#define LOG_LINES_MAX  200
#define LOG_LINE_BYTES 1000
#define MESSAGE_BYTES  254 /* more of an error message is not kept */
#define SIGNAL_STATUS  128 /* status of a death by signal n: 128 + n, as shells have it */
#define BLANKS         " \t"

/* The program's output on its way to the log, line by line and no further than a limit. */
struct lines {
    struct helios_job *job;
    unsigned logged;
    bool cut; /* something was not logged */
    size_t len;
    char text[LOG_LINE_BYTES + 1];
};

static void line_end(struct lines *lines)
{
    if (lines->len == 0)
        return;
    lines->text[lines->len] = '\0';
    lines->len = 0;
    if (lines->logged == LOG_LINES_MAX) {
        lines->cut = true;
        return;
    }
    lines->logged++;
    helios_log(lines->job, HELIOS_LOG_INFO, "%s", lines->text);
}

/* Control characters must not reach a terminal by way of the log. */
static char printable(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f ? '?' : c;
}

static void lines_add(void *arg, const char *bytes, size_t len)
{
    struct lines *lines = arg;
    for (size_t i = 0; i < len; i++) {
        if (lines->len == LOG_LINE_BYTES)
            line_end(lines);
        if (bytes[i] == '\n')
            line_end(lines);
        else if (bytes[i] != '\r')
            lines->text[lines->len++] = printable(bytes[i]);
    }
}

/* The last lines of `text` that fit into `cap` bytes, or the end of the last one. */
static const char *last_lines(const char *text, size_t cap)
{
    size_t len = strlen(text);
    if (len <= cap)
        return text;
    const char *start = text + len - cap;
    if (start[-1] == '\n')
        return start;
    const char *line = strchr(start, '\n');
    if (line && line[1] != '\0')
        return line + 1;
    while (((unsigned char)*start & 0xc0) == 0x80)
        start++;
    return start;
}

/* The end of the output as text: printable, without the last line end. */
static void tail_text(const struct child_result *result, char out[CHILD_TAIL_BYTES + 1])
{
    size_t len = result->tail_len;
    while (len > 0 && strchr("\r\n", result->tail[len - 1]))
        len--;
    for (size_t i = 0; i < len; i++)
        out[i] = result->tail[i] == '\n' ? '\n' : printable(result->tail[i]);
    out[len] = '\0';
}

/* Exit codes of <sysexits.h> that say that another attempt with the same job is no use. */
static bool permanent(int code)
{
    static const int codes[] = {EX_USAGE,  EX_DATAERR, EX_NOINPUT, EX_NOUSER,
                                EX_NOHOST, EX_NOPERM,  EX_CONFIG};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (code == codes[i])
            return true;
    }
    return false;
}

/* Fails the job with `reason` and what the program said last. */
static int fail(struct helios_job *job, bool retry, int status, const char *reason,
                const struct lines *lines, const struct child_result *result)
{
    char tail[CHILD_TAIL_BYTES + 1];
    tail_text(result, tail);
    if (lines->cut)
        helios_log(job, HELIOS_LOG_ERR, "%s; the last of the output: %s", reason, tail);
    size_t used = strlen(reason) + strlen(": ");
    const char *last = last_lines(tail, MESSAGE_BYTES - used);
    const char *colon = *last ? ": " : "";
    if (retry)
        return helios_job_failed(job, status, "%s%s%s", reason, colon, last);
    return helios_job_failed_no_retry(job, status, "%s%s%s", reason, colon, last);
}

static int verdict(struct helios_job *job, int timeout_s, const struct lines *lines,
                   const struct child_result *result)
{
    char reason[80];
    int code = WEXITSTATUS(result->status);
    if (result->timed_out) {
        (void)snprintf(reason, sizeof reason, "stopped after %d s", timeout_s);
        return fail(job, true, EX_TEMPFAIL, reason, lines, result);
    }
    if (WIFSIGNALED(result->status)) {
        int number = WTERMSIG(result->status);
        (void)snprintf(reason, sizeof reason, "killed by signal %d (%s)", number,
                       strsignal(number));
        return fail(job, true, SIGNAL_STATUS + number, reason, lines, result);
    }
    if (code == 0)
        return helios_job_completed(job);
    (void)snprintf(reason, sizeof reason, "exit code %d", code);
    return fail(job, !permanent(code), code, reason, lines, result);
}

/* What the parameters say; `argv` points into `args`. */
struct command {
    char *argv[ARGV_MAX + 2];
    char *args;
    int timeout_s;
};

static void command_fini(struct command *command)
{
    free(command->argv[0]);
    free(command->args);
}

/* Splits `args` at blanks; false if there are too many. */
static bool command_split(struct command *command)
{
    size_t n = 1;
    char *rest = command->args;
    char *word;
    while ((word = strsep(&rest, BLANKS))) {
        if (*word == '\0')
            continue;
        if (n > ARGV_MAX)
            return false;
        command->argv[n++] = word;
    }
    return true;
}

/* NULL, or what is wrong with the parameters. */
static const char *command_init(struct command *command, const struct helios_params *params)
{
    *command = (struct command){0};
    const char *program = helios_params_get(params, "exec_program");
    const char *args = helios_params_get(params, "exec_args");
    if (!program || program[0] != '/')
        return "the parameter exec_program must be the absolute path of a program";
    int64_t timeout = helios_params_int(params, "exec_timeout", TIMEOUT_S);
    command->timeout_s =
        timeout >= 1 && timeout <= TIMEOUT_MAX_S ? (int)timeout : TIMEOUT_S;
    command->argv[0] = strdup(program);
    command->args = strdup(args ? args : "");
    if (!command->argv[0] || !command->args)
        return "out of memory";
    return command_split(command) ? NULL : "the parameter exec_args has too many words";
}

static bool program_usable(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || access(path, X_OK) != 0) {
        helios_log(NULL, HELIOS_LOG_ERR, "exec_program cannot be run: %s: %s", path,
                   strerror(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode))
        helios_log(NULL, HELIOS_LOG_ERR, "exec_program is not a file: %s", path);
    return S_ISREG(st.st_mode);
}

/* With a configuration that cannot work, the jobs had better stay in the queue. */
static int exec_prep(struct helios_worker *worker)
{
    struct command command;
    const char *wrong = command_init(&command, helios_worker_params(worker));
    if (wrong)
        helios_log(NULL, HELIOS_LOG_ERR, "%s", wrong);
    bool usable = !wrong && program_usable(command.argv[0]);
    command_fini(&command);
    return usable ? 0 : -1;
}

/* Runs the command on the job's data. */
static int command_run(const struct command *command, struct helios_job *job, char **env,
                       const char *json, size_t json_len)
{
    struct child_result result;
    struct lines lines = {.job = job};
    const struct child_spec spec = {
        .argv = command->argv,
        .envp = env,
        .input = json,
        .input_len = json_len,
        .timeout_s = command->timeout_s,
        .output = lines_add,
        .output_arg = &lines,
    };
    int error = child_run(&spec, &result);
    if (error != 0)
        return helios_job_failed(job, EX_OSERR, "cannot run %s: %s", command->argv[0],
                                 strerror(error));
    line_end(&lines);
    return verdict(job, command->timeout_s, &lines, &result);
}

static int command_job(const struct command *command, struct helios_job *job)
{
    unsigned skipped = 0;
    size_t json_len = 0;
    char **env = environment_new(job, &skipped);
    char *json = input_json(job, &json_len);
    int rc;
    if (!env || !json) {
        rc = helios_job_failed(job, EX_OSERR, "out of memory for the arguments");
    } else {
        if (skipped > 0)
            helios_log(job, HELIOS_LOG_NOTICE,
                       "arguments left out of the environment for their name, type or "
                       "size: %u; the JSON on standard input has all",
                       skipped);
        rc = command_run(command, job, env, json, json_len);
    }
    environment_free(env);
    free(json);
    return rc;
}

static int exec_run(struct helios_worker *worker, struct helios_job *job)
{
    struct command command;
    const char *wrong = command_init(&command, helios_worker_params(worker));
    int rc =
        wrong ? helios_job_failed(job, EX_CONFIG, "%s", wrong) : command_job(&command, job);
    command_fini(&command);
    return rc;
}

/* 60, 120, 240, ... seconds; `failures` above RETRIES are asked for but never used. */
static uint32_t exec_retry_interval(uint32_t failures)
{
    return failures > RETRIES ? RETRY_S << RETRIES : RETRY_S << (failures - 1);
}

const struct helios_service helios_service = {
    HELIOS_SERVICE_HEAD,
    .name = "ExecService",
    .version = "1.0",
    .prep = exec_prep,
    .run = exec_run,
    .max_retries = RETRIES,
    .retry_interval = exec_retry_interval,
};
