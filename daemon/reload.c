/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/dsn.h"
#include "core/log.h"
#include "daemon/probe_run.h"

/* HUP: the file is read again and the service tried out in a child; only if both are fine
 * does anything change. Workers finish their job and leave, new ones start with what is
 * new. */

#define PROBE_MS 10000

static void keep(const char *why)
{
    log_err("Received HUP signal; the configuration stays as it is: %s", why);
}

static void hang_up(struct reload *r, struct loop *loop)
{
    if (r->fd < 0)
        return;
    loop_remove(loop, r->fd);
    (void)close(r->fd);
    r->fd = -1;
}

/* Ends with nothing under way; a child that still runs is killed, and reaped like any. */
static void finish(struct master *m)
{
    struct reload *r = &m->reload;
    hang_up(r, m->loop);
    if (r->pid > 0)
        (void)kill(r->pid, SIGKILL);
    r->pid = 0;
    ini_free(r->ini);
    r->ini = NULL;
    ready_notify(&m->ready, "READY=1");
}

static void swap(struct master *m)
{
    struct reload *r = &m->reload;
    struct heritage *h = &m->heritage;
    struct ini *old = m->own_ini;
    h->ini = m->own_ini = r->ini;
    r->ini = NULL;
    ini_free(old);
    (void)snprintf(h->version, sizeof h->version, "%s", r->probe.version);
    h->rules = r->probe.rules;
    h->collective = r->probe.collective;
    atomic_store(&m->pool.board->collective, h->collective);
    h->service_flags = r->probe.service_flags;
    log_notice("Received HUP signal; the configuration has been read again");
    lookout_replace(m);
    watch_stop(m);
    m->watch.respawn_at = (struct mono){0};
    workers_leave(m);
}

static void decide(struct master *m)
{
    /* Jobs that are running are in the other one: their leases and their ends. The same at
     * another address is for the operator to know. */
    if (m->reload.probe.exit_code == 0 &&
        !dsn_same_names(m->reload.probe.collective, m->heritage.collective))
        keep("dsn or table_prefix names another database, which needs a restart");
    else if (m->reload.probe.exit_code == 0)
        swap(m);
    else
        keep(m->reload.probe.text);
    finish(m);
}

static void readable(void *arg, int fd, short revents)
{
    (void)revents;
    struct master *m = arg;
    struct reload *r = &m->reload;
    int rc = probe_read(fd, &r->probe, &r->have);
    if (rc == 0)
        decide(m);
    else if (rc < 0)
        hang_up(r, m->loop); /* reload_ended() knows more */
}

void reload_ended(struct master *m, int status)
{
    struct reload *r = &m->reload;
    r->pid = 0;
    /* What it wrote before it ended may not have been read. */
    while (r->fd >= 0) {
        size_t had = r->have;
        int rc = probe_read(r->fd, &r->probe, &r->have);
        if (rc == 0) {
            decide(m);
            return;
        }
        /* Nothing more for now: somebody whom it forked has our pipe. */
        if (rc < 0 || r->have == had)
            hang_up(r, m->loop);
    }
    probe_died(&r->probe, status);
    decide(m);
}

static int start_probe(struct master *m)
{
    struct reload *r = &m->reload;
    struct heritage heritage = m->heritage;
    heritage.ini = r->ini;
    memset(&r->probe, 0, sizeof r->probe);
    r->have = 0;
    if (probe_start(m->config->roles.probe_service, &heritage, &r->pid, &r->fd) != 0)
        return -1;
    (void)fcntl(r->fd, F_SETFL, O_NONBLOCK);
    r->deadline = mono_add_ms(mono_now(), PROBE_MS);
    return loop_add(m->loop, r->fd, readable, m);
}

void reload_begin(struct master *m)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct reload *r = &m->reload;
    reload_abandon(m); /* the file may have changed since an earlier HUP */
    ready_notify(&m->ready, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)mono_now().us);
    if (ini_load(m->config->ini_path, &r->ini, &err) != 0) {
        keep(err.text);
        finish(m);
    } else if (start_probe(m) != 0) {
        keep(strerror(errno));
        finish(m);
    }
}

void reload_abandon(struct master *m)
{
    if (m->reload.pid != 0)
        finish(m);
}

struct mono reload_tick(struct master *m, struct mono now)
{
    struct reload *r = &m->reload;
    if (r->pid == 0)
        return MONO_NEVER;
    if (mono_before(now, r->deadline))
        return r->deadline;
    probe_late(&r->probe, PROBE_MS);
    decide(m);
    return MONO_NEVER;
}
