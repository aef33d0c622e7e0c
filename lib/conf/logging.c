/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <syslog.h>

#include "conf/figure.h"
#include "core/log.h"

struct word {
    const char *name;
    int value;
};

static const struct word sinks[] = {
    {"syslog", LOG_SINK_SYSLOG},
    {"journal", LOG_SINK_JOURNAL},
    {"stderr", LOG_SINK_STDERR},
    /* An existing file must not mean that messages are lost. */
    {"HeliosX::Logger::Syslog", LOG_SINK_SYSLOG},
    {"HeliosX::Logger::Log4perl", LOG_SINK_SYSLOG},
    {"HeliosX::Logger::File", LOG_SINK_SYSLOG},
    {"HeliosX::Logger::HiRes", 0},
};

/* What is used for loggers that are not the same thing. */
static const char *instead_of(const char *name)
{
    static const char *const pairs[][2] = {
        {"HeliosX::Logger::Log4perl", "syslog"},
        {"HeliosX::Logger::File", "syslog"},
        {"HeliosX::Logger::HiRes", "the log table"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(pairs[i][0], name) == 0)
            return pairs[i][1];
    return NULL;
}

/* Those with 0 mean something to Sys::Syslog only. */
static const struct word syslog_options[] = {
    {"pid", LOG_PID},       {"cons", LOG_CONS},     {"ndelay", LOG_NDELAY},
    {"odelay", LOG_ODELAY}, {"nowait", LOG_NOWAIT}, {"perror", LOG_PERROR},
    {"nofatal", 0},         {"noeol", 0},           {"nonul", 0},
};

/* In the order of the option's choices. */
static const int facilities[] = {
    LOG_USER,   LOG_DAEMON, LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2,   LOG_LOCAL3, LOG_LOCAL4,
    LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7, LOG_AUTH,   LOG_AUTHPRIV, LOG_CRON,   LOG_FTP,
    LOG_KERN,   LOG_LPR,    LOG_MAIL,   LOG_NEWS,   LOG_SYSLOG,   LOG_UUCP,
};

static const struct word *find_word(const struct word *words, size_t n, const char *text,
                                    size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i].name) == len && memcmp(words[i].name, text, len) == 0)
            return &words[i];
    return NULL;
}

/* The values of a comma-separated list, or'ed. Blanks around a word do not count. */
static int read_list(const struct figure *f, const char *name, const struct word *words,
                     size_t n)
{
    static const char blanks[] = " \t\r\n";
    const char *at = helios_params_get(f->params, name);
    int sum = 0;
    while (at != NULL && *at != '\0') {
        at += strspn(at, blanks);
        size_t step = strcspn(at, ","), len = step;
        while (len > 0 && strchr(blanks, at[len - 1]) != NULL)
            len--;
        const struct word *word = find_word(words, n, at, len);
        if (word != NULL)
            sum |= word->value;
        if (word != NULL && instead_of(word->name) != NULL)
            figure_complain(f, name, "names %s, for which %s is used", word->name,
                            instead_of(word->name));
        else if (word == NULL && len > 0)
            figure_complain(f, name, "names '%.*s', which is not known and is ignored",
                            len > 60 ? 60 : (int)len, at);
        at += at[step] == ',' ? step + 1 : step;
    }
    return sum;
}

void conf_logging(const struct helios_params *params, struct log_config *out,
                  conf_warn_fn *warn, void *arg)
{
    const struct figure f = {params, warn, arg};
    out->sinks = (unsigned)read_list(&f, "loggers", sinks, sizeof sinks / sizeof sinks[0]);
    out->table = figure_switch(&f, "internal_logger");
    out->syslog_facility = facilities[figure_choice(&f, "syslog_facility")];
    out->syslog_options = read_list(&f, "syslog_options", syslog_options,
                                    sizeof syslog_options / sizeof syslog_options[0]);
    out->syslog_mask = (int)figure_number(&f, "syslog_logmask", 0);
    out->syslog_threshold = (int)figure_number(&f, "syslog_priority_threshold", 7);
}

void conf_stderr(const struct helios_params *params, conf_warn_fn *warn, void *arg)
{
    const struct figure quiet = {params, NULL, NULL};
    const struct figure f = {params, warn, arg};
    if (((unsigned)read_list(&quiet, "loggers", sinks, sizeof sinks / sizeof sinks[0]) &
         LOG_SINK_STDERR) != 0)
        figure_complain(&f, "loggers",
                        "names stderr, where a daemon in the background is not heard: "
                        "start it with --foreground, or take syslog or journal");
}
