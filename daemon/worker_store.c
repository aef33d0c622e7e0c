/* SPDX-License-Identifier: MIT */
#include "daemon/worker.h"

#include "core/trail.h"
#include "daemon/collective.h"

/* With so many jobs a transaction occupies the server longer than its fsync takes. */
#define BULK_JOBS 64

static void watch(void *arg, const char *sql, enum helios_error_kind kind)
{
    struct board_slot *slot = arg;
    if (sql != NULL)
        trail_note(slot, TRAIL_SQL, trail_word(sql));
    else if (kind == HELIOS_E_NONE)
        trail_note(slot, TRAIL_SQL_OK, 0);
    else
        trail_note(slot, TRAIL_SQL_ERROR, (uint64_t)kind);
}

int worker_open_store(struct helios_worker *w, struct store **out, struct helios_error *err)
{
    if (collective_open(w->heritage, out, err) != 0)
        return -1;
    trail_note(w->slot, TRAIL_CONNECTED, 0);
    db_watch(store_db(*out), watch, w->slot);
    return 0;
}

int worker_reconnect(struct helios_worker *w, bool patient)
{
    int64_t pause_ms = 50;
    struct helios_error err = HELIOS_ERROR_INIT;
    for (unsigned tries = 0;; tries++) {
        struct store *store = NULL;
        if (worker_open_store(w, &store, &err) == 0) {
            store_close(w->store);
            w->store = store;
            return 0;
        }
        /* A verdict that is not written yet is worth patience even when told to leave: the
         * master's grace period is the limit. Without a master nobody sets one. */
        if ((w->leaving && !patient) || (w->master_gone && tries > 8))
            return -1;
        w->woken = false; /* or the pause would be none; the queue is looked at anyway */
        worker_listen(w, pause_ms + mono_now().us % (pause_ms + 1));
        pause_ms = pause_ms * 2 > 5000 ? 5000 : pause_ms * 2;
    }
}

struct turn *worker_bulk_begin(const struct helios_worker *w, size_t jobs)
{
    const struct heritage *h = w->heritage;
    if (jobs < BULK_JOBS)
        return NULL;
    atomic_store(&w->slot->in_line, 1);
    struct turn *turn =
        turn_take_any(h->board->bulk, BOARD_BULK, h->slot, (uint32_t)w->pid);
    atomic_store(&w->slot->in_line, 0);
    return turn;
}

void worker_bulk_end(const struct helios_worker *w, struct turn *turn)
{
    if (turn != NULL)
        turn_end(turn, (uint32_t)w->pid);
}
