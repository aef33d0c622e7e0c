/* SPDX-License-Identifier: MIT */
#include "store/private.h"

/* The clock that decides may lag behind the one that is read in milliseconds. */
static int64_t until(int64_t run_after, int64_t now_ms)
{
    int64_t ms = run_after * 1000 - now_ms;
    return ms < 1 ? 1 : ms;
}

int store_upcoming(struct store *store, const uint32_t *funcids, size_t n,
                   struct store_upcoming *out, struct helios_error *err)
{
    *out = (struct store_upcoming){0};
    for (size_t i = 0; i < n; i++) {
        struct helios_datum params[] = {helios_uint(funcids[i]), helios_uint(funcids[i])};
        int64_t found[3] = {0}; /* held, run_after, now */
        if (store_numbers(store, ST_UPCOMING, params, 2, found, 3, err) != 0)
            return err_wrap(err, "cannot look for jobs to come");
        out->held = out->held || found[0] != 0;
        int64_t ms = found[1] == 0 ? 0 : until(found[1], found[2]);
        if (ms > 0 && (out->next_ms == 0 || ms < out->next_ms))
            out->next_ms = ms;
    }
    return 0;
}
