/* SPDX-License-Identifier: MIT */
#ifndef CTL_LINES_H
#define CTL_LINES_H

#include <stdio.h>

#include <helios/error.h>

#include "core/buf.h"

/* What a job's argument can hold (a MEDIUMBLOB); reading stops with a failure beyond it, so
 * that a wrong file does not fill the memory. */
#define LINES_ARGS_MAX 16777215u

/* Reads one line without its end (LF or CR LF) into `line`, which it empties first. 0, 1 at
 * the end of the file, or -1 and `*err`. */
int line_read(FILE *from, struct buf *line, struct helios_error *err);

/* Reads all there is. 0, or -1 and `*err`. */
int text_read(FILE *from, struct buf *text, struct helios_error *err);

#endif
