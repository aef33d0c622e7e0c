/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <helios/client.h>

#include "codec/args.h"
#include "core/err.h"
#include "core/mono.h"
#include "core/name.h"
#include "daemon/cgi/form.h"
#include "store/connection.h"

/* submitJob.pl of Perl Helios: one request, one job. There is no authentication, as there
 * was none: who may call it is the web server's to say. */

#define BODY_MAX 1024000u
#define SERVICE  "Helios::Service"

struct request {
    struct buf body;
    struct form form;
    const char *type;
    const char *args;
    size_t args_len;
    struct buf job_type; /* of a stream */
};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value == NULL ? "" : value;
}

/* ---- what is sent back ---- */

static void put_escaped(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            (void)fputs("&lt;", stdout);
        else if (*text == '>')
            (void)fputs("&gt;", stdout);
        else if (*text == '&')
            (void)fputs("&amp;", stdout);
        else
            (void)putchar(*text);
    }
}

static void send_failure(const char *reason)
{
    (void)fputs("Status: 500 Internal Server Error\r\n"
                "Content-Type: text/html; charset=ISO-8859-1\r\n\r\n"
                "<html><head><title>submitJob.pl</title></head><body><h1>Error</h1><p>",
                stdout);
    put_escaped(reason);
    (void)fputs("</p></body></html>\n", stdout);
}

static void send_jobid(uint64_t jobid)
{
    (void)printf("Status: 200 OK\r\n"
                 "Content-Type: text/xml; charset=ISO-8859-1\r\n\r\n"
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response>\n"
                 "<status>0</status>\n<jobid>%llu</jobid>\n</response>\n",
                 (unsigned long long)jobid);
}

/* For the operator, where it can be written. */
static void log_failure(struct helios_client *client, const char *reason)
{
    char host[256];
    if (client == NULL || client_store(client) == NULL)
        return;
    name_host(host, sizeof host);
    const struct log_record record = {.time = wall_now(),
                                      .pid = (int32_t)getpid(),
                                      .level = HELIOS_LOG_ERR,
                                      .text = reason,
                                      .len = strlen(reason)};
    (void)store_log(client_store(client), SERVICE, host, &record, 1, NULL);
}

/* ---- what was sent ---- */

/* Nothing of a body that is too large, or has not arrived whole, is looked at. */
static void read_body(struct buf *body)
{
    char *end = NULL;
    const char *length = variable("CONTENT_LENGTH");
    unsigned long left = strtoul(length, &end, 10);
    char chunk[65536];
    if (*length < '0' || *length > '9' || *end != '\0' || left > BODY_MAX)
        return;
    while (left > 0) {
        size_t n = fread(chunk, 1, left < sizeof chunk ? left : sizeof chunk, stdin);
        if (n == 0) {
            buf_clear(body);
            return;
        }
        buf_append(body, chunk, n);
        left -= n;
    }
    if (body->failed)
        buf_clear(body);
}

static bool content_is(const char *type)
{
    const char *is = variable("CONTENT_TYPE");
    size_t len = strlen(type);
    return strncasecmp(is, type, len) == 0 &&
           (is[len] == '\0' || is[len] == ';' || is[len] == ' ');
}

/* Form fields, if that is what was sent. */
static void read_form(struct request *r)
{
    char boundary[256];
    const char *query = variable("QUERY_STRING");
    bool post = strcasecmp(variable("REQUEST_METHOD"), "POST") == 0;
    if (!post && strlen(query) <= BODY_MAX)
        form_urlencoded(&r->form, query, strlen(query));
    else if (content_is("application/x-www-form-urlencoded"))
        form_urlencoded(&r->form, buf_text(&r->body), r->body.len);
    else if (content_is("multipart/form-data") &&
             form_boundary(variable("CONTENT_TYPE"), boundary, sizeof boundary))
        form_multipart(&r->form, buf_text(&r->body), r->body.len, boundary);
}

/* 0, 1 without a type, or -1: not a job. */
static int read_stream(struct request *r, struct helios_error *err)
{
    const struct value_limits limits = VALUE_LIMITS_DEFAULT;
    struct value_arena *arena = value_arena_new(&limits);
    struct helios_value *root = NULL;
    int rc = arena == NULL
                 ? err_set(err, HELIOS_E_NOMEM, "out of memory")
                 : xml_decode(arena, buf_text(&r->body), r->body.len, false, &root, err);
    if (rc == 0) {
        const struct helios_value *job = helios_value_at(helios_value_get(root, "job"), 0);
        const char *type = helios_value_text(helios_value_get(job, "type"), NULL);
        rc = type == NULL || type[0] == '\0' ? 1 : 0;
        if (rc == 0)
            buf_puts(&r->job_type, type);
        if (r->job_type.failed)
            rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    }
    value_arena_free(arena);
    r->type = buf_text(&r->job_type);
    r->args = buf_text(&r->body);
    r->args_len = r->body.len;
    return rc;
}

/* ---- submitting ---- */

static int submit(struct helios_client *client, const struct request *r, uint64_t *jobid,
                  struct helios_error *err)
{
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    struct buf class_name = BUF_INIT;
    if (client_store(client) != NULL &&
        store_class_of(client_store(client), r->type, &class_name, err) < 0)
        return -1;
    job.jobtype = class_name.len > 0 ? buf_text(&class_name) : r->type;
    job.args = r->args;
    job.args_len = r->args_len;
    int rc = helios_submit(client, &job, 1, jobid, err);
    buf_fini(&class_name);
    return rc;
}

static void refuse(struct helios_client *client, const char *reason)
{
    char line[1024];
    (void)snprintf(line, sizeof line, "submitJob.pl ERROR: %s", reason);
    log_failure(client, line);
    send_failure(line);
}

static void serve(struct helios_client *client, struct request *r)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint64_t jobid = 0;
    read_body(&r->body);
    read_form(r);
    if (r->form.has_type && r->form.has_params && r->form.type.len > 0 &&
        memchr(r->form.type.data, '\0', r->form.type.len) == NULL) {
        r->type = buf_text(&r->form.type);
        r->args = buf_text(&r->form.params);
        r->args_len = r->form.params.len;
    } else if (r->body.len == 0 || r->form.has_type || r->form.has_params) {
        refuse(client, "submit request failed to submit job type and/or arguments");
        return;
    } else {
        int rc = read_stream(r, &err);
        if (rc > 0)
            refuse(client, "type attribute not specified in XML stream");
        else if (rc < 0)
            send_failure(err.text);
        if (rc != 0)
            return;
    }
    if (submit(client, r, &jobid, &err) == 0)
        send_jobid(jobid);
    else
        refuse(client, err.text);
}

int main(void)
{
    struct request request = {.body = BUF_INIT, .job_type = BUF_INIT};
    struct helios_client *client = NULL;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (helios_client_open(NULL, SERVICE, &client, &err) == 0)
        serve(client, &request);
    else
        send_failure("the database cannot be reached");
    if (client == NULL)
        (void)fprintf(stderr, "submitJob.pl: %s\n", err.text);
    helios_client_close(client);
    form_fini(&request.form);
    buf_fini(&request.job_type);
    buf_fini(&request.body);
    return fflush(stdout) == 0 ? 0 : 1;
}
