/* SPDX-License-Identifier: MIT */
#include <helios/service.h>

#include "core/name.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void *open_plugin(const char *folder, const char *service)
{
    char file[NAME_MAX_LEN + 1];
    char path[4096];
    assert_true(name_file(service, file, sizeof file));
    (void)snprintf(path, sizeof path, "%s/%s/%s.so", HELIOS_TEST_BUILD, folder, file);
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!handle)
        fail_msg("%s should load: %s", path, dlerror());
    return handle;
}

static const struct helios_service *descriptor(void *handle)
{
    const struct helios_service *service = dlsym(handle, "helios_service");
    assert_non_null(service);
    return service;
}

/* The descriptors of what we ship and of the toys. */
static void descriptors(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *service, *version;
        uint32_t max_retries, retry_interval_s, flags;
        bool prep, cleanup;
    } rows[] = {
        {"plugins", "Helios::TestService", "2.40", 0, 0, 0, false, false},
        {"plugins", "NoopService", "1.0", 0, 0, HELIOS_SERVICE_IDEMPOTENT, false, false},
        {"plugins", "FileIndexer", "1.0", 3, 30, 0, true, true},
        {"plugins", "ExecService", "1.0", 3, 0, 0, true, false},
        {"t/plugins", "Toy::Service", "1.0", 2, 1, 0, true, false},
        {"t/plugins", "Toy::Idem", "1.0", 2, 1, HELIOS_SERVICE_IDEMPOTENT, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        void *handle = open_plugin(rows[i].folder, rows[i].service);
        const struct helios_service *service = descriptor(handle);
        assert_int_equal(service->abi, HELIOS_ABI);
        assert_int_equal(service->size, sizeof *service);
        assert_string_equal(service->name, rows[i].service);
        assert_string_equal(service->version, rows[i].version);
        assert_non_null(service->run);
        assert_null(service->metarun);
        assert_int_equal(service->prep != NULL, rows[i].prep);
        assert_int_equal(service->cleanup != NULL, rows[i].cleanup);
        assert_int_equal(service->max_retries, rows[i].max_retries);
        assert_int_equal(service->retry_interval_s, rows[i].retry_interval_s);
        assert_int_equal(service->flags, rows[i].flags);
        assert_int_equal(dlclose(handle), 0);
    }
}

/* ExecService waits 60 s, then twice as long each time. */
static void retry_intervals(void **state)
{
    (void)state;
    static const uint32_t expected[] = {60, 120, 240};
    void *handle = open_plugin("plugins", "ExecService");
    const struct helios_service *service = descriptor(handle);
    assert_non_null(service->retry_interval);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(service->retry_interval(i + 1), expected[i]);
    assert_true(service->retry_interval(64) >= 240);
    assert_int_equal(dlclose(handle), 0);
}

/* A plugin exports its descriptor and nothing else that could meet another's symbol. */
static void private_symbols(void **state)
{
    (void)state;
    void *handle = open_plugin("plugins", "ExecService");
    assert_null(dlsym(handle, "child_run"));
    assert_null(dlsym(handle, "environment_new"));
    assert_int_equal(dlclose(handle), 0);
}

/* The bad ones are bad in the way that their names say. */
static void faults(void **state)
{
    (void)state;
    static const char *const names[] = {"Bad::Abi", "Bad::Norun", "Bad::Name"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *handle = open_plugin("t/plugins", names[i]);
        const struct helios_service *service = descriptor(handle);
        assert_int_equal(service->abi / 100 != HELIOS_ABI_MAJOR, i == 0);
        assert_int_equal(service->run == NULL, i == 1);
        assert_int_equal(strcmp(service->name, names[i]) != 0, i == 2);
        assert_int_equal(dlclose(handle), 0);
    }
    void *handle = open_plugin("t/plugins", "Bad::Symbol");
    assert_null(dlsym(handle, "helios_service"));
    assert_int_equal(dlclose(handle), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors),
        cmocka_unit_test(retry_intervals),
        cmocka_unit_test(private_symbols),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
