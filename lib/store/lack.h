/* SPDX-License-Identifier: MIT */
#ifndef STORE_LACK_H
#define STORE_LACK_H

#include "store/shape.h"
#include "store/store.h"

/* What the tables of a database lack of what the steps of the schema make. */

/* Calls `fn` for each part that is missing, a table before its indexes; not for the columns
 * of a table that is missing, nor for its indexes unless `fn` has made it. */
int lack_each(struct store *store, shape_fn *fn, void *arg, struct helios_error *err);

/* The graver the greater. */
enum lack_kind {
    LACK_NONE,
    LACK_PART,   /* a table or an index: an upgrade adds it */
    LACK_COLUMN, /* nobody knows what its values should be: an upgrade is refused */
    LACK_TORN    /* the queue is missing while others refer to its rows: likewise */
};
struct lack {
    enum lack_kind kind;
    const char *finding; /* what is missing */
    const char *cure;    /* what to do about it */
};
typedef void lack_fn(void *arg, const struct lack *lack);
/* Tells all that is missing; `*gravest` (may be NULL) gets the kind of the worst. */
int lack_tell(struct store *store, lack_fn *fn, void *arg, enum lack_kind *gravest,
              struct helios_error *err);

#endif
