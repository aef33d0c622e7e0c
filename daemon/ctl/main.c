/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/coredump.h"
#include "core/fault.h"
#include "daemon/ctl/cell.h"

/* A caller that closed descriptor 1 or 2 must not get our text written into the database
 * that is opened next. Opened for reading only, so that a write to it fails and is seen. */
static bool fill_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", O_RDONLY) != fd) /* NOLINT: stays open over exec */
            return false;
    }
    return true;
}

/* A reader that has seen enough is no fault: we end as programs do that have not asked for
 * EPIPE. The database's library has. */
static void die_of_pipe(void)
{
    if (signal(SIGPIPE, SIG_DFL) != SIG_ERR)
        (void)raise(SIGPIPE);
}

/* A list cut short by a full disk must not look whole. */
static int finish_output(const struct ctl *ctl, int code)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (failed) /* long ago, perhaps: what it was shows again */
        (void)putchar('\n');
    if (fflush(stdout) == 0 && !failed)
        return code;
    if (errno == EPIPE)
        die_of_pipe();
    ctl_say(ctl, "cannot write to standard output: %s", strerror(errno));
    if (code != 0)
        return code;
    return ctl->command != NULL && ctl->command->historical ? 1 : EX_IOERR;
}

static int run_command(struct ctl *ctl, int argc, char **argv)
{
    int code = arguments_parse(ctl, argc, argv);
    if (code == 0 && ctl->items[ITEM_HELP] != NULL)
        help_command(ctl->command, stdout);
    else if (code == 0)
        code = ctl->command->run(ctl);
    helios_client_close(ctl->client);
    return finish_output(ctl, code);
}

/* A family alone: with --help what it can do, else the same as a complaint. */
static int reject_words(const struct ctl *ctl, int argc, char **argv)
{
    bool alone = argc == 1 || argv[1][0] == '-';
    bool asked = argc > 1 && strcmp(argv[1], "--help") == 0;
    if (!alone || !command_is_family(argv[0]))
        return help_reject(ctl, argc, argv);
    help_commands(argv[0], asked ? stdout : stderr);
    return asked ? finish_output(ctl, 0) : EX_USAGE;
}

/* `helios --config F COMMAND ...`: options before the command. Returns the number of words
 * used, or -1 having said what is wrong. */
static int leading_options(struct ctl *ctl, int argc, char **argv)
{
    int i = 0;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            ctl->items[ITEM_HELP] = "";
        } else if (strcmp(argv[i], "--version") == 0) {
            ctl->items[ITEM_VERSION] = "";
        } else if (strncmp(argv[i], "--config=", 9) == 0) {
            ctl->items[ITEM_CONFIG] = argv[i] + 9;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            ctl->items[ITEM_CONFIG] = argv[++i];
        } else {
            ctl_say(ctl, "'%s' is not an option of helios; see 'helios --help'", argv[i]);
            return -1;
        }
    }
    return i;
}

static int run_helios(struct ctl *ctl, int argc, char **argv)
{
    int used = leading_options(ctl, argc, argv);
    if (used < 0)
        return EX_USAGE;
    argc -= used;
    argv += used;
    if (ctl->items[ITEM_VERSION] != NULL) {
        (void)puts("helios " HELIOS_VERSION);
        return finish_output(ctl, 0);
    }
    if (argc == 0) {
        bool asked = ctl->items[ITEM_HELP] != NULL;
        help_commands(NULL, asked ? stdout : stderr);
        return asked ? finish_output(ctl, 0) : EX_USAGE;
    }
    ctl->command = command_by_words(argc, argv, &used);
    if (ctl->command == NULL)
        return reject_words(ctl, argc, argv);
    return run_command(ctl, argc - used, argv + used);
}

int main(int argc, char **argv)
{
    coredump_forbid();
    fault_init();
    cell_locale();
    if (!fill_descriptors())
        return EX_OSERR;
    struct ctl ctl = {.prefix = "helios"};
    if (argc < 1) {
        help_commands(NULL, stderr);
        return EX_USAGE;
    }
    ctl.command = command_by_program(argv[0]);
    if (ctl.command == NULL)
        return run_helios(&ctl, argc - 1, argv + 1);
    ctl.prefix = argv[0];
    return run_command(&ctl, argc - 1, argv + 1);
}
