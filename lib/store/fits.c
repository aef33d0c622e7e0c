/* SPDX-License-Identifier: MIT */
#include "core/text.h"
#include "store/private.h"

#include <string.h>

int store_fits(const char *what, const char *text, size_t most, struct helios_error *err)
{
    size_t len = text == NULL ? 0 : strlen(text), n = 0;
    for (size_t at = 0; at < len; n++) {
        size_t bytes = text_char(text + at, len - at);
        if (bytes == 0)
            return err_set(err, HELIOS_E_INVALID, "%s is not UTF-8", what);
        at += bytes;
    }
    if (n > most)
        return err_set(err, HELIOS_E_LIMIT, "%s has %zu characters, at most %zu are stored",
                       what, n, most);
    return 0;
}
