/* SPDX-License-Identifier: MIT */
#ifndef CORE_ENVIRONMENT_H
#define CORE_ENVIRONMENT_H

/* Takes out of the environment of this process, and so of all its children, what is not
 * known to be of use to a service: whoever starts a daemon has tokens and settings there
 * that are nothing to its plugins and the programs that they start. Kept are PATH, HOME,
 * USER, LOGNAME, LANG, LANGUAGE, LC_..., TZ, TMPDIR, HELIOS_..., what a service manager
 * tells, and the names in `pass` (NULL: none), divided by commas or blanks. */
void environment_reduce(const char *pass);

#endif
