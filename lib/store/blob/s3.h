/*
 * The parts of the S3 kind: where the bucket is and who asks (s3_where.c), one signed request
 * (s3_request.c), pages of names (s3_list.c), and the functions of the table (s3.c).
 */
#ifndef ES_BLOB_S3_H
#define ES_BLOB_S3_H

#include "blob_internal.h"
#include "es_http.h"
#include "sigv4.h"

#define S3_HOST_MAX 255
#define S3_PREFIX_MAX 255
#define S3_TOKEN_MAX 2048u
#define S3_PAGE_NAMES_MAX 1000u

struct s3 {
    char origin[S3_HOST_MAX + 24]; /* "https://host[:port]", no default port */
    char host[S3_HOST_MAX + 8];    /* as in the header Host */
    char bucket[64];
    char prefix[S3_PREFIX_MAX + 2]; /* "" or "a/b/" */
    char region[33];
    struct es_secret credentials; /* the two lines; never in a message or a URL */
    size_t access_len, secret_off, secret_len;
    /* Bounds of one request; tests lower them. */
    unsigned connect_ms, timeout_ms, stall_s;
    uint64_t blob_max;
};

/** "https://HOST[:PORT]/BUCKET[/PREFIX]?region=R". ES_E_CONFIG naming the part, never a secret. */
ES_CHECKED es_status s3_where_parse(struct es_span rest, struct s3 *s3, struct es_error *err);
/** Read the two lines of a file that only its owner may read. */
ES_CHECKED es_status s3_credentials_read(const char *path, struct s3 *s3, struct es_error *err);

/* ---- one request ---- */

struct s3_answer {
    unsigned status;
    uint64_t length;              /* HEAD: Content-Length; else bytes of body taken */
    char etag[ES_HTTP_VALUE_MAX]; /* "" when there is none */
};
struct s3_request {
    const char *method;
    const char *name;               /* of an object; NULL: the bucket */
    const struct sigv4_pair *query; /* of the bucket */
    size_t query_count;
    const struct es_source *body; /* NULL: none */
    const char *body_sha256;      /* hex, of body */
    struct es_buf *out;           /* the answer's body; NULL: nowhere … */
    const int *out_fd;            /* … but here when this is not NULL; readable too */
};
/**
 * Sign, send (a second time only when no connection came about), read the answer.
 * @return ES_OK with status 200 or 204, or with 404 when S3 says that there is no such key (HEAD
 *         has no body to say it in)
 *         ES_E_CONFIG       there is no such bucket
 *         ES_E_DENIED       403                  ES_E_UNREACHABLE  503 and whatever else there is
 *         ES_E_INTEGRITY    what was sent does not have its digest
 *         ES_E_WRITE        the bucket is full (507)
 */
ES_CHECKED es_status s3_call(const struct s3 *s3, const struct s3_request *request,
                             struct s3_answer *answer, struct es_error *err);

/* ---- pages of names ---- */

struct s3_page {
    struct es_buf names; /* ES_BLOB_NAME_LEN each, rising; other keys are left out */
    size_t keys;         /* all keys of the page, also those of others */
    bool more;
    char token[S3_TOKEN_MAX + 1];    /* when more */
    char last[ES_BLOB_NAME_LEN + 1]; /* of all pages so far; "" before the first */
};
/**
 * Read the answer of ListObjectsV2 with encoding-type=url into page, which keeps only last from
 * the page before. prefix as in struct s3. ES_E_FORMAT, ES_E_LIMIT, ES_E_DTD.
 */
ES_CHECKED es_status s3_page_read(struct es_span xml, const char *prefix, struct s3_page *page,
                                  struct es_error *err);
/** The Code of an error answer: letters and digits, "" when there is none. */
void s3_error_code(struct es_span xml, char code[65]);

#endif
