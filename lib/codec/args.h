/* SPDX-License-Identifier: MIT */
#ifndef CODEC_ARGS_H
#define CODEC_ARGS_H

#include "codec/value.h"
#include "core/buf.h"

/* The argument of one job, decoded from the column by content: Storable, and in it or bare
 * XML or JSON, else raw bytes (helios.md 7, design 8). */
enum args_form { ARGS_NONE, ARGS_XML, ARGS_JSON, ARGS_STORABLE, ARGS_RAW };

struct args {
    struct value_arena *arena;
    enum args_form form;
    bool damaged;   /* an image that does not decode: `raw` only, `why` says the reason */
    bool malformed; /* text that is no XML or JSON inside the list that Helios stores, or
                       XML with an unusable structure: the job cannot be run; `why` */
    bool retryable; /* malformed: structure unusable (Helios retries) rather than not
                       well-formed (Helios does not); helios.md 6.5 */
    bool metajob;
    bool lean; /* a metajob whose <job> elements are neither in `tree` nor in `map` */
    bool utf8; /* `text` is UTF-8 whatever it says itself */
    const struct helios_value *tree; /* everything that was decoded; NULL for raw */
    const struct helios_value *map;  /* named arguments, or NULL */
    /* What the submitter wrote, for history and for people: the XML or JSON where there is
     * one, else the bytes of the column. Never NULL; a NUL that is not counted follows. */
    const char *text;
    size_t text_len;
    const void *raw; /* borrowed from the caller of args_decode() */
    size_t raw_len;
    struct xml_reader *reader; /* borrowed while args_decode() runs, else NULL */
    struct helios_error why;
};

/* How to decode; NULL or zeroes: the default. */
struct args_how {
    const struct value_limits *limits; /* borrowed; NULL: the default */
    /* For who needs no children of a metajob as a tree: they are not kept, so that memory
     * does not grow with their number; args_burst() and the like read them one by one. */
    bool lean;
    struct xml_reader *reader; /* borrowed; NULL: one for this argument alone */
};

/* Decodes `raw`, which must outlive `out`. Never fails but for memory (-1): bad input is
 * described in `out`. args_fini() frees, also after a failure.
 *
 * An image that was damaged by DBD::MariaDB is repaired when the repaired one fits its
 * length (theschwartz.md 1.6). Text that is not in an image is XML or JSON only if it can
 * be read as such, else it is raw bytes that mean something to the service. */
int args_decode(const void *raw, size_t len, const struct args_how *how, struct args *out,
                struct helios_error *err);
void args_fini(struct args *args);

/* What a metajob contains. Called for each child in order; `xml` is its argument text: the
 * <params> of its <job>, written so that a service sees the same map as from a direct
 * submit (statement 140), valid during the call. Return 0 to go on. */
typedef int args_child_fn(void *arg, const char *xml, size_t len);
/* `*jobtype_out` gets the text of <class> or NULL, valid as long as `args`; known before
 * the first child is given, and all children have been looked at by then: what cannot be
 * burst is refused before anything happened. 0, the child function's non-zero result, or -1
 * and `*err`. */
int args_burst(const struct args *args, const char **jobtype_out, args_child_fn *child,
               void *arg, struct helios_error *err);

/* How many children it has; -1 and `*err` as args_burst() if it cannot be burst. */
int args_burst_count(const struct args *args, size_t *n_out, struct helios_error *err);
/* The same metajob as several smaller ones of the same jobtype, in its order: `xml` is a
 * metajob of at most `most` children, or fewer where they come to ARGS_PART_BYTES. */
#define ARGS_PART_BYTES 262144u
int args_burst_parts(const struct args *args, size_t most, args_child_fn *part, void *arg,
                     struct helios_error *err);

/* Expat's parser and what else reading a text takes. To set that up for each small argument
 * costs more than reading it: who reads one after the other keeps a reader. For one thread
 * at a time, and not from within a function that it calls. What a large or a bad text made
 * it allocate it gives back at once. NULL if there is no memory; free accepts NULL. */
struct xml_reader;
struct xml_reader *xml_reader_new(void);
void xml_reader_free(struct xml_reader *reader);

/* XML with XML::Simple's meaning as Helios uses it (helios.md 7.2), without folding: a map
 * of the root element's name to its content. `utf8`: the text is known to be UTF-8,
 * whatever its declaration says. Refuses DTD entities, external references, and more levels
 * of elements than the arena's limit. */
int xml_decode(struct value_arena *arena, const char *text, size_t len, bool utf8,
               struct helios_value **root_map, struct helios_error *err);
/* The same, but each <job> in <metajob><jobs> is given to `child`, unless that is NULL,
 * when it ends, valid during the call, and not kept; what stands beside them is. Limits
 * hold for each of them. A result of `child` other than 0 ends the reading and is given
 * back. `reader` NULL: one for this text alone. */
typedef int xml_child_fn(void *arg, const struct helios_value *job,
                         struct helios_error *err);
int xml_decode_children(struct xml_reader *reader, struct value_arena *arena,
                        const char *text, size_t len, bool utf8, xml_child_fn *child,
                        void *arg, struct helios_value **root_map,
                        struct helios_error *err);
/* One JSON object. */
int json_decode(struct value_arena *arena, const char *text, size_t len,
                struct helios_value **out, struct helios_error *err);

/* The element `name` with what xml_decode() made of its content: decodes to the same. */
int xml_from_value(const char *name, const struct helios_value *content, struct buf *out,
                   struct helios_error *err);
/* `<job><params><name>value</name>...</params></job>` from name/value pairs. */
int xml_from_pairs(const char *const *names, const char *const *values, size_t n,
                   struct buf *out, struct helios_error *err);
void xml_escape(const char *text, size_t len, struct buf *out);
/* Whether XML::Simple takes the text (UTF-8) for mere white space, and drops it. */
bool xml_is_blank(const char *text, size_t len);

/* Makes text storable: valid UTF-8 (invalid bytes as U+FFFD, NUL as a blank), at most
 * `chars` characters, cut on a boundary. */
void text_fit(const char *text, size_t len, size_t chars, struct buf *out);
/* The same in ASCII: everything else becomes '?'. */
void text_ascii(const char *text, size_t len, size_t chars, struct buf *out);
bool text_is_utf8(const char *text, size_t len);
bool text_is_ascii(const char *text, size_t len);

#endif
