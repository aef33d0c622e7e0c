/* SPDX-License-Identifier: MIT */
#include "core/settings.h"

#include <stddef.h>
#include <string.h>

#include "conf/figure.h"

/* Numbers of the table and where they go; seconds become milliseconds where the field's
 * name says so. */
static const struct {
    const char *name;
    size_t offset;
    int64_t factor;
} numbers[] = {
    {"MAX_WORKERS", offsetof(struct settings, max_workers), 1},
    {"WORKER_MAX_TTL", offsetof(struct settings, worker_max_ttl_s), 1},
    {"WORKER_MAX_TTL_WAIT_INTERVAL", offsetof(struct settings, worker_max_ttl_wait_s), 1},
    {"master_launch_interval", offsetof(struct settings, master_launch_ms), 1000},
    {"zero_launch_interval", offsetof(struct settings, zero_launch_ms), 1000},
    {"zero_sleep_interval", offsetof(struct settings, zero_sleep_ms), 1000},
    {"registration_interval", offsetof(struct settings, registration_ms), 1000},
    {"WORKER_LINGER", offsetof(struct settings, worker_linger_ms), 1000},
    {"COMPLETION_DELAY_MS", offsetof(struct settings, completion_delay_ms), 1},
    {"CLAIM_MAX", offsetof(struct settings, claim_max), 1},
    {"CLAIM_TARGET_MS", offsetof(struct settings, claim_target_ms), 1},
    {"WORKER_MAX_MEMORY_MB", offsetof(struct settings, worker_memory_mb), 1},
    {"WORKER_MAX_CPU", offsetof(struct settings, worker_cpu_s), 1},
    {"WORKER_MAX_FILES", offsetof(struct settings, worker_files), 1},
    {"WORKER_MAX_FILE_MB", offsetof(struct settings, worker_file_mb), 1},
    {"WORKER_NICE", offsetof(struct settings, worker_nice), 1},
    {"WORKER_GROUP_MEMORY_MB", offsetof(struct settings, group_memory_mb), 1},
    {"WORKER_GROUP_PIDS", offsetof(struct settings, group_pids), 1},
    {"SAFE_MODE_RETRIES", offsetof(struct settings, safe_mode_retries), 1},
};

static void set_numbers(const struct figure *f, const struct settings *last,
                        struct settings *out)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int64_t value;
        memcpy(&value, (const char *)last + numbers[i].offset, sizeof value);
        value = figure_number(f, numbers[i].name, value / numbers[i].factor);
        value *= numbers[i].factor;
        memcpy((char *)out + numbers[i].offset, &value, sizeof value);
    }
    out->log_threshold =
        (int32_t)figure_number(f, "log_priority_threshold", last->log_threshold);
}

/* As Perl reads it: `low`, and whatever else is true is high. */
static enum job_order order_of(const struct figure *f)
{
    static const char name[] = "PRIORITIZE_JOBS";
    const char *text = helios_params_get(f->params, name);
    if (text == NULL || text[0] == '\0' || strcmp(text, "0") == 0)
        return ORDER_OLDEST;
    if (strcmp(text, "low") == 0)
        return ORDER_LOW;
    if (strcmp(text, "high") != 0)
        figure_complain(f, name, "is none of low, high and 0; it counts as high");
    return ORDER_HIGH;
}

static uint32_t floor_of(const struct figure *f, const struct settings *last,
                         enum job_order order)
{
    static const char name[] = "PRIORITY_FLOOR";
    int64_t floor = figure_number(f, name, last->priority_floor);
    if (floor > 0 && order == ORDER_OLDEST) {
        figure_complain(f, name, "is without effect unless PRIORITIZE_JOBS is set");
        return 0;
    }
    return (uint32_t)floor;
}

void conf_settings(const struct helios_params *params, const struct settings *last,
                   struct settings *out, conf_warn_fn *warn, void *arg)
{
    static const struct settings defaults = SETTINGS_DEFAULT;
    const struct figure f = {params, warn, arg};
    struct settings result = defaults;
    if (last == NULL)
        last = &defaults;
    set_numbers(&f, last, &result);
    result.pattern = figure_choice(&f, "WORKER_LAUNCH_PATTERN");
    result.order = order_of(&f);
    result.wake = figure_choice(&f, "WAKE");
    result.priority_floor = floor_of(&f, last, (enum job_order)result.order);
    result.overdrive = figure_is_one(&f, "OVERDRIVE");
    result.hold = figure_is_one(&f, "HOLD");
    result.halt = figure_is_set(&f, "HALT");
    result.lazy_config = figure_is_one(&f, "LAZY_CONFIG_UPDATE");
    result.downshift_on_nonzero = figure_is_one(&f, "DOWNSHIFT_ON_NONZERO_RUN");
    result.job_history = figure_switch(&f, "job_history");
    *out = result;
}
