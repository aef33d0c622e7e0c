/* SPDX-License-Identifier: MIT */
#ifndef STORE_PREFIX_H
#define STORE_PREFIX_H

#include "core/buf.h"

/* Table prefixes, as TheSchwartz has them: its five tables bear the prefix, and so does our
 * table of schema steps, since each set of tables is upgraded by itself. The other tables
 * of Helios have no prefix, for Perl Helios knows none. */

/* Appends `text`, a statement or a step of the schema, with `prefix` before the name of
 * each of those tables, and of each index that is made. A name in quotation marks is a
 * table's if it is nothing but the name. */
void prefix_apply(const char *text, const char *prefix, struct buf *out);

#endif
