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

/* Every process of the daemon inherits it, so that a plugin may have written over it: what
 * is read of it is brought within its bounds first. */
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
    return atomic_load(&batch->n) >= LOG_BATCH_MAX ||
           batch->used > TEXT_MAX - (LOG_TEXT_MAX + 1);
}

void log_batch_add(struct log_batch *batch, const struct log_record *record)
{
    uint32_t n = atomic_load(&batch->n), at = batch->used;
    uint32_t len = (uint32_t)(record->len < LOG_TEXT_MAX ? record->len : LOG_TEXT_MAX);
    if (n >= LOG_BATCH_MAX || at > TEXT_MAX - (LOG_TEXT_MAX + 1))
        return;
    struct entry *e = &batch->entries[n];
    e->record = *record;
    e->record.text = NULL;
    e->at = at;
    e->len = len;
    memcpy(batch->text + at, record->text, len);
    batch->text[at + len] = '\0';
    batch->used = at + len + 1;
    atomic_store(&batch->n, n + 1);
}

size_t log_batch_records(const struct log_batch *batch, struct log_record *out)
{
    size_t n = atomic_load(&batch->n);
    if (n > LOG_BATCH_MAX)
        n = LOG_BATCH_MAX;
    for (size_t i = 0; i < n; i++) {
        uint32_t at = batch->entries[i].at, len = batch->entries[i].len;
        bool inside = at < TEXT_MAX && len < TEXT_MAX - at;
        out[i] = batch->entries[i].record;
        out[i].text = inside ? batch->text + at : "";
        out[i].len = inside ? len : 0;
    }
    return n;
}

void log_batch_clear(struct log_batch *batch)
{
    atomic_store(&batch->n, 0);
    batch->used = 0;
}
