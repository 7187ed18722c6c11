/*
 * Certificates, chains, CRLs, OCSP answers, time stamps and SM2 SignedData (GB/T 35275, PKCS#7),
 * read with the quirks of real files (formats.md 2.4), judged by the rules of time of
 * verification.md 5. Trust comes from a folder; nothing is ever fetched because a document says so.
 * Seals are not known here.
 */
#ifndef ES_PKI_H
#define ES_PKI_H

#include "es_base.h"
#include "es_crypto.h"
#include "es_verdict.h"

/* ---- certificates ---- */

#define ES_USAGE_DIGITAL_SIGNATURE 0x0001
#define ES_USAGE_NON_REPUDIATION 0x0002
#define ES_USAGE_KEY_ENCIPHERMENT 0x0004
#define ES_USAGE_DATA_ENCIPHERMENT 0x0008
#define ES_USAGE_KEY_AGREEMENT 0x0010
#define ES_USAGE_CERT_SIGN 0x0020
#define ES_USAGE_CRL_SIGN 0x0040

/** A decoded certificate. Spans point into its own copy of the DER. Immutable, any thread. */
struct es_cert {
    struct es_span der;     /* as received */
    struct es_span tbs;     /* signed part, whole TLV */
    struct es_span serial;  /* INTEGER content */
    struct es_span issuer;  /* Name, whole TLV */
    struct es_span subject; /* Name, whole TLV */
    struct es_span spki;    /* whole TLV */
    struct es_span sig_alg; /* OID content of signatureAlgorithm */
    struct es_span sig;     /* BIT STRING content bytes */
    int64_t not_before_s, not_after_s;
    struct es_pubkey *key; /* NULL when key_status != ES_OK */
    es_status key_status;  /* of es_pubkey_spki */
    bool curve_deviates;   /* curve parameter 1.2.156.10197.1.301.1 */
    bool alg_mismatch;     /* inner and outer algorithm differ */
    bool has_usage, has_basic, is_ca, has_path_len;
    uint32_t usage; /* ES_USAGE_… */
    uint32_t path_len;
    bool has_eku, eku_critical, eku_time_stamping, eku_ocsp_signing, eku_other;
    bool unknown_critical; /* an unknown critical extension is present */
    bool has_name_constraints;
    struct es_span ski, aki; /* key identifiers, empty when absent */
    uint8_t sm3[ES_SM3_LEN]; /* of der */
    int refs;
};
/** Decode DER or PEM (first certificate), at most 64 KiB, nothing behind it. ES_E_FORMAT, ES_E_DER
 *  with a message naming the field. */
ES_CHECKED es_status es_cert_decode(struct es_span bytes, struct es_cert **out,
                                    struct es_error *err);
struct es_cert *es_cert_ref(const struct es_cert *cert);
void es_cert_free(struct es_cert *cert);
ES_DEFINE_FREE_AT(es_cert)
/** Every certificate of a PEM or DER file, at least one; each() refs what it keeps. */
ES_CHECKED es_status es_cert_each(struct es_span bytes,
                                  es_status (*each)(void *ctx, struct es_cert *cert,
                                                    struct es_error *err),
                                  void *ctx, struct es_error *err);
/** A Name as text for people: "CN=…, O=…, C=CN", each value escaped for showing. */
void es_name_put(struct es_buf *out, struct es_span name);
/** First value of an attribute (dotted OID) as UTF-8; false when absent. */
bool es_name_get(struct es_span name, const char *oid, struct es_buf *out);
/** Certificate's serial in upper-case hex. */
void es_cert_put_serial(struct es_buf *out, const struct es_cert *cert);
/** DNs equal: same bytes, or same attributes and values whatever the string types. */
bool es_name_equal(struct es_span a, struct es_span b);

/* ---- time (verification.md 5) ---- */

/** What is known of the time of sealing. */
struct es_times {
    int64_t now_s;
    int64_t claim_s;  /* T_claim */
    int64_t poe_s;    /* T_poe; now when nothing proves more */
    bool proved;      /* poe_s rests on a proof (time stamp, receipt) */
    bool trust_claim; /* policy standard: without proof T_poe = T_claim */
};
enum es_end_rule { ES_END_NONE = 0, ES_END_AFTER_SIGNING, ES_END_AT_SIGNING, ES_END_NO_POE };
/** What an end at end_s (expiry, revocation, …) means: NONE when end_s > now_s and > claim. */
enum es_end_rule es_time_end_rule(const struct es_times *times, int64_t end_s);

/* ---- trust ---- */

/** What the list says of a maker, from NAME.json beside makers/NAME.pem; all members optional. */
struct es_maker_entry {
    const struct es_cert *cert;
    bool blocked;            /* "blocked": true */
    bool internal;           /* "internal": true */
    int64_t from_s, until_s; /* "from", "until": 0 = open */
    const char *regions;     /* "regions": ["44", "4401"] joined by ' ', "" = any */
    const char *kinds;       /* "kinds": ["01"] joined by ' ', "" = any */
};

struct es_trust;
/**
 * Read DIR/roots, intermediates, makers, crls, ocsp, tsa (PEM or DER; each optional). Files that
 * do not decode are an error naming the file. CRLs and OCSP answers are kept and judged when used.
 * A makers file with an unknown or wrong member: ES_E_CONFIG naming file and member; a maker listed
 * twice with different facts: ES_E_CONFLICT. Adding must not run beside checks with the same trust.
 * An empty trust comes from es_trust_new. Order of files does not matter.
 */
ES_CHECKED es_status es_trust_load(const char *folder, struct es_trust **out, struct es_error *err);
ES_CHECKED es_status es_trust_new(struct es_trust **out, struct es_error *err);
/**
 * es_cert_decode with a memory: bytes decoded before give a new reference to the same certificate,
 * which need not be in the trust. trust may be NULL: no memory. Any thread.
 */
ES_CHECKED es_status es_trust_decode_cert(struct es_trust *trust, struct es_span bytes,
                                          struct es_cert **out, struct es_error *err);
void es_trust_free(struct es_trust *trust);
ES_DEFINE_FREE_AT(es_trust)
enum es_trust_kind { ES_TRUST_ROOT, ES_TRUST_INTERMEDIATE, ES_TRUST_MAKER, ES_TRUST_TSA };
ES_CHECKED es_status es_trust_add_cert(struct es_trust *trust, enum es_trust_kind kind,
                                       const struct es_cert *cert, struct es_error *err);
ES_CHECKED es_status es_trust_add_maker(struct es_trust *trust, const struct es_maker_entry *entry,
                                        struct es_error *err);
ES_CHECKED es_status es_trust_add_crl(struct es_trust *trust, struct es_span der,
                                      struct es_error *err);
ES_CHECKED es_status es_trust_add_ocsp(struct es_trust *trust, struct es_span der,
                                       struct es_error *err);
/** Entry of a maker by its certificate's bytes, or NULL. */
const struct es_maker_entry *es_trust_maker(const struct es_trust *trust,
                                            const struct es_cert *cert);
/** SM3 over everything loaded and its role, the same whatever the order of files. All zero when
 *  memory ran out. */
void es_trust_digest(const struct es_trust *trust, uint8_t out[ES_SM3_LEN]);

enum es_purpose { ES_PURPOSE_SIGNER, ES_PURPOSE_MAKER, ES_PURPOSE_TSA };
struct es_chain_request {
    const struct es_cert *cert;
    const struct es_cert *const *extra; /* certificates that came with the document */
    size_t extra_count;
    enum es_purpose purpose;
    const struct es_times *times;
    int64_t revocation_max_age_s; /* of policy */
    bool revocation_after_proof;  /* strict: newer than the proved time */
    bool no_revocation;           /* time stamp authorities under standard and assured */
    enum es_check chain_check, time_check, revocation_check; /* where findings go */
    const char *where;
};
/**
 * Build the chain to a root of trust, check signatures, constraints, key usage, dates and
 * revocation of every certificate in it, and add findings. Evidence used (certificates, CRLs, OCSP
 * answers) is appended as 32-byte SM3 digests to evidence (may be NULL). Verified links are
 * remembered in trust, so the same chain costs no signature check twice. Any thread.
 * @return ES_OK when it ran to the end, whatever the answer.
 */
ES_CHECKED es_status es_chain_check(struct es_trust *trust, const struct es_chain_request *request,
                                    struct es_findings *findings, struct es_buf *evidence,
                                    struct es_error *err);

/* ---- forms of SM2 signature values (formats.md 5.3), used for SignedData and for seals ---- */

/**
 * Rewrite a signature value in a listed form (raw 64, 128 of a device, surplus or missing sign
 * byte, zero padding) to strict DER. *deviation names the form ("raw64", "DER-INTEGER", …; static)
 * or is NULL when it was strict already. ES_E_RANGE: no known form (signature_out_of_range).
 */
ES_CHECKED es_status es_sm2_sig_normalise(struct es_span sig, struct es_buf *der,
                                          const char **deviation, struct es_error *err);

/* ---- SignedData: GB/T 35275 and PKCS#7/CMS, one signer ---- */

#define ES_CMS_MAX (16u << 20) /* bytes of a ContentInfo */
#define ES_CMS_CERTS_MAX 100   /* certificates in it */

struct es_cms {
    bool gmt;                    /* GB/T 35275 OIDs, else PKCS#7 */
    struct es_span content_type; /* OID of the inner content */
    bool has_content;
    struct es_span content;             /* octets of the inner OCTET STRING */
    struct es_span issuer, serial;      /* of the signer */
    struct es_span digest_alg, sig_alg; /* OIDs */
    bool has_attrs;
    struct es_span attrs; /* signed attributes, value of [0] */
    struct es_span sig;   /* encryptedDigest octets */
    bool has_digest, has_time;
    struct es_span message_digest;
    int64_t signing_time_s;
    struct es_span time_stamp; /* signatureTimeStampToken, empty when absent */
    struct es_cert **certs;    /* those that decode, owned by the cms */
    size_t cert_count;
    const struct es_cert *signer; /* by issuer and serial, or NULL */
    bool raw_sig;          /* value was raw 64 bytes or otherwise deviating: form_deviation */
    bool ber;              /* was BER with indefinite lengths */
    struct es_buf der;     /* owns the bytes all spans point into */
    struct es_span key_id; /* of the signer when named by subjectKeyIdentifier; issuer and
                              serial are empty then */
    size_t cert_skipped;   /* certificates that do not decode */
    size_t surplus;        /* bytes behind the ContentInfo … */
    bool surplus_zero;     /* … and all of them are zero (padding, as in PDF Contents) */
    struct es_span attr_content_type; /* value of the contentType attribute, empty when absent */
    const char *attrs_fault; /* why the signed attributes cannot be relied on, or NULL; static */
    struct es_span ess_cert_v1, ess_cert_v2; /* value of signingCertificate(V2), empty: absent */
};
/** Decode a ContentInfo. More than one SignerInfo, or two different certificates that both fit the
 *  signer: ES_E_CONFLICT (signature_ambiguous). */
ES_CHECKED es_status es_cms_decode(struct es_span bytes, struct es_cms **out, struct es_error *err);
void es_cms_free(struct es_cms *cms);
ES_DEFINE_FREE_AT(es_cms)
/**
 * Check the signature value over the attributes (form A) or the content (form B), and that what is
 * signed is this document. message: the document's bytes (may be empty when only its digest is
 * known). digest: the document's digest by cms->digest_alg.
 *
 *     attributes      messageDigest = digest (or of the embedded content, which then must be
 *                     message, digest, or digest as base64 text); contentType = content type
 *     no attributes   embedded content must be message, digest, or digest as base64 text; without
 *                     embedded content message itself is what is signed
 *
 * *answer is ES_SIG_GOOD only when value, attributes and binding to the document all hold, so a
 * caller that reads nothing else is safe; whether digest, algorithm and form are acceptable is in
 * the findings: signed_attributes_invalid, data_hash_mismatch, digest_weak, algorithm codes,
 * signature codes, form_deviation, under check and where. signer NULL, or not the one the
 * SignerInfo names: signer_cert_missing and ES_SIG_UNCHECKED.
 */
ES_CHECKED es_status es_cms_verify(const struct es_cms *cms, const struct es_cert *signer,
                                   struct es_span message, struct es_span digest,
                                   enum es_check check, const char *where,
                                   enum es_sig_answer *answer, struct es_findings *findings,
                                   struct es_error *err);
/** Form A SignedData over digest (detached), GB/T 35275 OIDs: DER appended to out. */
ES_CHECKED es_status es_cms_sign(struct es_key *key, const struct es_cert *cert,
                                 struct es_span digest, int64_t time_s, struct es_buf *out,
                                 struct es_error *err);
/**
 * The two halves of es_cms_sign for a key held elsewhere: the SET of signed attributes (contentType
 * GB/T 35275 data, messageDigest = digest of 32 bytes, signingTime) appended to out — the message
 * to sign, with the signer's Z — and the SignedData around it and a strict DER signature.
 * es_cms_assemble checks attributes' form and the signature: ES_E_MISMATCH when it does not verify.
 * time_stamp: token over the signature's DER, as unsigned attribute; empty: none.
 */
ES_CHECKED es_status es_cms_attributes(struct es_span digest, int64_t time_s, struct es_buf *out,
                                       struct es_error *err);
ES_CHECKED es_status es_cms_assemble(struct es_span attrs, struct es_span sig,
                                     const struct es_cert *cert, struct es_span time_stamp,
                                     struct es_buf *out, struct es_error *err);

/* ---- time stamps (RFC 3161, GB/T 20520) ---- */

#define ES_TIME_STAMP_MAX (1u << 20) /* bytes of a token, request or response */
#define ES_TIME_STAMP_SKEW_S 300     /* an authority's clock may be ahead by this much */
/** Policy our answers name: anyPolicy of X.509, for a site that registered none of its own. */
#define ES_TIME_STAMP_POLICY "2.5.29.32.0"

struct es_time_stamp {
    int64_t gen_time_s;
    enum es_digest imprint_digest; /* NONE: not one we know */
    struct es_span imprint, serial, nonce;
    struct es_cms *cms;
};
/** Read a TimeStampToken (PKCS#7 or GB/T 35275 OIDs). Nothing is verified.
 *  ES_E_FORMAT, ES_E_DER, ES_E_LIMIT, ES_E_UNSUPPORTED (content is no TSTInfo of version 1, 2). */
ES_CHECKED es_status es_time_stamp_decode(struct es_span token, struct es_time_stamp **out,
                                          struct es_error *err);
void es_time_stamp_free(struct es_time_stamp *stamp);
ES_DEFINE_FREE_AT(es_time_stamp)
/**
 * Judge a token over a signature value: imprint (of any of the candidates), signature, purpose,
 * chain to DIR/tsa, dates. *good tells; when not good *why gets a short reason ("imprint of other
 * data", "authority not listed", …), static text. Findings of the chain itself are not added.
 */
ES_CHECKED es_status es_time_stamp_check(struct es_trust *trust, const struct es_time_stamp *stamp,
                                         const struct es_span *candidates, size_t candidate_count,
                                         int64_t now_s, bool *good, const char **why,
                                         struct es_buf *evidence, struct es_error *err);
/** TimeStampReq over imprint = SM3(value) with a nonce. */
ES_CHECKED es_status es_time_stamp_request(struct es_span value, struct es_random random,
                                           uint8_t nonce[8], struct es_buf *out,
                                           struct es_error *err);
/** Take the token out of a TimeStampResp after checking status, imprint and nonce. */
ES_CHECKED es_status es_time_stamp_response(struct es_span response, struct es_span value,
                                            const uint8_t nonce[8], struct es_buf *token,
                                            struct es_error *err);
/** An authority's answer to a request (SM3 or SHA-256 imprint). A bad request gives a refusal
 *  TimeStampResp and ES_OK. serial is the caller's, never used twice. */
ES_CHECKED es_status es_time_stamp_answer(struct es_key *key, const struct es_cert *cert,
                                          struct es_span request, int64_t now_s,
                                          struct es_span serial, struct es_buf *out,
                                          struct es_error *err);

/* ---- a small authority: certificates, requests, CRLs (profile of formats.md 2.1) ---- */

struct es_cert_template {
    const char *common_name, *organisation, *organisation_id, *unit, *country; /* NULL: left out */
    struct es_span serial; /* 1..20 bytes, first bit clear, not zero */
    int64_t not_before_s, not_after_s;
    enum es_cert_use {
        ES_CERT_ROOT,
        ES_CERT_CA,
        ES_CERT_MAKER,
        ES_CERT_SIGNER,
        ES_CERT_TSA,
        ES_CERT_OCSP
    } use;
};
/** Issue for a subject key; issuer NULL: self-signed with key. DER appended to out. */
ES_CHECKED es_status es_cert_issue(const struct es_cert_template *tpl,
                                   const struct es_pubkey *subject_key,
                                   const struct es_cert *issuer, struct es_key *issuer_key,
                                   struct es_buf *out, struct es_error *err);
/** PKCS#10 request for a key. */
ES_CHECKED es_status es_csr_make(const struct es_cert_template *tpl, struct es_key *key,
                                 struct es_buf *out, struct es_error *err);
/** Check a request's own signature; give key and subject Name (TLV inside der). */
ES_CHECKED es_status es_csr_decode(struct es_span der, struct es_pubkey **key,
                                   struct es_span *subject, struct es_error *err);
struct es_revoked {
    struct es_span serial;
    int64_t time_s;
    int reason; /* RFC 5280, -1 none */
};
ES_CHECKED es_status es_crl_make(const struct es_cert *issuer, struct es_key *key,
                                 const struct es_revoked *revoked, size_t count, uint64_t number,
                                 int64_t this_update_s, int64_t next_update_s, struct es_buf *out,
                                 struct es_error *err);
/** An OCSP answer for one certificate, signed by the issuer or a responder it certified. */
ES_CHECKED es_status es_ocsp_make(const struct es_cert *cert, const struct es_cert *issuer,
                                  const struct es_cert *responder, struct es_key *key,
                                  const struct es_revoked *revoked, int64_t this_update_s,
                                  int64_t next_update_s, struct es_buf *out, struct es_error *err);

/* ---- PEM ---- */

void es_pem_put(struct es_buf *out, const char *label, struct es_span der);
/** DER of the first block of that label, or the bytes themselves when they begin with 30. */
ES_CHECKED es_status es_pem_get(struct es_span bytes, const char *label, struct es_buf *out,
                                struct es_error *err);

#endif
