/* SPDX-License-Identifier: MIT */
#include <helios/service.h>

#include <errno.h>
#include <fcntl.h>
#include <magic.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <sys/stat.h>
#include <unistd.h>

/* FileIndexer: records the SHA-256, size, MIME type and modification time of the regular
 * file that the argument `file` names (an absolute path) in the table file_index, in the
 * transaction that completes the job: a file is either indexed and its job gone, or
 * neither.
 *
 * A file that changes meanwhile is indexed as it was read. What is read ends at the size
 * that the file had when it was opened, so that a file that grows for ever has an end. */

HELIOS_SERVICE_EXPORT;

/* Bytes per read; the MIME type is decided by the first of them. */
#define CHUNK_BYTES (256u * 1024)

#define SHA256_BYTES 32

/* One text for every database: the comment is a clause to MySQL and MariaDB, where another
 * engine would not take part in the transaction. The path itself is too long for a key. A
 * BLOB holds any bytes and, on SQLite, keeps text as text. */
static const char create_table[] = "CREATE TABLE IF NOT EXISTS file_index ("
                                   " path_sha256 BINARY(32) NOT NULL PRIMARY KEY,"
                                   " path BLOB NOT NULL,"
                                   " sha256 CHAR(64) NOT NULL,"
                                   " size BIGINT NOT NULL,"
                                   " mime VARCHAR(255) NOT NULL,"
                                   " mtime BIGINT NOT NULL"
                                   ") /*! ENGINE=InnoDB */";

static const char replace_row[] =
    "REPLACE INTO file_index (path_sha256, path, sha256, size, mime, mtime)"
    " VALUES (?, ?, ?, ?, ?, ?)";

/* What a worker keeps from job to job. */
struct indexer {
    magic_t magic;
    EVP_MD_CTX *digest;
    unsigned char chunk[CHUNK_BYTES];
};

/* What is found out about one file. */
struct entry {
    unsigned char path_sha256[SHA256_BYTES];
    char sha256[2 * SHA256_BYTES + 1];
    char mime[256];
    int64_t size;
    int64_t mtime;
};

static void indexer_free(struct indexer *indexer)
{
    if (!indexer)
        return;
    if (indexer->magic)
        magic_close(indexer->magic);
    EVP_MD_CTX_free(indexer->digest);
    free(indexer);
}

static struct indexer *indexer_new(void)
{
    struct indexer *indexer = calloc(1, sizeof *indexer);
    if (!indexer) {
        helios_log(NULL, HELIOS_LOG_ERR, "out of memory");
        return NULL;
    }
    indexer->digest = EVP_MD_CTX_new();
    indexer->magic = magic_open(MAGIC_MIME_TYPE);
    if (!indexer->digest || !indexer->magic) {
        helios_log(NULL, HELIOS_LOG_ERR, "cannot set up libcrypto and libmagic");
    } else if (magic_load(indexer->magic, NULL) != 0) {
        helios_log(NULL, HELIOS_LOG_ERR, "cannot load the database of file types: %s",
                   magic_error(indexer->magic));
    } else {
        return indexer;
    }
    indexer_free(indexer);
    return NULL;
}

static int index_prep(struct helios_worker *worker)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = helios_worker_db(worker);
    if (helios_db_exec(db, create_table, NULL, 0, NULL, &err) != 0) {
        helios_log(NULL, HELIOS_LOG_ERR, "cannot create the table file_index: %s",
                   err.text);
        return -1;
    }
    struct indexer *indexer = indexer_new();
    helios_worker_set_data(worker, indexer);
    return indexer ? 0 : -1;
}

static void index_cleanup(struct helios_worker *worker)
{
    indexer_free(helios_worker_data(worker));
    helios_worker_set_data(worker, NULL);
}

/* Reads until `cap` bytes or the end of the file. */
static ssize_t read_full(int fd, unsigned char *buf, size_t cap)
{
    size_t len = 0;
    while (len < cap) {
        ssize_t n = read(fd, buf + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

static void mime_type(struct indexer *indexer, size_t len, char *out, size_t cap)
{
    const char *mime = magic_buffer(indexer->magic, indexer->chunk, len);
    if (!mime)
        mime = "application/octet-stream";
    size_t n = strnlen(mime, cap - 1);
    memcpy(out, mime, n);
    out[n] = '\0';
}

static void hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

static bool sha256_begin(struct indexer *indexer)
{
    return EVP_DigestInit_ex(indexer->digest, EVP_sha256(), NULL) == 1;
}

static bool sha256_end(struct indexer *indexer, unsigned char out[SHA256_BYTES])
{
    return EVP_DigestFinal_ex(indexer->digest, out, NULL) == 1;
}

static bool sha256_path(struct indexer *indexer, const char *path, struct entry *entry)
{
    return sha256_begin(indexer) &&
           EVP_DigestUpdate(indexer->digest, path, strlen(path)) == 1 &&
           sha256_end(indexer, entry->path_sha256);
}

/* Hashes up to `size` bytes of `fd`. 0, or -1 and errno. */
static int hash_contents(struct indexer *indexer, int fd, int64_t size, struct entry *entry)
{
    unsigned char sum[SHA256_BYTES];
    if (!sha256_begin(indexer)) {
        errno = ENOMEM;
        return -1;
    }
    for (;;) {
        int64_t left = size - entry->size;
        size_t want = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
        ssize_t n = read_full(fd, indexer->chunk, want);
        if (n < 0)
            return -1;
        if (entry->size == 0)
            mime_type(indexer, (size_t)n, entry->mime, sizeof entry->mime);
        if (n == 0)
            break;
        if (EVP_DigestUpdate(indexer->digest, indexer->chunk, (size_t)n) != 1) {
            errno = ENOMEM;
            return -1;
        }
        entry->size += n;
    }
    if (!sha256_end(indexer, sum)) {
        errno = ENOMEM;
        return -1;
    }
    hex(sum, sizeof sum, entry->sha256);
    return 0;
}

/* O_NONBLOCK: opening a FIFO that nobody writes to must not hang the worker. */
static int file_open(const char *path, struct stat *st)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
        return fd;
    (void)close(fd);
    errno = EINVAL;
    return -1;
}

static int file_read(struct indexer *indexer, const char *path, struct entry *entry)
{
    struct stat st;
    int fd = file_open(path, &st);
    if (fd < 0)
        return -1;
    entry->mtime = st.st_mtime;
    int rc = hash_contents(indexer, fd, st.st_size, entry);
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return rc;
}

/* Trouble of this machine passes; everything else is a property of the file. */
static int fail_read(struct helios_job *job, const char *path, int error)
{
    switch (error) {
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EIO:
    case ESTALE:
        return helios_job_failed(job, EX_IOERR, "%s: %s", strerror(error), path);
    case EINVAL:
        return helios_job_failed_no_retry(job, EX_NOINPUT, "not a regular file: %s", path);
    case ELOOP:
        return helios_job_failed_no_retry(job, EX_NOINPUT, "a symbolic link: %s", path);
    default:
        return helios_job_failed_no_retry(job, EX_NOINPUT, "%s: %s", strerror(error), path);
    }
}

/* SQLite compares text with text only, so the path is text there; to MySQL a path is bytes
 * in no character set. */
static struct helios_datum path_datum(const struct helios_db *db, const char *path)
{
    if (helios_db_kind(db) == HELIOS_DB_SQLITE)
        return helios_text(path);
    return helios_blob(path, strlen(path));
}

static int entry_store(struct helios_job *job, const char *path, const struct entry *entry)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = helios_job_db(job, &err);
    if (!db)
        return helios_job_failed(job, EX_UNAVAILABLE, "%s", err.text);
    const struct helios_datum row[] = {
        helios_blob(entry->path_sha256, sizeof entry->path_sha256),
        path_datum(db, path),
        helios_text(entry->sha256),
        helios_int(entry->size),
        helios_text(entry->mime),
        helios_int(entry->mtime),
    };
    if (helios_db_exec(db, replace_row, row, sizeof row / sizeof row[0], NULL, &err) != 0)
        return helios_job_failed(job, EX_UNAVAILABLE, "%s", err.text);
    return helios_job_completed(job);
}

static int index_run(struct helios_worker *worker, struct helios_job *job)
{
    struct indexer *indexer = helios_worker_data(worker);
    const char *path = helios_job_arg(job, "file");
    if (!path || path[0] != '/')
        return helios_job_failed_no_retry(job, EX_DATAERR,
                                          "the argument file must be an absolute path");
    struct entry entry = {0};
    if (!sha256_path(indexer, path, &entry))
        return helios_job_failed(job, EX_OSERR, "SHA-256 is not available");
    if (file_read(indexer, path, &entry) != 0)
        return fail_read(job, path, errno);
    return entry_store(job, path, &entry);
}

const struct helios_service helios_service = {
    HELIOS_SERVICE_HEAD, .name = "FileIndexer",    .version = "1.0", .prep = index_prep,
    .run = index_run,    .cleanup = index_cleanup, .max_retries = 3, .retry_interval_s = 30,
};
