/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "conf/dsn.h"

/* A data source name, and what of it people are shown. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct dsn dsn, copy;
    char *text = strndup((const char *)data, size);
    if (dsn_parse(text, &dsn, &err) == 0) {
        if (strcmp(dsn.text, text) != 0 || dsn_copy(&dsn, &copy) != 0)
            abort();
        dsn_fini(&copy);
        dsn_fini(&dsn);
    } else if (err.text[0] == '\0') {
        abort();
    }
    char *masked = dsn_masked(text);
    if (masked == NULL)
        abort();
    free(masked);
    free(text);
    return 0;
}
