/* SPDX-License-Identifier: MIT */
#ifndef CGI_FORM_H
#define CGI_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

/* The two fields that a form submits. The first of each name counts. Pure. */
struct form {
    struct buf type, params;
    bool has_type, has_params;
};

void form_fini(struct form *form);

/* name=value pairs divided by '&' or ';', with '+' and %XX. */
void form_urlencoded(struct form *form, const char *text, size_t len);
/* The parts between lines of `boundary`; those that are files are passed over, and so is
 * what does not keep to the form. */
void form_multipart(struct form *form, const char *text, size_t len, const char *boundary);

/* The value of boundary= in a Content-Type, at most `size` - 1 characters; false without
 * one. */
bool form_boundary(const char *content_type, char *out, size_t size);

#endif
