/* SPDX-License-Identifier: MIT */
#include "job/life.h"

bool life_may_retry(const struct life_rules *rules, uint32_t failures)
{
    return rules->max_retries >= failures;
}
