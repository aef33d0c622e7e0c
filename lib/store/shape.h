/* SPDX-License-Identifier: MIT */
#ifndef STORE_SHAPE_H
#define STORE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include <helios/error.h>

#include "store/steps.h"

/* What the steps of the schema make, part by part, as their text says. */

enum shape_kind { SHAPE_TABLE, SHAPE_COLUMN, SHAPE_INDEX };
struct shape_part {
    enum shape_kind kind;
    char table[64];        /* without prefix */
    char name[128];        /* of the column; the columns of the index, joined by commas */
    char definition[128];  /* of the column: its name and type */
    bool unique;           /* the index */
    const char *statement; /* of a table: the one that makes it and its columns */
    size_t len;
};

/* Calls `fn` for each part, a table before what belongs to it, until it returns something
 * else than 0, which is returned. A primary key is no part: a table without it is another
 * table. -1 too for a statement that is neither CREATE TABLE nor CREATE INDEX in the layout
 * of schema/. */
typedef int shape_fn(void *arg, const struct shape_part *part, struct helios_error *err);
int shape_each(const struct schema_step *steps, shape_fn *fn, void *arg,
               struct helios_error *err);

#endif
