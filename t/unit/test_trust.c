/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/trust.h"

/* DIR/folder/plugin.so, in which each row spoils one thing. */
struct place {
    char top[64], folder[128], file[192], link[192];
};

static void make_file(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void place_make(struct place *p)
{
    (void)snprintf(p->top, sizeof p->top, "/tmp/helios-trust-XXXXXX");
    assert_non_null(mkdtemp(p->top));
    (void)snprintf(p->folder, sizeof p->folder, "%s/folder", p->top);
    (void)snprintf(p->file, sizeof p->file, "%s/plugin.so", p->folder);
    (void)snprintf(p->link, sizeof p->link, "%s/link.so", p->top);
    assert_int_equal(mkdir(p->folder, 0755), 0);
    make_file(p->file, 0644);
}

static void place_remove(const struct place *p)
{
    (void)unlink(p->link);
    (void)unlink(p->file);
    (void)rmdir(p->file);
    (void)rmdir(p->folder);
    assert_int_equal(rmdir(p->top), 0);
}

static void file_0666(const struct place *p)
{
    assert_int_equal(chmod(p->file, 0666), 0);
}

static void folder_0777(const struct place *p)
{
    assert_int_equal(chmod(p->folder, 0777), 0);
}

static void folder_1777(const struct place *p)
{
    assert_int_equal(chmod(p->folder, 01777), 0);
}

static void top_0777(const struct place *p)
{
    assert_int_equal(chmod(p->top, 0777), 0);
}

static void is_fifo(const struct place *p)
{
    assert_int_equal(unlink(p->file), 0);
    assert_int_equal(mkfifo(p->file, 0600), 0);
}

static void is_folder(const struct place *p)
{
    assert_int_equal(unlink(p->file), 0);
    assert_int_equal(mkdir(p->file, 0755), 0);
}

static void is_absent(const struct place *p)
{
    assert_int_equal(unlink(p->file), 0);
}

/* These need root: the row is skipped where they are refused. */
static bool not_permitted;

static void file_of_others(const struct place *p)
{
    not_permitted = chown(p->file, 12345, (gid_t)-1) != 0;
}

static void top_of_others(const struct place *p)
{
    not_permitted = chown(p->top, 12345, (gid_t)-1) != 0;
}

static void file_of_a_group(const struct place *p)
{
    not_permitted = chown(p->file, (uid_t)-1, 12345) != 0;
    assert_int_equal(chmod(p->file, 0664), 0);
}

static void as_it_is(const struct place *p)
{
    (void)p;
}

static const struct row {
    const char *name;
    void (*spoil)(const struct place *);
    const char *reason; /* NULL: trusted */
} rows[] = {
    {"as it is", as_it_is, NULL},
    {"folder is sticky", folder_1777, NULL},
    {"file is writable for everybody", file_0666, "plugin.so is writable for everybody"},
    {"folder is writable for everybody", folder_0777, "folder is writable for everybody"},
    {"folder above is writable", top_0777, "is writable for everybody"},
    {"file is a pipe", is_fifo, "is not a regular file"},
    {"file is a folder", is_folder, "is not a regular file"},
    {"no file", is_absent, "No such file"},
    {"file belongs to another", file_of_others, "belongs to user 12345"},
    {"folder above belongs to another", top_of_others, "belongs to user 12345"},
    {"file is writable for a group", file_of_a_group, "is writable for its group"},
};

static void check(const struct row *row, const struct place *p, const char *path)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char out[PATH_MAX] = "";
    int rc = trust_file(path, out, sizeof out, &err);
    if (row->reason == NULL && (rc != 0 || strcmp(out, p->file) != 0))
        fail_msg("%s: expected %s, got '%s' (%s)", row->name, p->file, out, err.text);
    if (row->reason != NULL && (rc == 0 || err.kind != HELIOS_E_PLUGIN))
        fail_msg("%s: expected to be refused", row->name);
    if (row->reason != NULL && strstr(err.text, row->reason) == NULL)
        fail_msg("%s: expected '%s', got '%s'", row->name, row->reason, err.text);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct place p;
        place_make(&p);
        not_permitted = false;
        rows[i].spoil(&p);
        assert_int_equal(symlink(p.file, p.link), 0);
        if (!not_permitted) {
            check(&rows[i], &p, p.file);
            check(&rows[i], &p, p.link);
        }
        place_remove(&p);
    }
}

static void copy_program(const char *to)
{
    char block[65536];
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    assert_true(from >= 0 && out >= 0);
    ssize_t n = 0;
    while ((n = read(from, block, sizeof block)) > 0)
        assert_int_equal(write(out, block, (size_t)n), n);
    assert_int_equal(n, 0);
    (void)close(from);
    (void)close(out);
}

/* A program in the folder that everybody may write could be replaced there itself. */
static void test_beside_the_program(void **state)
{
    struct place p;
    char program[128];
    (void)state;
    place_make(&p);
    top_0777(&p);
    (void)snprintf(program, sizeof program, "%s/program", p.top);
    copy_program(program);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl(program, program, p.file, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(unlink(program), 0);
    place_remove(&p);
    assert_int_equal(status, 0);
}

/* With an argument: whether this program trusts the file. */
static int judge(const char *path)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char out[PATH_MAX];
    int rc = trust_file(path, out, sizeof out, &err);
    if (rc != 0)
        (void)fprintf(stderr, "%s\n", err.text);
    return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_beside_the_program)};
    if (argc > 1)
        return judge(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
