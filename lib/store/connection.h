/* SPDX-License-Identifier: MIT */
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include <helios/client.h>

#include "store/store.h"

/* The inside of struct helios_client, for programs of this tree that need more verbs than
 * <helios/client.h> offers on the connection that they have. */

/* Owned by the client. */
struct store *client_store(struct helios_client *client);
/* As helios_client_open(), but each time-out that the dsn does not set is so long. */
int client_open_within(const char *ini, unsigned seconds, struct helios_client **out,
                       struct helios_error *err);
/* From now on client_store() and look-ups by number are in the database of that hash, 32
 * characters. */
int client_choose(struct helios_client *client, const char *hash, struct helios_error *err);
/* A job's number, or a handle: `*hash` is that of its database, 32 characters of `text`, or
 * "". */
int handle_parse(const char *text, const char **hash, uint64_t *jobid,
                 struct helios_error *err);

#endif
