/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

/* Rows of helios_params_tb, one a line: host, parameter and value with a tab between; a
 * line without a second tab has the value NULL. Resolved as a daemon does at each look. */
#define ROWS_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void warn(void *arg, const char *sentence)
{
    (void)arg;
    if (sentence[0] == '\0')
        abort();
}

static size_t split(char *text, struct conf_row *rows)
{
    size_t n = 0;
    for (char *line = strsep(&text, "\n"); line != NULL && n < ROWS_MAX;
         line = strsep(&text, "\n")) {
        char *host = strsep(&line, "\t");
        char *param = strsep(&line, "\t");
        if (param != NULL)
            rows[n++] = (struct conf_row){.host = host, .param = param, .value = line};
    }
    return n;
}

static void use(const struct helios_params *params)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct settings first, second;
    struct log_config logging = {.service = "S"};
    struct dsn dsn;
    const char *user, *password;
    conf_settings(params, NULL, &first, warn, NULL);
    conf_settings(params, &first, &second, warn, NULL);
    if (memcmp(&first.max_workers, &second.max_workers, sizeof first.max_workers) != 0)
        abort();
    conf_logging(params, &logging, warn, NULL);
    if (conf_database(params, &dsn, &user, &password, &err) == 0)
        dsn_fini(&dsn);
    free(conf_explain(params));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = "[global]\ndsn=dbi:SQLite:x.db\npassword=p\n[S]\nHOLD=1\n";
    struct helios_error err = HELIOS_ERROR_INIT;
    struct conf_row rows[ROWS_MAX];
    struct helios_params *params = NULL;
    struct ini *ini = NULL;
    char *copy = strndup((const char *)data, size);
    size_t n = split(copy, rows);
    if (ini_parse("/helios.ini", text, sizeof text - 1, &ini, &err) != 0 ||
        conf_resolve(ini, "S", "h", rows, n, &params, warn, NULL, &err) != 0)
        abort();
    use(params);
    conf_free(params);
    ini_free(ini);
    free(copy);
    return 0;
}
