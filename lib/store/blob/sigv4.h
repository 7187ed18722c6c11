/*
 * AWS Signature Version 4 in the Authorization header, payload in one piece. The caller gives raw
 * text; encoding and sorting happen here, and the same encoder makes the URL that is sent.
 * docs.aws.amazon.com: "Signature Calculations for the Authorization Header".
 */
#ifndef ES_BLOB_SIGV4_H
#define ES_BLOB_SIGV4_H

#include "es_crypto.h"

#define SIGV4_PAIRS_MAX 8u
#define SIGV4_SHA256_HEX 64
#define SIGV4_TIME_LEN 16 /* "20130524T000000Z" */

struct sigv4_pair {
    const char *name, *value;
};
struct sigv4_request {
    const char *method;
    const char *path;               /* raw, begins with '/'; '/' parts segments */
    const struct sigv4_pair *query; /* raw, in any order */
    size_t query_count;
    const struct sigv4_pair *headers; /* names in lower case, in any order; "host" among them */
    size_t header_count;
    const char *payload_sha256; /* hex */
};
struct sigv4_signer {
    struct es_span access_key, secret_key;
    const char *region, *service;
    const char *time; /* SIGV4_TIME_LEN characters; also the header x-amz-date */
};

/** URI-encode as AWS asks: all but A-Z a-z 0-9 - . _ ~ (and '/' unless slash) becomes %XX. */
void sigv4_encode(struct es_buf *out, struct es_span text, bool slash);
/** "name=value&…", encoded and sorted. ES_E_LIMIT: more than SIGV4_PAIRS_MAX. */
ES_CHECKED es_status sigv4_query(const struct sigv4_request *request, struct es_buf *out,
                                 struct es_error *err);
/** The canonical request, for tests. */
ES_CHECKED es_status sigv4_canonical(const struct sigv4_request *request, struct es_buf *out,
                                     struct es_error *err);
/** The value of the Authorization header. */
ES_CHECKED es_status sigv4_authorization(const struct sigv4_request *request,
                                         const struct sigv4_signer *signer, struct es_buf *out,
                                         struct es_error *err);

#endif
