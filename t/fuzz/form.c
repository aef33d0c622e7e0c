/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/cgi/form.h"

/* What a web server hands to submitJob.pl: the same bytes as a form of either kind, and as
 * a Content-Type. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct form *form, size_t size)
{
    if (form->type.len > size || form->params.len > size ||
        (!form->has_type && form->type.len > 0) ||
        (!form->has_params && form->params.len > 0))
        abort();
    form_fini(form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct form form = {.has_type = false};
    struct buf text = BUF_INIT;
    char boundary[64];
    form_urlencoded(&form, (const char *)data, size);
    check(&form, size);
    form = (struct form){.has_type = false};
    form_multipart(&form, (const char *)data, size, "b");
    check(&form, size);
    buf_append(&text, data, size);
    if (form_boundary(buf_text(&text), boundary, sizeof boundary)) {
        form = (struct form){.has_type = false};
        form_multipart(&form, (const char *)data, size, boundary);
        check(&form, size);
    }
    buf_fini(&text);
    return 0;
}
