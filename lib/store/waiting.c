/* SPDX-License-Identifier: MIT */
#include "store/private.h"

void store_datum_behind(uint32_t funcid, struct cursor_place place, uint64_t limit,
                        struct helios_datum out[STORE_BEHIND_PARAMS])
{
    out[0] = out[1] = helios_uint(funcid);
    out[2] = out[3] = out[5] = helios_int(place.run_after);
    out[4] = helios_uint(place.jobid);
    out[6] = helios_uint(limit);
}

static int count_failed(struct helios_error *err)
{
    return err_wrap(err, "cannot count jobs");
}

static int count(struct store *store, enum statement id, const uint32_t *funcids, size_t n,
                 uint64_t limit, uint64_t *out, struct helios_error *err)
{
    *out = 0;
    for (size_t i = 0; i < n && *out < limit; i++) {
        struct helios_datum params[] = {helios_uint(funcids[i]), helios_uint(limit - *out)};
        int64_t some = 0;
        if (store_numbers(store, id, params, 2, &some, 1, err) != 0)
            return count_failed(err);
        *out += (uint64_t)some;
    }
    return 0;
}

int store_waiting(struct store *store, const uint32_t *funcids, size_t n, uint64_t limit,
                  uint64_t *out, struct helios_error *err)
{
    if (store_fault(store, FAULT_WAITING_BEFORE, err) != 0)
        return -1;
    return count(store, ST_WAITING, funcids, n, limit, out, err);
}

int store_waiting_above(struct store *store, const uint32_t *funcids, size_t n,
                        uint32_t floor, uint64_t limit, uint64_t *out,
                        struct helios_error *err)
{
    *out = 0;
    for (size_t i = 0; i < n && *out < limit; i++) {
        struct helios_datum params[] = {helios_uint(funcids[i]), helios_uint(floor),
                                        helios_uint(limit - *out)};
        int64_t some = 0;
        if (store_numbers(store, ST_WAITING_ABOVE, params, 3, &some, 1, err) != 0)
            return count_failed(err);
        *out += (uint64_t)some;
    }
    return 0;
}

int store_backlog(struct store *store, const uint32_t *funcids, size_t n, uint64_t limit,
                  uint64_t *out, struct helios_error *err)
{
    return count(store, ST_BACKLOG, funcids, n, limit, out, err);
}

int store_waiting_behind(struct store *store, uint32_t funcid, const struct cursor *cursor,
                         uint64_t limit, uint64_t *out, struct helios_error *err)
{
    struct helios_datum params[STORE_BEHIND_PARAMS];
    struct cursor_place place;
    int64_t some = 0;
    *out = 0;
    if (!cursor_get(cursor, &place))
        return 1;
    store_datum_behind(funcid, place, limit, params);
    if (store_numbers(store, ST_WAITING_BEHIND, params, STORE_BEHIND_PARAMS, &some, 1,
                      err) != 0)
        return count_failed(err);
    *out = (uint64_t)some;
    return 0;
}
