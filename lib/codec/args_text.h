/* SPDX-License-Identifier: MIT */
#ifndef CODEC_ARGS_TEXT_H
#define CODEC_ARGS_TEXT_H

#include "codec/args.h"

/* Argument text, XML or JSON: args.c and the check before a submission read it alike. */

enum args_text_result {
    ARGS_TEXT_OK = 0,
    ARGS_TEXT_INVALID = 1, /* neither of them, or not well-formed */
    ARGS_TEXT_UNUSABLE = 2 /* well-formed, but no job that Helios could run */
};
/* Fills form, tree, map and metajob of `out`, whose arena is set. `err` says why not; its
 * kind is HELIOS_E_NOMEM when the text is not to blame. */
enum args_text_result args_text_decode(struct args *out, const char *text, size_t len,
                                       bool utf8, struct helios_error *err);

#endif
