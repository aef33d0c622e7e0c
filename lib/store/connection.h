/* SPDX-License-Identifier: MIT */
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include <helios/client.h>

#include "store/store.h"

/* The inside of struct helios_client, for programs of this tree that need more verbs than
 * <helios/client.h> offers on the connection that they have. */

/* Owned by the client. */
struct store *client_store(struct helios_client *client);

#endif
