/* SPDX-License-Identifier: MIT */
#ifndef CONTRACT_SUITE_H
#define CONTRACT_SUITE_H

#include "fixture.h"

/* Each file of the suite: its tests run as one group; the number of failures. */
int suite_db(void);
int suite_jobtypes(void);
int suite_submit(void);
int suite_claim(void);
int suite_cursor(void);
int suite_complete(void);
int suite_fail(void);
int suite_leases(void);
int suite_rows(void);
int suite_schema(void);

#endif
