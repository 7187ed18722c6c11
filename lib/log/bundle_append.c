/* Files of a bundle that grow at their end; see bundle_append.h. */
#include "bundle_append.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FLUSH_AT (256u << 10)

void bundle_appender_init(struct bundle_appender *a, size_t buffer_max)
{
    *a = (struct bundle_appender){.fd = -1};
    es_buf_init(&a->buf, buffer_max);
}

void bundle_appender_clear(struct bundle_appender *a)
{
    if (a->fd >= 0)
        (void) close(a->fd);
    a->fd = -1;
    es_buf_clear(&a->buf);
}

/* What the manifest counts must be there unchanged; what stands behind it is cut off. */
static es_status keep_counted(struct bundle_appender *a, const struct bundle_file *was,
                              struct es_error *err)
{
    struct es_source src = {.fd = a->fd, .len = was->length};
    uint8_t sm3[ES_SM3_LEN];

    ES_ENSURE(es_sm3_source(&src, 0, was->length, sm3, NULL) == ES_OK &&
                  memcmp(sm3, was->sm3, sizeof sm3) == 0,
              err, ES_E_MISMATCH, "%s is not the file of the manifest", a->name);
    return ES_OK;
}

es_status bundle_appender_open(struct bundle_appender *a, const char *folder, const char *name,
                               const struct bundle_manifest *manifest, struct es_error *err)
{
    const struct bundle_file *was = bundle_manifest_find(manifest, name);
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    ES_TRY(bundle_path(folder, name, &path, err));
    (void) snprintf(a->name, sizeof a->name, "%s", name);
    a->fd = open((const char *) path.ptr, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    ES_ENSURE(a->fd >= 0, err, ES_E_WRITE, "%s: %s", name, strerror(errno));
    a->len = was == NULL ? 0 : was->length;
    if (was != NULL)
        ES_TRY(keep_counted(a, was, err));
    ES_ENSURE(ftruncate(a->fd, (off_t) a->len) == 0 && lseek(a->fd, 0, SEEK_END) >= 0, err,
              ES_E_WRITE, "%s: %s", name, strerror(errno));
    return ES_OK;
}

static es_status flush(struct bundle_appender *a, struct es_error *err)
{
    struct es_span rest = es_buf_span(&a->buf);

    ES_TRY(es_buf_check(&a->buf, err));
    while (rest.len > 0) {
        ssize_t put = write(a->fd, rest.ptr, rest.len);

        if (put < 0 && errno == EINTR)
            continue;
        ES_ENSURE(put >= 0, err, ES_E_WRITE, "%s: %s", a->name, strerror(errno));
        a->len += (uint64_t) put;
        rest = es_span_sub(rest, (size_t) put, rest.len);
    }
    es_buf_reset(&a->buf);
    return ES_OK;
}

es_status bundle_appender_flush(struct bundle_appender *a, struct es_error *err)
{
    return a->buf.len >= FLUSH_AT || a->buf.failed != ES_OK ? flush(a, err) : ES_OK;
}

/* On disk and in the manifest. */
es_status bundle_appender_settle(struct bundle_appender *a, struct bundle_manifest *manifest,
                                 struct es_error *err)
{
    struct bundle_file file = {.length = 0};
    struct es_source src;

    if (a->fd < 0)
        return ES_OK;
    ES_TRY(flush(a, err));
    ES_ENSURE(fsync(a->fd) == 0, err, ES_E_WRITE, "%s: %s", a->name, strerror(errno));
    memcpy(file.name, a->name, sizeof file.name);
    file.length = a->len;
    src = (struct es_source){.fd = a->fd, .len = a->len};
    ES_TRY(es_sm3_source(&src, 0, a->len, file.sm3, err));
    return bundle_manifest_set(manifest, &file, err);
}
