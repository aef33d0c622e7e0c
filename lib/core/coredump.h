/* SPDX-License-Identifier: MIT */
#ifndef CORE_COREDUMP_H
#define CORE_COREDUMP_H

/* A process that holds the database password leaves no core dump, neither in a file nor by
 * a program that the kernel starts for it (for those RLIMIT_CORE does not hold), and no
 * process of the same user but root's can read its memory. Children inherit this; programs
 * that they execute do not. Not so where the environment has HELIOS_CORE with a value that
 * is neither empty nor "0": then whoever looks for a fault has asked for core dumps. */
void coredump_forbid(void);

/* After a change of the user id, which has the kernel forget what was said before: forbids,
 * or allows where that has been asked for. */
void coredump_decide(void);

#endif
