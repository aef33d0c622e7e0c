/* SPDX-License-Identifier: MIT */
#include "daemon/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <helios/version.h>

static const char usage[] =
    "Usage: helios_d [OPTION]... SERVICECLASS\n"
    "Runs the jobs of SERVICECLASS: watches its queue and forks up to MAX_WORKERS "
    "workers.\n"
    "\n"
    "  --foreground        stay in the foreground, log to standard error when the table is "
    "away\n"
    "  --config=FILE       read FILE; else the file named by HELIOS_INI, else "
    "./helios.ini\n"
    "  --jobtypes=A,B      also run jobs of the jobtypes A and B\n"
    "  --service=CLASS     the service class, instead of the argument\n"
    "  --clear-halt        delete the HALT parameter of this host first; without "
    "SERVICECLASS,\n"
    "                      say which services are halted on this host\n"
    "  --check             check everything that a start needs, say so, and end\n"
    "  --drain             end when no job is due: 0, or 1 if one failed for good\n"
    "  --debug             stay in the foreground and show the parameters, as "
    "HELIOS_DEBUG=1\n"
    "  --version           print the versions\n"
    "  --help              print this\n"
    "\n"
    "Stop it with `kill -TERM`, or with the parameter HALT. Manual: man 8 helios_d\n";

enum {
    OPT_FOREGROUND = 1000,
    OPT_CONFIG,
    OPT_JOBTYPES,
    OPT_SERVICE,
    OPT_CLEAR,
    OPT_CHECK,
    OPT_DRAIN,
    OPT_DEBUG,
    OPT_VERSION,
    OPT_HELP
};

static const struct option options[] = {
    {"foreground", no_argument, NULL, OPT_FOREGROUND},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"jobtypes", required_argument, NULL, OPT_JOBTYPES},
    {"jobtype", required_argument, NULL, OPT_JOBTYPES},
    {"service", required_argument, NULL, OPT_SERVICE},
    {"clear-halt", no_argument, NULL, OPT_CLEAR},
    {"check", no_argument, NULL, OPT_CHECK},
    {"drain", no_argument, NULL, OPT_DRAIN},
    {"debug", no_argument, NULL, OPT_DEBUG},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

void arguments_print_version(void)
{
    (void)printf("Helios %s\nhelios_d Service Daemon version %s\n", HELIOS_VERSION,
                 HELIOS_VERSION);
}

static int add_jobtypes(struct arguments *args, const char *list)
{
    char *joined = NULL;
    if (asprintf(&joined, "%s%s%s", args->jobtypes == NULL ? "" : args->jobtypes,
                 args->jobtypes == NULL ? "" : ",", list) < 0)
        return EX_OSERR;
    free(args->jobtypes);
    args->jobtypes = joined;
    return 0;
}

/* Long options in whatever case, as the Perl daemon takes them. */
static void fold_options(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], "--", 2) == 0)
            for (char *p = argv[i]; *p != '\0' && *p != '='; p++)
                if (*p >= 'A' && *p <= 'Z')
                    *p = (char)(*p - 'A' + 'a');
}

int arguments_parse(int argc, char **argv, struct arguments *args)
{
    int c;
    fold_options(argc, argv);
    opterr = 0;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case OPT_FOREGROUND:
            args->foreground = true;
            break;
        case OPT_CONFIG:
            args->config = optarg;
            break;
        case OPT_JOBTYPES:
            if (add_jobtypes(args, optarg) != 0)
                return EX_OSERR;
            break;
        case OPT_SERVICE:
            args->service = optarg;
            break;
        case OPT_CLEAR:
            args->clear_halt = true;
            break;
        case OPT_CHECK:
            args->check = true;
            break;
        case OPT_DRAIN:
            args->drain = true;
            break;
        case OPT_DEBUG:
            args->debug = true;
            break;
        case OPT_VERSION:
            arguments_print_version();
            return EX_OK;
        case OPT_HELP:
        case 'h':
            (void)fputs(usage, stdout);
            return EX_OK;
        default:
            (void)fprintf(
                stderr,
                "helios_d: unknown option or missing value: %s; see helios_d --help\n",
                argv[optind - 1]);
            return EX_USAGE;
        }
    }
    if (args->service == NULL && optind < argc)
        args->service = argv[optind++];
    if (optind < argc) {
        (void)fprintf(stderr, "helios_d: unexpected argument %s; see helios_d --help\n",
                      argv[optind]);
        return EX_USAGE;
    }
    return -1;
}
