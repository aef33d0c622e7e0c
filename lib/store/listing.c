/* SPDX-License-Identifier: MIT */
#include "store/listing.h"

#include "store/operate.h"
#include "store/private.h"

struct reader {
    listing_jobtype_fn *jobtype;
    listing_ends_fn *ends;
    listing_param_fn *param;
    listing_job_fn *job;
    listing_message_fn *message;
    listing_lease_fn *lease;
    listing_error_fn *error;
    void *arg;
    uint64_t counted;
};

static const char *text_of(const struct helios_datum *d)
{
    const char *text = helios_datum_text(d);
    return text == NULL ? "" : text;
}

static int jobtype_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    (void)n;
    r->jobtype(r->arg, (uint32_t)helios_datum_uint(&columns[0]), text_of(&columns[1]));
    return 0;
}

int listing_jobtypes(struct store *store, uint32_t after, listing_jobtype_fn *fn, void *arg,
                     struct helios_error *err)
{
    struct reader r = {.jobtype = fn, .arg = arg};
    struct helios_datum param = helios_uint(after);
    if (store_query(store, ST_LIST_JOBTYPES, 0, &param, 1, jobtype_row, &r, err) != 0)
        return err_wrap(err, "cannot list the jobtypes");
    return 0;
}

uint64_t listing_waiting(const struct listing_queue *queue)
{
    if (queue->due > LISTING_COUNTED)
        return queue->due;
    return queue->due > queue->running ? queue->due - queue->running : 0;
}

int listing_queue(struct store *store, uint32_t funcid, struct listing_queue *out,
                  struct helios_error *err)
{
    int64_t row[5] = {0};
    struct helios_datum id = helios_uint(funcid);
    struct helios_datum params[] = {id, id, id, id};
    if (store_numbers(store, ST_LIST_QUEUE, params, 4, row, 5, err) < 0)
        return err_wrap(err, "cannot count the jobs of jobtype number %u", funcid);
    *out = (struct listing_queue){.delayed = (uint64_t)row[0],
                                  .due = (uint64_t)row[1],
                                  .running = (uint64_t)row[2],
                                  .oldest = row[3],
                                  .now = row[4]};
    return 0;
}

static int ends_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    const struct listing_ends ends = {.funcid = (uint32_t)helios_datum_uint(&columns[0]),
                                      .done_minute = helios_datum_uint(&columns[1]),
                                      .failed_minute = helios_datum_uint(&columns[2]),
                                      .done_hour = helios_datum_uint(&columns[3]),
                                      .failed_hour = helios_datum_uint(&columns[4])};
    (void)n;
    r->counted += ends.done_hour + ends.failed_hour;
    r->ends(r->arg, &ends);
    return 0;
}

int listing_ends(struct store *store, listing_ends_fn *fn, void *arg, bool *more,
                 struct helios_error *err)
{
    struct reader r = {.ends = fn, .arg = arg};
    struct helios_datum limit = helios_uint(LISTING_ENDS);
    if (store_query(store, ST_LIST_ENDS, 0, &limit, 1, ends_row, &r, err) != 0)
        return err_wrap(err, "cannot count what has ended");
    *more = r.counted >= LISTING_ENDS;
    return 0;
}

static int param_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    (void)n;
    r->param(r->arg, text_of(&columns[0]), text_of(&columns[1]), text_of(&columns[2]),
             helios_datum_text(&columns[3]));
    return 0;
}

int listing_params(struct store *store, const char *service, listing_param_fn *fn,
                   void *arg, struct helios_error *err)
{
    struct reader r = {.param = fn, .arg = arg};
    struct helios_datum params[] = {helios_text(service), helios_text(service)};
    if (store_query(store, ST_LIST_PARAMS, 0, params, 2, param_row, &r, err) != 0)
        return err_wrap(err, "cannot list the parameters");
    return 0;
}

/* ---- jobs ---- */

static int64_t int_or_none(const struct helios_datum *d)
{
    return d->type == HELIOS_DATUM_NULL ? -1 : helios_datum_int(d);
}

static enum listing_state queued_state(int64_t run_after, int64_t lease, int64_t now)
{
    if (lease > now)
        return LISTING_RUNNING;
    if (run_after >= OPERATE_HELD)
        return LISTING_HELD;
    return run_after > now ? LISTING_DELAYED : LISTING_WAITING;
}

static int queued_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    int64_t run_after = helios_datum_int(&columns[3]);
    const struct listing_job job = {
        .jobid = helios_datum_uint(&columns[0]),
        .funcid = (uint32_t)helios_datum_uint(&columns[1]),
        .state = queued_state(run_after, helios_datum_int(&columns[4]),
                              helios_datum_int(&columns[5])),
        .insert_time = int_or_none(&columns[2]),
        .run_after = run_after,
        .complete_time = -1,
        .exitstatus = -1,
        .error = helios_datum_text(&columns[6]),
    };
    (void)n;
    r->counted++;
    return r->job(r->arg, &job);
}

int listing_queued(struct store *store, const struct listing_range *range,
                   listing_job_fn *fn, void *arg, uint64_t *looked,
                   struct helios_error *err)
{
    struct reader r = {.job = fn, .arg = arg};
    struct helios_datum params[] = {helios_uint(range->funcid), helios_int(range->from),
                                    helios_int(range->to), helios_uint(range->most)};
    int rc = store_query(store, ST_LIST_JOBS, 0, params, 4, queued_row, &r, err);
    *looked = r.counted;
    return rc == 0 ? 0 : err_wrap(err, "cannot list the jobs");
}

static int attempt_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    int64_t status = int_or_none(&columns[4]);
    const struct listing_job job = {
        .jobid = helios_datum_uint(&columns[0]),
        .funcid = (uint32_t)helios_datum_uint(&columns[1]),
        .state = status == 0 ? LISTING_DONE : LISTING_FAILED,
        .insert_time = int_or_none(&columns[2]),
        .run_after = -1,
        .complete_time = helios_datum_int(&columns[3]),
        .exitstatus = status,
        .error = helios_datum_text(&columns[6]),
    };
    (void)n;
    r->counted++;
    bool last = helios_datum_int(&columns[5]) == 0;
    return last ? r->job(r->arg, &job) : 0;
}

int listing_ended(struct store *store, int64_t since, uint64_t most, listing_job_fn *fn,
                  void *arg, uint64_t *looked, struct helios_error *err)
{
    struct reader r = {.job = fn, .arg = arg};
    struct helios_datum params[] = {helios_int(since), helios_uint(most)};
    int rc = store_query(store, ST_LIST_ATTEMPTS, 0, params, 2, attempt_row, &r, err);
    *looked = r.counted;
    return rc == 0 ? 0 : err_wrap(err, "cannot list the history");
}

static int lease_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    (void)n;
    r->lease(r->arg, helios_datum_uint(&columns[0]), helios_datum_int(&columns[1]));
    return 0;
}

int listing_leased(struct store *store, uint32_t funcid, uint64_t most,
                   listing_lease_fn *fn, void *arg, struct helios_error *err)
{
    struct reader r = {.lease = fn, .arg = arg};
    struct helios_datum params[] = {helios_uint(funcid), helios_uint(most)};
    if (store_query(store, ST_LIST_LEASED, 0, params, 2, lease_row, &r, err) != 0)
        return err_wrap(err, "cannot list the jobs that run");
    return 0;
}

static int error_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    const struct listing_error error = {.time = helios_datum_int(&columns[0]),
                                        .jobid = helios_datum_uint(&columns[1]),
                                        .funcid = (uint32_t)helios_datum_uint(&columns[2]),
                                        .message = text_of(&columns[3])};
    (void)n;
    r->error(r->arg, &error);
    return 0;
}

int listing_errors(struct store *store, uint64_t most, listing_error_fn *fn, void *arg,
                   struct helios_error *err)
{
    struct reader r = {.error = fn, .arg = arg};
    struct helios_datum param = helios_uint(most);
    if (store_query_by_index(store, ST_LIST_ERRORS, &param, 1, error_row, &r, err) != 0)
        return err_wrap(err, "cannot list the failures");
    return 0;
}

/* ---- log ---- */

int listing_level(const struct helios_datum *d)
{
    const char *text = helios_datum_text(d);
    int64_t level = helios_datum_int(d);
    bool none = d->type == HELIOS_DATUM_NULL || (text != NULL && text[0] == '\0');
    return none || level < 0 || level > HELIOS_LOG_DEBUG ? HELIOS_LOG_INFO : (int)level;
}

static int message_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    const struct listing_message message = {.time = helios_datum_int(&columns[0]),
                                            .host = text_of(&columns[1]),
                                            .pid = helios_datum_int(&columns[2]),
                                            .jobid = helios_datum_uint(&columns[3]),
                                            .service = text_of(&columns[4]),
                                            .level = listing_level(&columns[5]),
                                            .message = text_of(&columns[6])};
    (void)n;
    return r->message(r->arg, &message);
}

int listing_messages(struct store *store, int64_t since, bool forward,
                     listing_message_fn *fn, void *arg, struct helios_error *err)
{
    struct reader r = {.message = fn, .arg = arg};
    struct helios_datum param = helios_int(since);
    enum statement id = forward ? ST_LIST_LOG_NEXT : ST_LIST_LOG_LAST;
    if (store_query_by_index(store, id, &param, 1, message_row, &r, err) != 0)
        return err_wrap(err, "cannot read the log");
    return 0;
}
