/* SPDX-License-Identifier: MIT */
#include "core/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static int setup(void **state)
{
    static int fds[2];
    assert_int_equal(msg_pair(fds), 0);
    *state = fds;
    return 0;
}

static int teardown(void **state)
{
    int *fds = *state;
    (void)close(fds[0]);
    (void)close(fds[1]);
    return 0;
}

static void arrives(void **state)
{
    int *fds = *state;
    struct msg out = {.kind = MSG_DEAD, .generation = 7, .number = 1ULL << 40};
    out.dead = (struct msg_dead){.pid = 11, .generation = 3, .slot = 2, .death = DEATH_TTL};
    struct msg in;
    assert_int_equal(msg_recv(fds[0], &in), 1);
    assert_int_equal(msg_send(fds[1], &out), 0);
    out.pid = 99;
    assert_int_equal(msg_send(fds[1], &out), 0);
    assert_int_equal(msg_recv(fds[0], &in), 0);
    assert_int_equal(in.kind, MSG_DEAD);
    assert_int_equal(in.pid, getpid());
    assert_int_equal(in.generation, 7);
    assert_int_equal(in.number, 1ULL << 40);
    assert_memory_equal(&in.dead, &out.dead, sizeof in.dead);
    assert_int_equal(msg_recv(fds[0], &in), 0);
    assert_int_equal(in.pid, 99);
    assert_int_equal(msg_recv(fds[0], &in), 1);
}

static void pair_is_closed_on_exec(void **state)
{
    int *fds = *state;
    for (int i = 0; i < 2; i++) {
        assert_true((fcntl(fds[i], F_GETFD) & FD_CLOEXEC) != 0);
        assert_true((fcntl(fds[i], F_GETFL) & O_NONBLOCK) != 0);
    }
}

static void garbage_is_skipped(void **state)
{
    int *fds = *state;
    static const struct {
        const char *name;
        uint32_t magic, kind;
        size_t len;
    } rows[] = {
        {"nothing", MSG_MAGIC, MSG_LOOK, 0},
        {"one byte", MSG_MAGIC, MSG_LOOK, 1},
        {"one byte short", MSG_MAGIC, MSG_LOOK, sizeof(struct msg) - 1},
        {"one byte more", MSG_MAGIC, MSG_LOOK, sizeof(struct msg) + 1},
        {"much more", MSG_MAGIC, MSG_LOOK, 2 * sizeof(struct msg)},
        {"other magic", MSG_MAGIC + 1, MSG_LOOK, sizeof(struct msg)},
        {"kind none", MSG_MAGIC, MSG_NONE, sizeof(struct msg)},
        {"kind beyond the last", MSG_MAGIC, MSG_LEAVE + 1, sizeof(struct msg)},
        {"kind as large as can be", MSG_MAGIC, UINT32_MAX, sizeof(struct msg)},
    };
    struct {
        struct msg msg;
        char more[sizeof(struct msg)];
    } raw;
    struct msg in;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(&raw, 0, sizeof raw);
        raw.msg.magic = rows[i].magic;
        raw.msg.kind = rows[i].kind;
        assert_int_equal(send(fds[1], &raw, rows[i].len, 0), rows[i].len);
        if (msg_recv(fds[0], &in) != 1)
            fail_msg("%s: should be skipped", rows[i].name);
    }
    struct msg out = {.kind = MSG_WAKE};
    assert_int_equal(send(fds[1], "", 0, 0), 0);
    assert_int_equal(send(fds[1], "garbage", 7, 0), 7);
    assert_int_equal(msg_send(fds[1], &out), 0);
    assert_int_equal(msg_recv(fds[0], &in), 0);
    assert_int_equal(in.kind, MSG_WAKE);
}

static void fields_are_made_safe(void **state)
{
    int *fds = *state;
    struct msg raw;
    struct msg in;
    memset(&raw, 0x41, sizeof raw);
    raw.magic = MSG_MAGIC;
    raw.kind = MSG_TROUBLE;
    assert_int_equal(send(fds[1], &raw, sizeof raw, 0), sizeof raw);
    assert_int_equal(msg_recv(fds[0], &in), 0);
    assert_int_equal(strlen(in.text), sizeof in.text - 1);
    assert_true(in.flag);
    raw.kind = MSG_SNAPSHOT;
    assert_int_equal(send(fds[1], &raw, sizeof raw, 0), sizeof raw);
    assert_int_equal(msg_recv(fds[0], &in), 0);
    assert_true(in.snapshot.params_changed);
    assert_true(in.snapshot.settings.overdrive && in.snapshot.settings.hold);
    assert_true(in.snapshot.settings.halt && in.snapshot.settings.lazy_config);
    assert_true(in.snapshot.settings.downshift_on_nonzero);
    assert_true(in.snapshot.settings.job_history);
}

static void full_is_told(void **state)
{
    int *fds = *state;
    struct msg out = {.kind = MSG_SUCCESS};
    struct msg in;
    int sent = 0;
    int rc;
    while ((rc = msg_send(fds[1], &out)) == 0)
        sent++;
    assert_int_equal(rc, 1);
    for (int i = 0; i < sent; i++)
        assert_int_equal(msg_recv(fds[0], &in), 0);
    assert_int_equal(msg_recv(fds[0], &in), 1);
    assert_int_equal(msg_send(fds[1], &out), 0);
}

/* What a worker said before it died must arrive, also when it died with messages unread. */
static void gone_is_told_last(void **state)
{
    int *fds = *state;
    struct msg out = {.kind = MSG_TROUBLE, .text = "plugin refused"};
    struct msg in;
    assert_int_equal(msg_send(fds[1], &out), 0);
    assert_int_equal(send(fds[1], "", 0, 0), 0);
    out.kind = MSG_WAKE;
    assert_int_equal(msg_send(fds[0], &out), 0);
    (void)close(fds[1]);
    assert_int_equal(msg_recv(fds[0], &in), 0);
    assert_int_equal(in.kind, MSG_TROUBLE);
    assert_string_equal(in.text, "plugin refused");
    assert_int_equal(msg_recv(fds[0], &in), -1);
    assert_int_equal(msg_recv(fds[0], &in), -1);
    assert_int_equal(msg_send(fds[0], &out), -1);
    assert_int_equal(errno, EPIPE);
    fds[1] = dup(fds[0]);
}

static void bad_descriptor(void **state)
{
    (void)state;
    struct msg m = {.kind = MSG_WAKE};
    assert_int_equal(msg_recv(-1, &m), -1);
    assert_int_equal(msg_send(-1, &m), -1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {CASE(arrives),
                                       CASE(pair_is_closed_on_exec),
                                       CASE(garbage_is_skipped),
                                       CASE(fields_are_made_safe),
                                       CASE(full_is_told),
                                       CASE(gone_is_told_last),
                                       CASE(bad_descriptor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
