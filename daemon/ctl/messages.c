/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mono.h"
#include "core/text.h"
#include "daemon/ctl/select.h"
#include "daemon/ctl/table.h"

/* log: the last messages, and with --follow those that come. */

const struct ctl_option log_options[] = {
    {ITEM_FOLLOW, 'f', "follow", NULL, false, "go on with what is logged from now on"},
    {ITEM_LINES, 'n', "lines", "N", true, "the last N messages; 50 if not given"},
    {ITEM_SINCE, '\0', "since", "TIME", false, "since; 2h is two hours ago"},
    {ITEM_SERVICE, '\0', "service", "SERVICE", false, "of this service"},
    {ITEM_HOST, 'H', "host", "HOST", false, "of this host"},
    {ITEM_JOBID, '\0', "jobid", "N", true, "about this job"},
    {ITEM_LEVEL, '\0', "level", "LEVEL", false, "as urgent as this, or more"},
    {ITEM_ERROR, '\0', "text", "TEXT", false, "that contain this"},
    {.name = NULL},
};

#define LINES_DEFAULT 50
#define LINES_MOST    LISTING_MESSAGES
#define FOLLOW_MS     1000
/* A daemon writes its messages a moment after their time. */
#define LATE_S 10

const struct column log_columns[] = {
    {"time", COLUMN_TIME},    {"host", COLUMN_TEXT},    {"pid", COLUMN_NUMBER},
    {"service", COLUMN_TEXT}, {"jobid", COLUMN_NUMBER}, {"level", COLUMN_TEXT},
    {"message", COLUMN_TEXT}, {.name = NULL},
};
#define LEVELS (HELIOS_LOG_DEBUG + 1)

struct wanted {
    const char *service, *host, *text; /* NULL: any */
    uint64_t jobid;                    /* 0: any */
    int level;
};

struct numbers {
    uint64_t *items;
    size_t count, cap;
};

struct reading {
    struct ctl *ctl;
    struct wanted wanted;
    struct listing_message *found; /* newest first; texts owned */
    size_t count, most;
    uint64_t looked;
    int64_t newest;
    struct numbers seen; /* of the last LATE_S seconds that were read */
    struct numbers now;  /* the same of the reading that goes on */
    bool failed;         /* out of memory */
};

static bool is_wanted(const struct wanted *w, const struct listing_message *m)
{
    return (w->service == NULL || strcmp(w->service, m->service) == 0) &&
           (w->host == NULL || strcmp(w->host, m->host) == 0) &&
           (w->jobid == 0 || w->jobid == m->jobid) && m->level <= w->level &&
           (w->text == NULL || strstr(m->message, w->text) != NULL);
}

/* ---- printing ---- */

static void print_line(const struct ctl *ctl, const struct listing_message *m)
{
    char stamp[CTL_TIME_LEN];
    struct buf line = BUF_INIT;
    buf_printf(&line, "%s ", table_stamp(ctl, m->time, stamp));
    text_line(&line, m->host, strlen(m->host));
    buf_printf(&line, "[%" PRId64 "] ", m->pid);
    text_line(&line, m->service, strlen(m->service));
    buf_printf(&line, " %s ", ctl_level(m->level));
    if (m->jobid != 0)
        buf_printf(&line, "job %" PRIu64 ": ", m->jobid);
    text_line(&line, m->message, strlen(m->message));
    (void)puts(buf_text(&line));
    buf_fini(&line);
}

/* Line by line, so that a reader of a pipe gets each at once. */
static void print_message(const struct ctl *ctl, const struct listing_message *m)
{
    struct table t;
    if (ctl->items[ITEM_JSON] == NULL && isatty(STDOUT_FILENO) == 1) {
        print_line(ctl, m);
        return;
    }
    table_begin(&t, ctl);
    table_time(&t, m->time);
    table_text(&t, m->host);
    table_number(&t, m->pid);
    table_text(&t, m->service);
    if (m->jobid != 0)
        table_number(&t, (int64_t)m->jobid);
    else
        table_none(&t);
    table_text(&t, ctl_level(m->level));
    table_text(&t, m->message);
    (void)table_end(&t, NULL);
}

/* ---- what was printed before ---- */

static uint64_t mix(uint64_t h, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++)
        h = (h ^ bytes[i]) * 1099511628211u;
    return h;
}

/* The table has no key: a message is known again by all that it says. */
static uint64_t number_of(const struct listing_message *m)
{
    uint64_t h = 14695981039346656037u;
    h = mix(h, &m->time, sizeof m->time);
    h = mix(h, &m->pid, sizeof m->pid);
    h = mix(h, &m->jobid, sizeof m->jobid);
    h = mix(h, m->host, strlen(m->host) + 1);
    h = mix(h, m->service, strlen(m->service) + 1);
    h = mix(h, m->message, strlen(m->message));
    return h == 0 ? 1 : h;
}

static bool numbers_add(struct numbers *numbers, uint64_t number)
{
    if (numbers->count == numbers->cap) {
        size_t cap = numbers->cap == 0 ? 64 : numbers->cap * 2;
        uint64_t *items = reallocarray(numbers->items, cap, sizeof items[0]);
        if (items == NULL)
            return false;
        numbers->items = items;
        numbers->cap = cap;
    }
    numbers->items[numbers->count++] = number;
    return true;
}

/* Two equal messages are two: each number stands for one of them. */
static bool numbers_take(struct numbers *numbers, uint64_t number)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->items[i] == number) {
            numbers->items[i] = 0;
            return true;
        }
    }
    return false;
}

static void end_reading(struct reading *r)
{
    struct numbers old = r->seen;
    r->seen = r->now;
    r->now = old;
    r->now.count = 0;
}

/* ---- the last messages ---- */

static char *copy(const char *text, bool *failed)
{
    char *out = strdup(text);
    *failed = *failed || out == NULL;
    return out;
}

static void keep(struct reading *r, const struct listing_message *m)
{
    if (r->found == NULL)
        r->found = calloc(r->most, sizeof r->found[0]);
    r->failed = r->failed || r->found == NULL;
    if (r->failed)
        return;
    struct listing_message *to = &r->found[r->count++];
    *to = *m;
    to->host = copy(m->host, &r->failed);
    to->service = copy(m->service, &r->failed);
    to->message = copy(m->message, &r->failed);
}

static int read_last(void *arg, const struct listing_message *m)
{
    struct reading *r = arg;
    if (r->looked++ == 0)
        r->newest = m->time;
    bool recent = m->time >= r->newest - LATE_S;
    if (recent && !numbers_add(&r->now, number_of(m)))
        r->failed = true;
    if (r->count < r->most && is_wanted(&r->wanted, m))
        keep(r, m);
    return r->failed || (r->count >= r->most && !recent) ? 1 : 0;
}

static void print_found(struct reading *r)
{
    for (size_t i = r->count; i > 0; i--) {
        struct listing_message *m = &r->found[i - 1];
        if (!r->failed)
            print_message(r->ctl, m);
        free((char *)m->host);
        free((char *)m->service);
        free((char *)m->message);
    }
    free(r->found);
}

/* ---- those that come ---- */

static int read_new(void *arg, const struct listing_message *m)
{
    struct reading *r = arg;
    uint64_t number = number_of(m);
    bool known = numbers_take(&r->seen, number);
    r->failed = r->failed || !numbers_add(&r->now, number);
    r->newest = m->time > r->newest ? m->time : r->newest;
    if (!known && is_wanted(&r->wanted, m))
        print_message(r->ctl, m);
    return r->failed ? 1 : 0;
}

/* After a reading that failed: what it printed is not printed again. */
static bool keep_seen(struct reading *r)
{
    bool kept = true;
    for (size_t i = 0; kept && i < r->now.count; i++)
        kept = numbers_add(&r->seen, r->now.items[i]);
    r->now.count = 0;
    return kept;
}

static int follow(struct reading *r, struct helios_error *err)
{
    while (fflush(stdout) == 0 && poll(NULL, 0, FOLLOW_MS) == 0) {
        int rc =
            listing_messages(ctl_store(r->ctl), r->newest - LATE_S, true, read_new, r, err);
        if (r->failed)
            return err_set(err, HELIOS_E_NOMEM, "out of memory");
        if (rc == 0)
            end_reading(r);
        else if (!keep_seen(r) || ctl_reconnect(r->ctl, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- the command ---- */

static int find_level(const char *name)
{
    for (int i = 0; i < LEVELS; i++) {
        if (strcmp(ctl_level(i), name) == 0)
            return i;
    }
    return -1;
}

static int begin(struct reading *r, struct ctl *ctl, int64_t *since)
{
    int64_t lines = LINES_DEFAULT;
    int64_t jobid = 0;
    const char *level = ctl->items[ITEM_LEVEL];
    const char *from = ctl->items[ITEM_SINCE];
    *r = (struct reading){.ctl = ctl,
                          .wanted = {.service = ctl->items[ITEM_SERVICE],
                                     .host = ctl->items[ITEM_HOST],
                                     .text = ctl->items[ITEM_ERROR],
                                     .level = LEVELS - 1}};
    *since = 0;
    if (ctl->items[ITEM_LINES] != NULL)
        (void)number_parse(ctl->items[ITEM_LINES], &lines);
    if (lines < 1 || lines > LINES_MOST)
        return ctl_usage(ctl, "--lines must be from 1 to %d", LINES_MOST);
    if (ctl->items[ITEM_JOBID] != NULL &&
        (!number_parse(ctl->items[ITEM_JOBID], &jobid) || jobid <= 0))
        return ctl_usage(ctl, "--jobid %s is not the number of a job",
                         ctl->items[ITEM_JOBID]);
    if (level != NULL && (r->wanted.level = find_level(level)) < 0)
        return ctl_usage(ctl,
                         "--level %s: the levels are emerg, alert, crit, err, warning, "
                         "notice, info and debug",
                         level);
    if (from != NULL && !since_parse(from, wall_now(), since))
        return ctl_usage(
            ctl, "--since %s: a time is 30s, 5m, 2h or 1d ago, or Unix seconds", from);
    r->most = (size_t)lines;
    r->wanted.jobid = (uint64_t)jobid;
    return 0;
}

static int read_all(struct reading *r, int64_t since, struct helios_error *err)
{
    if (store_now(ctl_store(r->ctl), &r->newest, err) != 0)
        return -1;
    int rc = listing_messages(ctl_store(r->ctl), since, false, read_last, r, err);
    if (rc == 0 && r->failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    bool cut = r->looked >= LISTING_MESSAGES && r->count < r->most;
    print_found(r);
    if (rc == 0 && cut)
        ctl_say(r->ctl, "only the last %d messages were looked at", LISTING_MESSAGES);
    end_reading(r);
    return rc == 0 && r->ctl->items[ITEM_FOLLOW] != NULL ? follow(r, err) : rc;
}

int log_show(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct reading r;
    int64_t since;
    int code = begin(&r, ctl, &since);
    if (code != 0)
        return code;
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = read_all(&r, since, &err);
    free(r.seen.items);
    free(r.now.items);
    return rc == 0 ? 0 : ctl_fail(ctl, &err);
}
