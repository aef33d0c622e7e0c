/* SPDX-License-Identifier: MIT */
#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* A name of `len` bytes that says that its value is a secret: it holds "pass", "pwd",
 * "secret", "token", "credential" or "apikey", or the word "key" or "keys", in any case. */
bool secret_name(const char *name, size_t len);

#endif
