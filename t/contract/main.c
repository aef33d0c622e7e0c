/* SPDX-License-Identifier: MIT */
#include "suite.h"

int main(void)
{
    int rc = fixture_start();
    if (rc == 0) {
        int failed = suite_db() + suite_jobtypes() + suite_submit() + suite_claim() +
                     suite_cursor() + suite_complete() + suite_fail() + suite_leases() +
                     suite_rows() + suite_schema();
        rc = failed == 0 ? 0 : 1;
    }
    if (rc != FIXTURE_SKIP)
        fixture_stop();
    return rc;
}
