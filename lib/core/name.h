/* SPDX-License-Identifier: MIT */
#ifndef CORE_NAME_H
#define CORE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Longest service name that the tables hold (helios_params_tb.worker_class). */
#define NAME_MAX_LEN 64

/* The rule of helios.pl: [A-Za-z]([A-Za-z0-9_-]|::)*[A-Za-z0-9_-], the whole text, and at
 * most NAME_MAX_LEN bytes. */
bool name_valid(const char *name);

/* The file rule of helios.pl: lower case, every ':' becomes '_'. `out` gets at most `cap`
 * bytes with the NUL; false if it does not fit. */
bool name_file(const char *name, char *out, size_t cap);

/* This host as gethostname() gives it. `out` is always terminated. */
void name_host(char *out, size_t cap);

#endif
