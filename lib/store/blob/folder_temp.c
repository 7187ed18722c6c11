/*
 * An object on its way to disk: no name until it is whole and synced. Where the file system knows
 * no files without a name it has a hidden one, which only a killed process leaves behind.
 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#define CHUNK (256u * 1024)
#define TRIES 100

es_status blob_temp_open_named(struct blob_temp *temp, int folder, struct es_error *err)
{
    *temp = (struct blob_temp){.fd = -1, .folder = folder};
    for (int i = 0; i < TRIES && temp->fd < 0; i++) {
        uint32_t number = 0;

        ES_ENSURE(getrandom(&number, sizeof number, 0) == (ssize_t) sizeof number, err, ES_E_IO,
                  "no random numbers: %s", strerror(errno));
        (void) snprintf(temp->name, sizeof temp->name, ".new-%08x", number);
        temp->fd = openat(folder, temp->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (temp->fd < 0 && errno != EEXIST)
            break;
    }
    if (temp->fd < 0)
        temp->name[0] = '\0';
    ES_ENSURE(temp->fd >= 0, err, ES_E_WRITE, "an object cannot be written: %s", strerror(errno));
    return ES_OK;
}

es_status blob_temp_open(struct blob_temp *temp, int folder, struct es_error *err)
{
    *temp = (struct blob_temp){.fd = -1, .folder = folder};
    if (access("/proc/self/fd", X_OK) == 0)
        temp->fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (temp->fd >= 0)
        return ES_OK;
    return blob_temp_open_named(temp, folder, err);
}

static es_status write_all(int fd, struct es_span bytes, struct es_error *err)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);

        if (put < 0 && errno == EINTR)
            continue;
        ES_ENSURE(put > 0, err, ES_E_WRITE, "an object cannot be written: %s", strerror(errno));
        bytes = es_span_sub(bytes, (size_t) put, bytes.len);
    }
    return ES_OK;
}

static es_status copy(int fd, const struct es_source *source, struct es_hash *hash, uint8_t *chunk,
                      struct es_error *err)
{
    for (uint64_t off = 0; off < source->len;) {
        size_t part = source->len - off < CHUNK ? (size_t) (source->len - off) : CHUNK;

        ES_TRY(es_source_read(source, off, chunk, part, err));
        ES_TRY(es_hash_update(hash, es_span_of(chunk, part), err));
        ES_TRY(write_all(fd, es_span_of(chunk, part), err));
        off += part;
    }
    return ES_OK;
}

es_status blob_temp_fill(const struct blob_temp *temp, const struct es_source *source,
                         char name[ES_BLOB_NAME_LEN + 1], struct es_error *err)
{
    ES_AUTO_PTR(es_hash) hash = NULL;
    uint8_t digest[ES_SM3_LEN];
    uint8_t *chunk;
    es_status status;

    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    chunk = malloc(CHUNK);
    ES_ENSURE(chunk != NULL, err, ES_E_NOMEM, "out of memory");
    status = copy(temp->fd, source, hash, chunk, err);
    free(chunk);
    ES_TRY(status);
    ES_TRY(es_hash_final(hash, digest, err));
    ES_ENSURE(fsync(temp->fd) == 0, err, ES_E_WRITE, "an object cannot be written: %s",
              strerror(errno));
    es_hex_encode(es_span_of(digest, sizeof digest), name);
    return ES_OK;
}

/* A second name for the same file: fails where anything stands, and needs no rename over it. */
es_status blob_temp_link(struct blob_temp *temp, int place, const char *name, struct es_error *err)
{
    char from[64];
    int failed;

    if (temp->name[0] != '\0') {
        failed = linkat(temp->folder, temp->name, place, name, 0);
    } else {
        (void) snprintf(from, sizeof from, "/proc/self/fd/%d", temp->fd);
        failed = linkat(AT_FDCWD, from, place, name, AT_SYMLINK_FOLLOW);
    }
    ES_ENSURE(failed == 0 || errno != EEXIST, err, ES_E_EXISTS, "object %s is stored already",
              name);
    ES_ENSURE(failed == 0, err, ES_E_WRITE, "object %s: %s", name, strerror(errno));
    return ES_OK;
}

void blob_temp_clear(struct blob_temp *temp)
{
    if (temp->name[0] != '\0')
        (void) unlinkat(temp->folder, temp->name, 0);
    if (temp->fd >= 0)
        (void) close(temp->fd);
    *temp = (struct blob_temp){.fd = -1};
}
