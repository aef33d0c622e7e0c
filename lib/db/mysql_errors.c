/* SPDX-License-Identifier: MIT */
#include "db/mysql_private.h"

#include <errmsg.h>
#include <stddef.h>

/* Error numbers of MySQL and MariaDB, of server and client library, by what they mean for
 * the work that met them. By number, as neither's headers name those of the other. */
struct meaning {
    unsigned number;
    enum helios_error_kind kind;
};

static const struct meaning meanings[] = {
    /* The server is away, or this connection is of no use any more. A server that has
     * become read-only or has left its cluster is one of them: a new connection may be led
     * to its successor, this one stays where it is. */
    {1040, HELIOS_E_LOST}, /* too many connections */
    {1047, HELIOS_E_LOST}, /* WSREP has not yet prepared node for application use */
    {1053, HELIOS_E_LOST}, /* server shutdown in progress */
    {1129, HELIOS_E_LOST}, /* host is blocked because of many connection errors */
    {1152, HELIOS_E_LOST}, /* aborted connection */
    {1158, HELIOS_E_LOST}, /* got an error reading communication packets */
    {1159, HELIOS_E_LOST}, /* got timeout reading communication packets */
    {1160, HELIOS_E_LOST}, /* got an error writing communication packets */
    {1161, HELIOS_E_LOST}, /* got timeout writing communication packets */
    {1184, HELIOS_E_LOST}, /* aborted connection */
    {1203, HELIOS_E_LOST}, /* max_user_connections */
    {1226, HELIOS_E_LOST}, /* user has exceeded a resource */
    {1290, HELIOS_E_LOST}, /* running with the --read-only option */
    {1792, HELIOS_E_LOST}, /* cannot execute statement in a READ ONLY transaction */
    {1836, HELIOS_E_LOST}, /* running in read-only mode */
    {1927, HELIOS_E_LOST}, /* connection was killed */
    {3032, HELIOS_E_LOST}, /* server is in offline mode */
    {3169, HELIOS_E_LOST}, /* session was killed */
    {4031, HELIOS_E_LOST}, /* disconnected because of inactivity */
    {CR_CONNECTION_ERROR, HELIOS_E_LOST},
    {CR_CONN_HOST_ERROR, HELIOS_E_LOST},
    {CR_UNKNOWN_HOST, HELIOS_E_LOST},
    {CR_SERVER_GONE_ERROR, HELIOS_E_LOST},
    {CR_SERVER_HANDSHAKE_ERR, HELIOS_E_LOST},
    {CR_SERVER_LOST, HELIOS_E_LOST},
    {CR_COMMANDS_OUT_OF_SYNC, HELIOS_E_LOST},
    {CR_SSL_CONNECTION_ERROR, HELIOS_E_LOST},
    {CR_MALFORMED_PACKET, HELIOS_E_LOST},
    {CR_SERVER_LOST_EXTENDED, HELIOS_E_LOST},
    /* The same work may succeed when it is done again from its beginning. */
    {1020, HELIOS_E_RETRY}, /* record has changed since last read */
    {1205, HELIOS_E_RETRY}, /* lock wait timeout */
    {1206, HELIOS_E_RETRY}, /* no room for more locks: rolled back, too */
    {1213, HELIOS_E_RETRY}, /* deadlock, or a certification conflict of Galera */
    {1223, HELIOS_E_RETRY}, /* a conflicting read lock */
    {1243, HELIOS_E_RETRY}, /* unknown prepared statement handler (a proxy) */
    {1317, HELIOS_E_RETRY}, /* query execution was interrupted */
    {1412, HELIOS_E_RETRY}, /* table definition has changed */
    {1613, HELIOS_E_RETRY}, /* transaction rolled back: took too long */
    {1614, HELIOS_E_RETRY}, /* transaction rolled back: deadlock */
    {1615, HELIOS_E_RETRY}, /* prepared statement needs to be re-prepared */
    {1969, HELIOS_E_RETRY}, /* max_statement_time exceeded */
    {3024, HELIOS_E_RETRY}, /* maximum statement execution time exceeded */
    {3058, HELIOS_E_RETRY}, /* deadlock of user-level locks */
    {3101, HELIOS_E_RETRY}, /* rolled back during COMMIT by a plugin (group replication) */
    {3572, HELIOS_E_RETRY}, /* NOWAIT */
    {CR_NEW_STMT_METADATA, HELIOS_E_RETRY},
    {1022, HELIOS_E_DUPLICATE},
    {1062, HELIOS_E_DUPLICATE},
    {1586, HELIOS_E_DUPLICATE},
    {1048, HELIOS_E_DATA},   /* column cannot be null */
    {1264, HELIOS_E_DATA},   /* out of range */
    {1265, HELIOS_E_DATA},   /* truncated */
    {1267, HELIOS_E_DATA},   /* illegal mix of collations */
    {1292, HELIOS_E_DATA},   /* incorrect value */
    {1300, HELIOS_E_DATA},   /* invalid character string */
    {1364, HELIOS_E_DATA},   /* no default value */
    {1366, HELIOS_E_DATA},   /* incorrect value, also of the character set */
    {1406, HELIOS_E_DATA},   /* too long */
    {1644, HELIOS_E_DATA},   /* refused by a trigger */
    {1690, HELIOS_E_DATA},   /* out of range in an expression */
    {1452, HELIOS_E_DATA},   /* a foreign key has no such row */
    {3819, HELIOS_E_DATA},   /* CHECK (MySQL) */
    {4025, HELIOS_E_DATA},   /* CHECK (MariaDB) */
    {3854, HELIOS_E_DATA},   /* cannot convert between character sets */
    {3988, HELIOS_E_DATA},   /* conversion of collation is impossible */
    {1044, HELIOS_E_DENIED}, /* access to the database */
    {1045, HELIOS_E_DENIED}, /* user or password */
    {1130, HELIOS_E_DENIED}, /* host is not allowed */
    {1142, HELIOS_E_DENIED}, /* command on the table */
    {1143, HELIOS_E_DENIED}, /* command on the column */
    {1227, HELIOS_E_DENIED}, /* a privilege is needed */
    {1251, HELIOS_E_DENIED}, /* authentication protocol */
    {1370, HELIOS_E_DENIED}, /* routine */
    {1524, HELIOS_E_DENIED}, /* authentication plugin is not loaded */
    {1698, HELIOS_E_DENIED}, /* user or password (plugin) */
    {1820, HELIOS_E_DENIED}, /* the password must be changed first */
    {1862, HELIOS_E_DENIED}, /* password has expired */
    {3118, HELIOS_E_DENIED}, /* account is locked (MySQL) */
    {3159, HELIOS_E_DENIED}, /* TLS is required */
    {4151, HELIOS_E_DENIED}, /* account is locked (MariaDB) */
    {CR_AUTH_PLUGIN_CANNOT_LOAD, HELIOS_E_DENIED},
    {1049, HELIOS_E_SCHEMA}, /* unknown database */
    {1051, HELIOS_E_SCHEMA}, /* unknown table */
    {1054, HELIOS_E_SCHEMA}, /* unknown column */
    {1136, HELIOS_E_SCHEMA}, /* column count */
    {1146, HELIOS_E_SCHEMA}, /* no such table */
    {1176, HELIOS_E_SCHEMA}, /* no such index */
    {1153, HELIOS_E_LIMIT},  /* packet too large */
    {CR_NET_PACKET_TOO_LARGE, HELIOS_E_LIMIT},
    {CR_OUT_OF_MEMORY, HELIOS_E_NOMEM},
};

static enum helios_error_kind kind_of(unsigned number)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].number == number)
            return meanings[i].kind;
    }
    return HELIOS_E_DATABASE;
}

int mysql_no_memory(struct helios_error *err)
{
    return err_set(err, HELIOS_E_NOMEM, "out of memory in the database driver");
}

int mysql_failed(struct helios_error *err, const char *what, unsigned number,
                 const char *text)
{
    return err_set(err, kind_of(number), "%s: %s (MySQL error %u)", what, text, number);
}

static const char *advice(enum helios_error_kind kind, unsigned number)
{
    if (number == CR_SSL_CONNECTION_ERROR)
        return "; check mysql_ssl_ca_file of dsn, which has to hold the authority that "
               "signed "
               "the server's certificate, and that the certificate is valid now and names "
               "the host of dsn";
    switch (kind) {
    case HELIOS_E_DENIED:
        return "; check user and password, and what the server grants to the user";
    case HELIOS_E_LOST:
        return "; see that the server runs and that dsn names its place";
    case HELIOS_E_SCHEMA:
        return "; create the database and then its tables with `helios schema init`, or "
               "correct dsn";
    default:
        return "";
    }
}

int mysql_connect_failed(struct helios_error *err, unsigned number, const char *text)
{
    enum helios_error_kind kind = kind_of(number);
    return err_set(err, kind, "connect: %s (MySQL error %u)%s", text, number,
                   advice(kind, number));
}

/* An interrupted COMMIT, or statement that commits, may have been interrupted, also by
 * max_statement_time, while it waited for a replica to acknowledge what was committed
 * already. */
void mysql_commit_failed(struct helios_error *err, unsigned number)
{
    if (err != NULL && number != 1290 && number != 1792 && number != 1836 &&
        (err->kind == HELIOS_E_LOST || number == 1317 || number == 1969))
        err->kind = HELIOS_E_UNCERTAIN;
}

/* Refused before it began: by a node that has left its cluster, by an account's limit. */
void mysql_alone_failed(struct helios_error *err, unsigned number)
{
    if (number != 1047 && number != 1226)
        mysql_commit_failed(err, number);
}
