/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "conf/dsn.h"
#include "conf/dsn_split.h"
#include "conf/secret.h"
#include "core/buf.h"

static size_t attribute_end(struct dsn_part text)
{
    const char *comma = memchr(text.at, ',', text.len);
    return comma == NULL ? text.len : (size_t)(comma - text.at);
}

/* Copies `text` part by part, separators included; what stands behind the first '=' of a
 * secret's part is replaced. */
static void mask(struct buf *out, struct dsn_part text, size_t (*end)(struct dsn_part))
{
    while (text.len > 0) {
        size_t len = end(text);
        const char *equals = memchr(text.at, '=', len);
        size_t name = equals == NULL ? 0 : (size_t)(equals - text.at);
        if (secret_name(text.at, name)) {
            buf_append(out, text.at, name + 1);
            buf_puts(out, "(hidden)");
        } else {
            buf_append(out, text.at, len);
        }
        if (len < text.len)
            buf_putc(out, text.at[len++]);
        text = (struct dsn_part){text.at + len, text.len - len};
    }
}

char *dsn_masked(const char *text)
{
    struct dsn_head head;
    struct buf out = BUF_INIT;
    if (dsn_split_head(text, &head)) {
        buf_append(&out, text, (size_t)(head.attributes.at - text));
        mask(&out, head.attributes, attribute_end);
        const char *behind = head.attributes.at + head.attributes.len;
        buf_append(&out, behind, (size_t)(head.rest.at - behind));
        mask(&out, head.rest, dsn_split_mysql_end);
    } else {
        buf_puts(&out, secret_name(text, strlen(text)) ? "(hidden)" : text);
    }
    return buf_steal(&out, NULL);
}
