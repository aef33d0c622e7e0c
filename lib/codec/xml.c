/* SPDX-License-Identifier: MIT */
#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "codec/args.h"
#include "codec/utf8.h"
#include "codec/value_node.h"
#include "core/err.h"

/* The name under which text stands that has attributes or elements beside it. */
#define CONTENT "content"

/* Expat's limit on amplification is in force as it ships, but nothing gets that far: every
 * declaration of an entity ends the reading, so there is nothing to expand or to fetch. */
struct xml {
    XML_Parser parser;
    struct value_arena *arena;
    struct helios_value **open; /* content of each open element; NULL while it has none */
    size_t depth;
    struct buf text; /* of the innermost element since the last tag */
    struct helios_error *err;
    bool failed;
};

static void fail(struct xml *x, enum helios_error_kind kind, const char *why)
{
    if (x->failed)
        return;
    x->failed = true;
    (void)err_set(x->err, kind, "XML, line %lu, column %lu: %s",
                  (unsigned long)XML_GetCurrentLineNumber(x->parser),
                  (unsigned long)XML_GetCurrentColumnNumber(x->parser) + 1, why);
    (void)XML_StopParser(x->parser, XML_FALSE);
}

static void exhausted(struct xml *x)
{
    if (x->failed)
        return;
    x->failed = true;
    (void)value_arena_error(x->arena, x->err);
    (void)XML_StopParser(x->parser, XML_FALSE);
}

static bool space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

bool xml_is_blank(const char *text, size_t len)
{
    uint32_t c = 0;
    for (size_t at = 0, n; at < len; at += n) {
        n = utf8_next(text + at, len - at, &c);
        if (n == 0 || !space(c))
            return false;
    }
    return true;
}

/* A list of one or two. */
static struct helios_value *listed(struct xml *x, struct helios_value *first,
                                   struct helios_value *second)
{
    struct helios_value *list = value_list(x->arena);
    if (list == NULL || !value_push(x->arena, list, first) ||
        (second != NULL && !value_push(x->arena, list, second)))
        return NULL;
    return list;
}

/* What comes twice becomes a list; the element `job` always is one. */
static void add(struct xml *x, const char *name, struct helios_value *value)
{
    struct helios_value **map = &x->open[x->depth - 1];
    if (*map == NULL)
        *map = value_map(x->arena);
    if (*map == NULL || value == NULL) {
        exhausted(x);
        return;
    }
    size_t len = strlen(name);
    struct helios_value *known = value_get(*map, name, len, true);
    if (helios_value_type(known) == HELIOS_LIST) {
        if (!value_push(x->arena, known, value))
            exhausted(x);
        return;
    }
    if (known != NULL)
        value = listed(x, known, value);
    else if (strcmp(name, "job") == 0)
        value = listed(x, value, NULL);
    if (!value_put(x->arena, *map, name, len, true, value))
        exhausted(x);
}

static struct helios_value *text_value(struct xml *x)
{
    return value_text(x->arena, buf_text(&x->text), x->text.len);
}

/* Text before a tag is content of the open element, unless it is white space. */
static void flush(struct xml *x)
{
    if (!xml_is_blank(buf_text(&x->text), x->text.len))
        add(x, CONTENT, text_value(x));
    buf_clear(&x->text);
}

static struct helios_value *attributes(struct xml *x, const XML_Char **list)
{
    struct helios_value *map = value_map(x->arena);
    for (; map != NULL && list[0] != NULL; list += 2) {
        struct helios_value *value = value_text(x->arena, list[1], strlen(list[1]));
        if (!value_put(x->arena, map, list[0], strlen(list[0]), true, value))
            map = NULL;
    }
    if (map == NULL)
        exhausted(x);
    return map;
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **list)
{
    (void)name;
    struct xml *x = arg;
    if (x->failed)
        return;
    flush(x);
    if (x->depth > value_arena_limits(x->arena)->depth) {
        fail(x, HELIOS_E_LIMIT, "elements are nested too deeply");
        return;
    }
    x->open[x->depth++] = list[0] == NULL ? NULL : attributes(x, list);
}

static void on_end(void *arg, const XML_Char *name)
{
    struct xml *x = arg;
    if (x->failed)
        return;
    struct helios_value *value = x->open[x->depth - 1];
    bool blank = xml_is_blank(buf_text(&x->text), x->text.len);
    if (value != NULL)
        flush(x);
    else
        value = blank ? value_null(x->arena) : text_value(x);
    buf_clear(&x->text);
    x->depth--;
    if (!x->failed)
        add(x, name, value);
}

static void on_text(void *arg, const XML_Char *text, int len)
{
    struct xml *x = arg;
    if (x->failed)
        return;
    buf_append(&x->text, text, (size_t)len);
    if (x->text.failed)
        fail(x, HELIOS_E_NOMEM, "out of memory");
}

static void on_entity(void *arg, const XML_Char *name, int parameter, const XML_Char *value,
                      int value_len, const XML_Char *base, const XML_Char *system_id,
                      const XML_Char *public_id, const XML_Char *notation)
{
    (void)name, (void)parameter, (void)value, (void)value_len, (void)base;
    (void)system_id, (void)public_id, (void)notation;
    fail(arg, HELIOS_E_INVALID, "entity declarations are not accepted");
}

static void on_skipped(void *arg, const XML_Char *name, int parameter)
{
    (void)name, (void)parameter;
    fail(arg, HELIOS_E_INVALID, "external entities are not accepted");
}

static void parse(struct xml *x, const char *text, size_t len)
{
    /* Expat would ask the kernel for one each time. Zero means that it should. */
    (void)XML_SetHashSalt(x->parser, (unsigned long)value_seed()[0] | 1u);
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetEntityDeclHandler(x->parser, on_entity);
    XML_SetSkippedEntityHandler(x->parser, on_skipped);
    if (XML_Parse(x->parser, text, (int)len, XML_TRUE) == XML_STATUS_OK || x->failed)
        return;
    enum XML_Error code = XML_GetErrorCode(x->parser);
    fail(x, code == XML_ERROR_NO_MEMORY ? HELIOS_E_NOMEM : HELIOS_E_INVALID,
         XML_ErrorString(code));
}

static int read_all(struct xml *x, const char *text, size_t len,
                    struct helios_value **root_map)
{
    if (x->parser == NULL || x->open == NULL)
        return err_set(x->err, HELIOS_E_NOMEM, "out of memory while reading XML");
    parse(x, text, len);
    if (x->failed)
        return -1;
    *root_map = x->open[0];
    return 0;
}

int xml_decode(struct value_arena *arena, const char *text, size_t len, bool utf8,
               struct helios_value **root_map, struct helios_error *err)
{
    if (len > INT_MAX)
        return err_set(err, HELIOS_E_LIMIT, "XML of more than %d bytes", INT_MAX);
    struct xml x = {.arena = arena, .depth = 1, .text = BUF_INIT, .err = err};
    x.parser = XML_ParserCreate(utf8 ? "UTF-8" : NULL);
    x.open =
        calloc((size_t)value_arena_limits(arena)->depth + 1, sizeof(struct helios_value *));
    int result = read_all(&x, text, len, root_map);
    if (x.parser != NULL)
        XML_ParserFree(x.parser);
    free(x.open);
    buf_fini(&x.text);
    return result;
}
