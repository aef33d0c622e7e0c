/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/journal.h"
#include "core/log_channel.h"
#include "core/log_line.h"
#include "core/mono.h"

#define PATIENCE_MS 20000

struct fixture {
    int fds[2];
    struct log_reader *reader;
    int saved_stderr;
    int stderr_read;
    struct log_config config;
};

struct mono __real_mono_now(void);
struct mono __wrap_mono_now(void);
static int64_t later_ms;

struct mono __wrap_mono_now(void)
{
    return mono_add_ms(__real_mono_now(), later_ms);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.config = {.service = "A::B",
                                    .table = true,
                                    .foreground = true,
                                    .syslog_facility = LOG_USER,
                                    .syslog_threshold = HELIOS_LOG_DEBUG,
                                    .threshold = HELIOS_LOG_DEBUG,
                                    .syslog_socket = "/nonexistent/log",
                                    .journal_socket = "/nonexistent/journal"}};
    later_ms += 60001; /* no failure that an earlier test was told of counts */
    assert_int_equal(log_pair(f.fds), 0);
    f.reader = log_reader_new(f.fds[0]);
    assert_non_null(f.reader);
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    f.saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
    (void)close(fds[1]);
    f.stderr_read = fds[0];
    log_configure(&f.config);
    log_set_channel(f.fds[1]);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    log_set_channel(-1);
    (void)dup2(f->saved_stderr, STDERR_FILENO);
    (void)close(f->saved_stderr);
    (void)close(f->stderr_read);
    log_reader_free(f->reader);
    (void)close(f->fds[0]);
    (void)close(f->fds[1]);
    return 0;
}

/* What was written to standard error since the last call. */
static const char *stderr_text(struct fixture *f)
{
    static char text[70000];
    ssize_t n = read(f->stderr_read, text, sizeof text - 1);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static struct log_record next(struct fixture *f)
{
    struct log_record record;
    assert_int_equal(log_reader_next(f->reader, &record), 0);
    return record;
}

static void assert_nothing(struct fixture *f)
{
    struct log_record record;
    assert_int_equal(log_reader_next(f->reader, &record), 1);
}

static void reaches_the_reader(void **state)
{
    struct fixture *f = *state;
    assert_nothing(f);
    errno = EDOM;
    log_write(HELIOS_LOG_ERR, 1ULL << 50, 12, "n=%d %s", 5, "x");
    assert_int_equal(errno, EDOM);
    log_notice("%s", "");
    log_write(99, 0, 0, "too high");
    log_write(-4, 0, 0, "too low");
    struct log_record r = next(f);
    assert_string_equal(r.text, "n=5 x");
    assert_int_equal(r.len, 5);
    assert_int_equal(r.pid, getpid());
    assert_int_equal(r.level, HELIOS_LOG_ERR);
    assert_int_equal(r.jobid, 1ULL << 50);
    assert_int_equal(r.funcid, 12);
    assert_true(r.time > 0 && r.time <= wall_now());
    r = next(f);
    assert_string_equal(r.text, "");
    assert_int_equal(r.len, 0);
    assert_int_equal(r.level, HELIOS_LOG_NOTICE);
    assert_int_equal(next(f).level, HELIOS_LOG_DEBUG);
    assert_int_equal(next(f).level, HELIOS_LOG_EMERG);
    assert_nothing(f);
    assert_string_equal(stderr_text(f), "");
}

static void thresholds(void **state)
{
    struct fixture *f = *state;
    f->config.sinks = LOG_SINK_STDERR;
    f->config.threshold = HELIOS_LOG_WARNING;
    log_configure(&f->config);
    log_notice("dropped");
    assert_nothing(f);
    assert_string_equal(stderr_text(f), "");
    log_warning("kept");
    assert_string_equal(next(f).text, "kept");
    assert_non_null(strstr(stderr_text(f), " WARNING A::B["));
    log_set_threshold(HELIOS_LOG_NOTICE);
    log_notice("kept now");
    assert_string_equal(next(f).text, "kept now");
    log_set_threshold(-1);
    log_write(HELIOS_LOG_EMERG, 0, 0, "dropped");
    assert_nothing(f);
    log_set_threshold(HELIOS_LOG_DEBUG);
    f->config.table = false;
    f->config.threshold = HELIOS_LOG_DEBUG;
    log_configure(&f->config);
    (void)stderr_text(f);
    log_debug("not in the table");
    assert_nothing(f);
    assert_non_null(strstr(stderr_text(f), "not in the table\n"));
    f->config.sinks = 0;
    log_configure(&f->config);
    log_crit("nowhere");
    assert_string_equal(stderr_text(f), "");
}

static void lines_on_standard_error(void **state)
{
    struct fixture *f = *state;
    const struct log_record record = {.time = 1795342272, /* 2026-11-22 10:11:12 UTC */
                                      .pid = 42,
                                      .level = HELIOS_LOG_NOTICE,
                                      .jobid = 12,
                                      .text = "two\nlines \x1b[31m\xff\n",
                                      .len = 17};
    log_line_stderr(&record, "A::B");
    assert_string_equal(
        stderr_text(f),
        "2026-11-22T10:11:12Z NOTICE A::B[42]: Job 12: two\\nlines \\x1b[31m\\xff\n");
    struct log_record plain = record;
    plain.jobid = 0;
    plain.time = INT64_MAX;
    log_line_stderr(&plain, "A::B");
    assert_string_equal(stderr_text(f), "- NOTICE A::B[42]: two\\nlines \\x1b[31m\\xff\n");
}

static void fallback_without_channel(void **state)
{
    struct fixture *f = *state;
    log_set_channel(-1);
    log_write(HELIOS_LOG_ERR, 7, 1, "lost otherwise");
    assert_non_null(strstr(stderr_text(f), " ERR A::B["));
    f->config.sinks = LOG_SINK_STDERR;
    log_configure(&f->config);
    log_err("only once");
    const char *text = stderr_text(f);
    const char *first = strstr(text, "only once");
    assert_non_null(first);
    assert_null(strstr(first + 1, "only once"));
    struct log_record record = {
        .pid = 99, .level = HELIOS_LOG_ERR, .text = "from another process", .len = 20};
    log_fallback(&record, "C::D");
    assert_string_equal(stderr_text(f), "");
    f->config.sinks = 0;
    log_configure(&f->config);
    log_fallback(&record, "C::D");
    assert_string_equal(stderr_text(f),
                        "1970-01-01T00:00:00Z ERR C::D[99]: from another process\n");
}

static void assert_told(struct fixture *f, const char *text)
{
    struct log_record r = next(f);
    assert_string_equal(r.text, text);
    assert_int_equal(r.level, HELIOS_LOG_EMERG);
    assert_int_equal(r.jobid, 0);
    assert_int_equal(r.funcid, 0);
    assert_int_equal(r.pid, getpid());
}

/* In the table, although it is off, and in the sinks that work. */
static void a_failing_logger_is_told(void **state)
{
    struct fixture *f = *state;
    f->config.table = false;
    f->config.sinks = LOG_SINK_SYSLOG | LOG_SINK_STDERR;
    log_configure(&f->config);
    errno = EDOM;
    log_write(HELIOS_LOG_ERR, 7, 1, "of a job");
    assert_int_equal(errno, EDOM);
    assert_told(f, "syslog LOGGING FAILURE: No such file or directory");
    assert_nothing(f);
    const char *text = stderr_text(f);
    const char *told = strstr(text, " EMERG A::B[");
    assert_non_null(strstr(text, "Job 7: of a job\n"));
    assert_non_null(told);
    assert_non_null(strstr(told, "syslog LOGGING FAILURE: No such file or directory\n"));
    assert_null(strstr(told + 7, "EMERG"));
}

static void failures_are_told_once_a_minute(void **state)
{
    struct fixture *f = *state;
    f->config.table = false;
    f->config.sinks = LOG_SINK_SYSLOG | LOG_SINK_JOURNAL;
    log_configure(&f->config);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) { /* as a worker that is launched for each job */
        log_err("first");
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_string_equal(next(f).text, "syslog LOGGING FAILURE: No such file or directory");
    assert_string_equal(next(f).text, "journal LOGGING FAILURE: No such file or directory");
    log_err("second");
    later_ms += 59000;
    log_err("third");
    assert_nothing(f);
    later_ms += 1001;
    log_err("fourth");
    assert_told(f, "syslog LOGGING FAILURE: No such file or directory");
    assert_told(f, "journal LOGGING FAILURE: No such file or directory");
    assert_nothing(f);
}

/* The message itself goes to the table as well when nothing else took it. */
static void the_table_is_the_last_resort(void **state)
{
    struct fixture *f = *state;
    f->config.table = false;
    f->config.foreground = false;
    f->config.sinks = LOG_SINK_SYSLOG;
    f->config.threshold = HELIOS_LOG_NOTICE;
    log_configure(&f->config);
    log_write(HELIOS_LOG_INFO, 7, 1, "below the threshold of the table");
    assert_told(f, "syslog LOGGING FAILURE: No such file or directory");
    assert_nothing(f);
    log_write(HELIOS_LOG_NOTICE, 7, 1, "nowhere else");
    struct log_record r = next(f);
    assert_string_equal(r.text, "nowhere else");
    assert_int_equal(r.jobid, 7);
    assert_nothing(f);
    f->config.table = true;
    log_configure(&f->config);
    log_notice("there anyway");
    assert_string_equal(next(f).text, "there anyway");
    assert_nothing(f);
}

static void standard_error_that_is_full_is_told(void **state)
{
    struct fixture *f = *state;
    static const char filler[4096];
    while (write(STDERR_FILENO, filler, sizeof filler) > 0)
        ;
    f->config.sinks = LOG_SINK_STDERR;
    log_configure(&f->config);
    log_err("in the table");
    assert_string_equal(next(f).text, "in the table");
    assert_told(f, "stderr LOGGING FAILURE: Resource temporarily unavailable");
    assert_nothing(f);
}

/* Told through a channel that is gone, it is on standard error. */
static void nobody_to_tell(void **state)
{
    struct fixture *f = *state;
    log_set_channel(-1);
    f->config.sinks = LOG_SINK_JOURNAL;
    log_configure(&f->config);
    log_err("text");
    const char *text = stderr_text(f);
    assert_non_null(strstr(text, " ERR A::B["));
    assert_non_null(strstr(text, "journal LOGGING FAILURE: No such file or directory\n"));
}

/* Nothing waits for a reader that does not read; what has no room is on standard error, in
 * order, and what had room is in the channel. */
static void full_channel_falls_back(void **state)
{
    struct fixture *f = *state;
    unsigned sent = 0;
    const char *overflow;
    do {
        log_err("message %u %0500d", sent++, 0);
        overflow = stderr_text(f);
    } while (*overflow == '\0');
    char expected[32];
    (void)snprintf(expected, sizeof expected, "message %u ", sent - 1);
    assert_non_null(strstr(overflow, expected));
    for (unsigned i = 0; i < sent - 1; i++) {
        unsigned number = 0;
        assert_int_equal(sscanf(next(f).text, "message %u", &number), 1);
        assert_int_equal(number, i);
    }
    assert_nothing(f);
    log_err("room again");
    assert_string_equal(next(f).text, "room again");
}

static void standard_error_that_is_full_loses(void **state)
{
    struct fixture *f = *state;
    log_set_channel(-1);
    for (int i = 0; i < 300; i++) /* more than a pipe holds */
        log_err("message %d %0500d", i, 0);
    assert_non_null(strstr(stderr_text(f), "message 0 "));
}

static void reader_gone(void **state)
{
    struct fixture *f = *state;
    log_reader_free(f->reader);
    (void)close(f->fds[0]);
    log_err("nobody reads");
    assert_non_null(strstr(stderr_text(f), "nobody reads"));
    assert_int_equal(log_pair(f->fds), 0);
    f->reader = log_reader_new(f->fds[0]);
}

static void writers_gone(void **state)
{
    struct fixture *f = *state;
    log_err("last words");
    log_set_channel(-1);
    (void)close(f->fds[1]);
    assert_string_equal(next(f).text, "last words");
    struct log_record record;
    assert_int_equal(log_reader_next(f->reader, &record), -1);
    assert_int_equal(log_reader_next(f->reader, &record), -1);
    f->fds[1] = dup(f->fds[0]);
}

/* Message `n` of a process: its length and its bytes follow from the two numbers. */
static size_t message_len(unsigned process, unsigned n)
{
    static const size_t lens[] = {0,
                                  100,
                                  LOG_TEXT_MAX,
                                  1,
                                  LOG_PIECE_MAX - 1,
                                  LOG_PIECE_MAX,
                                  LOG_PIECE_MAX + 1,
                                  2 * LOG_PIECE_MAX,
                                  17,
                                  300000};
    return lens[(n + process) % (sizeof lens / sizeof lens[0])];
}

static char message_byte(unsigned process, unsigned n, size_t i)
{
    return (char)('!' + (process * 7 + n * 3 + i / 11) % 90);
}

static bool message_is(const struct log_record *r, unsigned process, unsigned n)
{
    if (r->len != message_len(process, n) || r->text[r->len] != '\0')
        return false;
    for (size_t i = 0; i < r->len; i++) {
        if (r->text[i] != message_byte(process, n, i))
            return false;
    }
    return true;
}

enum { WRITERS = 4, MESSAGES = 20 };

/* Sends all messages of one process; a full channel is waited for. */
static int write_messages(int fd, unsigned process)
{
    static char text[LOG_TEXT_MAX];
    for (unsigned n = 0; n < MESSAGES; n++) {
        struct log_record r = {.pid = (int32_t)getpid(),
                               .level = (int32_t)(n % 8),
                               .jobid = n,
                               .funcid = process,
                               .text = text,
                               .len = message_len(process, n)};
        for (size_t i = 0; i < r.len; i++)
            text[i] = message_byte(process, n, i);
        int rc;
        while ((rc = log_channel_send(fd, &r, PATIENCE_MS)) == 1) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            if (poll(&p, 1, PATIENCE_MS) != 1)
                return 1;
        }
        if (rc != 0)
            return 1;
    }
    return 0;
}

static void start_writers(struct fixture *f, pid_t pids[WRITERS])
{
    for (unsigned i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(write_messages(f->fds[1], i));
    }
    (void)close(f->fds[1]);
    f->fds[1] = dup(f->fds[0]); /* teardown closes it */
}

static void whole_and_in_order(void **state)
{
    struct fixture *f = *state;
    log_set_channel(-1);
    pid_t pids[WRITERS];
    start_writers(f, pids);
    unsigned seen[WRITERS] = {0};
    struct pollfd p = {.fd = f->fds[0], .events = POLLIN};
    struct log_record r;
    int rc;
    while ((rc = log_reader_next(f->reader, &r)) >= 0) {
        if (rc == 1) {
            assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
            continue;
        }
        assert_true(r.funcid < WRITERS);
        unsigned n = seen[r.funcid]++;
        if (r.pid != pids[r.funcid] || r.jobid != n || !message_is(&r, r.funcid, n))
            fail_msg("message %u of writer %u should come whole and in order, came %" PRIu64
                     " with %zu bytes",
                     n, r.funcid, r.jobid, r.len);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
        assert_int_equal(seen[i], MESSAGES);
    }
}

/* A text beyond the limit loses its tail, never a part of a character, and says so. Seen
 * in a file as standard error, where nothing depends on a reader's speed. */
static void long_texts_are_cut(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        size_t len, kept;
        bool cut;
    } rows[] = {
        {"larger than the buffer on the stack", 1024, 1024, false},
        {"just fits", LOG_TEXT_MAX, LOG_TEXT_MAX, false},
        {"a byte more", LOG_TEXT_MAX + 1, LOG_TEXT_MAX - 11, true},
        {"three times as much", 3 * LOG_TEXT_MAX, LOG_TEXT_MAX - 11, true},
    };
    static char text[3 * LOG_TEXT_MAX + 1];
    static char line[LOG_TEXT_MAX + 200];
    log_set_channel(-1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int file = memfd_create("stderr", MFD_CLOEXEC);
        assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
        memset(text, 'x', rows[i].len);
        text[rows[i].len] = '\0';
        /* The mark has nine bytes; this character begins two before its place. */
        if (rows[i].cut)
            memcpy(text + LOG_TEXT_MAX - 11, "\xe2\x82\xac", 3);
        log_err("%s", text);
        ssize_t n = pread(file, line, sizeof line - 1, 0);
        (void)close(file);
        assert_true(n > 0);
        line[n] = '\0';
        const char *body = strstr(line, "]: ");
        assert_non_null(body);
        const char *tail = rows[i].cut ? LOG_CUT_MARK "\n" : "\n";
        size_t kept = strspn(body + 3, "x");
        if (kept != rows[i].kept || strcmp(body + 3 + kept, tail) != 0)
            fail_msg("%s: kept %zu bytes, expected %zu, and then \"%s\"", rows[i].name,
                     kept, rows[i].kept, tail);
    }
    (void)f;
}

static void a_bad_format_is_written(void **state)
{
    struct fixture *f = *state;
    static const wchar_t impossible[] = {(wchar_t)0x7fffffff, 0};
    log_err("%ls", impossible);
    assert_string_equal(next(f).text, "(cannot format this message) %ls");
}

struct packet {
    struct log_piece piece;
    char text[LOG_PIECE_MAX + 1];
};

static void send_piece(struct fixture *f, struct packet *p, size_t extra)
{
    size_t len = sizeof p->piece + p->piece.len + extra;
    assert_int_equal(send(f->fds[1], p, len, 0), len);
}

static struct packet packet_of(int32_t thread, uint32_t total, uint32_t offset,
                               const char *text)
{
    struct packet p = {.piece = {.magic = LOG_PIECE_MAGIC,
                                 .pid = 5,
                                 .thread = thread,
                                 .level = 3,
                                 .total = total,
                                 .offset = offset,
                                 .len = (uint32_t)strlen(text)}};
    memcpy(p.text, text, p.piece.len);
    return p;
}

static void piece(struct fixture *f, int32_t thread, uint32_t total, uint32_t offset,
                  const char *text)
{
    struct packet p = packet_of(thread, total, offset, text);
    send_piece(f, &p, 0);
}

static void garbage_is_skipped(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        uint32_t magic;
        int32_t level;
        uint32_t total, offset, len;
        size_t extra;
    } rows[] = {
        {"other magic", 1, 3, 2, 0, 2, 0},
        {"a byte more", LOG_PIECE_MAGIC, 3, 2, 0, 2, 1},
        {"level below", LOG_PIECE_MAGIC, -1, 2, 0, 2, 0},
        {"level above", LOG_PIECE_MAGIC, 8, 2, 0, 2, 0},
        {"too large", LOG_PIECE_MAGIC, 3, LOG_TEXT_MAX + 1, 0, 2, 0},
        {"larger than its whole", LOG_PIECE_MAGIC, 3, 1, 0, 2, 0},
        {"offset behind the end", LOG_PIECE_MAGIC, 3, 4, 5, 2, 0},
        {"reaches behind the end", LOG_PIECE_MAGIC, 3, 4, 3, 2, 0},
        {"sum wraps", LOG_PIECE_MAGIC, 3, 4, UINT32_MAX, 2, 0},
        {"piece of nothing", LOG_PIECE_MAGIC, 3, 4, 0, 0, 0},
        {"begins in the middle", LOG_PIECE_MAGIC, 3, 4, 2, 2, 0},
        {"too long a datagram", LOG_PIECE_MAGIC, 3, 40000, 0, LOG_PIECE_MAX + 1, 0},
    };
    static struct packet p;
    struct log_record r;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        p = packet_of(1, rows[i].total, rows[i].offset, "ab");
        p.piece.magic = rows[i].magic;
        p.piece.level = rows[i].level;
        p.piece.len = rows[i].len;
        send_piece(f, &p, rows[i].extra);
        if (log_reader_next(f->reader, &r) != 1)
            fail_msg("%s: should be skipped", rows[i].name);
    }
    p = packet_of(1, 2, 0, "ab");
    p.piece.len = 3; /* says more than there is */
    assert_int_equal(send(f->fds[1], &p, sizeof p.piece + 2, 0), sizeof p.piece + 2);
    assert_int_equal(send(f->fds[1], "", 0, 0), 0);
    assert_int_equal(send(f->fds[1], "abc", 3, 0), 3);
    assert_nothing(f);
    log_err("still here");
    assert_string_equal(next(f).text, "still here");
}

/* Messages of several threads cross; one that was given up costs only itself. */
static void pieces_are_joined(void **state)
{
    struct fixture *f = *state;
    piece(f, 1, 6, 0, "abc");
    piece(f, 2, 4, 0, "12");
    piece(f, 3, 2, 0, "xy");
    piece(f, 2, 4, 2, "34");
    piece(f, 1, 6, 3, "d");
    piece(f, 1, 6, 4, "ef");
    assert_string_equal(next(f).text, "xy");
    assert_string_equal(next(f).text, "1234");
    assert_string_equal(next(f).text, "abcdef");
    piece(f, 1, 6, 0, "abc");
    piece(f, 1, 4, 0, "gh"); /* another message of the same thread */
    piece(f, 1, 4, 2, "ij");
    assert_string_equal(next(f).text, "ghij");
    piece(f, 1, 6, 0, "abc");
    piece(f, 1, 6, 4, "ef"); /* one is missing */
    piece(f, 1, 6, 3, "def");
    assert_nothing(f);
}

static void unfinished_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct log_record r;
    for (int32_t i = 0; i < (int32_t)LOG_PARTIALS_MAX + 1; i++) {
        piece(f, i, 2, 0, "a");
        assert_int_equal(log_reader_next(f->reader, &r), 1);
    }
    piece(f, 0, 2, 1, "b"); /* the oldest had to go */
    assert_nothing(f);
    for (int32_t i = 1; i < (int32_t)LOG_PARTIALS_MAX + 1; i++) {
        piece(f, i, 2, 1, "b");
        assert_string_equal(next(f).text, "ab");
    }
    assert_nothing(f);
    piece(f, 1, 2, 0, "a"); /* freed with the reader */
    assert_nothing(f);
}

/* A message that finds the channel full in its middle is given up after the patience. */
static void no_room_in_the_middle(void **state)
{
    struct fixture *f = *state;
    static char text[LOG_TEXT_MAX];
    memset(text, 'x', sizeof text);
    struct log_record big = {.pid = 5, .level = 3, .text = text, .len = sizeof text};
    int rc;
    while ((rc = log_channel_send(f->fds[1], &big, 1)) == 0)
        ;
    assert_int_equal(rc, 1);
    struct log_record r;
    while (log_reader_next(f->reader, &r) == 0)
        ;
    log_err("next");
    assert_string_equal(next(f).text, "next");
}

struct receiver {
    char folder[64];
    char path[96];
    int fd;
};

static void receiver_init(struct receiver *r)
{
    *r = (struct receiver){.folder = "/tmp/helios-log-XXXXXX"};
    assert_non_null(mkdtemp(r->folder));
    (void)snprintf(r->path, sizeof r->path, "%s/socket", r->folder);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, r->path, strlen(r->path));
    r->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(r->fd, (const struct sockaddr *)&at, sizeof at), 0);
}

static void receiver_fini(struct receiver *r)
{
    (void)close(r->fd);
    (void)unlink(r->path);
    (void)rmdir(r->folder);
}

static void syslog_datagrams(void **state)
{
    (void)state;
    struct receiver receiver;
    receiver_init(&receiver);
    static char text[3 * 32768];
    memset(text, 'x', sizeof text);
    text[1] = '\n';
    struct log_record record = {.time = 1795342272,
                                .pid = 42,
                                .level = HELIOS_LOG_ERR,
                                .jobid = 12,
                                .text = text,
                                .len = 4};
    struct log_syslog to = {
        .socket = receiver.path, .ident = "A::B", .facility = LOG_LOCAL0, .pid = true};
    static char got[65536];
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    assert_true(log_line_syslog(&record, &to));
    ssize_t n = recv(receiver.fd, got, sizeof got - 1, 0);
    assert_true(n > 0);
    got[n] = '\0';
    assert_string_equal(got, "<131>Nov 22 10:11:12 A::B[42]: Job 12: x\\nxx");
    to.pid = false;
    to.prefix = "C::D";
    record.jobid = 0;
    record.len = sizeof text;
    assert_true(log_line_syslog(&record, &to));
    n = recv(receiver.fd, got, sizeof got - 1, 0);
    assert_memory_equal(got, "<131>Nov 22 10:11:12 A::B: C::D: x\\nxxxx", 39);
    assert_true(n > 32768 && n < 33000);
    while (log_line_syslog(&record, &to)) /* never waits for a daemon that does not read */
        ;
    receiver_fini(&receiver);
    assert_false(log_line_syslog(&record, &to));
}

static void expect_field(const char *entry, size_t len, const char *field, size_t field_len)
{
    if (memmem(entry, len, field, field_len) == NULL)
        fail_msg("the journal's entry should hold \"%s\"", field);
}

static void journal_datagrams(void **state)
{
    (void)state;
    struct receiver receiver;
    receiver_init(&receiver);
    struct log_record record = {.pid = 42,
                                .level = HELIOS_LOG_NOTICE,
                                .jobid = 12,
                                .text = "a\nPRIORITY=0\n",
                                .len = 13};
    char got[4096];
    assert_true(journal_send(receiver.path, &record, "A::B"));
    ssize_t n = recv(receiver.fd, got, sizeof got, 0);
    assert_true(n > 0);
    static const char message[] = "MESSAGE\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n";
    assert_memory_equal(got, message, sizeof message - 1);
    static const char *const fields[] = {"\nPRIORITY=5\n", "\nSYSLOG_IDENTIFIER=helios_d\n",
                                         "\nHELIOS_JOBID=12\n"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        expect_field(got, (size_t)n, fields[i], strlen(fields[i]));
    static const char service[] = "\nHELIOS_SERVICE\n\x04\0\0\0\0\0\0\0A::B\n";
    expect_field(got, (size_t)n, service, sizeof service - 1);
    record.jobid = 0;
    assert_true(journal_send(receiver.path, &record, "A::B"));
    n = recv(receiver.fd, got, sizeof got, 0);
    assert_null(memmem(got, (size_t)n, "JOBID", 5));
    while (journal_send(receiver.path, &record, "A::B"))
        ;
    receiver_fini(&receiver);
    assert_false(journal_send(receiver.path, &record, "A::B"));
}

/* Receives one descriptor, or -1. */
static int recv_descriptor(int sock)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr m = {.msg_control = &control, .msg_controllen = sizeof control};
    assert_int_equal(recvmsg(sock, &m, MSG_CMSG_CLOEXEC), 0);
    struct cmsghdr *head = CMSG_FIRSTHDR(&m);
    if (head == NULL || head->cmsg_type != SCM_RIGHTS)
        return -1;
    int fd;
    memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd;
}

static void journal_takes_large_ones(void **state)
{
    (void)state;
    struct receiver receiver;
    receiver_init(&receiver);
    static char text[LOG_TEXT_MAX];
    memset(text, 'x', sizeof text);
    struct log_record record = {.pid = 42, .level = 5, .text = text, .len = sizeof text};
    assert_true(journal_send(receiver.path, &record, "A::B"));
    int fd = recv_descriptor(receiver.fd);
    assert_true(fd >= 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(st.st_size > (off_t)sizeof text);
    int seals = fcntl(fd, F_GET_SEALS);
    assert_int_equal(seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL),
                     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    char head[16];
    assert_int_equal(pread(fd, head, sizeof head, 0), sizeof head);
    assert_memory_equal(head, "MESSAGE\n\0\0\x10\0\0\0\0\0", 16);
    (void)close(fd);
    receiver_fini(&receiver);
}

static void level_names(void **state)
{
    (void)state;
    assert_string_equal(log_level_name(HELIOS_LOG_EMERG), "EMERG");
    assert_string_equal(log_level_name(HELIOS_LOG_DEBUG), "DEBUG");
    assert_string_equal(log_level_name(-1), "UNKNOWN");
    assert_string_equal(log_level_name(8), "UNKNOWN");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {CASE(reaches_the_reader),
                                       CASE(thresholds),
                                       CASE(lines_on_standard_error),
                                       CASE(fallback_without_channel),
                                       CASE(a_failing_logger_is_told),
                                       CASE(failures_are_told_once_a_minute),
                                       CASE(the_table_is_the_last_resort),
                                       CASE(standard_error_that_is_full_is_told),
                                       CASE(nobody_to_tell),
                                       CASE(full_channel_falls_back),
                                       CASE(standard_error_that_is_full_loses),
                                       CASE(reader_gone),
                                       CASE(writers_gone),
                                       CASE(whole_and_in_order),
                                       CASE(long_texts_are_cut),
                                       CASE(a_bad_format_is_written),
                                       CASE(garbage_is_skipped),
                                       CASE(pieces_are_joined),
                                       CASE(unfinished_are_bounded),
                                       CASE(no_room_in_the_middle),
                                       cmocka_unit_test(syslog_datagrams),
                                       cmocka_unit_test(journal_datagrams),
                                       cmocka_unit_test(journal_takes_large_ones),
                                       cmocka_unit_test(level_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
