/* SPDX-License-Identifier: MIT */
#ifndef CTL_VIEW_ROWS_H
#define CTL_VIEW_ROWS_H

#include "daemon/ctl/grid.h"
#include "daemon/ctl/view.h"

/* The rows of each section of `helios top`. */

enum view_section { SERVICES, WORKERS, TYPES, ERRORS, SECTIONS };

/* A worker of this host, or a job that somebody elsewhere holds. */
struct view_worker {
    const struct boards_worker *worker;
    const struct look_lease *lease;
};

/* What the filter shows. */
struct view_lists {
    const struct fleet_daemon *services[FLEET_MOST];
    struct view_worker workers[BOARDS_WORKERS + LOOK_LEASED];
    const struct look_type *types[LOOK_TYPES];
    const struct look_error *errors[LOOK_ERRORS];
};

/* Puts row `i` into the grid and tells its style. */
typedef enum view_style view_row_fn(const struct view_input *in,
                                    const struct view_lists *lists, size_t i,
                                    struct grid *g);

struct view_rows {
    const struct column *columns;
    size_t columns_n;
    view_row_fn *row;
    size_t need; /* rows that there are */
    size_t rows; /* that there is room for */
};

/* What there is to show, and how many rows of it. */
void view_rows_find(const struct view_input *in, struct view_lists *lists,
                    struct view_rows sections[SECTIONS]);

#endif
