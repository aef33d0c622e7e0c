/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/screen.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/err.h"
#include "daemon/ctl/terminfo.h"

static SCREEN *screen;

/* ---- after a crash ---- */

/* endwin() may not be called in a handler of a signal: what it would do is kept ready. */
static struct termios before;
static char leave[256];
static size_t leave_len;
static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
#define CRASHES (sizeof crashes / sizeof crashes[0])
static struct sigaction previous[CRASHES];

static void crash(int number)
{
    (void)!write(STDOUT_FILENO, leave, leave_len);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
    for (size_t i = 0; i < CRASHES; i++)
        (void)sigaction(crashes[i], &previous[i], NULL);
    (void)raise(number); /* blocked until this returns: then as if it had just come */
}

static void keep(const char *capability)
{
    char name[8];
    (void)snprintf(name, sizeof name, "%s", capability);
    const char *text = tigetstr(name);
    if (text == NULL || text == (const char *)-1) /* NOLINT: so says tigetstr(3) */
        return;
    size_t len = strlen(text);
    if (leave_len + len > sizeof leave)
        return;
    memcpy(leave + leave_len, text, len); /* NOLINT: bytes, not a string */
    leave_len += len;
}

static void expect_crashes(void)
{
    struct sigaction act = {.sa_handler = crash};
    (void)sigemptyset(&act.sa_mask);
    leave_len = 0;
    keep("sgr0");
    keep("cnorm");
    keep("rmkx");
    keep("rmcup");
    for (size_t i = 0; i < CRASHES; i++)
        (void)sigaction(crashes[i], &act, &previous[i]);
}

/* ---- opening, closing ---- */

enum { PAIR_GOOD = 1, PAIR_WARNING, PAIR_BAD };

static bool coloured;

static void use_colours(bool colour)
{
    coloured = colour && has_colors() && start_color() == OK && use_default_colors() == OK;
    if (!coloured)
        return;
    (void)init_pair(PAIR_GOOD, COLOR_GREEN, -1);
    (void)init_pair(PAIR_WARNING, COLOR_YELLOW, -1);
    (void)init_pair(PAIR_BAD, COLOR_RED, -1);
}

int screen_open(bool colour, struct helios_error *err)
{
    const char *terminal = getenv("TERM");
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return err_errno(err, errno, "cannot use the terminal");
    /* newterm() and not initscr(), which would end the program. */
    screen = terminfo_known() ? newterm(NULL, stdout, stdin) : NULL;
    if (screen == NULL)
        return err_set(err, HELIOS_E_CONFIG,
                       "the terminal '%s' is not known: set TERM to one that is",
                       terminal == NULL ? "" : terminal);
    expect_crashes();
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)curs_set(0);
    set_escdelay(50);
    use_colours(colour);
    return 0;
}

void screen_close(void)
{
    if (screen == NULL)
        return;
    (void)endwin();
    delscreen(screen);
    screen = NULL;
    for (size_t i = 0; i < CRASHES; i++)
        (void)sigaction(crashes[i], &previous[i], NULL);
}

/* ---- drawing ---- */

void screen_size(size_t *columns, size_t *rows)
{
    *columns = COLS > 0 ? (size_t)COLS : 1;
    *rows = LINES > 0 ? (size_t)LINES : 1;
}

static attr_t attributes_of(enum view_style style)
{
    static const attr_t plain[] = {
        [VIEW_PLAIN] = A_NORMAL,    [VIEW_TITLE] = A_BOLD,   [VIEW_HEADING] = A_UNDERLINE,
        [VIEW_GOOD] = A_NORMAL,     [VIEW_WARNING] = A_BOLD, [VIEW_BAD] = A_BOLD,
        [VIEW_SELECTED] = A_REVERSE};
    static const int pairs[] = {[VIEW_GOOD] = PAIR_GOOD,
                                [VIEW_WARNING] = PAIR_WARNING,
                                [VIEW_BAD] = PAIR_BAD,
                                [VIEW_SELECTED] = 0};
    attr_t pair = coloured && pairs[style] != 0 ? (attr_t)COLOR_PAIR(pairs[style]) : 0;
    return plain[style] | pair;
}

void screen_draw(const struct view *view)
{
    (void)erase();
    for (size_t i = 0; i < view->n; i++) {
        attr_t attributes = attributes_of(view->lines[i].style);
        (void)attrset((int)attributes);
        (void)mvaddstr((int)i, 0, view_text(view, i));
        if (view->lines[i].style == VIEW_SELECTED)
            (void)mvchgat((int)i, 0, -1, attributes, 0, NULL);
    }
    (void)attrset(A_NORMAL);
    (void)refresh();
}

void screen_redraw(void)
{
    (void)clearok(stdscr, TRUE);
}

/* ---- keys ---- */

int screen_key(void)
{
    errno = 0;
    int key = getch();
    switch (key) {
    case ERR:
        return errno != 0 && errno != EAGAIN && errno != EINTR ? TYPED_GONE : TYPED_NOTHING;
    case KEY_RESIZE:
        return TYPED_RESIZED;
    case KEY_UP:
        return TYPED_UP;
    case KEY_DOWN:
        return TYPED_DOWN;
    case KEY_BACKSPACE:
    case 127:
    case '\b':
        return TYPED_ERASE;
    case KEY_ENTER:
    case '\n':
    case '\r':
        return TYPED_DONE;
    case 27:
        return TYPED_LEAVE;
    case '\f':
        return TYPED_REDRAW;
    default:
        return key >= 0 && key <= 255 ? key : TYPED_NOTHING;
    }
}
