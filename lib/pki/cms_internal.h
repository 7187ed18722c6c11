/*
 * What the files of SignedData and time stamps share. Private to lib/pki.
 */
#ifndef ES_PKI_CMS_INTERNAL_H
#define ES_PKI_CMS_INTERNAL_H

#include "es_pki.h"

#define ES_OID_GMT_DATA "1.2.156.10197.6.1.4.2.1"
#define ES_OID_GMT_SIGNED "1.2.156.10197.6.1.4.2.2"
#define ES_OID_PKCS7_DATA "1.2.840.113549.1.7.1"
#define ES_OID_PKCS7_SIGNED "1.2.840.113549.1.7.2"
#define ES_OID_CONTENT_TYPE "1.2.840.113549.1.9.3"
#define ES_OID_MESSAGE_DIGEST "1.2.840.113549.1.9.4"
#define ES_OID_SIGNING_TIME "1.2.840.113549.1.9.5"
#define ES_OID_TST_INFO "1.2.840.113549.1.9.16.1.4"
#define ES_OID_ESS_CERT "1.2.840.113549.1.9.16.2.12"
#define ES_OID_TIME_STAMP_TOKEN "1.2.840.113549.1.9.16.2.14"
#define ES_OID_ESS_CERT_V2 "1.2.840.113549.1.9.16.2.47"

/**
 * Read signed attributes (value of [0]) into cms. What breaks their rules, yet can be read, goes to
 * cms->attrs_fault; only bytes that are no attributes at all fail.
 */
ES_CHECKED es_status es_cms_read_attrs(struct es_span attrs, struct es_cms *cms,
                                       struct es_error *err);
/** First value of an unsigned attribute of that OID: out gets its whole TLV, or stays empty. */
ES_CHECKED es_status es_cms_find_attr(struct es_span attrs, const char *oid, struct es_span *out,
                                      struct es_error *err);
/** Does the whole of bytes read as a SET of signed attributes with a messageDigest? */
bool es_cms_looks_like_attrs(struct es_span bytes);

/** Does the certificate fit the SignerInfo's issuer and serial, or key identifier? */
bool es_cms_is_signer(const struct es_cms *cms, const struct es_cert *cert);

/** A SignedData to be written. */
struct es_cms_parts {
    const char *signed_oid;  /* ContentInfo's type */
    unsigned version;        /* of SignedData */
    const char *content_oid; /* inner type */
    bool has_content;
    struct es_span content;
    const char *sig_oid;        /* digestEncryptionAlgorithm */
    struct es_span attrs;       /* SET, whole TLV */
    struct es_span sig;         /* DER */
    const struct es_cert *cert; /* names the signer */
    bool with_cert;             /* and is put in */
    struct es_span time_stamp;  /* token; empty: none */
};
ES_CHECKED es_status es_cms_put(struct es_buf *out, const struct es_cms_parts *parts,
                                struct es_error *err);

/* Attributes of a SET being written. */
void es_cms_put_attr(struct es_buf *out, const char *oid, uint8_t tag, struct es_span value);
void es_cms_put_attr_oid(struct es_buf *out, const char *oid, const char *value);
void es_cms_put_attr_time(struct es_buf *out, int64_t time_s);

#endif
