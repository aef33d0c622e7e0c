/* SPDX-License-Identifier: MIT */
#include "daemon/burst.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/err.h"

/* Texts one behind the other, and where each ends. */
struct texts {
    struct buf xml;
    size_t *ends;
    size_t count, cap, next;
};

static int keep_text(void *arg, const char *xml, size_t len)
{
    struct texts *t = arg;
    if (t->count == t->cap) {
        size_t cap = t->cap == 0 ? 64 : t->cap * 2;
        size_t *grown = reallocarray(t->ends, cap, sizeof *grown);
        if (grown == NULL)
            return 1;
        t->ends = grown;
        t->cap = cap;
    }
    buf_append(&t->xml, xml, len);
    t->ends[t->count++] = t->xml.len;
    return t->xml.failed ? 1 : 0;
}

static int next_text(void *arg, const char **xml, size_t *len, struct helios_error *err)
{
    struct texts *t = arg;
    (void)err;
    if (t->next == t->count)
        return 1;
    size_t from = t->next == 0 ? 0 : t->ends[t->next - 1];
    *xml = buf_text(&t->xml) + from;
    *len = t->ends[t->next] - from;
    t->next++;
    return 0;
}

static void say(struct helios_job *job, size_t children, uint64_t rows)
{
    unsigned long long id = job->row->jobid;
    if (children == 0)
        helios_log(job, HELIOS_LOG_ERR,
                   "Metajob %llu has no job in its <jobs> element: it is completed, and "
                   "nothing is put in its place",
                   id);
    if (children == rows)
        helios_log(job, HELIOS_LOG_NOTICE, "Metajob %llu burst into %zu jobs.", id,
                   children);
    else
        helios_log(job, HELIOS_LOG_NOTICE,
                   "Metajob %llu of %zu jobs burst into %llu metajobs.", id, children,
                   (unsigned long long)rows);
}

int burst_write(struct helios_worker *w, struct helios_job *job, struct store_held *held,
                const struct store_outcome *outcome, struct helios_error *err)
{
    struct texts t = {.xml = BUF_INIT};
    const char *type = NULL;
    uint32_t funcid = job->row->funcid;
    uint64_t rows = 0;
    size_t children = 0;
    int rc = args_burst_count(&job->args, &children, err);
    bool whole = children <= BURST_CHILDREN;
    if (rc == 0)
        rc = whole ? args_burst(&job->args, &type, keep_text, &t, err)
                   : args_burst_parts(&job->args, BURST_CHILDREN, keep_text, &t, err);
    if (rc > 0)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory while taking the metajob apart");
    if (rc == 0 && type != NULL)
        rc = store_jobtype_ensure(w->store, type, &funcid, err);
    if (rc == 0)
        rc = store_burst(w->store, held, funcid, whole ? -1 : job->row->priority, next_text,
                         &t, outcome, &rows, err);
    if (rc == 0 && !held->lost)
        say(job, children, rows);
    free(t.ends);
    buf_fini(&t.xml);
    return rc;
}
