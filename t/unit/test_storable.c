/* SPDX-License-Identifier: MIT */
#include "codec/storable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "t/unit/tree_json.h"

#define PREFIX_MAX     400  /* longer images are cut here and there only */
#define MUTATIONS      120  /* of each image */
#define MUTATED_MAX    4096 /* bytes of an image that is worth mutating */
#define REFUSED_MS_MAX 2000 /* 100 ms by the reference; sanitizers and a busy machine */
#define SEED           20240u

/* One line of t/data/storable.jsonl. */
struct vector {
    const char *name;
    json_t *line;
    char *image;
    size_t len;
    bool accept;
};

static struct vector *vectors;
static size_t vectors_count;

/* jansson refuses NUL in a key: there it becomes the two characters that tree_json() writes
 * for it. */
static void escape_nul_key(char *line)
{
    char *at = strstr(line, "nul_key") == NULL ? NULL : strstr(line, "\\u0000");
    if (at == NULL)
        return;
    at[1] = '\\';
    at[2] = '0';
    memmove(at + 3, at + 6, strlen(at + 6) + 1);
}

static char *image_of(const json_t *line, size_t *len)
{
    const char *hex = json_string_value(json_object_get(line, "frozen_hex"));
    if (hex != NULL)
        return tree_unhex(hex, len);
    struct json_t *expanded =
        json_pack("{s:O}", "bytes_repeat", json_object_get(line, "repeat"));
    struct value_arena *a = value_arena_new(NULL);
    struct helios_value *v = tree_from_json(a, expanded);
    const char *bytes = helios_value_text(v, len);
    char *image = malloc(*len + 1);
    assert_non_null(image);
    memcpy(image, bytes, *len + 1);
    json_decref(expanded);
    value_arena_free(a);
    return image;
}

static void add(char *text)
{
    json_error_t why;
    escape_nul_key(text);
    json_t *line = json_loads(text, JSON_ALLOW_NUL, &why);
    if (line == NULL)
        fail_msg("vector %zu: %s at %d", vectors_count + 1, why.text, why.column);
    vectors = realloc(vectors, (vectors_count + 1) * sizeof *vectors);
    assert_non_null(vectors);
    struct vector *v = &vectors[vectors_count++];
    v->line = line;
    v->name = json_string_value(json_object_get(line, "name"));
    v->accept = json_is_true(json_object_get(line, "accept"));
    v->image = image_of(line, &v->len);
}

static int load(void **state)
{
    (void)state;
    FILE *file = fopen(HELIOS_TEST_DATA "/storable.jsonl", "re");
    assert_non_null(file);
    char *text = NULL;
    size_t cap = 0;
    while (getline(&text, &cap, file) > 0)
        add(text);
    free(text);
    (void)fclose(file);
    assert_int_equal(vectors_count, 329);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors_count; i++) {
        json_decref(vectors[i].line);
        free(vectors[i].image);
    }
    free(vectors);
    return 0;
}

/* The bytes in memory of their own size, so that reading behind them is seen. */
static enum storable_result decode_copy(struct value_arena *a, const char *image,
                                        size_t len, struct helios_value **out, size_t *used,
                                        struct helios_error *err)
{
    char *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, image, len);
    enum storable_result result = storable_decode(a, copy, len, out, used, err);
    free(copy);
    return result;
}

/* Statement 69. */
static void accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors_count; i++) {
        const struct vector *v = &vectors[i];
        if (!v->accept)
            continue;
        struct value_arena *a = value_arena_new(NULL);
        struct helios_error err = HELIOS_ERROR_INIT;
        struct helios_value *root;
        if (decode_copy(a, v->image, v->len, &root, NULL, &err) != STORABLE_OK)
            fail_msg("%s: refused: %s", v->name, err.text);
        tree_check(v->name, root, json_object_get(v->line, "value"));
        value_arena_free(a);
    }
}

static long elapsed_ms(const struct timespec *since)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* Statement 70. */
static void refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors_count; i++) {
        const struct vector *v = &vectors[i];
        if (v->accept)
            continue;
        struct timespec start;
        (void)clock_gettime(CLOCK_MONOTONIC, &start);
        struct value_arena *a = value_arena_new(NULL);
        struct helios_error err = HELIOS_ERROR_INIT;
        struct helios_value *root;
        if (decode_copy(a, v->image, v->len, &root, NULL, &err) == STORABLE_OK)
            fail_msg("%s: should be refused", v->name);
        assert_null(root);
        if (err.kind != HELIOS_E_INVALID && err.kind != HELIOS_E_LIMIT)
            fail_msg("%s: kind %s, \"%s\"", v->name, helios_error_name(err.kind), err.text);
        value_arena_free(a);
        if (elapsed_ms(&start) > REFUSED_MS_MAX)
            fail_msg("%s: took %ld ms", v->name, elapsed_ms(&start));
    }
}

/* A refusal must not cost more memory than a few times the image: with that much allowed
 * the reason stays the same, and is not the limit. */
static void refused_in_little_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors_count; i++) {
        const struct vector *v = &vectors[i];
        if (v->accept || strncmp(v->name, "bad_deep", 8) == 0 ||
            strcmp(v->name, "bad_doubling_30") == 0)
            continue;
        const struct value_limits limits = {
            .bytes = v->len * 32 + 1024, .nodes = 100000, .depth = VALUE_DEPTH_MAX};
        struct value_arena *a = value_arena_new(&limits);
        struct helios_error err = HELIOS_ERROR_INIT;
        struct helios_value *root;
        assert_int_not_equal(decode_copy(a, v->image, v->len, &root, NULL, &err),
                             STORABLE_OK);
        if (err.kind != HELIOS_E_INVALID)
            fail_msg("%s: %s", v->name, err.text);
        value_arena_free(a);
    }
}

/* Statement 71. */
static void prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors_count; i++) {
        const struct vector *v = &vectors[i];
        struct value_arena *a = value_arena_new(NULL);
        struct helios_value *root;
        size_t used = 0;
        enum storable_result result = decode_copy(a, v->image, v->len, &root, &used, NULL);
        value_arena_free(a);
        if (result != STORABLE_OK || used != v->len)
            continue;
        size_t step = v->len <= PREFIX_MAX ? 1 : v->len / 50;
        for (size_t len = 0; len < v->len; len += step) {
            a = value_arena_new(NULL);
            if (decode_copy(a, v->image, len, &root, NULL, NULL) == STORABLE_OK)
                fail_msg("%s: accepted when cut to %zu of %zu bytes", v->name, len, v->len);
            value_arena_free(a);
        }
    }
}

/* Statement 72. */
static void written(void **state)
{
    (void)state;
    size_t n = 0;
    for (size_t i = 0; i < vectors_count; i++) {
        const struct vector *v = &vectors[i];
        if (!json_is_true(json_object_get(v->line, "writer")))
            continue;
        struct value_arena *a = value_arena_new(NULL);
        struct buf out = BUF_INIT;
        struct helios_value *tree = tree_from_json(a, json_object_get(v->line, "value"));
        assert_int_equal(storable_encode(tree, &out, NULL), 0);
        if (out.len != v->len || memcmp(out.data, v->image, out.len) != 0)
            fail_msg("%s: written as %zu bytes that differ from the %zu expected", v->name,
                     out.len, v->len);
        buf_fini(&out);
        value_arena_free(a);
        n++;
    }
    assert_int_equal(n, 46);
}

/* What was read is read again from what is written for it; classes are not kept. */
static void written_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors_count; i++) {
        const struct vector *v = &vectors[i];
        if (!v->accept || strstr(v->name, "bless") != NULL ||
            strstr(v->name, "overl") != NULL)
            continue;
        struct value_arena *a = value_arena_new(NULL);
        struct buf first = BUF_INIT;
        struct buf second = BUF_INIT;
        struct helios_value *root;
        assert_int_equal(storable_decode(a, v->image, v->len, &root, NULL, NULL),
                         STORABLE_OK);
        assert_int_equal(storable_encode(root, &first, NULL), 0);
        if (storable_decode(a, first.data, first.len, &root, NULL, NULL) != STORABLE_OK)
            fail_msg("%s: cannot be read back", v->name);
        assert_int_equal(storable_encode(root, &second, NULL), 0);
        if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
            fail_msg("%s: written differently the second time", v->name);
        buf_fini(&first);
        buf_fini(&second);
        value_arena_free(a);
    }
}

static uint32_t random_state = SEED;

static uint32_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* Changes, repeats, cuts; some bytes are those that say most. */
static size_t mutate(char *image, size_t len)
{
    static const char telling[] = {0, 1, 2, 3, 4, 17, 18, 20, 25, 27, 29, 127, -128, -1};
    for (uint32_t n = 1 + random_next() % 4; n > 0 && len > 0; n--) {
        size_t at = random_next() % len;
        switch (random_next() % 5) {
        case 0:
            image[at] = (char)random_next();
            break;
        case 1:
            image[at] = telling[random_next() % sizeof telling];
            break;
        case 2:
            image[at] = (char)(image[at] ^ 1 << random_next() % 8);
            break;
        case 3:
            memmove(image + at, image + random_next() % (at + 1), len - at);
            break;
        default:
            len -= random_next() % 3 == 0 ? random_next() % len : 0;
        }
    }
    return len;
}

static void mutations(void **state)
{
    (void)state;
    static const struct value_limits limits = {
        .bytes = 4u << 20, .nodes = 50000, .depth = 64};
    char image[MUTATED_MAX];
    for (size_t i = 0; i < vectors_count; i++) {
        const struct vector *v = &vectors[i];
        for (int n = 0; v->len <= MUTATED_MAX && n < MUTATIONS; n++) {
            memcpy(image, v->image, v->len);
            size_t len = mutate(image, v->len);
            struct value_arena *a = value_arena_new(&limits);
            struct helios_error err = HELIOS_ERROR_INIT;
            struct helios_value *root;
            enum storable_result result = decode_copy(a, image, len, &root, NULL, &err);
            if ((result == STORABLE_OK) != (root != NULL) ||
                (result == STORABLE_OK) != (err.kind == HELIOS_E_NONE))
                fail_msg("%s, mutation %d: result %d, \"%s\"", v->name, n, result,
                         err.text);
            if (root != NULL)
                json_decref(tree_json(root));
            value_arena_free(a);
        }
    }
}

static struct buf nested(size_t levels)
{
    struct buf image = BUF_INIT;
    buf_append(&image, "\5\v", 2);
    for (size_t i = 1; i < levels; i++)
        buf_append(&image, "\2\0\0\0\1\4", 6);
    buf_append(&image, "\2\0\0\0\0", 5);
    return image;
}

/* Statement 83, to the level. */
static void depth(void **state)
{
    (void)state;
    static const struct {
        size_t levels;
        enum storable_result result;
    } rows[] = {
        {1, STORABLE_OK}, {511, STORABLE_OK}, {512, STORABLE_OK}, {513, STORABLE_REFUSED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf image = nested(rows[i].levels);
        struct value_arena *a = value_arena_new(NULL);
        struct helios_value *root;
        struct buf out = BUF_INIT;
        if (storable_decode(a, image.data, image.len, &root, NULL, NULL) != rows[i].result)
            fail_msg("%zu levels: expected result %d", rows[i].levels, rows[i].result);
        if (root != NULL)
            assert_int_equal(storable_encode(root, &out, NULL), 0);
        buf_fini(&out);
        buf_fini(&image);
        value_arena_free(a);
    }
}

/* A deep thing that is referred to from deep inside would be deeper than the limit, by its
 * array (tag 2) as by the reference to that (tag 1). */
static void depth_shared(void **state)
{
    (void)state;
    static const char *const again[] = {"\4\0\0\0\0\2", "\0\0\0\0\1"};
    for (size_t row = 0; row < 2; row++) {
        struct buf image = BUF_INIT;
        buf_append(&image, "\5\v\2\0\0\0\2", 7);
        for (int i = 0; i < 600; i++)
            buf_append(&image, i == 300 ? "\4\2\0\0\0\0" : "\4\2\0\0\0\1", 6);
        buf_append(&image, again[row], 6 - row);
        struct value_arena *a = value_arena_new(NULL);
        struct helios_error err = HELIOS_ERROR_INIT;
        struct helios_value *root;
        assert_int_equal(storable_decode(a, image.data, image.len, &root, NULL, &err),
                         STORABLE_REFUSED);
        assert_int_equal(err.kind, HELIOS_E_LIMIT);
        value_arena_free(a);
        buf_fini(&image);
    }
}

/* A list of one text of 1 MB and many references to it: little in memory, and without end
 * in whatever is written from it. */
static void texts_shared(void **state)
{
    (void)state;
    static const size_t rows[][2] = {{63, STORABLE_OK}, {64, STORABLE_REFUSED}};
    for (size_t row = 0; row < 2; row++) {
        struct buf image = BUF_INIT;
        uint32_t items = (uint32_t)rows[row][0] + 1;
        const unsigned char head[] = {5, 11, 2, 0, 0, 0, (unsigned char)items};
        buf_append(&image, head, sizeof head);
        buf_append(&image, "\1\0\x10\0\0", 5);
        for (int i = 0; i < 1 << 10; i++)
            buf_printf(&image, "%01024d", 0);
        for (size_t i = 0; i < rows[row][0]; i++)
            buf_append(&image, "\0\0\0\0\1", 5);
        struct value_arena *a = value_arena_new(NULL);
        struct helios_error err = HELIOS_ERROR_INIT;
        struct helios_value *root;
        assert_int_equal(storable_decode(a, image.data, image.len, &root, NULL, &err),
                         rows[row][1]);
        if (rows[row][1] == STORABLE_REFUSED)
            assert_int_equal(err.kind, HELIOS_E_LIMIT);
        value_arena_free(a);
        buf_fini(&image);
    }
}

static void results(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *image;
        size_t len;
        enum storable_result result;
    } rows[] = {
        {"text", "plain", 5, STORABLE_NOT_IMAGE},
        {"one byte", "\5", 1, STORABLE_NOT_IMAGE},
        {"nothing", "", 0, STORABLE_NOT_IMAGE},
        {"header only", "\5\v", 2, STORABLE_TRUNCATED},
        {"32 bits", "\4\v\0041234\4\4\4\10\2\0\0\0\0", 16, STORABLE_FOREIGN},
        {"opcode", "\5\v\x25", 3, STORABLE_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct value_arena *a = value_arena_new(NULL);
        struct helios_value *root;
        if (decode_copy(a, rows[i].image, rows[i].len, &root, NULL, NULL) != rows[i].result)
            fail_msg("%s: expected result %d", rows[i].name, rows[i].result);
        value_arena_free(a);
    }
}

/* Statements 126 and 128. */
static void wrap(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text);
    struct buf out = BUF_INIT;
    storable_wrap_text("<job/>", 6, &out);
    assert_int_equal(out.len, 15);
    assert_memory_equal(out.data, "\5\v\2\0\0\0\1\n\6<job/>", 15);
    buf_clear(&out);
    storable_wrap_text(text, sizeof text, &out);
    assert_int_equal(out.len, 312);
    assert_memory_equal(out.data, "\5\v\2\0\0\0\1\1\0\0\1\x2c", 12);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),     cmocka_unit_test(refused),
        cmocka_unit_test(prefixes),     cmocka_unit_test(refused_in_little_memory),
        cmocka_unit_test(written),      cmocka_unit_test(written_again),
        cmocka_unit_test(mutations),    cmocka_unit_test(depth),
        cmocka_unit_test(depth_shared), cmocka_unit_test(texts_shared),
        cmocka_unit_test(results),      cmocka_unit_test(wrap),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
