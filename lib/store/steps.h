/* SPDX-License-Identifier: MIT */
#ifndef STORE_STEPS_H
#define STORE_STEPS_H

/* The files of schema/, built in. Versions count from 1 without gaps; a step never changes
 * once it was released, and only adds: a program works on a schema newer than its own. A
 * comment `-- unless index TABLE (COLUMN, ...)` before a statement skips it where an index
 * begins with these columns. What a step makes is read from its text too (store/shape.h).
 */
struct schema_step {
    unsigned version; /* 0 ends the list */
    const char *name;
    const char *script;
};
extern const struct schema_step schema_mysql[];
extern const struct schema_step schema_sqlite[];

#endif
