/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/log_batch.h"

static void add(struct log_batch *batch, uint64_t jobid, const char *text, size_t len)
{
    const struct log_record record = {.jobid = jobid, .level = 3, .text = text, .len = len};
    log_batch_add(batch, &record);
}

static void gives_what_was_added(void **state)
{
    (void)state;
    static struct log_record out[LOG_BATCH_MAX];
    struct log_batch *batch = log_batch_new();
    assert_non_null(batch);
    assert_int_equal(log_batch_records(batch, out), 0);
    add(batch, 7, "one", 3);
    add(batch, 8, "", 0);
    assert_int_equal(log_batch_records(batch, out), 2);
    assert_int_equal(out[0].jobid, 7);
    assert_int_equal(out[0].level, 3);
    assert_string_equal(out[0].text, "one");
    assert_int_equal(out[1].len, 0);
    log_batch_clear(batch);
    assert_int_equal(log_batch_records(batch, out), 0);
}

static void is_full_by_number_or_by_size(void **state)
{
    (void)state;
    static struct log_record out[LOG_BATCH_MAX];
    struct log_batch *batch = log_batch_new();
    assert_non_null(batch);
    size_t n = 0;
    for (; !log_batch_full(batch); n++)
        add(batch, n + 1, "x", 1);
    assert_int_equal(n, LOG_BATCH_MAX);
    add(batch, 999, "one too many", 12);
    assert_int_equal(log_batch_records(batch, out), LOG_BATCH_MAX);
    log_batch_clear(batch);
    char *large = malloc(LOG_TEXT_MAX);
    assert_non_null(large);
    memset(large, 'y', LOG_TEXT_MAX);
    for (n = 0; !log_batch_full(batch); n++)
        add(batch, n + 1, large, LOG_TEXT_MAX);
    assert_int_equal(log_batch_records(batch, out), n);
    assert_int_equal(out[n - 1].len, LOG_TEXT_MAX);
    assert_memory_equal(out[n - 1].text, large, LOG_TEXT_MAX);
    free(large);
}

static void outlives_the_process_that_filled_it(void **state)
{
    (void)state;
    static struct log_record out[LOG_BATCH_MAX];
    struct log_batch *batch = log_batch_new();
    assert_non_null(batch);
    pid_t pid = fork();
    if (pid == 0) {
        add(batch, 42, "last words", 10);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(log_batch_records(batch, out), 1);
    assert_string_equal(out[0].text, "last words");
}

/* A plugin may have written over it: whatever stands there, nothing outside is touched. */
static void written_over(void **state)
{
    (void)state;
    static struct log_record out[LOG_BATCH_MAX + 1];
    struct log_batch *batch = log_batch_new();
    assert_non_null(batch);
    memset(batch, 0xff, 4096);
    out[LOG_BATCH_MAX].jobid = 4711;
    assert_true(log_batch_full(batch));
    add(batch, 1, "more", 4);
    assert_int_equal(log_batch_records(batch, out), LOG_BATCH_MAX);
    assert_int_equal(out[LOG_BATCH_MAX].jobid, 4711);
    assert_int_equal(out[0].len, 0);
    assert_string_equal(out[0].text, "");
    log_batch_clear(batch);
    assert_false(log_batch_full(batch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_was_added),
        cmocka_unit_test(is_full_by_number_or_by_size),
        cmocka_unit_test(outlives_the_process_that_filled_it),
        cmocka_unit_test(written_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
