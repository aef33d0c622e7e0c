/* SPDX-License-Identifier: MIT */
#include "store/shape.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "db/script.h"

/* Copies [at, end) without blanks. */
static void take_bare(const char *at, const char *end, char *to, size_t size)
{
    size_t n = 0;
    for (; at < end; at++) {
        if (isspace((unsigned char)*at) == 0 && n + 1 < size)
            to[n++] = *at;
    }
    to[n] = '\0';
}

static bool skip(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0)
        return false;
    *at += len;
    return true;
}

/* The columns between the next parentheses. */
static bool take_columns(const char *at, const char *end, struct shape_part *part)
{
    const char *open = memchr(at, '(', (size_t)(end - at));
    const char *close = open == NULL ? NULL : memchr(open, ')', (size_t)(end - open));
    if (close == NULL)
        return false;
    part->kind = SHAPE_INDEX;
    take_bare(open + 1, close, part->name, sizeof part->name);
    return true;
}

/* One line of CREATE TABLE, [at, end) without its comma. 1: a part, 0: none. */
static int read_line(const char *at, const char *end, struct shape_part *part)
{
    part->unique = false;
    if (skip(&at, "PRIMARY KEY"))
        return 0;
    if (skip(&at, "INDEX"))
        return take_columns(at, end, part) ? 1 : -1;
    if (skip(&at, "UNIQUE")) {
        part->unique = true;
        return take_columns(at, end, part) ? 1 : -1;
    }
    const char *blank = memchr(at, ' ', (size_t)(end - at));
    if (blank == NULL)
        return -1;
    part->kind = SHAPE_COLUMN;
    take_bare(at, blank, part->name, sizeof part->name);
    (void)snprintf(part->definition, sizeof part->definition, "%.*s", (int)(end - at), at);
    return 1;
}

static int unknown(const char *at, struct helios_error *err)
{
    return err_set(err, HELIOS_E_INVALID, "a step of the schema has '%.*s'",
                   (int)strcspn(at, "\n"), at);
}

static int read_table(const char *at, struct shape_part *part, shape_fn *fn, void *arg,
                      struct helios_error *err)
{
    size_t name = strcspn(at, " ");
    part->kind = SHAPE_TABLE;
    take_bare(at, at + name, part->table, sizeof part->table);
    int rc = fn(arg, part, err);
    at += strcspn(at, "\n");
    while (rc == 0 && skip(&at, "\n    ")) {
        const char *end = at + strcspn(at, "\n");
        const char *last = end[-1] == ',' ? end - 1 : end;
        int found = read_line(at, last, part);
        if (found < 0)
            return unknown(at, err);
        if (found > 0)
            rc = fn(arg, part, err);
        at = end;
    }
    return rc;
}

static int read_index(const char *at, struct shape_part *part, shape_fn *fn, void *arg,
                      struct helios_error *err)
{
    const char *end = part->statement + part->len;
    const char *on = strstr(at, " ON ");
    if (on == NULL || on > end || !take_columns(on, end, part))
        return unknown(at, err);
    on += strlen(" ON ");
    take_bare(on, on + strcspn(on, " ("), part->table, sizeof part->table);
    return fn(arg, part, err);
}

static int read_statement(struct shape_part *part, shape_fn *fn, void *arg,
                          struct helios_error *err)
{
    const char *at = part->statement;
    while (*at == '\n' || strncmp(at, "--", 2) == 0)
        at += *at == '\n' ? 1 : strcspn(at, "\n");
    if (skip(&at, "CREATE TABLE IF NOT EXISTS "))
        return read_table(at, part, fn, arg, err);
    if (skip(&at, "CREATE INDEX "))
        return read_index(at, part, fn, arg, err);
    return unknown(at, err);
}

int shape_each(const struct schema_step *steps, shape_fn *fn, void *arg,
               struct helios_error *err)
{
    for (; steps->version != 0; steps++) {
        const char *at = steps->script;
        struct shape_part part = {.kind = SHAPE_TABLE};
        while (script_next(&at, &part.statement, &part.len)) {
            int rc = read_statement(&part, fn, arg, err);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}
