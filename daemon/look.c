/* SPDX-License-Identifier: MIT */
#include "daemon/look.h"

#include "core/log.h"
#include "daemon/collective.h"
#include "daemon/once.h"

/* A look counts due jobs no further than this: the cost of the count stays flat. */
#define WAITING_LIMIT 1000u

_Static_assert(HERITAGE_JOBTYPES <= STORE_DUE_MOST, "one question for all jobtypes");

static void warn_params(void *arg, const char *sentence)
{
    struct look *l = arg;
    uint64_t hash = once_hash(sentence);
    if (l->saying.n < LOOK_SAID)
        l->saying.hashes[l->saying.n++] = hash;
    for (size_t i = 0; i < l->said.n; i++)
        if (l->said.hashes[i] == hash)
            return;
    log_warning("%s", sentence);
}

static int look_params(struct look *l, bool *changed, struct store_due *due,
                       struct helios_error *err)
{
    struct helios_params *params = NULL;
    l->saying.n = 0;
    if (collective_params(l->store, l->heritage, &l->digest, changed, due, &params,
                          warn_params, l, err) != 0)
        return -1;
    struct settings last = l->settings;
    conf_settings(params, &last, &l->settings, *changed ? warn_params : NULL, l);
    if (*changed) {
        collective_logging(l->heritage, params, &l->settings, warn_params, l);
        l->said = l->saying;
        atomic_fetch_add(&l->heritage->board->params_seq, 1);
    }
    conf_free(l->params);
    l->params = params;
    return 0;
}

/* store_waiting or store_backlog. */
typedef int count_fn(struct store *store, const uint32_t *funcids, size_t n, uint64_t limit,
                     uint64_t *out, struct helios_error *err);

/* Our jobtypes, those that do not exist yet left out. */
static int find_jobtypes(struct look *l, struct helios_error *err)
{
    l->funcids_n = 0;
    for (unsigned i = 0; i < l->heritage->jobtype_count; i++) {
        int rc = store_jobtype(l->store, l->heritage->jobtypes[i],
                               &l->funcids[l->funcids_n], err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            l->funcids_n++;
    }
    return 0;
}

static int count_jobs(struct look *l, count_fn *count, uint64_t *out,
                      struct helios_error *err)
{
    *out = 0;
    if (l->funcids_n == 0)
        return 0;
    /* No worker is launched for what none of them takes. */
    if (count == store_waiting && l->settings.priority_floor > 0)
        return store_waiting_above(l->store, l->funcids, l->funcids_n,
                                   l->settings.priority_floor, WAITING_LIMIT, out, err);
    return count(l->store, l->funcids, l->funcids_n, WAITING_LIMIT, out, err);
}

/* Behind the cursors, of all jobtypes. */
static int count_behind(struct look *l, uint64_t *out, struct helios_error *err)
{
    *out = 0;
    for (unsigned i = 0; i < l->heritage->jobtype_count && *out < WAITING_LIMIT; i++) {
        uint32_t funcid;
        uint64_t some = 0;
        int rc = store_jobtype(l->store, l->heritage->jobtypes[i], &funcid, err);
        if (rc < 0 || (rc == 0 && store_waiting_behind(
                                      l->store, funcid, &l->heritage->board->cursor[i],
                                      WAITING_LIMIT - *out, &some, err) < 0))
            return -1;
        *out += some;
    }
    return 0;
}

static bool count_is_dear(const struct look *l)
{
    return l->count_all_ms * CURSOR_SWEEP_SHARE > CURSOR_SWEEP_MS;
}

static void counted_all(struct look *l, int64_t took_ms)
{
    l->count_all_ms = took_ms;
    l->count_all_at = mono_add_ms(mono_now(), cursor_sweep_pause_ms(took_ms));
}

/* As much of what is due as the master needs to know. With many jobs held at the start it
 * takes long to count from there: once it did, that is done seldom, and only if there is
 * not enough behind the cursors, where it is always cheap. What is due is not looked over
 * for longer than a worker would; a drain ends on a count of all only. */
static int count_waiting(struct look *l, uint64_t *out, struct helios_error *err)
{
    struct mono begun = mono_now();
    /* By priority no worker moves the cursors. */
    if (l->settings.order == ORDER_OLDEST && count_is_dear(l)) {
        int64_t enough = l->settings.max_workers;
        if (count_behind(l, out, err) != 0)
            return -1;
        if ((enough > 0 && *out >= (uint64_t)enough) ||
            (mono_before(begun, l->count_all_at) && !(l->heritage->drain && *out == 0)))
            return 0;
    }
    if (count_jobs(l, store_waiting, out, err) != 0)
        return -1;
    counted_all(l, mono_diff_ms(mono_now(), begun));
    return 0;
}

/* What an idle daemon that is woken has to wake for by itself. */
static int look_ahead(struct look *l, struct store_upcoming *out, struct helios_error *err)
{
    *out = (struct store_upcoming){0};
    return l->settings.wake == WAKE_POLL
               ? 0
               : store_upcoming(l->store, l->funcids, l->funcids_n, out, err);
}

struct store_registration look_registration(const struct heritage *h)
{
    return (struct store_registration){.service = h->service,
                                       .version = h->version[0] == '\0' ? NULL : h->version,
                                       .host = h->host,
                                       .start_time = h->start_time,
                                       .pid = h->master_pid};
}

static int look_registry(struct look *l, struct helios_error *err)
{
    int64_t every_ms =
        l->settings.registration_ms < 1000 ? 1000 : l->settings.registration_ms;
    struct mono now = mono_now();
    if (l->registered.us != 0 && mono_diff_ms(now, l->registered) < every_ms)
        return 0;
    const struct store_registration r = look_registration(l->heritage);
    if (store_register(l->store, &r, err) != 0)
        return -1;
    l->registered = now;
    return 0;
}

/* While there is nothing to do the statement that reads the parameters tells that there
 * still is not. */
static bool is_idle(const struct look *l)
{
    return !l->working && l->funcids_n > 0 && l->settings.priority_floor == 0 &&
           !count_is_dear(l);
}

/* `due` NULL: that statement was not asked. */
static int count_due(struct look *l, const struct store_due *due, uint64_t *waiting,
                     struct helios_error *err)
{
    if (due == NULL || due->found)
        return count_waiting(l, waiting, err);
    counted_all(l, due->took_ms);
    return 0;
}

int look_once(struct look *l, struct store *store, struct msg_snapshot *out,
              struct helios_error *err)
{
    struct board *board = l->heritage->board;
    bool changed = false;
    uint64_t waiting = 0;
    struct store_upcoming upcoming = {0};
    l->store = store;
    if (find_jobtypes(l, err) != 0)
        return -1;
    struct store_due due = {.funcids = l->funcids, .n = l->funcids_n};
    struct store_due *asked = is_idle(l) ? &due : NULL;
    if (look_params(l, &changed, asked, err) != 0 || look_registry(l, err) != 0 ||
        count_due(l, asked, &waiting, err) != 0 ||
        (waiting == 0 && look_ahead(l, &upcoming, err) != 0))
        return -1;
    atomic_store(&board->waiting, waiting);
    atomic_store(&board->waiting_limit, WAITING_LIMIT);
    atomic_store(&board->max_workers, l->settings.max_workers);
    atomic_store(&board->last_look, wall_now());
    atomic_fetch_add(&board->looks, 1);
    *out = (struct msg_snapshot){.settings = l->settings,
                                 .waiting = waiting,
                                 .waiting_limit = WAITING_LIMIT,
                                 .next_ms = upcoming.next_ms,
                                 .held = upcoming.held,
                                 .params_changed = changed};
    l->working = waiting > 0;
    return 0;
}

int look_backlog(struct look *l, struct store *store, uint64_t *out,
                 struct helios_error *err)
{
    l->store = store;
    return find_jobtypes(l, err) != 0 ? -1 : count_jobs(l, store_backlog, out, err);
}
