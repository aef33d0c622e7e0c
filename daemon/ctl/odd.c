/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/odd.h"

#include <stdlib.h>
#include <string.h>

#include "conf/quote.h"
#include "core/err.h"
#include "core/name.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/known.h"
#include "daemon/ctl/suggest.h"
#include "store/listing.h"

#define IN_FILE "correct it; see helios.ini(5)"
#define IN_ROWS "set it anew, or unset it; see helios.ini(5) and helios-config(1)"

const char *odd_name(const char *param)
{
    struct suggestion s;
    if (option_find(param) != NULL)
        return NULL;
    suggest_begin(&s, param);
    for (size_t i = 0; i < option_count; i++)
        suggest_offer(&s, option_table[i].name);
    return s.nearest;
}

struct odd {
    check_fn *fn;
    void *arg;
    const char *advice;
    const char *only[2]; /* sentences with one of these texts */
    const char *without; /* sentences without this one; NULL: all */
};

/* What schema check tells as well is not told twice. */
static void tell(void *arg, const char *sentence)
{
    const struct odd *odd = arg;
    if ((strstr(sentence, odd->only[0]) != NULL ||
         strstr(sentence, odd->only[1]) != NULL) &&
        (odd->without == NULL || strstr(sentence, odd->without) == NULL) &&
        strstr(sentence, ") of helios_params_tb is there more than once") == NULL)
        odd->fn(odd->arg, CHECK_WARNING, sentence, odd->advice);
}

/* ---- helios.ini ---- */

static void odd_entries(const struct ini *ini, const struct ini_section *section,
                        check_fn *fn, void *arg)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct ini_entry *entry = &section->entries[i];
        const char *meant = odd_name(entry->key);
        struct buf text = BUF_INIT;
        if (meant == NULL)
            continue;
        quote_text(&text, entry->key, QUOTE_MAX);
        buf_puts(&text, " ([");
        quote_text(&text, section->name, QUOTE_MAX);
        buf_printf(&text,
                   "] line %u of %s) is no parameter of the daemon; did you mean %s?",
                   entry->line, ini->path, meant);
        fn(arg, CHECK_WARNING, buf_text(&text), IN_FILE);
        buf_fini(&text);
    }
}

/* What [global] says is told once, and not for each section. */
int odd_file(const struct ctl *ctl, check_fn *fn, void *arg, struct helios_error *err)
{
    struct ini *ini = NULL;
    char host[256];
    struct odd odd = {.fn = fn, .arg = arg, .advice = IN_FILE, .only = {"", ""}};
    name_host(host, sizeof host);
    if (inifile_load(ctl, &ini, err) != 0)
        return -1;
    int rc = conf_odd(ini, NULL, host, NULL, 0, tell, &odd, err);
    odd.without = " ([global] line ";
    for (size_t i = 0; rc == 0 && i < ini->count; i++) {
        const struct ini_section *section = &ini->sections[i];
        bool global = strcmp(section->name, "global") == 0;
        if (!global && !name_valid(section->name))
            continue;
        odd_entries(ini, section, fn, arg);
        if (!global)
            rc = conf_odd(ini, section->name, host, NULL, 0, tell, &odd, err);
    }
    ini_free(ini);
    return rc;
}

/* ---- rows ---- */

struct row {
    char *service, *host, *param, *value;
};

struct all_rows {
    struct row *items; /* those of one service together, and of one host */
    size_t count;
    bool failed;
};

static void add_row(void *arg, const char *service, const char *host, const char *param,
                    const char *value)
{
    struct all_rows *all = arg;
    struct row *grown = reallocarray(all->items, all->count + 1, sizeof grown[0]);
    if (grown == NULL) {
        all->failed = true;
        return;
    }
    all->items = grown;
    struct row *row = &grown[all->count++];
    *row = (struct row){strdup(service), strdup(host), strdup(param),
                        value == NULL ? NULL : strdup(value)};
    all->failed = all->failed || row->service == NULL || row->host == NULL ||
                  row->param == NULL || (value != NULL && row->value == NULL);
}

/* '*' before any host. */
static int compare_rows(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    int by = strcmp(left->service, right->service);
    return by != 0 ? by : strcmp(left->host, right->host);
}

static void all_rows_fini(struct all_rows *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].service);
        free(all->items[i].host);
        free(all->items[i].param);
        free(all->items[i].value);
    }
    free(all->items);
}

static int read_rows(const struct ctl *ctl, struct all_rows *all, struct helios_error *err)
{
    *all = (struct all_rows){0};
    int rc = listing_params(ctl_store(ctl), NULL, add_row, all, err);
    if (rc == 0 && all->failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (rc == 0 && all->count > 0)
        qsort(all->items, all->count, sizeof all->items[0], compare_rows);
    return rc;
}

/* Of `n` rows of one service and host, behind `n_all` for all hosts. */
static int odd_host(const struct ini *ini, const struct row *all, size_t n_all,
                    const struct row *own, size_t n, struct odd *odd,
                    struct helios_error *err)
{
    struct buf value = BUF_INIT, whole = BUF_INIT;
    struct conf_row *rows = calloc(n_all + n + 1, sizeof rows[0]);
    if (rows == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    for (size_t i = 0; i < n_all + n; i++) {
        const struct row *row = i < n_all ? &all[i] : &own[i - n_all];
        rows[i] = (struct conf_row){row->host, row->param, row->value};
    }
    /* What is told of a value, and of a row. */
    buf_printf(&value, "(row for host %s)", own->host);
    buf_printf(&whole, "row (%s, %s, ", own->service, own->host);
    odd->only[0] = buf_text(&value);
    odd->only[1] = buf_text(&whole);
    int rc = conf_odd(ini, own->service, own->host, rows, n_all + n, tell, odd, err);
    buf_fini(&value);
    buf_fini(&whole);
    free(rows);
    return rc;
}

static void odd_row_name(const struct row *row, const struct odd *odd)
{
    const char *meant = odd_name(row->param);
    struct buf text = BUF_INIT;
    if (meant == NULL)
        return;
    quote_text(&text, row->param, QUOTE_MAX);
    buf_puts(&text, " of ");
    quote_text(&text, row->service, QUOTE_MAX);
    buf_puts(&text, " (row for host ");
    quote_text(&text, row->host, QUOTE_MAX);
    buf_printf(&text, ") is no parameter of the daemon; did you mean %s?", meant);
    odd->fn(odd->arg, CHECK_WARNING, buf_text(&text), odd->advice);
    buf_fini(&text);
}

static void odd_service(const struct known *known, const char *service,
                        const struct odd *odd)
{
    struct buf text = BUF_INIT;
    const char *meant = known_has(known, service) ? NULL : known_nearest(known, service);
    if (meant == NULL)
        return;
    buf_puts(&text, "rows of ");
    quote_text(&text, service, QUOTE_MAX);
    buf_printf(&text,
               ": no daemon, jobtype or section of that name is known; did you mean %s?",
               meant);
    odd->fn(odd->arg, CHECK_WARNING, buf_text(&text),
            "see helios config list, and unset what is not wanted");
    buf_fini(&text);
}

/* How many of the rows from `i` on have one service and host. */
static size_t same_host(const struct all_rows *all, size_t i)
{
    size_t n = 1;
    while (i + n < all->count && compare_rows(&all->items[i], &all->items[i + n]) == 0)
        n++;
    return n;
}

static int odd_all(const struct ini *ini, const struct all_rows *all,
                   const struct known *known, struct odd *odd, struct helios_error *err)
{
    const struct row *for_all = NULL;
    size_t n, n_all = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i += n) {
        const struct row *row = &all->items[i];
        n = same_host(all, i);
        if (i == 0 || strcmp(row[-1].service, row->service) != 0) {
            odd_service(known, row->service, odd);
            n_all = 0;
        }
        for (size_t k = 0; k < n; k++)
            odd_row_name(&row[k], odd);
        rc = odd_host(ini, for_all, n_all, row, n, odd, err);
        if (strcmp(row->host, "*") == 0) {
            for_all = row;
            n_all = n;
        }
    }
    return rc;
}

int odd_rows(const struct ctl *ctl, check_fn *fn, void *arg, struct helios_error *err)
{
    struct odd odd = {.fn = fn, .arg = arg, .advice = IN_ROWS};
    struct ini *ini = NULL;
    struct known known = {0};
    struct all_rows all = {0};
    int rc = inifile_load(ctl, &ini, err);
    if (rc == 0)
        rc = known_read(ctl, &known, err);
    if (rc == 0)
        rc = read_rows(ctl, &all, err);
    if (rc == 0)
        rc = odd_all(ini, &all, &known, &odd, err);
    all_rows_fini(&all);
    known_fini(&known);
    ini_free(ini);
    return rc;
}

/* ---- one row ---- */

struct saying {
    const struct ctl *ctl;
    const char *begins;
};

static void say(void *arg, const char *sentence)
{
    const struct saying *s = arg;
    if (strncmp(sentence, s->begins, strlen(s->begins)) == 0)
        ctl_say(s->ctl, "%s", sentence);
}

void odd_say(const struct ctl *ctl, const char *service, const char *host,
             const char *param)
{
    struct ini *ini = NULL;
    struct rows rows = {0};
    struct buf begins = BUF_INIT;
    buf_printf(&begins, "%s of ", param);
    struct saying s = {ctl, buf_text(&begins)};
    if (option_find(param) != NULL && inifile_load(ctl, &ini, NULL) == 0 &&
        rows_read(ctl_store(ctl), service, host, &rows, NULL) == 0)
        (void)conf_odd(ini, service, host, rows.items, rows.count, say, &s, NULL);
    rows_fini(&rows);
    ini_free(ini);
    buf_fini(&begins);
}
