/* SPDX-License-Identifier: MIT */
#include "core/ini.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"

/* The text of faults ends here, so that the last one still fits into struct helios_error.
 */
#define FAULTS_MAX 800u

/* A stretch of the text; never NUL-terminated. */
struct span {
    const char *at;
    size_t len;
};

struct parser {
    struct ini *ini;
    struct span rest;  /* not yet read */
    struct span eol;   /* what separates lines in this file */
    unsigned line;     /* number of the line that was read last */
    bool in_section;   /* a header has been read */
    size_t current;    /* index of that section */
    size_t items;      /* section and value lines so far */
    struct buf faults; /* what is wrong, for the message */
    size_t unnamed;    /* faults that no longer fitted */
    bool no_memory;
};

static bool fault_found(const struct parser *p)
{
    return p->faults.len > 0;
}

static void fault(struct parser *p, unsigned line, const char *expected)
{
    if (p->faults.len + strlen(p->ini->path) > FAULTS_MAX && fault_found(p)) {
        p->unnamed++;
        return;
    }
    buf_printf(&p->faults, "%s%s:%u: expected %s", fault_found(p) ? "; " : "", p->ini->path,
               line, expected);
}

/* What Perl's \s matches in a string of bytes, whatever the locale. */
static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span skip_blanks(struct span s)
{
    while (s.len > 0 && blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    return s;
}

static struct span trim(struct span s)
{
    s = skip_blanks(s);
    while (s.len > 0 && blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

static bool has(struct span s, char c)
{
    return memchr(s.at, c, s.len) != NULL;
}

/* Config::IniFiles takes byte 0x15 for a line end too. */
static bool line_end(char c)
{
    return c == '\r' || c == '\n' || c == '\x15';
}

/* The first line's end is the separator of the whole file. */
static bool find_eol(struct span text, struct span *eol)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!line_end(text.at[i]))
            continue;
        bool crlf = text.at[i] == '\r' && i + 1 < text.len && text.at[i + 1] == '\n';
        *eol = (struct span){text.at + i, crlf ? 2 : 1};
        return true;
    }
    return false;
}

/* One line end of any kind goes, also where the file's own separator is another: a LF file
 * may hold CR LF lines. */
static struct span chomp(struct span s)
{
    if (s.len >= 2 && memcmp(s.at + s.len - 2, "\r\n", 2) == 0)
        s.len -= 2;
    else if (s.len >= 1 && line_end(s.at[s.len - 1]))
        s.len--;
    return s;
}

static bool next_line(struct parser *p, struct span *out)
{
    if (p->rest.len == 0)
        return false;
    const char *eol = memmem(p->rest.at, p->rest.len, p->eol.at, p->eol.len);
    size_t len = eol == NULL ? p->rest.len : (size_t)(eol - p->rest.at) + p->eol.len;
    *out = chomp((struct span){p->rest.at, len});
    p->rest.at += len;
    p->rest.len -= len;
    p->line++;
    return true;
}

/* Room for one more element behind `count`; the array doubles at powers of two. */
static void *grow(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    return reallocarray(array, count == 0 ? 1 : count * 2, size);
}

static bool equal(const char *text, struct span s)
{
    return strlen(text) == s.len && memcmp(text, s.at, s.len) == 0;
}

static void open_section(struct parser *p, struct span name)
{
    struct ini *ini = p->ini;
    p->in_section = true;
    for (p->current = 0; p->current < ini->count; p->current++)
        if (equal(ini->sections[p->current].name, name))
            return;
    struct ini_section *sections = grow(ini->sections, ini->count, sizeof *sections);
    if (sections != NULL)
        ini->sections = sections;
    char *copy = strndup(name.at, name.len);
    if (sections == NULL || copy == NULL) {
        free(copy);
        p->no_memory = true;
        return;
    }
    sections[ini->count++] = (struct ini_section){.name = copy};
}

static struct ini_entry *new_entry(struct ini_section *section, struct span key,
                                   unsigned line)
{
    struct ini_entry *entries = grow(section->entries, section->count, sizeof *entries);
    if (entries == NULL)
        return NULL;
    section->entries = entries;
    char *copy = strndup(key.at, key.len);
    if (copy == NULL)
        return NULL;
    entries[section->count] = (struct ini_entry){.key = copy, .line = line};
    return &entries[section->count++];
}

static struct ini_entry *find_entry(const struct ini_section *section, struct span key)
{
    for (size_t i = 0; i < section->count; i++)
        if (equal(section->entries[i].key, key))
            return &section->entries[i];
    return NULL;
}

/* A key that is there already gets the value as one more line. */
static void add_value(struct parser *p, struct span key, struct span value, unsigned line)
{
    struct ini_section *section = &p->ini->sections[p->current];
    struct ini_entry *entry = find_entry(section, key);
    if (entry == NULL)
        entry = new_entry(section, key, line);
    size_t used = entry == NULL || entry->value == NULL ? 0 : strlen(entry->value) + 1;
    char *text = entry == NULL ? NULL : realloc(entry->value, used + value.len + 1);
    if (text == NULL) {
        p->no_memory = true;
        return;
    }
    if (used > 0)
        text[used - 1] = '\n';
    memcpy(text + used, value.at, value.len);
    text[used + value.len] = '\0';
    entry->value = text;
}

/* Reads up to the line that equals `mark`. The value is what lies between, its lines joined
 * by newlines whatever the file's line ends are. An empty one adds nothing to a key that is
 * there. */
static void add_here_document(struct parser *p, struct span key, struct span mark)
{
    unsigned start = p->line;
    struct buf value = BUF_INIT;
    struct span line;
    size_t lines = 0;
    bool found = false;
    while (next_line(p, &line)) {
        found = line.len == mark.len && memcmp(line.at, mark.at, mark.len) == 0;
        if (found)
            break;
        if (lines++ > 0)
            buf_putc(&value, '\n');
        buf_append(&value, line.at, line.len);
    }
    if (!found)
        fault(p, start, "the here-document to end with its mark on a line of its own");
    else if (lines > 0 || find_entry(&p->ini->sections[p->current], key) == NULL)
        add_value(p, key, (struct span){buf_text(&value), value.len}, start);
    p->no_memory = p->no_memory || value.failed;
    buf_fini(&value);
}

/* `[ name ]`; anything behind the last bracket, comments included, is not a header. */
static bool section_line(struct span line, struct span *name)
{
    struct span s = trim(line);
    if (s.len < 3 || s.at[0] != '[' || s.at[s.len - 1] != ']')
        return false;
    *name = trim((struct span){s.at + 1, s.len - 2});
    return name->len > 0 && !has(*name, '\n');
}

/* `key = value`: the first '=' divides, trailing blanks of the value stay. A newline can be
 * inside a line only in a file whose first line ended otherwise. */
static bool value_line(struct span line, struct span *key, struct span *value)
{
    const char *equals = memchr(line.at, '=', line.len);
    if (equals == NULL)
        return false;
    size_t left = (size_t)(equals - line.at);
    *key = trim((struct span){line.at, left});
    *value = skip_blanks((struct span){equals + 1, line.len - left - 1});
    if (value->len > 0 && value->at[value->len - 1] == '\n')
        value->len--;
    return key->len > 0 && !has(*value, '\n');
}

static void parse_value(struct parser *p, struct span key, struct span value)
{
    if (!p->in_section)
        fault(p, p->line, "a '[section]' before the first 'name = value'");
    else if (value.len >= 2 && memcmp(value.at, "<<", 2) == 0)
        add_here_document(p, key, (struct span){value.at + 2, value.len - 2});
    else
        add_value(p, key, value, p->line);
}

static void parse_line(struct parser *p, struct span line)
{
    struct span text = skip_blanks(line), key, value;
    if (text.len == 0 || text.at[0] == '#' || text.at[0] == ';')
        return;
    if (++p->items == INI_ITEMS_MAX + 1)
        fault(p, p->line, "no more than 10000 sections and values");
    if (p->items > INI_ITEMS_MAX)
        return;
    if (section_line(line, &key))
        open_section(p, key);
    else if (value_line(line, &key, &value))
        parse_value(p, key, value);
    else
        fault(p, p->line, "'[section]', 'name = value' or a comment");
}

static void parse_text(struct parser *p)
{
    static const char bom[] = "\xef\xbb\xbf";
    if (p->rest.len >= 3 && memcmp(p->rest.at, bom, 3) == 0)
        p->rest = (struct span){p->rest.at + 3, p->rest.len - 3};
    if (has(p->rest, '\0')) {
        fault(p, 1, "text, and found a NUL byte in the file");
        return;
    }
    if (!find_eol(p->rest, &p->eol)) {
        fault(p, 1, "at least one '[section]' on a line that ends with a newline");
        return;
    }
    struct span line;
    while (!p->no_memory && next_line(p, &line))
        parse_line(p, line);
    if (p->ini->count == 0 && !fault_found(p))
        fault(p, p->line, "at least one '[section]'");
}

static int report(const struct parser *p, struct helios_error *err)
{
    if (p->no_memory || p->faults.failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while reading %s", p->ini->path);
    if (!fault_found(p))
        return 0;
    if (p->unnamed > 0)
        return err_set(err, HELIOS_E_CONFIG,
                       "%s; and %zu more lines (the file is not used)",
                       buf_text(&p->faults), p->unnamed);
    return err_set(err, HELIOS_E_CONFIG, "%s (the file is not used)", buf_text(&p->faults));
}

int ini_parse(const char *path, const char *text, size_t len, struct ini **out,
              struct helios_error *err)
{
    struct parser p = {.ini = calloc(1, sizeof *p.ini), .rest = {text, len}};
    if (p.ini == NULL || (p.ini->path = strdup(path)) == NULL) {
        ini_free(p.ini);
        return err_set(err, HELIOS_E_NOMEM, "out of memory while reading %s", path);
    }
    parse_text(&p);
    int result = report(&p, err);
    buf_fini(&p.faults);
    if (result == 0)
        *out = p.ini;
    else
        ini_free(p.ini);
    return result;
}

void ini_free(struct ini *ini)
{
    if (ini == NULL)
        return;
    for (size_t s = 0; s < ini->count; s++) {
        struct ini_section *section = &ini->sections[s];
        for (size_t i = 0; i < section->count; i++) {
            free(section->entries[i].key);
            free(section->entries[i].value);
        }
        free(section->entries);
        free(section->name);
    }
    free(ini->sections);
    free(ini->path);
    free(ini);
}

const struct ini_section *ini_section(const struct ini *ini, const char *name)
{
    for (size_t i = 0; i < ini->count; i++)
        if (strcmp(ini->sections[i].name, name) == 0)
            return &ini->sections[i];
    return NULL;
}

const struct ini_entry *ini_entry(const struct ini_section *section, const char *key)
{
    return find_entry(section, (struct span){key, strlen(key)});
}
