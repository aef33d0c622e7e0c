/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/select.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mono.h"
#include "daemon/ctl/when.h"
#include "store/operate.h"

#define LOOKED_AT  5000    /* unless --all */
#define LOOKED_ALL 1000000 /* with it */

const char *const select_states[LISTING_STATES] = {"waiting", "delayed", "held",
                                                   "running", "failed",  "done"};

#define BIT(state)  (1u << (state))
#define QUEUED_ONLY (BIT(LISTING_FAILED) - 1u)
#define ENDED       (BIT(LISTING_FAILED) | BIT(LISTING_DONE))

bool since_parse(const char *text, int64_t now, int64_t *out)
{
    bool relative = false;
    struct buf plus = BUF_INIT;
    buf_printf(&plus, "+%s", text);
    bool ago = text[0] != '+' && when_parse(buf_text(&plus), out, &relative);
    buf_fini(&plus);
    if (ago) {
        *out = now - *out;
        return true;
    }
    return text[0] != '+' && when_parse(text, out, &relative);
}

static int parse_state(struct selection *s, const char *name, unsigned allowed)
{
    for (unsigned i = 0; i < LISTING_STATES; i++) {
        if (strcmp(select_states[i], name) != 0)
            continue;
        s->states = BIT(i);
        if ((allowed & BIT(i)) != 0)
            return 0;
        return ctl_usage(s->ctl, "jobs that are %s cannot be chosen for 'helios %s'", name,
                         s->ctl->command->name);
    }
    return ctl_usage(s->ctl,
                     "--state %s: the states are waiting, delayed, held, running, failed "
                     "and done",
                     name);
}

int select_begin(struct selection *s, const struct ctl *ctl, unsigned states)
{
    const char *state = ctl->items[ITEM_STATE];
    const char *since = ctl->items[ITEM_SINCE];
    *s = (struct selection){.ctl = ctl,
                            .states = states,
                            .jobtype = ctl->items[ITEM_JOBTYPE],
                            .error = ctl->items[ITEM_ERROR]};
    s->most = ctl->items[ITEM_ALL] != NULL ? LOOKED_ALL : LOOKED_AT;
    if (since != NULL && !since_parse(since, wall_now(), &s->since))
        return ctl_usage(ctl,
                         "--since %s: a time is 30s, 5m, 2h or 1d ago, Unix seconds, or "
                         "2026-03-07 17:12:08",
                         since);
    return state == NULL ? 0 : parse_state(s, state, states);
}

/* ---- jobtypes ---- */

struct ids {
    uint32_t items[LISTING_JOBTYPES];
    size_t count;
};

static void add_id(void *arg, uint32_t funcid, const char *name)
{
    struct ids *ids = arg;
    (void)name;
    if (ids->count < LISTING_JOBTYPES)
        ids->items[ids->count++] = funcid;
}

static int find_ids(const struct selection *s, struct ids *ids, struct helios_error *err)
{
    ids->count = 0;
    if (s->jobtype == NULL)
        return listing_jobtypes(ctl_store(s->ctl), 0, add_id, ids, err);
    int rc = store_jobtype(ctl_store(s->ctl), s->jobtype, &ids->items[0], err);
    if (rc == 1)
        return err_set(err, HELIOS_E_NOT_FOUND, "there is no jobtype '%s'", s->jobtype);
    ids->count = 1;
    return rc;
}

/* ---- jobs ---- */

struct filter {
    const struct selection *s;
    uint32_t funcid; /* 0: all */
    listing_job_fn *fn;
    void *arg;
    bool stopped;
};

static int pass(void *arg, const struct listing_job *job)
{
    struct filter *f = arg;
    const struct selection *s = f->s;
    int64_t time = job->complete_time >= 0 ? job->complete_time : job->insert_time;
    if ((s->states & BIT(job->state)) == 0 || time < s->since ||
        (f->funcid != 0 && job->funcid != f->funcid) ||
        (s->error != NULL && (job->error == NULL || strstr(job->error, s->error) == NULL)))
        return 0;
    f->stopped = f->fn(f->arg, job) != 0;
    return f->stopped ? 1 : 0;
}

/* The part of the index that the states are in. */
static int look_at_queue(struct selection *s, uint32_t funcid, struct filter *f,
                         struct helios_error *err)
{
    int64_t now = 0;
    uint64_t looked = 0;
    if (store_now(ctl_store(s->ctl), &now, err) != 0)
        return -1;
    bool due = (s->states & (BIT(LISTING_WAITING) | BIT(LISTING_RUNNING))) != 0;
    bool later = (s->states & (BIT(LISTING_DELAYED) | BIT(LISTING_HELD))) != 0;
    bool held_only = (s->states & QUEUED_ONLY) == BIT(LISTING_HELD);
    const struct listing_range range = {.funcid = funcid,
                                        .from = due         ? 0
                                                : held_only ? OPERATE_HELD
                                                            : now,
                                        .to = later ? OPERATE_HELD : now + 1,
                                        .most = s->most};
    int rc = listing_queued(ctl_store(s->ctl), &range, pass, f, &looked, err);
    s->more = s->more || (!f->stopped && looked >= s->most);
    return rc;
}

static int look_at_history(struct selection *s, struct filter *f, struct helios_error *err)
{
    uint64_t looked = 0;
    if (listing_ended(ctl_store(s->ctl), s->since, s->most, pass, f, &looked, err) != 0)
        return -1;
    s->more = s->more || (!f->stopped && looked >= s->most);
    return 0;
}

int select_jobs(struct selection *s, listing_job_fn *fn, void *arg,
                struct helios_error *err)
{
    struct filter f = {.s = s, .fn = fn, .arg = arg};
    struct ids *ids = calloc(1, sizeof *ids);
    if (ids == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    int rc = find_ids(s, ids, err);
    for (size_t i = 0; (s->states & QUEUED_ONLY) != 0 && rc == 0 && i < ids->count; i++)
        rc = f.stopped ? 0 : look_at_queue(s, ids->items[i], &f, err);
    if (rc == 0 && !f.stopped && (s->states & ENDED) != 0) {
        f.funcid = s->jobtype == NULL ? 0 : ids->items[0];
        rc = look_at_history(s, &f, err);
    }
    free(ids);
    return rc;
}
