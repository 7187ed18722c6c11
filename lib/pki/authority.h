/*
 * Pieces that certificates, requests, CRLs, OCSP answers and time stamps of our small authority
 * share. Private to lib/pki. Writers follow es_der_put: failures stay in the buffer.
 */
#ifndef ES_PKI_AUTHORITY_H
#define ES_PKI_AUTHORITY_H

#include "es_pki.h"

#define ES_OID_SM2_SM3 "1.2.156.10197.1.501"
#define ES_OID_SM2_SIGN "1.2.156.10197.1.301.1"
#define ES_OID_SM2_CURVE "1.2.156.10197.1.301"
#define ES_OID_SM3 "1.2.156.10197.1.401"
#define ES_OID_EC_PUBLIC_KEY "1.2.840.10045.2.1"
#define ES_OID_SKI "2.5.29.14"
#define ES_OID_KEY_USAGE "2.5.29.15"
#define ES_OID_BASIC_CONSTRAINTS "2.5.29.19"
#define ES_OID_CRL_NUMBER "2.5.29.20"
#define ES_OID_CRL_REASON "2.5.29.21"
#define ES_OID_AKI "2.5.29.35"
#define ES_OID_EKU "2.5.29.37"

#define ES_KEY_ID_LEN 20
#define ES_AUTHORITY_MAX 65536 /* bytes of one certificate or request we make */

/** AlgorithmIdentifier without parameters. */
void es_put_algorithm(struct es_buf *out, const char *oid);
/** AlgorithmIdentifier of SM3 with NULL parameters, as real SM2 SignedData and tokens have it. */
void es_put_sm3(struct es_buf *out);
/** SubjectPublicKeyInfo. ES_E_UNSUPPORTED when the key is not SM2. */
ES_CHECKED es_status es_put_spki(struct es_buf *out, const struct es_pubkey *key,
                                 struct es_error *err);
/** Name from a template, in the order C, O, OU, CN. ES_E_RANGE names the field. */
ES_CHECKED es_status es_put_name(struct es_buf *out, const struct es_cert_template *tpl,
                                 struct es_error *err);
/** SPEC RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
void es_put_x509_time(struct es_buf *out, int64_t time_s);
/** Key identifier: the first 20 bytes of SM3 of the public point (see authority.c). */
ES_CHECKED es_status es_key_id(const struct es_pubkey *key, uint8_t id[ES_KEY_ID_LEN],
                               struct es_error *err);
/** Key identifier a certificate states, or the computed one when it states none. */
ES_CHECKED es_status es_cert_key_id(const struct es_cert *cert, struct es_buf *out,
                                    struct es_error *err);
/** Extension whose value is the DER in value. */
void es_put_extension(struct es_buf *out, const char *oid, bool critical, struct es_span value);
/** authorityKeyIdentifier extension with a key identifier only. */
void es_put_aki(struct es_buf *out, struct es_span key_id);
/** BIT STRING of a named-bit list in DER: bit n of bits is the list's bit n, n at most 31. */
void es_put_named_bits(struct es_buf *out, uint32_t bits);
/** SEQUENCE { tbs, SM2-with-SM3, BIT STRING signature over tbs }. */
ES_CHECKED es_status es_put_signed(struct es_buf *out, struct es_span tbs, struct es_key *key,
                                   struct es_error *err);
/** 1..20 bytes, first bit clear, not zero. */
ES_CHECKED es_status es_check_serial(struct es_span serial, struct es_error *err);
/** The key must be the one the certificate names: ES_E_MISMATCH. */
ES_CHECKED es_status es_check_key_of(const struct es_cert *cert, const struct es_key *key,
                                     struct es_error *err);

#endif
