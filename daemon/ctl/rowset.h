/* SPDX-License-Identifier: MIT */
#ifndef CTL_ROWSET_H
#define CTL_ROWSET_H

#include "conf/conf.h"
#include "store/store.h"

/* Rows of the params table, collected. rows_fini() frees. */
struct rows {
    struct conf_row *items;
    size_t count;
    bool failed; /* out of memory */
};
void rows_fini(struct rows *rows);
/* Rows of `service` for host `*` and for `host`. */
int rows_read(struct store *store, const char *service, const char *host, struct rows *out,
              struct helios_error *err);
/* Rows of `service` for whatever host. */
int rows_read_all(struct store *store, const char *service, struct rows *out,
                  struct helios_error *err);
/* The value of the row for `host` if it has one, else that of the row for all hosts; NULL
 * if there is none. */
const char *rows_value(const struct rows *rows, const char *host, const char *param);

#endif
