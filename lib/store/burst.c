/* SPDX-License-Identifier: MIT */
#include "store/private.h"

struct burst {
    struct jobrows *rows;
    uint32_t funcid;
    int64_t priority;
    store_child_fn *next;
    void *arg;
    uint64_t children;
};

/* Adds children until the block is full: 1 when there are no more. */
static int collect(struct burst *b, struct helios_error *err)
{
    while (!jobrows_full(b->rows)) {
        const char *xml = NULL;
        size_t len = 0;
        struct jobrow row = {.funcid = b->funcid, .priority = b->priority};
        int rc = b->next(b->arg, &xml, &len, err);
        if (rc != 0)
            return rc;
        if (!jobrows_add(b->rows, &row, xml, len, HELIOS_ARGS_TEXT))
            return err_set(err, HELIOS_E_NOMEM, "out of memory for the jobs of a metajob");
        b->children++;
    }
    return 0;
}

static int insert_children(struct store *store, struct burst *b, struct helios_error *err)
{
    for (;;) {
        int rc = collect(b, err);
        if (rc < 0 || (b->rows->n > 0 && jobrows_insert(b->rows, store, NULL, err) != 0))
            return -1;
        if (rc == 1)
            return 0;
    }
}

/* In a transaction; 1 if the lease is lost. The metajob goes first: its row lock is the
 * fence. */
static int burst(struct store *store, struct store_held *metajob, struct burst *b,
                 const struct store_outcome *outcome, struct helios_error *err)
{
    bool deleted = false;
    if (store_delete_held(store, metajob, &deleted, err) != 0)
        return -1;
    if (!deleted)
        return 1;
    if (insert_children(store, b, err) != 0)
        return -1;
    return store_record_ends(store, metajob, 1, 0, true, outcome, err);
}

int store_burst(struct store *store, struct store_held *metajob, uint32_t child_funcid,
                int64_t priority, store_child_fn *next, void *arg,
                const struct store_outcome *outcome, uint64_t *children,
                struct helios_error *err)
{
    struct burst b = {.rows = jobrows_new(),
                      .funcid = child_funcid,
                      .priority = priority,
                      .next = next,
                      .arg = arg};
    *children = 0;
    metajob->lost = false;
    db_rollback(store->db);
    if (b.rows == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for the jobs of a metajob");
    int rc = store_begin(store, err);
    if (rc == 0)
        rc = store_end_at(store, FAULT_BURST_BEFORE_COMMIT,
                          burst(store, metajob, &b, outcome, err), err);
    jobrows_free(b.rows);
    metajob->lost = rc == 1;
    if (rc < 0)
        return err_wrap(err, "cannot burst metajob %llu",
                        (unsigned long long)metajob->job->jobid);
    *children = rc == 0 ? b.children : 0;
    return 0;
}
