/* SPDX-License-Identifier: MIT */
#include "db/sql.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool comment_begins(const char *at)
{
    return at[0] == '/' && at[1] == '*';
}

/* Servers run what is in one of these. */
static bool comment_is_run(const char *at)
{
    return at[2] == '!' || (at[2] == 'M' && at[3] == '!');
}

/* To the first character that is neither blank, comment nor semicolon. */
static const char *skip(const char *at)
{
    for (;;) {
        at += strspn(at, " \t\r\n\f\v;");
        if (at[0] == '#' || (at[0] == '-' && at[1] == '-')) {
            at += strcspn(at, "\n");
        } else if (comment_begins(at) && !comment_is_run(at)) {
            const char *end = strstr(at + 2, "*/");
            at = end == NULL ? at + strlen(at) : end + 2;
        } else {
            return at;
        }
    }
}

bool sql_blank(const char *text)
{
    return *skip(text) == '\0';
}

/* ---- kinds ---- */

#define WORDS 4

/* A statement's first words; what is no word is one of a single character. */
struct words {
    const char *at[WORDS];
    size_t len[WORDS];
};

static const char *skip_to_word(const char *at)
{
    at = skip(at);
    if (!comment_begins(at))
        return at;
    at += at[2] == 'M' ? 4 : 3;
    return skip(at + strspn(at, "0123456789"));
}

static struct words words_of(const char *text)
{
    struct words words = {0};
    const char *at = text;
    for (size_t i = 0; i < WORDS; i++) {
        at = skip_to_word(at);
        words.at[i] = at;
        while (isalnum((unsigned char)at[words.len[i]]) || at[words.len[i]] == '_')
            words.len[i]++;
        if (words.len[i] == 0 && *at != '\0')
            words.len[i] = 1;
        at += words.len[i];
    }
    return words;
}

static bool is(const struct words *words, size_t i, const char *word)
{
    return i < WORDS && words->len[i] == strlen(word) &&
           strncasecmp(words->at[i], word, words->len[i]) == 0;
}

static bool is_one_of(const struct words *words, size_t i, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (is(words, i, *list))
            return true;
    }
    return false;
}

/* SET autocommit = 0, SET SESSION autocommit = 0, SET @@autocommit = 0; of the spelling
 * @@session.autocommit the words are too many, and the driver sees what it did. */
static bool sets_autocommit(const struct words *words)
{
    if (!is(words, 0, "SET"))
        return false;
    for (size_t i = 1; i < WORDS; i++) {
        if (is(words, i, "autocommit"))
            return true;
    }
    return false;
}

static bool is_control(const struct words *words)
{
    static const char *const always[] = {"BEGIN", "COMMIT", "END", "XA", NULL};
    static const char *const filler[] = {"WORK", "TRANSACTION", NULL};
    if (is(words, 0, "ROLLBACK")) /* not of a savepoint */
        return !is(words, is_one_of(words, 1, filler) ? 2 : 1, "TO");
    return is_one_of(words, 0, always) ||
           (is(words, 0, "START") && is(words, 1, "TRANSACTION")) || sets_autocommit(words);
}

static bool commits(const struct words *words)
{
    static const char *const makes[] = {"CREATE", "DROP", NULL};
    static const char *const temporary[] = {"TEMPORARY", "TEMP", NULL};
    static const char *const others[] = {"ALTER", "ANALYZE", "CACHE",    "CHECK",  "FLUSH",
                                         "GRANT", "LOCK",    "OPTIMIZE", "RENAME", "REPAIR",
                                         "RESET", "REVOKE",  "TRUNCATE", "UNLOCK", NULL};
    if (is_one_of(words, 0, makes))
        return !is_one_of(words, is(words, 1, "OR") ? 3 : 1, temporary);
    return is_one_of(words, 0, others);
}

enum sql_kind sql_kind(const char *text)
{
    const struct words words = words_of(text);
    if (is_control(&words))
        return SQL_CONTROL;
    if (is(&words, 0, "SAVEPOINT"))
        return SQL_SAVEPOINT;
    return commits(&words) ? SQL_COMMITS : SQL_PLAIN;
}
