/* SPDX-License-Identifier: MIT */
#ifndef CTL_VIEW_H
#define CTL_VIEW_H

#include "core/buf.h"
#include "daemon/ctl/look.h"

/* The lines of `helios top`, made of what is known: knows no terminal, reads no clock. */

enum view_style {
    VIEW_PLAIN,
    VIEW_TITLE,
    VIEW_HEADING,
    VIEW_GOOD,
    VIEW_WARNING,
    VIEW_BAD,
    VIEW_SELECTED
};

struct view_input {
    const struct fleet *fleet; /* merged with the boards */
    const struct boards *boards;
    const struct look *look; /* the last one that succeeded; NULL: none has yet */
    int64_t look_age_s;
    const char *away; /* why the database does not answer; NULL: it does */
    int64_t away_s;
    const char *host;    /* this one */
    const char *clock;   /* "18:20:31" */
    int64_t now_ms;      /* of this host, Unix milliseconds */
    const char *filter;  /* shows what contains it; "": all */
    bool typing;         /* the filter is being typed */
    const char *message; /* for the last line; "": the keys */
    bool help;
    size_t selected; /* service: an index as view_service() takes it */
    size_t columns, rows;
};

#define VIEW_LINES 500u
struct view_line {
    enum view_style style;
    size_t at; /* in `text` */
};
struct view {
    struct buf text; /* the lines, a NUL behind each */
    struct view_line lines[VIEW_LINES];
    size_t n; /* never more than the rows of the input */
};

/* `out` is emptied first; view_fini() frees. */
void view_make(const struct view_input *in, struct view *out);
void view_fini(struct view *view);
const char *view_text(const struct view *view, size_t line);

/* The services that the filter shows: how many, and one of them (NULL beyond the last). */
size_t view_services(const struct view_input *in);
const struct fleet_daemon *view_service(const struct view_input *in, size_t i);

#endif
