/* SPDX-License-Identifier: MIT */
#include "core/log_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/text.h"

/* Syslog daemons cut at 8 kB and more; beyond this a datagram is refused altogether. */
#define SYSLOG_TEXT_MAX 32768u

static void put_text(struct buf *line, const struct log_record *record, size_t len)
{
    if (record->jobid != 0)
        buf_printf(line, "Job %" PRIu64 ": ", record->jobid);
    text_line(line, record->text, len);
}

static void put_time(struct buf *line, int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[40];
    if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof text, "%FT%TZ", &tm) == 0)
        buf_puts(line, "-");
    else
        buf_puts(line, text);
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

bool log_line_stderr(const struct log_record *record, const char *service)
{
    struct buf line = BUF_INIT;
    put_time(&line, record->time);
    buf_printf(&line, " %s %s[%" PRId32 "]: ", log_level_name(record->level), service,
               record->pid);
    put_text(&line, record, record->len);
    buf_putc(&line, '\n');
    errno = ENOMEM;
    bool written = !line.failed && write_all(STDERR_FILENO, line.data, line.len);
    buf_fini(&line);
    return written;
}

/* Syslog's own date, which strftime() would write in the language of the locale. */
static void put_syslog_time(struct buf *line, int64_t seconds)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)seconds;
    struct tm tm;
    if (localtime_r(&t, &tm) == NULL)
        return;
    buf_printf(line, "%s %2d %02d:%02d:%02d ", months[tm.tm_mon], tm.tm_mday, tm.tm_hour,
               tm.tm_min, tm.tm_sec);
}

static bool send_datagram(const char *path, const struct buf *line)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    errno = line->failed ? ENOMEM : ENAMETOOLONG;
    if (line->failed || len >= sizeof to.sun_path)
        return false;
    memcpy(to.sun_path, path, len);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    ssize_t n = sendto(fd, line->data, line->len, MSG_DONTWAIT | MSG_NOSIGNAL,
                       (const struct sockaddr *)&to, sizeof to);
    int why = errno;
    (void)close(fd);
    errno = why;
    return n >= 0;
}

bool log_line_syslog(const struct log_record *record, const struct log_syslog *to)
{
    struct buf line = BUF_INIT;
    buf_printf(&line, "<%d>", to->facility | record->level);
    put_syslog_time(&line, record->time);
    buf_puts(&line, to->ident);
    if (to->pid)
        buf_printf(&line, "[%" PRId32 "]", record->pid);
    buf_puts(&line, ": ");
    if (to->prefix != NULL)
        buf_printf(&line, "%s: ", to->prefix);
    put_text(&line, record, text_cut(record->text, record->len, SYSLOG_TEXT_MAX));
    bool sent = send_datagram(to->socket, &line);
    buf_fini(&line);
    return sent;
}
