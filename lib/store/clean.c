/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#define CLEAN_ROWS 1000u /* of the statements' LIMIT */

int store_clean(struct store *store, bool *more, struct helios_error *err)
{
    uint64_t errors = 0;
    uint64_t statuses = 0;
    *more = false;
    if (store_fault(store, FAULT_CLEAN_BEFORE, err) != 0 ||
        store_exec(store, ST_ERROR_CLEAN, 0, NULL, 0, &errors, err) != 0 ||
        store_exec(store, ST_EXITSTATUS_CLEAN, 0, NULL, 0, &statuses, err) != 0)
        return err_wrap(err, "cannot delete old rows");
    *more = errors == CLEAN_ROWS || statuses == CLEAN_ROWS;
    return 0;
}
