/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "core/ini.h"

/* helios.ini. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    if (ini_parse("/fuzz.ini", (const char *)data, size, &ini, &err) != 0) {
        if (ini != NULL || err.text[0] == '\0')
            abort();
        return 0;
    }
    for (size_t i = 0; i < ini->count; i++) {
        const struct ini_section *section = &ini->sections[i];
        if (ini_section(ini, section->name) == NULL)
            abort();
        for (size_t k = 0; k < section->count; k++)
            if (ini_entry(section, section->entries[k].key) == NULL)
                abort();
    }
    ini_free(ini);
    return 0;
}
