/* SPDX-License-Identifier: MIT */
#ifndef EXEC_INPUT_H
#define EXEC_INPUT_H

#include <stddef.h>

#include <helios/service.h>

/* What the program is given of its job. */

/* The environment: a fixed PATH, HELIOS_JOBID, HELIOS_JOBTYPE, and HELIOS_ARG_<name> for
 * each argument whose name consists of letters, digits and underscores and whose value is a
 * scalar without NUL, of moderate size. `*skipped` counts those that are left out. NULL if
 * there is no memory; else to be freed with environment_free(). */
char **environment_new(struct helios_job *job, unsigned *skipped);
void environment_free(char **environment);

/* The arguments as one JSON object on one line ({} if there are none), to be freed. Bytes
 * that are not UTF-8 are taken as Latin-1 and fractions have 15 digits, as in Perl;
 * integers above INT64_MAX become text, numbers that JSON does not have null. NULL if there
 * is no memory. */
char *input_json(const struct helios_job *job, size_t *len);

#endif
