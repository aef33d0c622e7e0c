/* SPDX-License-Identifier: MIT */
/* Writes what the option table feeds: conf/helios.ini.sample, and in docs/man/helios.ini.5
 * what stands between its markers. Run it in the root of the source tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/option.h"
#include "core/buf.h"

static int read_file(const char *path, struct buf *out)
{
    char block[4096];
    size_t n;
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return -1;
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        buf_append(out, block, n);
    int failed = ferror(in);
    (void)fclose(in);
    return failed || out->failed ? -1 : 0;
}

static int write_file(const char *path, const char *text, size_t len)
{
    FILE *out = fopen(path, "we");
    if (out == NULL)
        return -1;
    size_t n = fwrite(text, 1, len, out);
    return fclose(out) != 0 || n != len ? -1 : 0;
}

static int write_manual(const char *path)
{
    int result = -1;
    struct buf old = BUF_INIT, new = BUF_INIT;
    char *parameters = option_manual();
    if (parameters == NULL || read_file(path, &old) != 0)
        goto out;
    const char *begin = strstr(buf_text(&old), ".\\\" BEGIN PARAMETERS");
    const char *start = begin == NULL ? NULL : strchr(begin, '\n');
    const char *end = start == NULL ? NULL : strstr(start, ".\\\" END PARAMETERS");
    if (end == NULL)
        goto out;
    buf_append(&new, buf_text(&old), (size_t)(start + 1 - buf_text(&old)));
    buf_puts(&new, parameters);
    buf_puts(&new, end);
    if (!new.failed)
        result = write_file(path, buf_text(&new), new.len);
out:
    free(parameters);
    buf_fini(&old);
    buf_fini(&new);
    return result;
}

static int write_sample(const char *path)
{
    char *text = option_sample_ini();
    int result = text == NULL ? -1 : write_file(path, text, strlen(text));
    free(text);
    return result;
}

int main(void)
{
    if (write_sample("conf/helios.ini.sample") == 0 &&
        write_manual("docs/man/helios.ini.5") == 0)
        return 0;
    perror("helios_generate");
    return 1;
}
