/* SPDX-License-Identifier: MIT */
#include "core/msg.h"

#include <string.h>
#include <unistd.h>

#include "core/packet.h"

int msg_pair(int fds[2])
{
    return packet_pair(fds);
}

int msg_send(int fd, const struct msg *msg)
{
    struct msg out = *msg;
    out.magic = MSG_MAGIC;
    if (out.pid == 0)
        out.pid = getpid();
    return packet_send(fd, &out, sizeof out, NULL, 0);
}

/* A byte other than 0 and 1 in a bool is undefined behaviour where it is read. */
static void make_bool(void *field)
{
    unsigned char byte;
    memcpy(&byte, field, 1);
    byte = byte != 0;
    memcpy(field, &byte, 1);
}

static void make_settings(struct settings *s)
{
    make_bool(&s->overdrive);
    make_bool(&s->hold);
    make_bool(&s->halt);
    make_bool(&s->lazy_config);
    make_bool(&s->downshift_on_nonzero);
    make_bool(&s->job_history);
}

/* Makes every field of a record from outside safe to read. */
static void make_safe(struct msg *msg)
{
    make_bool(&msg->flag);
    if (msg->kind == MSG_SNAPSHOT) {
        make_bool(&msg->snapshot.params_changed);
        make_bool(&msg->snapshot.held);
        make_settings(&msg->snapshot.settings);
    } else if (msg->kind == MSG_AWAY || msg->kind == MSG_TROUBLE ||
               msg->kind == MSG_UNWATCHED) {
        msg->text[sizeof msg->text - 1] = '\0';
    }
}

int msg_recv(int fd, struct msg *out)
{
    for (;;) {
        ssize_t n = packet_recv(fd, out, sizeof *out);
        if (n <= 0)
            return n == 0 ? 1 : -1;
        if (n != (ssize_t)sizeof *out || out->magic != MSG_MAGIC || out->kind <= MSG_NONE ||
            out->kind > MSG_LEAVE)
            continue;
        make_safe(out);
        return 0;
    }
}
