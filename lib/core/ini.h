/* SPDX-License-Identifier: MIT */
#ifndef CORE_INI_H
#define CORE_INI_H

#include <stddef.h>

#include <helios/error.h>

/* A parsed helios.ini. Read exactly as Perl's Config::IniFiles reads it (helios.md 3.3),
 * but a UTF-8 byte-order mark is skipped, a NUL byte is refused, and an empty here-document
 * is the empty text. Sections and keys keep their order and their case. */
struct ini_entry {
    char *key;
    char *value;   /* repeated keys joined by newlines */
    unsigned line; /* of the first occurrence */
};
struct ini_section {
    char *name;
    struct ini_entry *entries;
    size_t count;
};
struct ini {
    char *path; /* absolute where it could be resolved */
    struct ini_section *sections;
    size_t count;
    unsigned mode; /* permission bits of the file when it was read; 0 for ini_parse() */
};

/* Which file: `path` if not NULL, else HELIOS_INI, else "./helios.ini". An empty HELIOS_INI
 * is an error. */
int ini_locate(const char *path, const char **out, struct helios_error *err);

/* Reads and parses a regular file of at most INI_SIZE_MAX bytes and INI_ITEMS_MAX section
 * and value lines. One malformed line and the whole file is refused; all such lines are
 * named ("file:line: what was expected"), as many as fit, never with their text, which may
 * hold a password. On success `*out` is the caller's: ini_free(). */
#define INI_SIZE_MAX  (1024u * 1024u)
#define INI_ITEMS_MAX 10000u
int ini_load(const char *path, struct ini **out, struct helios_error *err);
int ini_parse(const char *path, const char *text, size_t len, struct ini **out,
              struct helios_error *err);
void ini_free(struct ini *ini);

const struct ini_section *ini_section(const struct ini *ini, const char *name);
const struct ini_entry *ini_entry(const struct ini_section *section, const char *key);

#endif
