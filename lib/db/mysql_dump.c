/* SPDX-License-Identifier: MIT */
#include "db/mysql_private.h"

#include <inttypes.h>
#include <mariadb_rpl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The server ends an older stream when a new one comes with the same server id. The number
 * of the connection is unique among all that live on that server; in front of it stand bits
 * that no replica has whose id was made of its IPv4 address, or counted from 1. */
#define SERVER_ID_BASE 0xe0000000u
#define SERVER_ID_MASK 0x1fffffffu
/* So many times within the read time-out does an idle server give a sign of life. */
#define HEARTBEATS 3u

#define ER_SYNTAX 1064u
#define ER_DENIED 1227u

static int refused(struct helios_error *err, const char *why)
{
    (void)err_set(err, HELIOS_E_DENIED, "%s", why);
    return 1;
}

static int failed(struct mysql_conn *c, struct helios_error *err)
{
    unsigned number = mysql_errno(c->mysql);
    if (number != ER_DENIED)
        return mysql_failed(err, "binary log", number, mysql_error(c->mysql));
    return refused(err,
                   "the database account may not read the binary log: GRANT REPLICATION "
                   "SLAVE, BINLOG MONITOR ON *.* (before MariaDB 10.5 and on MySQL: "
                   "REPLICATION SLAVE, REPLICATION CLIENT)");
}

/* The first two columns of the only row, as far as they fit. 1: no row. */
static int ask(struct mysql_conn *c, const char *sql, char first[256], char second[32])
{
    MYSQL_RES *result = NULL;
    if (mysql_real_query(c->mysql, sql, (unsigned long)strlen(sql)) == 0)
        result = mysql_store_result(c->mysql);
    if (result == NULL)
        return -1;
    MYSQL_ROW row = mysql_num_fields(result) >= 2 ? mysql_fetch_row(result) : NULL;
    int rc = row == NULL || row[0] == NULL || row[1] == NULL ? 1 : 0;
    if (rc == 0) {
        (void)snprintf(first, 256, "%s", row[0]);
        (void)snprintf(second, 32, "%s", row[1]);
    }
    mysql_free_result(result);
    return rc;
}

/* Whether the log is kept, and in a form that names rows. */
static int check_form(struct mysql_conn *c, struct helios_error *err)
{
    char format[256], on[32], text[160];
    int rc = ask(c, "SELECT @@global.binlog_format, @@global.log_bin", format, on);
    if (rc != 0)
        return rc < 0 ? failed(c, err)
                      : refused(err, "the server tells nothing of its log");
    if (strcmp(on, "1") != 0)
        return refused(err, "the server keeps no binary log (log_bin is off)");
    if (strcmp(format, "ROW") == 0)
        return 0;
    (void)snprintf(text, sizeof text,
                   "the server's binlog_format is %.32s, and only ROW names the rows that "
                   "change",
                   format);
    return refused(err, text);
}

/* Where the log ends now. MySQL 8.4 has another name for the question. */
static int find_end(struct mysql_conn *c, char file[256], unsigned long *at,
                    struct helios_error *err)
{
    char position[32];
    int rc = ask(c, "SHOW MASTER STATUS", file, position);
    if (rc < 0 && mysql_errno(c->mysql) == ER_SYNTAX)
        rc = ask(c, "SHOW BINARY LOG STATUS", file, position);
    if (rc != 0)
        return rc < 0 ? failed(c, err) : refused(err, "the server keeps no binary log");
    *at = strtoul(position, NULL, 10);
    return 0;
}

static int tell_wishes(struct mysql_conn *c, struct helios_error *err)
{
    char sql[256];
    int read_s = 0;
    (void)mysql_get_optionv(c->mysql, MYSQL_OPT_READ_TIMEOUT, &read_s);
    unsigned beat_s = read_s > (int)HEARTBEATS ? (unsigned)read_s / HEARTBEATS : 1;
    /* Events come as they are in the file, with its checksums; the capability is the one
     * that lets MariaDB send its own kinds of events. */
    int n =
        snprintf(sql, sizeof sql,
                 "SET @master_binlog_checksum = @@global.binlog_checksum, "
                 "@mariadb_slave_capability = 4, @master_heartbeat_period = %u000000000",
                 beat_s);
    if (mysql_real_query(c->mysql, sql, (unsigned long)n) != 0)
        return failed(c, err);
    return 0;
}

static int start(struct mysql_conn *c, const char *file, unsigned long at,
                 struct helios_error *err)
{
    unsigned id = SERVER_ID_BASE | ((unsigned)mysql_thread_id(c->mysql) & SERVER_ID_MASK);
    c->rpl = mariadb_rpl_init(c->mysql);
    if (c->rpl == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for the binary log");
    (void)mariadb_rpl_optionsv(c->rpl, MARIADB_RPL_SERVER_ID, id);
    (void)mariadb_rpl_optionsv(c->rpl, MARIADB_RPL_FILENAME, file, strlen(file));
    (void)mariadb_rpl_optionsv(c->rpl, MARIADB_RPL_START, at);
    (void)mariadb_rpl_optionsv(c->rpl, MARIADB_RPL_FLAGS, 0u);
    if (mariadb_rpl_open(c->rpl) != 0)
        return failed(c, err);
    return 0;
}

/* The library's own reading of events copies each and believes what is in it; this takes
 * the packet, and no packet is larger than net.max_packet_size. */
static int next(struct mysql_conn *c, const uint8_t **event, size_t *len,
                struct helios_error *err)
{
    unsigned long n = mysql_net_read_packet(c->mysql);
    if (n == packet_error)
        return failed(c, err);
    const uint8_t *packet = c->mysql->net.read_pos;
    if (n < 1 || packet[0] != 0)
        return err_set(err, HELIOS_E_LOST, "binary log: the server has ended the stream");
    *event = packet + 1;
    *len = n - 1;
    return 0;
}

int mysql_dump_begin(void *conn, struct helios_error *err)
{
    struct mysql_conn *c = conn;
    char file[256];
    unsigned long at = 0;
    const uint8_t *event;
    size_t len;
    int rc = check_form(c, err);
    if (rc == 0)
        rc = find_end(c, file, &at, err);
    if (rc == 0)
        rc = tell_wishes(c, err);
    if (rc != 0)
        return rc;
    c->mysql->net.max_packet_size = DB_DUMP_EVENT_MAX;
    rc = start(c, file, at, err);
    /* The first one only repeats the name of the file; a refusal would come in its place.
     */
    return rc != 0 ? rc : next(c, &event, &len, err);
}

int mysql_dump_next(void *conn, const uint8_t **event, size_t *len,
                    struct helios_error *err)
{
    struct mysql_conn *c = conn;
    int rc = next(c, event, len, err);
    return rc > 0 ? -1 : rc; /* a right was revoked */
}

void mysql_dump_end(struct mysql_conn *c)
{
    if (c->rpl != NULL)
        mariadb_rpl_close(c->rpl);
    c->rpl = NULL;
}
