/* SPDX-License-Identifier: MIT */
#include "core/log_batch.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define TEXT_MAX (2u * LOG_TEXT_MAX)

struct entry {
    struct log_record record; /* without its text */
    uint32_t at, len;         /* of its text, which a NUL follows */
};

struct log_batch {
    /* Counts whole entries: what a writer was killed in the middle of is not among them. */
    _Atomic uint32_t n;
    uint32_t used;
    struct entry entries[LOG_BATCH_MAX];
    char text[TEXT_MAX];
};

struct log_batch *log_batch_new(void)
{
    void *memory = mmap(NULL, sizeof(struct log_batch), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool log_batch_full(const struct log_batch *batch)
{
    return atomic_load(&batch->n) == LOG_BATCH_MAX ||
           TEXT_MAX - batch->used < LOG_TEXT_MAX + 1;
}

void log_batch_add(struct log_batch *batch, const struct log_record *record)
{
    uint32_t n = atomic_load(&batch->n);
    if (log_batch_full(batch))
        return;
    struct entry *e = &batch->entries[n];
    e->record = *record;
    e->record.text = NULL;
    e->at = batch->used;
    e->len = (uint32_t)(record->len < LOG_TEXT_MAX ? record->len : LOG_TEXT_MAX);
    memcpy(batch->text + e->at, record->text, e->len);
    batch->text[e->at + e->len] = '\0';
    batch->used = e->at + e->len + 1;
    atomic_store(&batch->n, n + 1);
}

size_t log_batch_records(const struct log_batch *batch, struct log_record *out)
{
    size_t n = atomic_load(&batch->n);
    for (size_t i = 0; i < n; i++) {
        out[i] = batch->entries[i].record;
        out[i].text = batch->text + batch->entries[i].at;
        out[i].len = batch->entries[i].len;
    }
    return n;
}

void log_batch_clear(struct log_batch *batch)
{
    atomic_store(&batch->n, 0);
    batch->used = 0;
}
