/* SPDX-License-Identifier: MIT */
#include "core/trail.h"

#include <ctype.h>
#include <inttypes.h>

#include "core/err.h"
#include "core/log.h"

/* The event is the low byte of `at`, the time in microseconds the rest. */
#define EVENT_BITS 8

static const char *const names[TRAIL_EVENTS] = {
    [TRAIL_START] = "start",       [TRAIL_CONNECTED] = "connected",
    [TRAIL_PREPARED] = "prepared", [TRAIL_CLAIM] = "claim",
    [TRAIL_CLAIMED] = "claimed",   [TRAIL_RUN] = "run",
    [TRAIL_RAN] = "ran",           [TRAIL_RECORD] = "record",
    [TRAIL_RECORDED] = "recorded", [TRAIL_GROUP] = "record group of",
    [TRAIL_RELEASE] = "release",   [TRAIL_SQL] = "",
    [TRAIL_SQL_OK] = "ok",         [TRAIL_SQL_ERROR] = "error",
    [TRAIL_IDLE] = "idle",         [TRAIL_LEAVE] = "leave with",
};

uint64_t trail_word(const char *text)
{
    uint64_t word = 0;
    for (int i = 0; i < 7 && isupper((unsigned char)text[i]) != 0; i++)
        word |= (uint64_t)(unsigned char)text[i] << (8 * i);
    return word;
}

void trail_note(struct board_slot *slot, enum trail_event event, uint64_t what)
{
    uint32_t n = atomic_load_explicit(&slot->trail_next, memory_order_relaxed);
    struct board_event *e = &slot->trail[n % BOARD_TRAIL];
    uint64_t at = (uint64_t)mono_now().us << EVENT_BITS | (uint64_t)event;
    atomic_store_explicit(&e->what, what, memory_order_relaxed);
    atomic_store_explicit(&e->at, at, memory_order_relaxed);
    atomic_store_explicit(&slot->trail_next, n + 1, memory_order_release);
}

static void put_word(struct buf *out, uint64_t word)
{
    for (; (word & 0x7f) != 0; word >>= 8)
        buf_putc(out, isupper((int)(word & 0x7f)) != 0 ? (char)(word & 0x7f) : '?');
}

static void put_what(struct buf *out, enum trail_event event, uint64_t what)
{
    switch (event) {
    case TRAIL_SQL:
        put_word(out, what);
        break;
    case TRAIL_SQL_ERROR:
        buf_printf(out, " %s", helios_error_name((enum helios_error_kind)what));
        break;
    case TRAIL_START:
    case TRAIL_CONNECTED:
    case TRAIL_PREPARED:
    case TRAIL_SQL_OK:
    case TRAIL_IDLE:
        break;
    default:
        buf_printf(out, " %" PRIu64, what);
        break;
    }
}

void trail_text(const struct board_slot *slot, struct mono now, struct buf *out)
{
    uint32_t next = atomic_load_explicit(&slot->trail_next, memory_order_acquire);
    const char *separator = "";
    for (uint32_t k = BOARD_TRAIL; k > 0; k--) {
        const struct board_event *e = &slot->trail[(next - k) % BOARD_TRAIL];
        uint64_t at = atomic_load_explicit(&e->at, memory_order_relaxed);
        uint64_t event = at & ((1u << EVENT_BITS) - 1);
        if (event == TRAIL_NONE || event >= TRAIL_EVENTS)
            continue;
        int64_t ago = now.us - (int64_t)(at >> EVENT_BITS);
        if (ago < 0)
            ago = 0;
        buf_printf(out, "%s%" PRId64 ".%06" PRId64 " ", separator, ago / 1000000,
                   ago % 1000000);
        buf_puts(out, names[event]);
        put_what(out, (enum trail_event)event,
                 atomic_load_explicit(&e->what, memory_order_relaxed));
        separator = ", ";
    }
}

void trail_report(const struct board_slot *slot, int32_t pid)
{
    struct buf text = BUF_INIT;
    trail_text(slot, mono_now(), &text);
    if (text.len > 0 && !text.failed)
        log_write(HELIOS_LOG_NOTICE, atomic_load(&slot->running), 0,
                  "The last events of worker process %" PRId32 ", seconds before now: %s",
                  pid, buf_text(&text));
    buf_fini(&text);
}
