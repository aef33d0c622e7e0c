/* SPDX-License-Identifier: MIT */
#include "codec/args.h"

#include <stdlib.h>

#include <helios/client.h>

#include "codec/args_text.h"
#include "codec/storable.h"
#include "codec/utf8.h"
#include "core/err.h"

/* Undoes what DBD::MariaDB does to an image that it takes for Latin-1 text: writes the
 * bytes to `out`, which has room for `len`. 0 if it was not done to this one. */
static size_t narrow(const char *raw, size_t len, char *out)
{
    size_t n = 0;
    uint32_t c = 0;
    for (size_t at = 0, step; at < len; at += step) {
        step = utf8_next(raw + at, len - at, &c);
        if (step == 0 || c > 0xFF)
            return 0;
        out[n++] = (char)c;
    }
    return n == len ? 0 : n;
}

/* The tree of the repaired image, or NULL if it does not fit its length either. */
static struct helios_value *repair(const struct args *args, struct helios_error *err)
{
    struct helios_value *root = NULL;
    size_t used = 0;
    /* ASCII cannot have come to harm. */
    if (text_is_ascii(args->raw, args->raw_len) || !text_is_utf8(args->raw, args->raw_len))
        return NULL;
    char *image = malloc(args->raw_len);
    if (image == NULL) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory while decoding a job's argument");
        return NULL;
    }
    size_t len = narrow(args->raw, args->raw_len, image);
    if (len > 0)
        (void)storable_decode(args->arena, image, len, &root, &used, err);
    free(image);
    return used == len ? root : NULL;
}

/* The repaired image is preferred where it fits, as a damaged one may read well by chance:
 * Perl ignores bytes behind an image, and a length and what it counts may have grown alike.
 * A sound image that could be repaired would need text that begins within a character. */
static struct helios_value *image_root(struct args *out)
{
    struct helios_value *root = NULL;
    (void)storable_decode(out->arena, out->raw, out->raw_len, &root, NULL, &out->why);
    if (out->why.kind == HELIOS_E_NOMEM)
        return NULL;
    struct helios_error why = HELIOS_ERROR_INIT;
    struct helios_value *repaired = repair(out, &why);
    if (repaired != NULL || why.kind == HELIOS_E_NOMEM)
        out->why = why;
    return repaired != NULL ? repaired : root;
}

/* The text in the list that Helios stores. */
static void from_helios(struct args *out, const struct helios_value *first)
{
    out->text = helios_value_text(first, &out->text_len);
    switch (args_text_decode(out, out->text, out->text_len,
                             helios_value_type(first) == HELIOS_TEXT, &out->why)) {
    case ARGS_TEXT_OK:
        return;
    case ARGS_TEXT_UNUSABLE:
        out->retryable = true;
        break;
    case ARGS_TEXT_INVALID:
        break;
    }
    out->malformed = true;
}

/* Helios reads the first element and ignores the rest. A longer list whose first element is
 * not what Helios writes is another program's own structure, and the service's to read. */
static void from_list(struct args *out, const struct helios_value *list)
{
    const struct args before = *out;
    if (helios_value_text(helios_value_at(list, 0), NULL) == NULL)
        return;
    from_helios(out, helios_value_at(list, 0));
    if (out->malformed && helios_value_count(list) > 1 && out->why.kind != HELIOS_E_NOMEM)
        *out = before;
}

static void from_image(struct args *out)
{
    const struct helios_value *root = image_root(out);
    out->form = root == NULL ? ARGS_RAW : ARGS_STORABLE;
    out->damaged = root == NULL;
    out->tree = root;
    if (helios_value_type(root) == HELIOS_MAP)
        out->map = root;
    if (helios_value_type(root) == HELIOS_LIST)
        from_list(out, root);
}

/* Bytes that no image holds belong to the service; XML and JSON are a help, not a rule. */
static void from_bare(struct args *out)
{
    out->form = ARGS_RAW;
    if (args_text_decode(out, out->text, out->text_len, false, &out->why) != ARGS_TEXT_OK &&
        out->why.kind != HELIOS_E_NOMEM)
        err_clear(&out->why);
}

static int decode(struct args *out, const struct value_limits *limits,
                  struct helios_error *err)
{
    out->arena = value_arena_new(limits);
    if (out->arena == NULL)
        return err_set(err, HELIOS_E_NOMEM,
                       "out of memory while decoding a job's argument");
    if (storable_sniff(out->raw, out->raw_len))
        from_image(out);
    if (out->text == NULL) {
        out->text = value_copy(out->arena, out->raw, out->raw_len);
        out->text_len = out->raw_len;
        if (out->text == NULL)
            return value_arena_error(out->arena, err);
    }
    if (out->form == ARGS_NONE)
        from_bare(out);
    if (out->why.kind == HELIOS_E_NOMEM)
        return err_set(err, HELIOS_E_NOMEM, "%s", out->why.text);
    return 0;
}

int args_decode(const void *raw, size_t len, const struct args_how *how, struct args *out,
                struct helios_error *err)
{
    static const struct args_how standard = {.limits = NULL};
    if (how == NULL)
        how = &standard;
    *out = (struct args){.raw = raw,
                         .raw_len = len,
                         .lean = how->lean,
                         .reader = how->reader,
                         .why = HELIOS_ERROR_INIT};
    if (len == 0)
        out->text = "";
    int rc = len == 0 ? 0 : decode(out, how->limits, err);
    out->reader = NULL;
    out->lean = out->lean && out->metajob;
    return rc;
}

void args_fini(struct args *args)
{
    value_arena_free(args->arena);
    *args = (struct args){.arena = NULL, .text = ""};
}

int helios_args_check(const char *args, size_t len, struct helios_error *err)
{
    struct args scratch = {.arena = value_arena_new(NULL)};
    if (scratch.arena == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while checking an argument");
    size_t children = 0;
    int rc = args_text_decode(&scratch, args, len, false, err) == ARGS_TEXT_OK ? 0 : -1;
    if (rc == 0 && scratch.metajob)
        rc = args_burst_count(&scratch, &children, err);
    value_arena_free(scratch.arena);
    return rc;
}
