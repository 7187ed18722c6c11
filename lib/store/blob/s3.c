/*
 * Objects in a bucket: PREFIX/ab/cd/<64 hex>, laid out as in a folder, so that either can be
 * copied from the other. Nothing read from the bucket is believed: an object is handed out only
 * after its SM3 was found right, in a file without a name.
 */
#include "s3.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define CHUNK (256u * 1024)
#define PAGE_BYTES_MAX (8u << 20)
#define EMPTY_PAGES_MAX 16u

static void close_s3(void *self)
{
    struct s3 *s3 = self;

    es_secret_clear(&s3->credentials);
    free(s3);
}

static es_status open_s3(const char *rest, void **self, struct es_error *err)
{
    const char *path = secure_getenv("ESEAL_S3_CREDENTIALS");
    struct s3 *s3;
    es_status status;

    ES_ENSURE(path != NULL && path[0] != '\0', err, ES_E_CONFIG,
              "ESEAL_S3_CREDENTIALS names no file with access key and secret");
    s3 = calloc(1, sizeof *s3);
    ES_ENSURE(s3 != NULL, err, ES_E_NOMEM, "out of memory");
    s3->connect_ms = 10000;
    s3->timeout_ms = 15 * 60 * 1000;
    s3->stall_s = 30;
    s3->blob_max = ES_BLOB_MAX;
    status = s3_where_parse(es_span_str(rest), s3, err);
    if (status == ES_OK)
        status = s3_credentials_read(path, s3, err);
    if (status != ES_OK) {
        close_s3(s3);
        return status;
    }
    *self = s3;
    return ES_OK;
}

/* ---- reading ---- */

static int open_temp(void)
{
    const char *folder = secure_getenv("TMPDIR");
    char path[4096];
    int fd;

    if (folder == NULL || folder[0] != '/' || strlen(folder) > 4000)
        folder = "/tmp";
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    (void) snprintf(path, sizeof path, "%s/eseal-XXXXXX", folder);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void) unlink(path);
    return fd;
}

static es_status fetch(const struct s3 *s3, const char *name, struct es_source *source,
                       struct es_error *err)
{
    const struct s3_request request = {.method = "GET", .name = name, .out_fd = &source->fd};
    struct s3_answer answer;

    ES_TRY(s3_call(s3, &request, &answer, err));
    ES_ENSURE(answer.status != 404, err, ES_E_ABSENT, "object %s is not stored", name);
    source->len = answer.length;
    return es_blob_check(source, name, err);
}

static es_status open_blob(void *self, const char *name, struct es_source *out,
                           struct es_error *err)
{
    ES_AUTO(es_source) source = {.fd = open_temp()};

    ES_ENSURE(source.fd >= 0, err, ES_E_WRITE, "no temporary file: %s", strerror(errno));
    ES_TRY(fetch(self, name, &source, err));
    *out = source;
    source.fd = -1;
    return ES_OK;
}

/* Nothing there: *out gets status 404. */
static es_status head(const struct s3 *s3, const char *name, struct s3_answer *out,
                      struct es_error *err)
{
    const struct s3_request request = {.method = "HEAD", .name = name};

    return s3_call(s3, &request, out, err);
}

/* ---- listing ---- */

static es_status read_page(const struct s3 *s3, struct s3_page *page, struct es_buf *xml,
                           struct es_error *err)
{
    const struct sigv4_pair query[] = {{"list-type", "2"},
                                       {"encoding-type", "url"},
                                       {"max-keys", "1000"},
                                       {"prefix", s3->prefix},
                                       {"continuation-token", page->token}};
    const struct s3_request request = {
        .method = "GET", .query = query, .query_count = page->token[0] == '\0' ? 4 : 5, .out = xml};
    struct s3_answer answer;

    es_buf_reset(xml);
    ES_TRY(s3_call(s3, &request, &answer, err));
    ES_ENSURE(answer.status == 200, err, ES_E_CONFIG, "S3: the bucket cannot be listed, status %u",
              answer.status);
    return s3_page_read(es_buf_span(xml), s3->prefix, page, err);
}

static es_status hand_out(const struct es_buf *names, es_blob_each_fn each, void *ctx,
                          struct es_error *err)
{
    char name[ES_BLOB_NAME_LEN + 1] = "";

    for (size_t off = 0; off < names->len; off += ES_BLOB_NAME_LEN) {
        memcpy(name, names->ptr + off, ES_BLOB_NAME_LEN);
        ES_TRY(each(ctx, name, err));
    }
    return ES_OK;
}

static es_status each_page(const struct s3 *s3, struct s3_page *page, es_blob_each_fn each,
                           void *ctx, struct es_error *err)
{
    unsigned empty = 0;

    do {
        ES_AUTO(es_buf) xml = ES_BUF_INIT(PAGE_BYTES_MAX);

        ES_TRY(read_page(s3, page, &xml, err));
        empty = page->keys == 0 ? empty + 1 : 0;
        ES_ENSURE(empty <= EMPTY_PAGES_MAX, err, ES_E_FORMAT,
                  "S3: the listing goes on without keys");
        ES_TRY(hand_out(&page->names, each, ctx, err));
    } while (page->more);
    return ES_OK;
}

static es_status each_blob(void *self, es_blob_each_fn each, void *ctx, struct es_error *err)
{
    struct s3_page *page = calloc(1, sizeof *page);
    es_status status;

    ES_ENSURE(page != NULL, err, ES_E_NOMEM, "out of memory");
    status = each_page(self, page, each, ctx, err);
    es_buf_clear(&page->names);
    free(page);
    return status;
}

/* ---- asking ---- */

/* HEAD has no body to say what is missing; "not stored" may be said only of a bucket that is. */
static es_status check_bucket(const struct s3 *s3, struct es_error *err)
{
    static const struct sigv4_pair query[] = {{"list-type", "2"}, {"max-keys", "1"}};
    const struct s3_request request = {.method = "GET", .query = query, .query_count = 2};
    struct s3_answer answer;

    ES_TRY(s3_call(s3, &request, &answer, err));
    ES_ENSURE(answer.status == 200, err, ES_E_CONFIG, "S3: the bucket cannot be listed, status %u",
              answer.status);
    return ES_OK;
}

static es_status exists(void *self, const char *name, bool *out, struct es_error *err)
{
    struct s3_answer answer;

    ES_TRY(head(self, name, &answer, err));
    if (answer.status == 404)
        return check_bucket(self, err);
    *out = true;
    return ES_OK;
}

/* ---- writing ---- */

struct digests {
    char sm3[ES_BLOB_NAME_LEN + 1];
    char sha256[SIGV4_SHA256_HEX + 1];
};

static es_status hash_chunks(const struct es_source *source, struct es_hash *sm3,
                             struct es_hash *sha256, uint8_t *chunk, struct es_error *err)
{
    for (uint64_t off = 0; off < source->len;) {
        size_t part = source->len - off < CHUNK ? (size_t) (source->len - off) : CHUNK;

        ES_TRY(es_source_read(source, off, chunk, part, err));
        ES_TRY(es_hash_update(sm3, es_span_of(chunk, part), err));
        ES_TRY(es_hash_update(sha256, es_span_of(chunk, part), err));
        off += part;
    }
    return ES_OK;
}

/* Its name and what the signature covers, in one pass. */
static es_status hash_source(const struct es_source *source, struct digests *out,
                             struct es_error *err)
{
    ES_AUTO_PTR(es_hash) sm3 = NULL;
    ES_AUTO_PTR(es_hash) sha256 = NULL;
    uint8_t digest[32];
    uint8_t *chunk;
    es_status status;

    ES_TRY(es_hash_new(ES_DIGEST_SM3, &sm3, err));
    ES_TRY(es_hash_new(ES_DIGEST_SHA256, &sha256, err));
    chunk = malloc(CHUNK);
    ES_ENSURE(chunk != NULL, err, ES_E_NOMEM, "out of memory");
    status = hash_chunks(source, sm3, sha256, chunk, err);
    free(chunk);
    ES_TRY(status);
    ES_TRY(es_hash_final(sm3, digest, err));
    es_hex_encode(es_span_of(digest, sizeof digest), out->sm3);
    ES_TRY(es_hash_final(sha256, digest, err));
    es_hex_encode(es_span_of(digest, sizeof digest), out->sha256);
    return ES_OK;
}

static es_status check_length(const struct s3_answer *head, const char *name, uint64_t len,
                              struct es_error *err)
{
    ES_ENSURE(head->length == len, err, ES_E_INTEGRITY,
              "object %s is stored with %llu bytes and came with %llu", name,
              (unsigned long long) head->length, (unsigned long long) len);
    return ES_OK;
}

static es_status read_back(struct s3 *s3, const char *name, struct es_error *err)
{
    ES_AUTO(es_source) earlier = {.fd = -1};

    return open_blob(s3, name, &earlier, err);
}

/*
 * What S3 took is what it holds: same length, and the entity it spoke of when it took it. Another
 * entity may be the same object stored by somebody else at this moment; its digest tells.
 */
static es_status check_stored(struct s3 *s3, const char *name, uint64_t len,
                              const struct s3_answer *put, struct es_error *err)
{
    struct s3_answer found;

    ES_TRY(head(s3, name, &found, err));
    ES_ENSURE(found.status != 404, err, ES_E_INTEGRITY,
              "object %s was taken and is not in the bucket", name);
    ES_TRY(check_length(&found, name, len, err));
    if (put->etag[0] != '\0' && strcmp(put->etag, found.etag) == 0)
        return ES_OK;
    return read_back(s3, name, err);
}

static es_status upload(struct s3 *s3, const struct es_source *source,
                        const struct digests *digests, struct es_error *err)
{
    const struct s3_request request = {
        .method = "PUT", .name = digests->sm3, .body = source, .body_sha256 = digests->sha256};
    struct s3_answer answer;

    ES_TRY(s3_call(s3, &request, &answer, err));
    ES_ENSURE(answer.status == 200, err, ES_E_UNREACHABLE, "S3: answered with status %u",
              answer.status);
    return check_stored(s3, digests->sm3, source->len, &answer, err);
}

static es_status put(void *self, const struct es_source *source, char name[ES_BLOB_NAME_LEN + 1],
                     struct es_error *err)
{
    struct s3_answer earlier;
    struct digests digests;

    ES_TRY(hash_source(source, &digests, err));
    ES_TRY(head(self, digests.sm3, &earlier, err));
    if (earlier.status == 404) {
        ES_TRY(upload(self, source, &digests, err));
    } else {
        ES_TRY(check_length(&earlier, digests.sm3, source->len, err));
        ES_TRY(read_back(self, digests.sm3, err));
    }
    memcpy(name, digests.sm3, sizeof digests.sm3);
    return ES_OK;
}

static es_status remove_blob(void *self, const char *name, struct es_error *err)
{
    const struct s3_request request = {.method = "DELETE", .name = name};
    struct s3_answer answer;

    return s3_call(self, &request, &answer, err); /* 404: it is not there, as asked */
}

const struct es_blob_ops es_blob_s3 = {
    .kind = "s3",
    .open = open_s3,
    .put = put,
    .open_blob = open_blob,
    .exists = exists,
    .remove = remove_blob,
    .each = each_blob,
    .close = close_s3,
};
