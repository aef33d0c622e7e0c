/* SPDX-License-Identifier: MIT */
#include "daemon/cgi/form.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void form_fini(struct form *form)
{
    buf_fini(&form->type);
    buf_fini(&form->params);
}

/* Where a field goes; NULL if it is none of ours, or was there before. */
static struct buf *field_of(struct form *form, const char *name)
{
    if (strcmp(name, "type") == 0 && !form->has_type) {
        form->has_type = true;
        return &form->type;
    }
    if (strcmp(name, "params") == 0 && !form->has_params) {
        form->has_params = true;
        return &form->params;
    }
    return NULL;
}

/* ---- application/x-www-form-urlencoded ---- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is no %XX stays as it is. */
static void decode(const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        int high = text[i] == '%' && len - i > 2 ? digit_of(text[i + 1]) : -1;
        int low = high >= 0 ? digit_of(text[i + 2]) : -1;
        if (low >= 0) {
            buf_putc(out, (char)(high * 16 + low));
            i += 2;
        } else {
            buf_putc(out, text[i] == '+' ? ' ' : text[i]);
        }
    }
}

static void take_pair(struct form *form, const char *text, size_t len)
{
    struct buf name = BUF_INIT;
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals == NULL ? len : (size_t)(equals - text);
    decode(text, name_len, &name);
    struct buf *value = field_of(form, buf_text(&name));
    if (value != NULL && equals != NULL)
        decode(equals + 1, len - name_len - 1, value);
    buf_fini(&name);
}

void form_urlencoded(struct form *form, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = 0;
        while (n < len && text[n] != '&' && text[n] != ';')
            n++;
        take_pair(form, text, n);
        n += n < len ? 1 : 0;
        text += n;
        len -= n;
    }
}

/* ---- multipart/form-data ---- */

bool form_boundary(const char *content_type, char *out, size_t size)
{
    const char *at = strcasestr(content_type, "boundary=");
    if (at == NULL)
        return false;
    at += strlen("boundary=");
    bool quoted = *at == '"';
    at += quoted ? 1 : 0;
    size_t len = strcspn(at, quoted ? "\"" : "; \t\r\n");
    if (len == 0 || len >= size)
        return false;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

/* The value of name="..." among the headers of a part. */
static bool part_name(const char *headers, size_t len, char *out, size_t size)
{
    struct buf text = BUF_INIT;
    bool found = false;
    buf_append(&text, headers, len);
    const char *at = strcasestr(buf_text(&text), "content-disposition:");
    const char *name = at == NULL ? NULL : strcasestr(at, " name=\"");
    if (name != NULL && strcasestr(at, "filename") == NULL) {
        name += strlen(" name=\"");
        size_t n = strcspn(name, "\"\r\n");
        found = name[n] == '"' && n < size;
        if (found) {
            memcpy(out, name, n);
            out[n] = '\0';
        }
    }
    buf_fini(&text);
    return found;
}

static void take_part(struct form *form, const char *text, size_t len)
{
    char name[32];
    const char *end = memmem(text, len, "\r\n\r\n", 4);
    if (end == NULL || !part_name(text, (size_t)(end - text), name, sizeof name))
        return;
    struct buf *value = field_of(form, name);
    const char *body = end + 4;
    if (value != NULL)
        buf_append(value, body, len - (size_t)(body - text));
}

void form_multipart(struct form *form, const char *text, size_t len, const char *boundary)
{
    struct buf mark = BUF_INIT;
    buf_printf(&mark, "\r\n--%s", boundary);
    if (mark.failed)
        return;
    const char *end = text + len;
    const char *at = memmem(text, len, mark.data, mark.len);
    if (at != NULL)
        at += mark.len;
    /* The first one may stand at the beginning, without a line before it. */
    if (len >= mark.len - 2 && memcmp(text, mark.data + 2, mark.len - 2) == 0)
        at = text + mark.len - 2;
    while (at != NULL && at < end) {
        const char *next = memmem(at, (size_t)(end - at), mark.data, mark.len);
        if (next == NULL)
            break;
        take_part(form, at, (size_t)(next - at));
        at = next + mark.len;
    }
    buf_fini(&mark);
}
