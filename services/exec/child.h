/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CHILD_H
#define EXEC_CHILD_H

#include <stdbool.h>
#include <stddef.h>

/* One run of a program: started without a shell, fed, listened to, and ended when its time
 * is over. */

/* The last of what it wrote to standard output and standard error. */
#define CHILD_TAIL_BYTES 4096

/* Seconds from TERM to KILL when the time is over. */
#define CHILD_GRACE_S 5

/* Called with each piece of output as it arrives. */
typedef void child_output_fn(void *arg, const char *bytes, size_t len);

/* All pointers are borrowed. */
struct child_spec {
    char *const *argv; /* [0] is the absolute path of the program */
    char *const *envp; /* its whole environment */
    const char *input; /* for its standard input */
    size_t input_len;
    int timeout_s;
    child_output_fn *output;
    void *output_arg;
};

struct child_result {
    int status; /* as wait(2) gives it */
    bool
        timed_out; /* the time was over: its process group was told to leave, then killed */
    size_t tail_len;
    char tail[CHILD_TAIL_BYTES];
};

/* Runs the program in `/`, in a process group of its own, with default signal actions,
 * nothing blocked and no descriptors but 0, 1 and 2. Returns when it has ended; processes
 * that it left behind do not delay that, nor are they harmed unless the time was over. It
 * does not outlive this process, nor does its process group. 0, or an errno value if it
 * could not be started or waited for. SIGPIPE is ignored meanwhile. */
int child_run(const struct child_spec *spec, struct child_result *out);

#endif
