/* SPDX-License-Identifier: MIT */
#include "store/prefix.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct word {
    const char *at;
    size_t len;
};

static bool is(struct word word, const char *name)
{
    return word.len == strlen(name) && strncasecmp(word.at, name, word.len) == 0;
}

static bool among(struct word word, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (is(word, *names))
            return true;
    }
    return false;
}

/* Words that are nothing else in our statements. */
static bool is_table(struct word word)
{
    static const char *const tables[] = {"job",   "funcmap",          "note",
                                         "error", "helios_schema_tb", NULL};
    return among(word, tables);
}

/* The history has a column of that name. */
static bool is_exitstatus(struct word word, struct word before, char next)
{
    static const char *const heads[] = {"FROM", "INTO", "TABLE", "EXISTS", "ON", NULL};
    return is(word, "exitstatus") &&
           (next == '.' || before.len == 0 || among(before, heads));
}

static bool bears_prefix(struct word word, struct word before, char next, bool quoted,
                         bool makes_index)
{
    if (quoted)
        return is_table(word) || is(word, "exitstatus");
    return is_table(word) || is_exitstatus(word, before, next) ||
           (makes_index && is(before, "EXISTS"));
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

void prefix_apply(const char *text, const char *prefix, struct buf *out)
{
    struct word before = {"", 0};
    bool makes_index = false;
    while (*text != '\0') {
        size_t comment = strncmp(text, "--", 2) == 0 ? strcspn(text, "\n") : 0;
        buf_append(out, text, comment);
        text += comment;
        bool quoted = *text == '\'';
        if (quoted)
            buf_putc(out, *text++);
        struct word word = {text, 0};
        while (in_word(text[word.len]) ||
               (quoted && text[word.len] != '\'' && text[word.len] != '\0'))
            word.len++;
        text += word.len;
        if (word.len > 0) {
            makes_index = makes_index || (is(before, "CREATE") && is(word, "INDEX"));
            if (bears_prefix(word, before, *text, quoted, makes_index))
                buf_puts(out, prefix);
            buf_append(out, word.at, word.len);
            before = word;
        }
        if (*text != '\0' && (quoted || *text != '\''))
            buf_putc(out, *text++);
    }
}
