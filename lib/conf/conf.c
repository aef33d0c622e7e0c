/* SPDX-License-Identifier: MIT */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "conf/beside.h"
#include "conf/quote.h"
#include "conf/secret.h"
#include "core/err.h"

/* One value that some layer gives. All texts are borrowed. */
struct candidate {
    const char *name;
    const char *text;
    enum conf_source source;
    unsigned line;
    size_t order; /* as met: the later one of a source wins */
};

struct candidates {
    struct candidate *at;
    size_t count;
};

struct warner {
    conf_warn_fn *fn;
    void *arg;
};

static void add(struct candidates *c, struct candidate one)
{
    one.order = c->count;
    c->at[c->count++] = one;
}

static void add_defaults(struct candidates *c)
{
    for (size_t i = 0; i < option_count; i++)
        add(c, (struct candidate){.name = option_table[i].name,
                                  .text = option_table[i].fallback,
                                  .source = CONF_DEFAULT});
}

static void add_section(struct candidates *c, const struct ini_section *section,
                        enum conf_source source)
{
    for (size_t i = 0; section != NULL && i < section->count; i++)
        add(c, (struct candidate){.name = section->entries[i].key,
                                  .text = section->entries[i].value,
                                  .source = source,
                                  .line = section->entries[i].line});
}

static void add_rows(struct candidates *c, const struct conf_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool all = strcmp(rows[i].host, "*") == 0;
        add(c, (struct candidate){.name = rows[i].param,
                                  .text = rows[i].value,
                                  .source = all ? CONF_ROW_ALL : CONF_ROW_HOST});
    }
}

/* By name, then the layers upwards: the last of a name is the one in force. */
static int compare(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int names = strcmp(a->name, b->name);
    if (names != 0)
        return names;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static bool is_row(enum conf_source source)
{
    return source == CONF_ROW_ALL || source == CONF_ROW_HOST;
}

static void warn_row(const struct warner *warn, const struct helios_params *params,
                     const struct candidate *row, const char *what)
{
    if (warn->fn == NULL)
        return;
    struct buf text = BUF_INIT;
    buf_puts(&text, "row (");
    quote_text(&text, params->service == NULL ? "-" : params->service, QUOTE_MAX);
    buf_puts(&text, ", ");
    quote_text(&text, row->source == CONF_ROW_ALL ? "*" : params->host, QUOTE_MAX);
    buf_puts(&text, ", ");
    quote_text(&text, row->name, QUOTE_MAX);
    buf_printf(&text, ") of helios_params_tb %s", what);
    warn->fn(warn->arg, buf_text(&text));
    buf_fini(&text);
}

/* Only the ini may set it, and this is a row. */
static bool refused(const struct option *option, const struct candidate *c)
{
    return option != NULL && option->ini_only && is_row(c->source);
}

/* The one in force among `n` candidates of one name, lowest layer first. What only the ini
 * may set has a default in the table, so the first one is never refused. */
static const struct candidate *choose(const struct helios_params *params,
                                      const struct candidate *c, size_t n,
                                      const struct warner *warn, struct conf_value *out)
{
    const struct option *option = option_find(c[0].name);
    const struct candidate *winner = &c[0];
    out->known = option != NULL;
    out->secret = secret_name(c[0].name, strlen(c[0].name)) || (option && option->secret);
    for (size_t i = 1; i < n; i++) {
        if (refused(option, &c[i])) {
            out->ignored_row = true;
            warn_row(warn, params, &c[i],
                     "is not obeyed: only helios.ini can set this; delete the row");
            continue;
        }
        out->duplicate = is_row(c[i].source) && winner->source == c[i].source;
        if (out->duplicate)
            warn_row(
                warn, params, &c[i],
                "is there more than once: the last one is in force; delete the others");
        winner = &c[i];
    }
    out->source = winner->source;
    out->line = winner->line;
    return winner;
}

/* A copy of what `c` gives, relative paths made absolute. */
static char *copy_text(const struct helios_params *params, const struct candidate *c)
{
    const struct option *option = option_find(c->name);
    struct buf path = BUF_INIT;
    if (option != NULL && option->type == OPTION_PATH)
        beside_path(params->ini_path, c->text, &path);
    else if (option != NULL && option->type == OPTION_PATHS)
        beside_paths(params->ini_path, c->text, &path);
    else
        return strdup(c->text);
    return buf_steal(&path, NULL);
}

/* Appends the value of `n` candidates of one name. */
static int add_value(struct helios_params *params, const struct candidate *c, size_t n,
                     const struct warner *warn)
{
    struct conf_value *value = &params->values[params->count++];
    const struct candidate *winner = choose(params, c, n, warn, value);
    value->name = strdup(c[0].name);
    value->text = winner->text == NULL ? NULL : copy_text(params, winner);
    bool failed = value->name == NULL || (winner->text != NULL && value->text == NULL);
    return failed ? -1 : 0;
}

static int merge(struct helios_params *params, struct candidates *c,
                 const struct warner *warn)
{
    if (c->count == 0)
        return 0;
    qsort(c->at, c->count, sizeof *c->at, compare);
    params->values = calloc(c->count, sizeof *params->values);
    if (params->values == NULL)
        return -1;
    size_t n;
    for (size_t i = 0; i < c->count; i += n) {
        for (n = 1; i + n < c->count && strcmp(c->at[i].name, c->at[i + n].name) == 0;)
            n++;
        if (add_value(params, &c->at[i], n, warn) != 0)
            return -1;
    }
    return 0;
}

static void warn_options(const struct helios_params *params, const struct warner *warn)
{
    const struct conf_value *options = conf_value(params, "options");
    if (warn->fn == NULL || options == NULL || options->text == NULL ||
        options->text[0] == '\0')
        return;
    struct buf text = BUF_INIT;
    buf_puts(&text, "options (");
    conf_origin(params, options, &text);
    buf_puts(&text, ") are for Perl programs and are not used here");
    warn->fn(warn->arg, buf_text(&text));
    buf_fini(&text);
}

static struct helios_params *new_params(const struct ini *ini, const char *service,
                                        const char *host)
{
    struct helios_params *params = calloc(1, sizeof *params);
    if (params == NULL)
        return NULL;
    params->service = service == NULL ? NULL : strdup(service);
    params->host = strdup(host);
    params->ini_path = ini == NULL ? NULL : strdup(ini->path);
    if ((params->service == NULL && service != NULL) || params->host == NULL ||
        (params->ini_path == NULL && ini != NULL)) {
        conf_free(params);
        return NULL;
    }
    return params;
}

int conf_resolve(const struct ini *ini, const char *service, const char *host,
                 const struct conf_row *rows, size_t n, struct helios_params **out,
                 conf_warn_fn *warn, void *arg, struct helios_error *err)
{
    const struct warner warner = {warn, arg};
    const struct ini_section *global = ini == NULL ? NULL : ini_section(ini, "global");
    const struct ini_section *own =
        ini == NULL || service == NULL ? NULL : ini_section(ini, service);
    size_t most = option_count + (global == NULL ? 0 : global->count) +
                  (own == NULL ? 0 : own->count) + n;
    struct candidates c = {.at = calloc(most, sizeof *c.at)};
    struct helios_params *params = new_params(ini, service, host);
    int result = -1;
    if (c.at == NULL || params == NULL)
        goto out;
    add_defaults(&c);
    add_section(&c, global, CONF_GLOBAL);
    add_section(&c, own, CONF_SECTION);
    add_rows(&c, rows, n);
    result = merge(params, &c, &warner);
out:
    free(c.at);
    if (result == 0) {
        warn_options(params, &warner);
        *out = params;
        return 0;
    }
    conf_free(params);
    return err_set(err, HELIOS_E_NOMEM, "out of memory while resolving parameters");
}

void conf_free(struct helios_params *params)
{
    if (params == NULL)
        return;
    for (size_t i = 0; i < params->count; i++) {
        free(params->values[i].name);
        free(params->values[i].text);
    }
    free(params->values);
    free(params->service);
    free(params->host);
    free(params->ini_path);
    free(params);
}
