/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/ctl/cell.h"
#include "store/listing.h"

#define NOW 1000000

struct stage {
    struct fleet fleet;
    struct look look;
    struct boards boards;
    struct boards_daemon daemons[2];
    struct boards_worker workers[4];
    uint64_t held[2];
    struct view_input in;
    struct view view;
};

static void add_daemon(struct stage *s, const char *service, const char *host,
                       enum fleet_state state)
{
    struct fleet_daemon *d = &s->fleet.daemons[s->fleet.count++];
    *d = (struct fleet_daemon){.pid = 4000 + (int64_t)s->fleet.count,
                               .start_time = NOW - 7200,
                               .last_seen = NOW - 3,
                               .state = state,
                               .busy = -1,
                               .idle = -1,
                               .max_workers = -1};
    (void)snprintf(d->service, sizeof d->service, "%s", service);
    (void)snprintf(d->host, sizeof d->host, "%s", host);
}

static void add_type(struct stage *s, const char *name, uint64_t waiting)
{
    struct look_type *type = &s->look.types[s->look.types_n++];
    *type = (struct look_type){
        .waiting = waiting, .running = 1, .oldest_s = 65, .drain_s = -1, .rate = 0.5};
    (void)snprintf(type->name, sizeof type->name, "%s", name);
}

static void add_error(struct stage *s, uint64_t jobid, const char *message)
{
    struct look_error *error = &s->look.errors[s->look.errors_n++];
    *error = (struct look_error){.time = NOW - 10, .jobid = jobid};
    (void)snprintf(error->jobtype, sizeof error->jobtype, "T");
    (void)snprintf(error->message, sizeof error->message, "%s", message);
}

/* Two daemons, three workers of the first, a job elsewhere, two jobtypes, a failure. */
static int set_up(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    add_daemon(s, "A::One", "vm", FLEET_RUNNING);
    add_daemon(s, "B::Two", "far", FLEET_SILENT);
    (void)snprintf(s->daemons[0].service, sizeof s->daemons[0].service, "A::One");
    s->daemons[0].busy = 2;
    s->workers[0] = (struct boards_worker){.pid = 11, .state = BOARD_IDLE};
    s->workers[1] = (struct boards_worker){
        .pid = 12, .state = BOARD_RUNNING, .job = 501, .job_ms = (NOW - 5) * 1000LL};
    s->workers[2] = (struct boards_worker){
        .pid = 13, .state = BOARD_RUNNING, .job = 502, .job_ms = (NOW - 90) * 1000LL};
    s->held[0] = 501;
    s->held[1] = 502;
    s->boards = (struct boards){.daemons = s->daemons,
                                .daemons_n = 1,
                                .workers = s->workers,
                                .workers_n = 3,
                                .held = s->held,
                                .held_n = 2};
    s->look.now = NOW;
    add_type(s, "A::One", 7);
    add_type(s, "B::Two", LISTING_COUNTED + 1);
    s->look.leased_n = 2;
    s->look.leased[0] = (struct look_lease){.jobid = 502, .jobtype = "A::One"};
    s->look.leased[1] = (struct look_lease){.jobid = 503, .jobtype = "B::Two"};
    add_error(s, 77, "no\033[31m disk");
    s->in = (struct view_input){.fleet = &s->fleet,
                                .boards = &s->boards,
                                .look = &s->look,
                                .host = "vm",
                                .clock = "12:00:00",
                                .now_ms = NOW * 1000LL,
                                .filter = "",
                                .message = "",
                                .columns = 100,
                                .rows = 24};
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    view_fini(&s->view);
    free(s);
    return 0;
}

/* All lines, each ended by '|', blanks as one. */
static const char *screen(struct stage *s)
{
    static char text[20000];
    size_t n = 0;
    view_make(&s->in, &s->view);
    assert_true(s->view.n <= s->in.rows);
    for (size_t i = 0; i < s->view.n; i++) {
        const char *line = view_text(&s->view, i);
        assert_true(cell_width(line) <= s->in.columns);
        for (; *line != '\0'; line++) {
            assert_true(n + 3 < sizeof text);
            if (*line != ' ' || (n > 0 && text[n - 1] != ' ' && text[n - 1] != '|'))
                text[n++] = *line;
        }
        text[n++] = '|';
    }
    text[n] = '\0';
    return text;
}

static void has(const char *screen, const char *part)
{
    if (strstr(screen, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, screen);
}

static void has_not(const char *screen, const char *part)
{
    if (strstr(screen, part) != NULL)
        fail_msg("'%s' is in '%s'", part, screen);
}

static void all_is_shown(void **state)
{
    struct stage *s = *state;
    const char *text = screen(s);
    assert_int_equal(s->view.n, 24);
    has(text, "helios top 12:00:00 vm daemons: 2 workers here: 3 busy: 2|");
    has(text, "|A::One vm 4001 running 2h 0m 3s - - -|B::Two far 4002 silent 2h 0m 3s");
    /* the longest job first, then what others hold, once */
    has(text, "|WORKER SERVICE STATE JOB FOR DONE FAILED|13 A::One running 502 1m 30s 0 0|"
              "12 A::One running 501 5s 0 0|11 A::One idle - - 0 0|"
              "- B::Two elsewhere 503 - - -|");
    has(text, "|A::One 7 0 1 0 0 1m 5s 0.50 -|B::Two >10000 0 1 0 0");
    has(text, "|10s 77 T no\\x1b[31m disk|");
    has(text, "|q quit h hold r resume / filter ? help|");
    has_not(text, "\033");
    assert_int_equal(s->view.lines[0].style, VIEW_TITLE);
    assert_int_equal(s->view.lines[1].style, VIEW_HEADING);
    assert_int_equal(s->view.lines[2].style, VIEW_SELECTED);
    assert_int_equal(s->view.lines[3].style, VIEW_BAD);
}

static void the_filter_chooses(void **state)
{
    struct stage *s = *state;
    s->in.filter = "b::t";
    const char *text = screen(s);
    has(text, "filter: b::t|");
    has(text, "B::Two far");
    has(text, "503");
    has_not(text, "A::One");
    assert_int_equal(view_services(&s->in), 1);
    assert_string_equal(view_service(&s->in, 0)->service, "B::Two");
    assert_null(view_service(&s->in, 1));
    s->in.filter = "disk";
    text = screen(s);
    has(text, "77");
    has_not(text, "B::Two");
    s->in.filter = "nowhere";
    has(screen(s), "|nothing contains: nowhere|");
    s->in.typing = true;
    has(screen(s), "|filter: nowhere_|");
}

static void the_database_is_away(void **state)
{
    struct stage *s = *state;
    s->in.away = "cannot connect\033[2J";
    s->in.away_s = 61;
    s->in.look_age_s = 63;
    const char *text = screen(s);
    has(text, "|database away for 1m 1s: cannot connect\\x1b[2J|");
    has(text, "|queue and failures are as they were 1m 3s ago|");
    has(text, "13 A::One running 502");
    has(text, "|1m 13s 77 T no");
    assert_int_equal(s->view.lines[1].style, VIEW_BAD);
    s->in.look = NULL;
    text = screen(s);
    has(text, "13 A::One running 502");
    has_not(text, "as they were");
    has_not(text, "77");
}

static void every_size_will_do(void **state)
{
    struct stage *s = *state;
    for (s->in.rows = 0; s->in.rows < 30; s->in.rows++) {
        for (s->in.columns = 1; s->in.columns < 130; s->in.columns += 7) {
            for (s->in.selected = 0; s->in.selected < 3; s->in.selected++)
                (void)screen(s);
        }
    }
}

static void long_lists_do_not_hide_short_ones(void **state)
{
    struct stage *s = *state;
    for (int i = 0; i < 60; i++)
        add_daemon(s, "C::Many", "far", FLEET_RUNNING);
    s->in.rows = 14; /* head, four headings, eight rows, foot */
    const char *text = screen(s);
    has(text, "SEEN BUSY IDLE MAX (3 of 62)|");
    has(text, "FAILED (2 of 4)|");
    has(text, "|10s 77 T no");
    s->in.selected = 40; /* is kept on the screen */
    has(screen(s), "4041");
    has_not(screen(s), "A::One vm");
    s->in.selected = 61;
    has(screen(s), "4062");
}

static void help_and_messages(void **state)
{
    struct stage *s = *state;
    s->in.message = "done\n";
    has(screen(s), "|done|");
    s->in.help = true;
    const char *text = screen(s);
    has(text, "|q quit|");
    has_not(text, "A::One");
}

static void nothing_at_all(void **state)
{
    struct stage *s = *state;
    s->fleet.count = 0;
    s->boards = (struct boards){0};
    s->in.look = NULL;
    has(screen(s), "|the database has not answered yet|");
    s->look = (struct look){.now = NOW};
    s->in.look = &s->look;
    has(screen(s), "|no daemons, no jobtypes, no failures|");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    cell_locale();
    const struct CMUnitTest tests[] = {
        TEST(all_is_shown),
        TEST(the_filter_chooses),
        TEST(the_database_is_away),
        TEST(every_size_will_do),
        TEST(long_lists_do_not_hide_short_ones),
        TEST(help_and_messages),
        TEST(nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
