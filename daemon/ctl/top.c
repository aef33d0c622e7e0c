/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mono.h"
#include "core/name.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/looker.h"
#include "daemon/ctl/screen.h"
#include "daemon/ctl/table.h"

/* top: the collective on one screen. The scoreboards are read here, each second; the
 * database by a process of its own (looker.h). */

#define TICK_MS      1000
#define MESSAGE_MS   8000
#define SLOW_MS      10000 /* a look that has not come for so long hangs */
#define FILTER_CHARS 60

struct top {
    struct ctl *ctl;
    char *boards_path;
    uint64_t collective;
    char host[256];
    struct looker looker;
    struct mono restart; /* of a process that has ended */
    struct look *look;   /* the last one, connected or not */
    struct look *good;   /* the last one that succeeded */
    bool any_good;
    struct mono look_at, good_at;
    struct mono away_since;
    bool away;
    struct fleet *fleet;
    struct boards boards;
    char filter[FILTER_CHARS + 1];
    bool typing, help;
    char message[256];
    struct mono message_until;
    /* The chosen daemon itself, and not only its line: lines move while a key is pressed.
     */
    struct fleet_daemon chosen;
    size_t selected; /* its line, or where it was */
    bool quit;
};

/* ---- what is known ---- */

static void say(struct top *top, const char *text)
{
    (void)snprintf(top->message, sizeof top->message, "%s", text);
    top->message_until = mono_add_ms(mono_now(), MESSAGE_MS);
}

static void take_look(struct top *top)
{
    struct look *look = top->look;
    bool away = !look->connected;
    top->look_at = mono_now();
    if (away && !top->away)
        top->away_since = top->any_good ? top->good_at : top->look_at;
    top->away = away;
    if (!away) {
        *top->good = *look;
        top->any_good = true;
        top->good_at = top->look_at;
    }
    if (look->said[0] != '\0')
        say(top, look->said);
}

static void merge(struct top *top)
{
    if (top->any_good)
        *top->fleet = top->good->fleet;
    else
        top->fleet->count = 0;
    fleet_merge(top->fleet, &top->boards, top->host, NULL, NULL);
}

static void read_looks(struct top *top)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int rc;
    while ((rc = looker_read(&top->looker, top->look)) == 1) {
        take_look(top);
        merge(top);
    }
    if (rc == 0 || mono_before(mono_now(), top->restart))
        return;
    /* It has ended, which it does not do by itself. */
    looker_stop(&top->looker);
    top->restart = mono_add_ms(mono_now(), TICK_MS);
    if (looker_start(&top->looker, top->ctl, &err) != 0)
        say(top, err.text);
}

/* Boards that cannot be read are as none; the daemons that they are of still show as the
 * registry has them. */
static void read_boards(struct top *top)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    boards_fini(&top->boards);
    if (boards_read(top->boards_path, top->collective, &top->boards, &err) != 0)
        say(top, err.text);
    merge(top);
}

static int64_t seconds_since(struct mono then)
{
    return mono_diff_ms(mono_now(), then) / 1000;
}

static const char *clock_text(char out[16])
{
    time_t now = (time_t)wall_now();
    struct tm tm;
    if (localtime_r(&now, &tm) == NULL || strftime(out, 16, "%H:%M:%S", &tm) == 0)
        out[0] = '\0';
    return out;
}

static void input_of(const struct top *top, char clock[16], struct view_input *in)
{
    bool hangs = mono_diff_ms(mono_now(), top->look_at) > SLOW_MS;
    bool message = mono_before(mono_now(), top->message_until);
    *in = (struct view_input){.fleet = top->fleet,
                              .boards = &top->boards,
                              .look = top->any_good ? top->good : NULL,
                              .look_age_s = seconds_since(top->good_at),
                              .host = top->host,
                              .clock = clock_text(clock),
                              .now_ms = wall_now_ms(),
                              .filter = top->filter,
                              .typing = top->typing,
                              .message = message ? top->message : "",
                              .help = top->help,
                              .selected = top->selected};
    if (top->away) {
        in->away = top->look->away;
        in->away_s = seconds_since(top->away_since);
    }
    if (hangs) {
        in->away = "it does not answer";
        in->away_s = seconds_since(top->away ? top->away_since : top->look_at);
    }
    screen_size(&in->columns, &in->rows);
}

/* ---- keys ---- */

static bool same_daemon(const struct fleet_daemon *a, const struct fleet_daemon *b)
{
    return strcmp(a->service, b->service) == 0 && strcmp(a->host, b->host) == 0;
}

/* Finds the line of the chosen daemon again; if it is gone, the one in its place is chosen.
 */
static void follow_choice(struct top *top)
{
    struct view_input in;
    char clock[16];
    input_of(top, clock, &in);
    size_t n = view_services(&in);
    for (size_t i = 0; i < n; i++) {
        if (same_daemon(view_service(&in, i), &top->chosen)) {
            top->selected = i;
            return;
        }
    }
    if (top->selected >= n)
        top->selected = n > 0 ? n - 1 : 0;
    top->chosen = n > 0 ? *view_service(&in, top->selected) : (struct fleet_daemon){0};
}

static void choose(struct top *top, bool down)
{
    struct view_input in;
    char clock[16];
    input_of(top, clock, &in);
    size_t to = down ? top->selected + 1 : top->selected - 1;
    if (!down && top->selected == 0)
        return;
    if (view_service(&in, to) != NULL)
        top->chosen = *view_service(&in, to);
}

static void order(struct top *top, enum steer_verb verb)
{
    struct view_input in;
    char clock[16];
    struct look_order order = {.verb = verb, .asked_us = mono_now().us};
    if (top->chosen.service[0] == '\0') {
        say(top, "there is no service to choose");
        return;
    }
    input_of(top, clock, &in);
    (void)snprintf(order.service, sizeof order.service, "%s", top->chosen.service);
    (void)snprintf(order.host, sizeof order.host, "%s", top->chosen.host);
    if (in.away != NULL || !looker_order(&top->looker, &order))
        say(top, "the database is away: nothing was changed");
    else
        say(top, "...");
}

static void type(struct top *top, int key)
{
    size_t len = strlen(top->filter);
    if (key == TYPED_DONE) {
        top->typing = false;
    } else if (key == TYPED_LEAVE) {
        top->typing = false;
        top->filter[0] = '\0';
    } else if (key == TYPED_ERASE) {
        while (len > 0 && ((unsigned char)top->filter[len - 1] & 0xc0) == 0x80)
            len--;
        top->filter[len > 0 ? len - 1 : 0] = '\0';
    } else if (key >= ' ' && len < FILTER_CHARS) {
        top->filter[len] = (char)key;
        top->filter[len + 1] = '\0';
    }
}

static void press(struct top *top, int key)
{
    if (key == TYPED_RESIZED) /* the next draw takes the new size */
        return;
    if (key == TYPED_GONE || (key == 'q' && !top->help && !top->typing))
        top->quit = true;
    else if (key == TYPED_REDRAW)
        screen_redraw();
    else if (top->help)
        top->help = false;
    else if (top->typing)
        type(top, key);
    else if (key == 'h')
        order(top, STEER_HOLD);
    else if (key == 'r')
        order(top, STEER_RESUME);
    else if (key == '/')
        top->typing = true;
    else if (key == '?')
        top->help = true;
    else if (key == TYPED_LEAVE)
        top->filter[0] = '\0';
    else if (key == TYPED_UP || key == 'k')
        choose(top, false);
    else if (key == TYPED_DOWN || key == 'j')
        choose(top, true);
}

/* ---- the loop ---- */

static void draw(struct top *top)
{
    struct view_input in;
    struct view view = {.n = 0};
    char clock[16];
    follow_choice(top);
    input_of(top, clock, &in);
    view_make(&in, &view);
    screen_draw(&view);
    view_fini(&view);
}

/* Returns the signal that ended it, or 0. */
static int run(struct top *top, int signals)
{
    struct mono tick = mono_now();
    while (!top->quit) {
        int key;
        if (!mono_before(mono_now(), tick)) {
            read_boards(top);
            tick = mono_add_ms(mono_now(), TICK_MS);
        }
        draw(top);
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = top->looker.from, .events = POLLIN},
                               {.fd = signals, .events = POLLIN}};
        (void)poll(fds, 3, mono_poll_ms(tick, mono_now()));
        struct signalfd_siginfo info;
        if (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
            return (int)info.ssi_signo;
        read_looks(top);
        while (!top->quit && (key = screen_key()) != TYPED_NOTHING) {
            press(top, key);
            follow_choice(top);
        }
        if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
            return SIGHUP;
    }
    return 0;
}

/* ---- the command ---- */

static int open_signals(struct helios_error *err)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGQUIT);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return err_errno(err, errno, "cannot wait for signals");
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd >= 0 ? fd : err_errno(err, errno, "cannot wait for signals");
}

/* Ends as the signal asks, so that a shell sees what ended it. */
static void die_of(int number)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    if (signal(number, SIG_DFL) == SIG_ERR)
        _exit(128 + number);
    (void)raise(number);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int prepare(struct top *top, struct ctl *ctl, int *signals, struct helios_error *err)
{
    *top = (struct top){.ctl = ctl, .looker = {.from = -1, .to = -1}};
    name_host(top->host, sizeof top->host);
    top->look_at = mono_now();
    top->restart = mono_now();
    top->boards_path = inifile_pid_path(ctl, &top->collective, err);
    if (top->boards_path == NULL)
        return -1;
    top->look = calloc(1, sizeof *top->look);
    top->good = calloc(1, sizeof *top->good);
    top->fleet = calloc(1, sizeof *top->fleet);
    if (top->look == NULL || top->good == NULL || top->fleet == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    *signals = open_signals(err);
    if (*signals < 0 || looker_start(&top->looker, ctl, err) != 0)
        return -1;
    return screen_open(table_colour(), err);
}

int top_run(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct top top;
    int signals = -1;
    int ended_by = 0;
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return ctl_usage(ctl, "top needs a terminal: elsewhere use helios queue and "
                              "helios service status");
    int rc = prepare(&top, ctl, &signals, &err);
    if (rc == 0)
        ended_by = run(&top, signals);
    screen_close();
    looker_stop(&top.looker);
    boards_fini(&top.boards);
    free(top.boards_path);
    free(top.look);
    free(top.good);
    free(top.fleet);
    if (signals >= 0)
        (void)close(signals);
    if (ended_by != 0)
        die_of(ended_by);
    return rc == 0 ? 0 : ctl_fail(ctl, &err);
}
