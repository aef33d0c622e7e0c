/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#define WORD_MAX 64u /* longer ones are not offered */

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return c < least ? c : least;
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

/* How many letters must be added, dropped or changed to make `b`, of at most WORD_MAX
 * letters, of `a`. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t width = strlen(b);
    for (unsigned j = 0; j <= width; j++)
        row[j] = j;
    for (unsigned i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= width; j++) {
            unsigned above = row[j];
            unsigned changed = lower(a[i]) != lower(b[j - 1]);
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + changed);
            diagonal = above;
        }
    }
    return row[width];
}

void suggest_begin(struct suggestion *s, const char *typed)
{
    *s = (struct suggestion){.typed = typed, .distance = UINT_MAX};
}

void suggest_offer(struct suggestion *s, const char *word)
{
    size_t len = strlen(word);
    if (len > WORD_MAX)
        return;
    unsigned most = len < 4 ? 1 : len < 9 ? 2 : 3; /* letters that may be wrong */
    unsigned found = distance(s->typed, word);
    if (found < s->distance && found <= most) {
        s->distance = found;
        s->nearest = word;
    }
}
