/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/quote.h"

/* Longer names and values do not push the columns of the others out of sight. */
#define NAME_COLUMN  32u
#define VALUE_COLUMN 48u
#define VALUE_SHOWN  4096u

void conf_origin(const struct helios_params *params, const struct conf_value *value,
                 struct buf *out)
{
    const char *file = params->ini_path == NULL ? "" : params->ini_path;
    switch (value->source) {
    case CONF_DEFAULT:
        buf_puts(out, "default");
        break;
    case CONF_GLOBAL:
        buf_printf(out, "[global] line %u of %s", value->line, file);
        break;
    case CONF_SECTION:
        buf_printf(out, "[%s] line %u of %s", params->service, value->line, file);
        break;
    case CONF_ROW_ALL:
        buf_puts(out, "row for host *");
        break;
    case CONF_ROW_HOST:
        buf_printf(out, "row for host %s", params->host);
        break;
    }
}

static void show_masked(const char *dsn, struct buf *out)
{
    char *masked = dsn_masked(dsn);
    out->failed = out->failed || masked == NULL;
    if (masked != NULL)
        quote_text(out, masked, VALUE_SHOWN);
    free(masked);
}

void conf_show(const struct conf_value *value, struct buf *out)
{
    if (value->text == NULL)
        buf_puts(out, value->source == CONF_DEFAULT ? "(not set)" : "(NULL)");
    else if (value->secret)
        buf_puts(out, "(hidden)");
    else if (strcmp(value->name, "dsn") == 0)
        show_masked(value->text, out);
    else
        quote_text(out, value->text, VALUE_SHOWN);
}

static void pad(struct buf *out, size_t from, size_t width)
{
    while (!out->failed && out->len - from < width)
        buf_putc(out, ' ');
}

static void put_line(struct buf *out, const struct helios_params *params,
                     const struct conf_value *value, size_t name_width, size_t value_width)
{
    size_t start = out->len;
    quote_text(out, value->name, VALUE_SHOWN);
    pad(out, start, name_width);
    buf_puts(out, " = ");
    start = out->len;
    conf_show(value, out);
    pad(out, start, value_width);
    buf_puts(out, "   (from: ");
    conf_origin(params, value, out);
    if (value->duplicate)
        buf_puts(out, "; several rows, the last one counts");
    if (value->ignored_row)
        buf_puts(out, "; a row is there and not obeyed");
    buf_puts(out, ")\n");
}

static size_t wider(size_t width, size_t len, size_t most)
{
    return len > width && len <= most ? len : width;
}

static void measure(const struct helios_params *params, struct buf *scratch, size_t *name,
                    size_t *value)
{
    *name = *value = 0;
    for (size_t i = 0; i < params->count; i++) {
        buf_clear(scratch);
        quote_text(scratch, params->values[i].name, VALUE_SHOWN);
        *name = wider(*name, scratch->len, NAME_COLUMN);
        buf_clear(scratch);
        conf_show(&params->values[i], scratch);
        *value = wider(*value, scratch->len, VALUE_COLUMN);
    }
}

char *conf_explain(const struct helios_params *params)
{
    struct buf out = BUF_INIT;
    size_t name, value;
    measure(params, &out, &name, &value);
    buf_clear(&out);
    for (size_t i = 0; i < params->count; i++)
        put_line(&out, params, &params->values[i], name, value);
    return buf_steal(&out, NULL);
}
