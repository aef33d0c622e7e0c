/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_PLUGIN_H
#define DAEMON_PLUGIN_H

#include <helios/service.h>

#include "job/life.h"

/* A loaded service plugin. The descriptor is our copy: fields that the plugin's header did
 * not know are 0. */
struct plugin {
    void *handle;
    char path[4096];
    struct helios_service service;
};

/* Finds `<file name of service>.so` along `path` (folders separated by ':') and loads it,
 * if nobody but root and the daemon's user could have put it there (daemon/trust.h).
 * Every way in which it can be wrong is one sentence with what to do (HELIOS_E_PLUGIN). */
int plugin_load(const char *path, const char *service, struct plugin *out,
                struct helios_error *err);

/* The retry rules that the descriptor declares. */
void plugin_rules(const struct plugin *plugin, struct life_rules *out);

/* Says, a sentence each, what is allowed and hardly meant. */
typedef void plugin_doubt_fn(void *arg, const char *sentence);
void plugin_doubts(const struct life_rules *rules, plugin_doubt_fn *doubt, void *arg);

/* Where plugins are looked for when service_path is not set: HELIOS_PLUGIN_DIR of the
 * build. */
const char *plugin_default_path(void);

#endif
