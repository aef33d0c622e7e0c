/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <sys/wait.h>
#include <unistd.h>

#include "store/query.h"

#define PROCESSES 10

static void unknown_then_created(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint32_t funcid = 0;
    uint32_t again = 0;
    const char *name = NULL;
    assert_int_equal(store_jobtype(*state, "Lab::Svc", &funcid, &err), 1);
    assert_int_equal(COUNT(*state, "funcmap"), 0);
    OK(store_jobtype_ensure(*state, "Lab::Svc", &funcid, &err));
    OK(store_jobtype_ensure(*state, "Lab::Svc", &again, &err));
    assert_int_equal(funcid, again);
    OK(store_jobtype_name(*state, funcid, &name, &err));
    assert_string_equal(name, "Lab::Svc");
    assert_int_equal(COUNT(*state, "funcmap"), 1);
}

static void added_by_others_is_found(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *other = fixture_open();
    const char *name = NULL;
    uint32_t funcid = 0;
    (void)fixture_jobtype(*state, "A");
    uint32_t theirs = fixture_jobtype(other, "B");
    store_close(other);
    OK(store_jobtype_name(*state, theirs, &name, &err));
    assert_string_equal(name, "B");
    OK(store_jobtype(*state, "B", &funcid, &err));
    assert_int_equal(funcid, theirs);
    OK(store_jobtype_name(*state, theirs + 1000, &name, &err));
    assert_null(name);
}

static void other_spelling_is_the_same_row(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint32_t worker = fixture_jobtype(*state, "Worker");
    uint32_t upper = fixture_jobtype(*state, "WORKER");
    const char *name = NULL;
    assert_int_equal(worker == upper, fixture_ignores_case());
    assert_int_equal(COUNT(*state, "funcmap"), fixture_ignores_case() ? 1 : 2);
    OK(store_jobtype_name(*state, worker, &name, &err));
    assert_string_equal(name, "Worker");
}

static void bad_names(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char name[300];
    uint32_t funcid = 0;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    FAILS(HELIOS_E_LIMIT, store_jobtype_ensure(*state, name, &funcid, &err));
    FAILS(HELIOS_E_LIMIT, query_jobtype_create(*state, name, &funcid, &err));
    FAILS(HELIOS_E_INVALID, store_jobtype_ensure(*state, "", &funcid, &err));
    FAILS(HELIOS_E_INVALID, query_jobtype_create(*state, "", &funcid, &err));
    FAILS(HELIOS_E_INVALID, store_jobtype_ensure(*state, NULL, &funcid, &err));
    FAILS(HELIOS_E_INVALID, query_jobtype_create(*state, "A\xff", &funcid, &err));
    assert_int_equal(COUNT(*state, "funcmap"), 0);
    name[255] = '\0';
    OK(store_jobtype_ensure(*state, name, &funcid, &err));
}

static void not_in_a_transaction(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint32_t funcid = 0;
    OK(db_begin(store_db(*state), &err));
    FAILS(HELIOS_E_INVALID, store_jobtype_ensure(*state, "A", &funcid, &err));
}

/* Waits for the start, asks for the name, gives its number. */
static int ask(int start)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *store = NULL;
    uint32_t funcid = 0;
    char c;
    if (store_open(fixture_dsn(), "root", NULL, &store, &err) != 0 ||
        read(start, &c, 1) != 0 ||
        store_jobtype_ensure(store, "Raced", &funcid, &err) != 0) {
        print_error("%s\n", err.text);
        return 255;
    }
    store_close(store);
    return (int)(funcid & 0x7f);
}

static void ten_processes_create_one_row(void **state)
{
    int start[2];
    pid_t children[PROCESSES];
    assert_int_equal(pipe(start), 0);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            (void)close(start[1]);
            _exit(ask(start[0]));
        }
    }
    (void)close(start[0]);
    (void)close(start[1]);
    int first = -1;
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        first = i == 0 ? WEXITSTATUS(status) : first;
        assert_int_equal(WEXITSTATUS(status), first);
    }
    assert_int_not_equal(first, 255);
    assert_int_equal(COUNT(*state, "funcmap"), 1);
}

int suite_jobtypes(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(unknown_then_created),
        CONTRACT_TEST(added_by_others_is_found),
        CONTRACT_TEST(other_spelling_is_the_same_row),
        CONTRACT_TEST(bad_names),
        CONTRACT_TEST(not_in_a_transaction),
        CONTRACT_TEST(ten_processes_create_one_row),
    };
    return cmocka_run_group_tests_name("jobtypes", tests, NULL, NULL);
}
