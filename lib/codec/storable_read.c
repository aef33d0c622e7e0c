/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "codec/args.h"
#include "codec/storable_in.h"
#include "codec/storable_op.h"
#include "codec/utf8.h"
#include "core/err.h"

/* What an object of the image has become. */
struct thing {
    struct helios_value *value;
    uint64_t nodes;  /* of the whole tree below, shared parts each time */
    uint64_t bytes;  /* of its texts and keys, in the same way */
    uint16_t height; /* levels of containers and references */
    bool container;  /* an array or hash itself, which only a reference may hold */
    bool finished;
};

/* An object that is being read: the tree's path from the root. */
struct frame {
    struct thing thing;
    uint32_t tag;
    uint32_t left;  /* items or pairs that are still to come */
    unsigned level; /* in the tree, from 1; a container shares that of its reference */
    uint8_t op;
    const char *class_name;
};

struct reader {
    struct storable_in in;
    struct value_arena *arena;
    const struct value_limits *limits;
    struct frame *frames;
    size_t depth;
    size_t frames_cap;
    size_t owed; /* bytes that the open containers need at least for what is to come */
    struct thing *tags;
    size_t tags_count;
    size_t tags_cap;
    const char **classes;
    size_t classes_count;
    size_t classes_cap;
};

/* Reading ends for want of memory or because a limit is reached. */
static bool exhausted(struct reader *r)
{
    if (r->in.result == STORABLE_OK) {
        r->in.result = STORABLE_REFUSED;
        (void)value_arena_error(r->arena, r->in.err);
    }
    return false;
}

static bool no_memory(struct reader *r)
{
    if (r->in.result == STORABLE_OK) {
        r->in.result = STORABLE_REFUSED;
        (void)err_set(r->in.err, HELIOS_E_NOMEM,
                      "out of memory while reading a Storable image");
    }
    return false;
}

/* A text that is referred to many times is one in memory, and as many in what is written
 * from the tree. */
static size_t texts_most(const struct reader *r)
{
    return r->limits->bytes / 4;
}

static bool too_large(struct reader *r)
{
    if (r->in.result == STORABLE_OK) {
        r->in.result = STORABLE_REFUSED;
        (void)err_set(r->in.err, HELIOS_E_LIMIT,
                      "Storable image: more than %u levels, %zu values or %zu bytes of "
                      "text at byte %zu",
                      r->limits->depth, r->limits->nodes, texts_most(r), r->in.at);
    }
    return false;
}

static bool grow(struct reader *r, void **items, size_t *cap, size_t size)
{
    size_t more = *cap == 0 ? 16 : *cap * 2;
    void *larger = reallocarray(*items, more, size);
    if (larger == NULL)
        return no_memory(r);
    *items = larger;
    *cap = more;
    return true;
}

/* Numbers the object whose opcode has just been read. */
static bool tag_new(struct reader *r, uint32_t *tag)
{
    void *tags = r->tags;
    if (r->tags_count == r->tags_cap && !grow(r, &tags, &r->tags_cap, sizeof *r->tags))
        return false;
    r->tags = tags;
    r->tags[r->tags_count] = (struct thing){.value = NULL};
    *tag = (uint32_t)r->tags_count++;
    return true;
}

static bool is_ref(uint8_t op)
{
    return op == OP_REF || op == OP_OVERLOAD || op == OP_WEAKREF || op == OP_WEAKOVERLOAD;
}

static struct frame *top(struct reader *r)
{
    return r->depth == 0 ? NULL : &r->frames[r->depth - 1];
}

/* A reference is a level of its own unless it stands in front of a container below the
 * root, as all of those have one. */
static unsigned next_level(struct reader *r, bool container)
{
    const struct frame *f = top(r);
    if (f == NULL)
        return 1;
    bool shared = container && is_ref(f->op) && r->depth > 1 && f->class_name == NULL;
    return shared ? f->level : f->level + 1;
}

static bool push(struct reader *r, const struct frame *frame)
{
    void *frames = r->frames;
    if (frame->level > r->limits->depth)
        return too_large(r);
    if (r->depth == r->frames_cap && !grow(r, &frames, &r->frames_cap, sizeof *r->frames))
        return false;
    r->frames = frames;
    r->frames[r->depth++] = *frame;
    return true;
}

/* Latin-1 as UTF-8. NULL when memory runs out, else the caller frees it. */
static char *from_latin1(const char *text, size_t len, size_t *out_len)
{
    char *out = malloc(len * 2 + 1);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x80) {
            out[n++] = (char)(0xC0 | c >> 6);
            c = 0x80 | (c & 0x3F);
        }
        out[n++] = (char)c;
    }
    *out_len = n;
    return out;
}

static bool put_latin1(struct reader *r, struct helios_value *map, const char *key,
                       size_t len, struct helios_value *value)
{
    size_t wide_len;
    char *wide = from_latin1(key, len, &wide_len);
    if (wide == NULL)
        return no_memory(r);
    bool done = value_put(r->arena, map, wide, wide_len, true, value);
    free(wide);
    return done || exhausted(r);
}

/* The key of a pair comes behind its value. */
static bool read_key(struct reader *r, struct frame *f, struct helios_value *value)
{
    struct storable_in *in = &r->in;
    uint8_t flags = f->op == OP_FLAG_HASH ? storable_in_byte(in) : 0;
    if ((flags & KEY_IS_OBJECT) != 0)
        return storable_in_refuse(in, "a hash key is an object");
    size_t len = storable_in_len(in);
    const char *key = storable_in_bytes(in, len);
    if (key == NULL)
        return false;
    if ((flags & KEY_UTF8) != 0 && !text_is_utf8(key, len))
        return storable_in_refuse(in, "a hash key is not valid UTF-8");
    if ((flags & KEY_PLACEHOLDER) != 0)
        return true;
    f->thing.bytes += len;
    if ((flags & (KEY_UTF8 | KEY_WAS_UTF8)) == KEY_WAS_UTF8)
        return put_latin1(r, f->thing.value, key, len, value);
    return value_put(r->arena, f->thing.value, key, len, (flags & KEY_UTF8) != 0, value) ||
           exhausted(r);
}

/* Adds an item to the container on top. What is new has been measured on its way down; a
 * shared part may stand deeper here than where it was read. */
static bool hold(struct reader *r, struct frame *f, const struct thing *item)
{
    if (item->container)
        return storable_in_refuse(&r->in, "an array or hash without a reference");
    f->thing.nodes += item->nodes;
    f->thing.bytes += item->bytes;
    if (f->thing.nodes > r->limits->nodes || f->thing.bytes > texts_most(r) ||
        f->level + item->height > r->limits->depth)
        return too_large(r);
    if (f->thing.height <= item->height)
        f->thing.height = (uint16_t)(item->height + 1);
    f->left--;
    if (f->op != OP_ARRAY)
        return read_key(r, f, item->value);
    return value_push(r->arena, f->thing.value, item->value) || exhausted(r);
}

/* A reference has its target. Before a container it does not show, except as the root and
 * where it has a class of its own. */
static bool refer(struct reader *r, struct frame *f, const struct thing *target)
{
    f->thing = *target;
    f->thing.container = false;
    f->left = 0;
    if (target->container && r->depth > 1 && f->class_name == NULL)
        return true;
    f->thing.value = value_ref(r->arena, target->value);
    if (f->thing.value == NULL)
        return exhausted(r);
    f->thing.nodes++;
    f->thing.height++;
    value_bless(f->thing.value, f->class_name);
    return true;
}

/* Hands a finished thing to what waits for it, and that, if it is finished now, further up.
 * `*root` once nothing waits. */
static bool deliver(struct reader *r, struct thing item, struct helios_value **root)
{
    while (r->depth > 0) {
        struct frame *f = top(r);
        if (!(is_ref(f->op) ? refer(r, f, &item) : hold(r, f, &item)))
            return false;
        if (f->left > 0)
            return true;
        item = f->thing;
        item.finished = true;
        r->tags[f->tag] = item;
        r->depth--;
    }
    *root = item.value;
    return true;
}

static bool deliver_scalar(struct reader *r, struct helios_value *value,
                           const char *class_name, struct helios_value **root)
{
    uint32_t tag;
    size_t len = 0;
    if (value == NULL)
        return r->in.result == STORABLE_OK ? exhausted(r) : false;
    if (!tag_new(r, &tag))
        return false;
    value_bless(value, class_name);
    (void)helios_value_text(value, &len);
    r->tags[tag] =
        (struct thing){.value = value, .nodes = 1, .bytes = len, .finished = true};
    return deliver(r, r->tags[tag], root);
}

/* The fewest bytes of an item or pair. */
static size_t least(uint8_t op)
{
    return op == OP_ARRAY ? 1 : op == OP_HASH ? 5 : 6;
}

/* Reads a count of items. All the containers that are open share the bytes that are left,
 * so what is allocated for counts stays in proportion to the image. */
static uint32_t read_count(struct reader *r, uint8_t op)
{
    uint32_t n = storable_in_len(&r->in);
    if (r->in.result != STORABLE_OK)
        return 0;
    size_t left = storable_in_left(&r->in);
    if (r->owed > left || n > (left - r->owed) / least(op)) {
        (void)storable_in_truncated(&r->in);
        return 0;
    }
    r->owed += n * least(op);
    return n;
}

static bool begin_container(struct reader *r, uint8_t op, const char *class_name,
                            struct helios_value **root)
{
    struct frame f = {.op = op, .level = next_level(r, true), .class_name = class_name};
    if (op == OP_FLAG_HASH)
        (void)storable_in_byte(&r->in);
    f.left = read_count(r, op);
    if (r->in.result != STORABLE_OK || !tag_new(r, &f.tag))
        return false;
    if (f.left > r->limits->nodes)
        return too_large(r);
    f.thing = (struct thing){.nodes = 1, .height = 1, .container = true};
    f.thing.value = op == OP_ARRAY ? value_list(r->arena) : value_map(r->arena);
    if (f.thing.value == NULL ||
        (op == OP_ARRAY && !value_reserve(r->arena, f.thing.value, f.left)))
        return exhausted(r);
    value_bless(f.thing.value, class_name);
    if (f.left > 0)
        return push(r, &f);
    if (f.level > r->limits->depth)
        return too_large(r);
    f.thing.finished = true;
    r->tags[f.tag] = f.thing;
    return deliver(r, f.thing, root);
}

static bool begin_ref(struct reader *r, uint8_t op, const char *class_name)
{
    struct frame f = {
        .op = op, .left = 1, .level = next_level(r, false), .class_name = class_name};
    return tag_new(r, &f.tag) && push(r, &f);
}

static bool again(struct reader *r, struct helios_value **root)
{
    uint32_t tag = storable_in_be32(&r->in);
    if (r->in.result != STORABLE_OK)
        return false;
    if (tag >= r->tags_count)
        return storable_in_refuse(&r->in, "it refers to an object that has not come yet");
    if (!r->tags[tag].finished)
        return storable_in_refuse(&r->in, "it contains itself");
    return deliver(r, r->tags[tag], root);
}

static struct helios_value *read_text(struct reader *r, size_t len, bool utf8)
{
    const char *text = storable_in_bytes(&r->in, len);
    if (text == NULL)
        return NULL;
    if (utf8 && !text_is_utf8(text, len)) {
        (void)storable_in_refuse(&r->in, "a character string is not valid UTF-8");
        return NULL;
    }
    /* An empty character string thaws as a byte string. */
    return utf8 && len > 0 ? value_text(r->arena, text, len)
                           : value_bytes(r->arena, text, len);
}

static struct helios_value *read_wide(struct reader *r, uint8_t op)
{
    if (!r->in.native) {
        (void)storable_in_refuse(&r->in, "a native number in a network image");
        return NULL;
    }
    uint64_t bits = storable_in_le64(&r->in);
    if (r->in.result != STORABLE_OK)
        return NULL;
    if (op == OP_INTEGER)
        return value_int(r->arena, (int64_t)bits);
    double d;
    memcpy(&d, &bits, sizeof d);
    return value_double(r->arena, d);
}

static struct helios_value *read_small(struct reader *r, uint8_t op)
{
    int64_t i = op == OP_BYTE ? storable_in_byte(&r->in) - 128
                              : (int64_t)(int32_t)storable_in_be32(&r->in);
    return r->in.result == STORABLE_OK ? value_int(r->arena, i) : NULL;
}

static struct helios_value *read_scalar(struct reader *r, uint8_t op)
{
    switch (op) {
    case OP_SCALAR:
    case OP_UTF8STR:
        return read_text(r, storable_in_byte(&r->in), op == OP_UTF8STR);
    case OP_LSCALAR:
    case OP_LUTF8STR:
        return read_text(r, storable_in_len(&r->in), op == OP_LUTF8STR);
    case OP_BYTE:
    case OP_NETINT:
        return read_small(r, op);
    case OP_INTEGER:
    case OP_DOUBLE:
        return read_wide(r, op);
    case OP_SV_YES:
    case OP_BOOLEAN_TRUE:
        return value_bool(r->arena, true);
    case OP_SV_NO:
    case OP_BOOLEAN_FALSE:
        return value_bool(r->arena, false);
    default: /* OP_UNDEF, OP_SV_UNDEF, OP_SVUNDEF_ELEM */
        return value_null(r->arena);
    }
}

/* What a v-string looked like in the source is skipped: the string behind it is the value.
 */
static struct helios_value *read_vstring(struct reader *r, uint8_t op)
{
    size_t len = op == OP_VSTRING ? storable_in_byte(&r->in) : storable_in_len(&r->in);
    (void)storable_in_bytes(&r->in, len);
    uint8_t next = storable_in_byte(&r->in);
    if (r->in.result != STORABLE_OK)
        return NULL;
    if (next == OP_SCALAR || next == OP_LSCALAR || next == OP_UTF8STR ||
        next == OP_LUTF8STR)
        return read_scalar(r, next);
    (void)storable_in_refuse(&r->in, "a v-string without its string");
    return NULL;
}

static bool class_new(struct reader *r, size_t len, const char **out)
{
    const char *name = storable_in_bytes(&r->in, len);
    if (name == NULL)
        return false;
    void *classes = r->classes;
    if (r->classes_count == r->classes_cap &&
        !grow(r, &classes, &r->classes_cap, sizeof *r->classes))
        return false;
    r->classes = classes;
    *out = value_copy(r->arena, name, len);
    if (*out == NULL)
        return exhausted(r);
    r->classes[r->classes_count++] = *out;
    return true;
}

/* Reads a blessing and the opcode of what is blessed. The class is kept as a word: nothing
 * is ever loaded or run for it. */
static bool read_class(struct reader *r, uint8_t *op, const char **class_name)
{
    uint32_t n = storable_in_byte(&r->in);
    if ((n & 0x80u) != 0)
        n = storable_in_len(&r->in);
    if (r->in.result != STORABLE_OK)
        return false;
    if (*op == OP_BLESS) {
        if (!class_new(r, n, class_name))
            return false;
    } else if (n >= r->classes_count) {
        return storable_in_refuse(&r->in, "a class that has not come yet");
    } else {
        *class_name = r->classes[n];
    }
    *op = storable_in_byte(&r->in);
    if (r->in.result != STORABLE_OK)
        return false;
    if (*op == OP_BLESS || *op == OP_IX_BLESS || *op == OP_OBJECT)
        return storable_in_refuse(&r->in, "a blessing without a plain object");
    return true;
}

static bool refuse_op(struct reader *r, uint8_t op)
{
    switch (op) {
    case OP_TIED_ARRAY:
    case OP_TIED_HASH:
    case OP_TIED_SCALAR:
    case OP_TIED_KEY:
    case OP_TIED_IDX:
        return storable_in_refuse(&r->in, "tied data");
    case OP_HOOK:
        return storable_in_refuse(&r->in, "an object that only its class can restore");
    case OP_CODE:
        return storable_in_refuse(&r->in, "program code");
    case OP_REGEXP:
        return storable_in_refuse(&r->in, "a regular expression");
    case OP_LOBJECT:
        return storable_in_refuse(&r->in, "an object of more than 2 GiB");
    default:
        return storable_in_refuse(&r->in, "an unknown opcode");
    }
}

/* Reads one object as far as it goes without another one in it. */
static bool read_object(struct reader *r, struct helios_value **root)
{
    const char *class_name = NULL;
    const struct frame *f = top(r);
    if (f != NULL && !is_ref(f->op))
        r->owed -= least(f->op);
    uint8_t op = storable_in_byte(&r->in);
    if (r->in.result != STORABLE_OK)
        return false;
    if ((op == OP_BLESS || op == OP_IX_BLESS) && !read_class(r, &op, &class_name))
        return false;
    switch (op) {
    case OP_OBJECT:
        return again(r, root);
    case OP_ARRAY:
    case OP_HASH:
    case OP_FLAG_HASH:
        return begin_container(r, op, class_name, root);
    case OP_REF:
    case OP_OVERLOAD:
    case OP_WEAKREF:
    case OP_WEAKOVERLOAD:
        return begin_ref(r, op, class_name);
    case OP_VSTRING:
    case OP_LVSTRING:
        return deliver_scalar(r, read_vstring(r, op), class_name, root);
    case OP_LSCALAR:
    case OP_UNDEF:
    case OP_INTEGER:
    case OP_DOUBLE:
    case OP_BYTE:
    case OP_NETINT:
    case OP_SCALAR:
    case OP_SV_UNDEF:
    case OP_SV_YES:
    case OP_SV_NO:
    case OP_UTF8STR:
    case OP_LUTF8STR:
    case OP_SVUNDEF_ELEM:
    case OP_BOOLEAN_TRUE:
    case OP_BOOLEAN_FALSE:
        return deliver_scalar(r, read_scalar(r, op), class_name, root);
    default:
        return refuse_op(r, op);
    }
}

enum storable_result storable_decode(struct value_arena *arena, const void *data,
                                     size_t len, struct helios_value **out,
                                     size_t *consumed, struct helios_error *err)
{
    struct reader r = {.in = {.data = data, .len = len, .err = err},
                       .arena = arena,
                       .limits = value_arena_limits(arena)};
    struct helios_value *root = NULL;
    bool going = storable_in_header(&r.in) == STORABLE_OK;
    while (going && root == NULL)
        going = read_object(&r, &root);
    if (consumed != NULL)
        *consumed = r.in.at;
    *out = r.in.result == STORABLE_OK ? root : NULL;
    free(r.frames);
    free(r.tags);
    free(r.classes);
    return r.in.result;
}
