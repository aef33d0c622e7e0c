/* SPDX-License-Identifier: MIT */
/* Prints a parsed ini file for ini_files.t: "S <name>" and "V <key> <value>" lines, all
 * texts in hexadecimal. A refused file: exit 1 and the reason on standard error. */
#include <stdio.h>

#include "core/ini.h"

static void print_hex(const char *text)
{
    (void)putchar(' ');
    for (; *text != '\0'; text++)
        (void)printf("%02x", (unsigned)(unsigned char)*text);
}

static void print_section(const struct ini_section *section)
{
    (void)putchar('S');
    print_hex(section->name);
    (void)putchar('\n');
    for (size_t i = 0; i < section->count; i++) {
        (void)putchar('V');
        print_hex(section->entries[i].key);
        print_hex(section->entries[i].value);
        (void)putchar('\n');
    }
}

int main(int argc, char **argv)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini;
    if (argc != 2 || ini_load(argv[1], &ini, &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (size_t i = 0; i < ini->count; i++)
        print_section(&ini->sections[i]);
    ini_free(ini);
    return 0;
}
