/* SPDX-License-Identifier: MIT */
#ifndef STORE_MEMBERS_H
#define STORE_MEMBERS_H

#include "store/store.h"

/* The databases that a client's jobs may go to: that of its helios.ini, and those of the
 * files that the parameter queue_databases names. One that cannot be reached is left alone
 * for a while. */
struct member {
    char *ini;
    struct dsn dsn;
    char *user, *password;
    struct store *store;    /* NULL: never connected */
    struct mono dead_until; /* 0: never was */
};

#define MEMBERS_MAX 64
struct members {
    struct member *list; /* [0] is the client's own */
    size_t n;
    int64_t retry_ms; /* how long a dead one is left alone */
};

/* `path` and `service` as for helios_client_open(). Connects to none. */
int members_load(struct members *members, const char *path, const char *service,
                 struct helios_error *err);
void members_fini(struct members *members);

/* A connection to the member, made anew if it was lost; the member is dead from now on if
 * there is none to be had. */
int member_connect(struct members *members, struct member *member,
                   struct helios_error *err);
bool member_connected(const struct member *member);
/* Leaves the member alone, until there is a connection. */
void member_bury(struct members *members, struct member *member);
bool member_dead(const struct member *member, struct mono now);

/* The member of that hash, by either of the names that TheSchwartz gives to one database;
 * NULL if there is none. `hash` need not end after its 32 characters. */
struct member *members_find(const struct members *members, const char *hash);

/* In which order to try `n` of them: shuffled by `random`, numbers without a bound. With
 * `key` the order is the same for all that have it: what may be in the queue only once
 * goes to one database as long as that is there. */
void members_order(size_t n, const char *key, uint32_t (*random)(uint32_t bound),
                   size_t *order);

#endif
