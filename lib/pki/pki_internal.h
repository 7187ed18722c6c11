/*
 * Shared inside lib/pki by certificates, trust and chains: walking Names, blocks of PEM, sorted
 * pointer lists, CRLs, OCSP answers and the content of es_trust. What the small authority shares
 * stands in authority.h, what SignedData shares in cms_internal.h.
 */
#ifndef ES_PKI_INTERNAL_H
#define ES_PKI_INTERNAL_H

#include "es_pki.h"

#include <pthread.h>

#define ES_CERT_MAX 65536      /* bytes of one certificate */
#define ES_SERIAL_MAX 40       /* bytes of a serial number's INTEGER */
#define ES_CRL_MAX (64u << 20) /* bytes of one CRL */
#define ES_OCSP_MAX (1u << 20) /* bytes of one OCSP answer */
#define ES_TRUST_FILE_MAX (128u << 20)
#define ES_LINKS 4096     /* verified links remembered */
#define ES_CERTS_SEEN 256 /* certificates remembered; a power of 2 */

/** Put "field: " before a failure: return pki_at(read_validity(…), "validity", err). */
static inline es_status pki_at(es_status status, const char *field, struct es_error *err)
{
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", field);
}

/* ---- Names ---- */

/** One AttributeTypeAndValue. */
struct name_attr {
    struct es_span oid;
    uint8_t tag;
    struct es_span value;
    size_t rdn;  /* number of its RDN, from 0 */
    bool joined; /* not the first of its RDN */
};
struct name_walk {
    struct es_span rdns; /* left to be read */
    struct es_span set;
    size_t rdn;
    bool inside;
};
/** Begin; ES_E_FORMAT when name is no SEQUENCE or bytes follow it. */
ES_CHECKED es_status name_walk_begin(struct name_walk *walk, struct es_span name,
                                     struct es_error *err);
/** Next attribute; *found false at the end. */
ES_CHECKED es_status name_walk_next(struct name_walk *walk, struct name_attr *out, bool *found,
                                    struct es_error *err);
/** The structure of a Name, whatever the syntax of its values. */
ES_CHECKED es_status name_check(struct es_span name, struct es_error *err);
/** Equal for names that es_name_equal calls equal. */
uint64_t name_hash(struct es_span name);

/* Values of Names as code points (name_text.c). */
enum text_form { TEXT_OPAQUE, TEXT_UTF8, TEXT_LATIN1, TEXT_UTF16, TEXT_UTF32 };
struct text_walk {
    enum text_form form;
    struct es_span bytes;
    size_t at;
};
/** form TEXT_OPAQUE: no text, nothing to walk. */
void text_walk_begin(struct text_walk *walk, uint8_t tag, struct es_span value);
/** Next code point, -1 at the end. */
int32_t text_walk_next(struct text_walk *walk);
/** Append as UTF-8; what is no text as '#' and hex. */
void text_put(struct es_buf *out, uint8_t tag, struct es_span value);
/** Same code points, or the same bytes under the same tag when either is no text. */
bool text_equal(uint8_t tag_a, struct es_span a, uint8_t tag_b, struct es_span b);
uint64_t text_hash(uint64_t hash, uint8_t tag, struct es_span value);
uint64_t bytes_hash(uint64_t hash, struct es_span bytes);
#define ES_HASH_START 14695981039346656037U

/* ---- PEM ---- */

/** Next block of that label; *found false when there is none. der gets its content. */
ES_CHECKED es_status pem_next(struct es_span *in, const char *label, struct es_buf *der,
                              bool *found, struct es_error *err);

/* ---- certificates ---- */

/* cert_ext.c reads extensions into the certificate. */
ES_CHECKED es_status cert_read_extensions(struct es_span extensions, struct es_cert *cert,
                                          struct es_error *err);
/** AlgorithmIdentifier: tlv whole, oid content. */
ES_CHECKED es_status pki_get_algorithm(struct es_span *in, struct es_span *tlv, struct es_span *oid,
                                       struct es_error *err);
/** One extension of an Extensions list. */
struct pki_ext {
    struct es_span oid;
    bool critical;
    struct es_span value;
};
ES_CHECKED es_status pki_get_ext(struct es_span *in, struct pki_ext *out, struct es_error *err);
bool cert_same(const struct es_cert *a, const struct es_cert *b);
/** Content of the subjectPublicKey BIT STRING. */
ES_CHECKED es_status cert_key_bits(const struct es_cert *cert, struct es_span *out,
                                   struct es_error *err);

#endif
