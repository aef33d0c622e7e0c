/* SPDX-License-Identifier: MIT */
#include <expat.h>
#include <string.h>

#include "codec/args.h"
#include "codec/utf8.h"
#include "core/err.h"

static void escape(const char *text, size_t len, bool attribute, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '&')
            buf_puts(out, "&amp;");
        else if (c == '<')
            buf_puts(out, "&lt;");
        else if (c == '>')
            buf_puts(out, "&gt;");
        else if (c == '"')
            buf_puts(out, "&quot;");
        else if (c == '\r' || (attribute && (c == '\n' || c == '\t')))
            buf_printf(out, "&#%u;", c); /* a reader would make it something else */
        else
            buf_putc(out, (char)c);
    }
}

void xml_escape(const char *text, size_t len, struct buf *out)
{
    escape(text, len, false, out);
}

static void open_tag(const char *name, struct buf *out)
{
    buf_putc(out, '<');
    buf_puts(out, name);
}

static void close_tag(const char *name, struct buf *out)
{
    buf_puts(out, "</");
    buf_puts(out, name);
    buf_putc(out, '>');
}

static bool blank_text(const struct helios_value *v)
{
    size_t len;
    const char *text = helios_value_text(v, &len);
    return text != NULL && xml_is_blank(text, len);
}

/* Text that an element would not give: white space becomes nothing in an element, and the
 * element `job` becomes a list. It has come from an attribute, which is the first of its
 * name. */
static const struct helios_value *attribute_of(const char *name,
                                               const struct helios_value *v)
{
    if (helios_value_type(v) == HELIOS_LIST)
        v = helios_value_at(v, 0);
    else if (helios_value_type(v) == HELIOS_TEXT && strcmp(name, "job") == 0)
        return v;
    return blank_text(v) ? v : NULL;
}

static void attributes(const struct helios_value *map, struct buf *out)
{
    for (size_t i = 0; i < helios_value_count(map); i++) {
        const char *name = helios_value_key(map, i, NULL);
        const struct helios_value *v = attribute_of(name, helios_value_at(map, i));
        if (v == NULL)
            continue;
        size_t len;
        const char *text = helios_value_text(v, &len);
        buf_printf(out, " %s=\"", name);
        escape(text, len, true, out);
        buf_putc(out, '"');
    }
}

static bool element(const char *name, const struct helios_value *v, unsigned depth,
                    struct buf *out);

/* All that stands under one name. */
static bool elements(const char *name, const struct helios_value *v, unsigned depth,
                     struct buf *out)
{
    size_t from = attribute_of(name, v) == NULL ? 0 : 1;
    if (helios_value_type(v) != HELIOS_LIST)
        return from == 1 || element(name, v, depth, out);
    for (size_t i = from; i < helios_value_count(v); i++) {
        if (!element(name, helios_value_at(v, i), depth, out))
            return false;
    }
    return true;
}

static bool element(const char *name, const struct helios_value *v, unsigned depth,
                    struct buf *out)
{
    if (depth == 0)
        return false;
    bool done = true;
    size_t len;
    const char *text = helios_value_text(v, &len);
    open_tag(name, out);
    attributes(v, out);
    buf_putc(out, '>');
    if (text != NULL)
        xml_escape(text, len, out);
    for (size_t i = 0; done && text == NULL && i < helios_value_count(v); i++)
        done =
            elements(helios_value_key(v, i, NULL), helios_value_at(v, i), depth - 1, out);
    close_tag(name, out);
    return done;
}

int xml_from_value(const char *name, const struct helios_value *content, struct buf *out,
                   struct helios_error *err)
{
    /* One more than the deepest that is read: its content gets a name here. */
    bool done = element(name, content, VALUE_DEPTH_MAX + 1, out);
    if (out->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while writing XML");
    if (!done)
        return err_set(err, HELIOS_E_LIMIT, "elements are nested too deeply to be written");
    return 0;
}

/* Of the ASCII characters, letters, digits and -.:_ alone can be in a name; for the others
 * expat knows. */
static bool name_ok(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-.:_";
    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x80 && strchr(plain, *c) == NULL)
            return false;
    }
    struct buf tag = BUF_INIT;
    buf_printf(&tag, "<%s/>", name);
    XML_Parser parser = XML_ParserCreate("UTF-8");
    bool ok = parser != NULL && !tag.failed && tag.len < 65536 &&
              XML_Parse(parser, tag.data, (int)tag.len, XML_TRUE) == XML_STATUS_OK;
    if (parser != NULL)
        XML_ParserFree(parser);
    buf_fini(&tag);
    return ok;
}

static bool value_ok(const char *text, size_t len)
{
    uint32_t c = 0;
    for (size_t at = 0, n; at < len; at += n) {
        n = utf8_next(text + at, len - at, &c);
        if (n == 0 || (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0xFFFE ||
            c == 0xFFFF)
            return false;
    }
    return true;
}

static int pair(const char *name, const char *value, struct buf *out,
                struct helios_error *err)
{
    size_t len = strlen(value);
    if (!name_ok(name))
        return err_set(err, HELIOS_E_INVALID, "\"%s\" cannot be the name of an XML element",
                       name);
    if (!value_ok(value, len))
        return err_set(
            err, HELIOS_E_INVALID,
            "the value of \"%s\" has bytes that XML cannot hold (control characters "
            "or invalid UTF-8)",
            name);
    open_tag(name, out);
    buf_putc(out, '>');
    xml_escape(value, len, out);
    close_tag(name, out);
    return 0;
}

int xml_from_pairs(const char *const *names, const char *const *values, size_t n,
                   struct buf *out, struct helios_error *err)
{
    buf_puts(out, "<job><params>");
    for (size_t i = 0; i < n; i++) {
        if (pair(names[i], values[i], out, err) != 0)
            return -1;
    }
    buf_puts(out, "</params></job>");
    return out->failed ? err_set(err, HELIOS_E_NOMEM, "out of memory while writing XML")
                       : 0;
}
