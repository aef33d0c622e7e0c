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
/* Texts of at most so many bytes leave a reader small enough to be kept as it is: expat
 * keeps the longest name of each level. */
#define SMALL_TEXT 4096u
#define OPEN_FIRST 16u

struct xml_reader {
    XML_Parser parser;          /* NULL before the first text, and after a large one */
    struct helios_value **open; /* content of each open element; NULL while it has none */
    size_t room;
    struct buf text; /* of the innermost element since the last tag */
};

/* Expat's limit on amplification is in force as it ships, but nothing gets that far: every
 * declaration of an entity ends the reading, so there is nothing to expand or to fetch. */
struct xml {
    struct xml_reader *reader;
    struct value_arena *arena;
    size_t depth; /* how many elements are open, and one for the map of the root */
    struct helios_error *err;
    bool failed;
    /* Children of a metajob that are given away: NULL if they are kept. */
    xml_child_fn *child;
    void *child_arg;
    int child_result;
    unsigned path;            /* how much of <metajob><jobs> the open elements begin with */
    struct value_arena *own;  /* of one child after the other */
    struct value_arena *kept; /* the arena of the rest, while `arena` is that of a child */
};
#define PATH_METAJOB 1u
#define PATH_JOBS    2u

static void fail(struct xml *x, enum helios_error_kind kind, const char *why)
{
    if (x->failed)
        return;
    x->failed = true;
    (void)err_set(x->err, kind, "XML, line %lu, column %lu: %s",
                  (unsigned long)XML_GetCurrentLineNumber(x->reader->parser),
                  (unsigned long)XML_GetCurrentColumnNumber(x->reader->parser) + 1, why);
    (void)XML_StopParser(x->reader->parser, XML_FALSE);
}

static void exhausted(struct xml *x)
{
    if (x->failed)
        return;
    x->failed = true;
    (void)value_arena_error(x->arena, x->err);
    (void)XML_StopParser(x->reader->parser, XML_FALSE);
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
    struct helios_value **map = &x->reader->open[x->depth - 1];
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
    return value_text(x->arena, buf_text(&x->reader->text), x->reader->text.len);
}

/* Text before a tag is content of the open element, unless it is white space. */
static void flush(struct xml *x)
{
    if (!xml_is_blank(buf_text(&x->reader->text), x->reader->text.len))
        add(x, CONTENT, text_value(x));
    buf_clear(&x->reader->text);
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

/* open[0] is the map of the root, so that <metajob> is at 1, <jobs> at 2, <job> at 3. */
static void begin_child(struct xml *x, const XML_Char *name)
{
    if (x->depth == PATH_METAJOB)
        x->path = strcmp(name, "metajob") == 0 ? PATH_METAJOB : 0;
    else if (x->depth == PATH_JOBS && x->path >= PATH_METAJOB)
        x->path = strcmp(name, "jobs") == 0 ? PATH_JOBS : PATH_METAJOB;
    if (x->child == NULL || x->depth != PATH_JOBS + 1 || x->path != PATH_JOBS ||
        strcmp(name, "job") != 0)
        return;
    if (x->own == NULL)
        x->own = value_arena_new(value_arena_limits(x->arena));
    if (x->own == NULL) {
        fail(x, HELIOS_E_NOMEM, "out of memory");
        return;
    }
    x->kept = x->arena;
    x->arena = x->own;
}

/* Whatever became of it. */
static void end_child(struct xml *x)
{
    if (x->kept == NULL)
        return;
    value_arena_clear(x->own);
    x->arena = x->kept;
    x->kept = NULL;
}

/* An element with children is no mere text, also where they are not kept. */
static void give_child(struct xml *x, const struct helios_value *job)
{
    struct helios_value **jobs = &x->reader->open[PATH_JOBS];
    if (*jobs == NULL)
        *jobs = value_map(x->kept);
    if (*jobs == NULL || job == NULL)
        exhausted(x);
    else
        x->child_result = x->child(x->child_arg, job, x->err);
    end_child(x);
    if (x->child_result != 0) {
        x->failed = true;
        (void)XML_StopParser(x->reader->parser, XML_FALSE);
    }
}

/* Room for one more open element. */
static bool deepen(struct xml *x)
{
    struct xml_reader *r = x->reader;
    if (x->depth < r->room)
        return true;
    size_t room = r->room == 0 ? OPEN_FIRST : r->room * 2;
    struct helios_value **more = reallocarray(r->open, room, sizeof(struct helios_value *));
    if (more == NULL) {
        fail(x, HELIOS_E_NOMEM, "out of memory");
        return false;
    }
    r->open = more;
    r->room = room;
    return true;
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **list)
{
    struct xml *x = arg;
    if (x->failed)
        return;
    flush(x);
    if (x->depth > value_arena_limits(x->arena)->depth) {
        fail(x, HELIOS_E_LIMIT, "elements are nested too deeply");
        return;
    }
    begin_child(x, name);
    if (!x->failed && deepen(x))
        x->reader->open[x->depth++] = list[0] == NULL ? NULL : attributes(x, list);
}

static void on_end(void *arg, const XML_Char *name)
{
    struct xml *x = arg;
    if (x->failed)
        return;
    struct buf *text = &x->reader->text;
    struct helios_value *value = x->reader->open[x->depth - 1];
    if (value != NULL)
        flush(x);
    else
        value =
            xml_is_blank(buf_text(text), text->len) ? value_null(x->arena) : text_value(x);
    buf_clear(text);
    x->depth--;
    if (x->failed)
        return;
    if (x->kept != NULL && x->depth == PATH_JOBS + 1)
        give_child(x, value);
    else
        add(x, name, value);
}

static void on_text(void *arg, const XML_Char *text, int len)
{
    struct xml *x = arg;
    if (x->failed)
        return;
    buf_append(&x->reader->text, text, (size_t)len);
    if (x->reader->text.failed)
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
    XML_Parser parser = x->reader->parser;
    /* Expat would ask the kernel for one each time. Zero means that it should. */
    (void)XML_SetHashSalt(parser, (unsigned long)value_seed()[0] | 1u);
    XML_SetUserData(parser, x);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetEntityDeclHandler(parser, on_entity);
    XML_SetSkippedEntityHandler(parser, on_skipped);
    if (XML_Parse(parser, text, (int)len, XML_TRUE) == XML_STATUS_OK || x->failed)
        return;
    enum XML_Error code = XML_GetErrorCode(parser);
    fail(x, code == XML_ERROR_NO_MEMORY ? HELIOS_E_NOMEM : HELIOS_E_INVALID,
         XML_ErrorString(code));
}

/* As new, for a text whose encoding is known or not. */
static bool ready(struct xml *x, bool utf8)
{
    struct xml_reader *r = x->reader;
    if (r->parser == NULL)
        r->parser = XML_ParserCreate(NULL);
    else if (!XML_ParserReset(r->parser, NULL))
        return false;
    /* By a call that tells when there is no memory for it. */
    if (r->parser == NULL || (utf8 && XML_SetEncoding(r->parser, "UTF-8") != XML_STATUS_OK))
        return false;
    buf_clear(&r->text);
    if (!deepen(x))
        return false;
    r->open[x->depth++] = NULL; /* the map of the root */
    return true;
}

static void reader_clear(struct xml_reader *r)
{
    if (r->parser != NULL)
        XML_ParserFree(r->parser);
    free(r->open);
    buf_fini(&r->text);
    *r = (struct xml_reader){.parser = NULL, .text = BUF_INIT};
}

struct xml_reader *xml_reader_new(void)
{
    struct xml_reader *r = malloc(sizeof *r);
    if (r != NULL)
        *r = (struct xml_reader){.parser = NULL, .text = BUF_INIT};
    return r;
}

void xml_reader_free(struct xml_reader *reader)
{
    if (reader == NULL)
        return;
    reader_clear(reader);
    free(reader);
}

static int read_all(struct xml *x, const char *text, size_t len, bool utf8,
                    struct helios_value **root_map)
{
    if (!ready(x, utf8))
        return err_set(x->err, HELIOS_E_NOMEM, "out of memory while reading XML");
    parse(x, text, len);
    if (x->failed)
        return -1;
    *root_map = x->reader->open[0];
    return 0;
}

int xml_decode_children(struct xml_reader *reader, struct value_arena *arena,
                        const char *text, size_t len, bool utf8, xml_child_fn *child,
                        void *arg, struct helios_value **root_map, struct helios_error *err)
{
    if (len > INT_MAX)
        return err_set(err, HELIOS_E_LIMIT, "XML of more than %d bytes", INT_MAX);
    struct xml_reader own = {.parser = NULL, .text = BUF_INIT};
    struct xml x = {.reader = reader != NULL ? reader : &own,
                    .arena = arena,
                    .err = err,
                    .child = child,
                    .child_arg = arg};
    int result = read_all(&x, text, len, utf8, root_map);
    end_child(&x);
    value_arena_free(x.own);
    if (x.child_result != 0)
        result = x.child_result;
    if (reader == NULL || len > SMALL_TEXT || x.failed)
        reader_clear(x.reader);
    return result;
}

int xml_decode(struct value_arena *arena, const char *text, size_t len, bool utf8,
               struct helios_value **root_map, struct helios_error *err)
{
    return xml_decode_children(NULL, arena, text, len, utf8, NULL, NULL, root_map, err);
}
