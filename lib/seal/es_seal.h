/*
 * Electronic seals and seal signatures: GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025. Decode,
 * encode, make, verify. The structure decides the edition, not the version number (formats.md 5).
 * Signed bytes are used as received. Documents are not known here.
 */
#ifndef ES_SEAL_H
#define ES_SEAL_H

#include "es_base.h"
#include "es_crypto.h"
#include "es_pki.h"
#include "es_verdict.h"

enum es_seal_edition {
    ES_SEAL_EDITION_UNKNOWN = 0,
    ES_SEAL_2014 = 2014,
    ES_SEAL_2020 = 2020,
    ES_SEAL_2025 = 2025
};
#define ES_SEAL_SIDE_MAX_MM 200
#define ES_SEAL_DER_MAX (4u << 20)
#define ES_SEAL_CERTS_MAX 1024

struct es_picture {
    struct es_span type; /* as written: "PNG", "ofd", … */
    struct es_span data;
    uint32_t width_mm, height_mm;
};
struct es_seal_ext {
    struct es_span oid, value;
    bool critical;
    bool critical_written; /* the BOOLEAN is there (tax seals write FALSE, too) */
};
/** One entry of the list of those who may use the seal. */
struct es_seal_signer {
    struct es_span cert;        /* DER, or empty when listed by digest */
    struct es_span digest_type; /* text, when listed by digest */
    struct es_span digest;
};
/** A decoded seal; spans point into der. Owned by its creator, immutable, any thread. */
struct es_seal {
    enum es_seal_edition edition;
    struct es_span der;  /* whole TLV as received */
    struct es_span info; /* TLV of SES_SealInfo */
    struct es_span id;   /* esID */
    struct es_span vendor;
    uint32_t version; /* header.version */
    uint32_t type;
    struct es_span name;
    uint32_t list_type; /* certListType; 1 in edition 2014 */
    struct es_seal_signer *signers;
    size_t signer_count;
    int64_t created_s, valid_from_s, valid_until_s;
    struct es_picture picture;
    struct es_seal_ext *exts;
    size_t ext_count;
    struct es_span maker_cert; /* DER */
    struct es_span sig_alg;    /* OID content */
    struct es_span sig;        /* content bytes of the BIT STRING, as received */
    struct es_span time_stamp; /* edition 2025, empty when absent */
    struct es_arena arena;     /* owns everything */
    bool has_list_type;        /* certListType is there */
    bool has_exts;             /* extDatas is there, perhaps empty */
};
/**
 * Decode a seal. Listed deviations (formats.md 5.2, 5.3) are accepted and added to findings as
 * form_deviation under check; anything else not canonical is der_not_canonical, not decodable is
 * seal_data_malformed, an unknown version is version_unknown, a limit passed is limit_exceeded;
 * each with where. A failure below always leaves its finding, but for ES_E_NOMEM. What form
 * deviations are called (samples' README):
 *
 *     indefinite-length  BER, read as DER           surplus-bytes    behind the outer SEQUENCE
 *     unused-bits        BIT STRING says so, and every octet counts
 *     no-Z               GeneralizedTime without Z, read as Beijing time
 *     time-type          GeneralizedTime in edition 2014
 *     version-number     of another edition than the shape
 *     certListType       3, and certificates follow
 *     cert-identifier    edition 2014: IA5String in place of a certificate; lists nobody
 *     extDatas-wrapped   in [0] or OCTET STRING     BOOLEAN          TRUE that is not FF
 *     critical-extension a critical extension (none is known)
 *     time-stamp-tag     timeStamp not [0] EXPLICIT BIT STRING
 *     short-dataHash     trailing zero octets were dropped (signatures only)
 *
 * @return ES_OK  (findings may still make it invalid)
 *         ES_E_FORMAT, ES_E_DER, ES_E_UNSUPPORTED (version), ES_E_LIMIT when there is nothing to
 *         work on; ES_E_NOMEM
 */
ES_CHECKED es_status es_seal_decode(struct es_span bytes, enum es_check check, const char *where,
                                    struct es_findings *findings, struct es_seal **out,
                                    struct es_error *err);
void es_seal_free(struct es_seal *seal);
ES_DEFINE_FREE_AT(es_seal)
const char *es_seal_edition_name(enum es_seal_edition edition); /* "GB/T 38540-2020", … */

/** A decoded seal signature (SES_Signature). */
struct es_seal_signature {
    enum es_seal_edition edition;
    struct es_span der;
    struct es_span tbs; /* TLV of TBS_Sign */
    uint32_t version;
    struct es_seal *seal;     /* owned */
    struct es_span time_info; /* content as received */
    bool has_time;
    int64_t time_s;           /* T_claim when has_time */
    struct es_span data_hash; /* content bytes */
    struct es_span property_info;
    struct es_span cert; /* signer's, DER */
    struct es_span sig_alg, sig;
    struct es_span time_stamp; /* token, empty when absent */
    struct es_arena arena;
};
/**
 * Decode a seal signature and the seal in it; findings and failures like es_seal_decode, under
 * ES_CHECK_FORMAT. timeInfo of edition 2014 is free content: has_time tells if it could be read
 * (Beijing time where no zone is written); a token in it becomes time_stamp.
 */
ES_CHECKED es_status es_seal_signature_decode(struct es_span bytes, const char *where,
                                              struct es_findings *findings,
                                              struct es_seal_signature **out, struct es_error *err);
void es_seal_signature_free(struct es_seal_signature *sig);
ES_DEFINE_FREE_AT(es_seal_signature)

/** What SignedValue holds, told by its content (formats.md 5.1). */
enum es_value_form {
    ES_VALUE_UNKNOWN = 0,
    ES_VALUE_SEAL,
    ES_VALUE_CMS,
    ES_VALUE_BARE_SM2,
    ES_VALUE_BASE64
};
enum es_value_form es_seal_value_form(struct es_span bytes);

/* ---- verifying ---- */

/**
 * Maker's signature and picture of a seal: findings under ES_CHECK_SEAL_SIGNATURE. Remembers
 * good seals in cache (may be NULL) by SM3, so that a seal seen before costs no SM2 check; the
 * findings are the same with and without. form_deviation is one of raw64, raw128, DER-INTEGER,
 * zero-padding (form of the value), alg-OID, curve-OID, picture-type.
 */
struct es_seal_cache; /* bounded; any thread */
ES_CHECKED es_status es_seal_cache_new(struct es_seal_cache **out, struct es_error *err);
void es_seal_cache_free(struct es_seal_cache *cache);
ES_DEFINE_FREE_AT(es_seal_cache)
ES_CHECKED es_status es_seal_verify_maker(const struct es_seal *seal, const char *where,
                                          struct es_seal_cache *cache, struct es_findings *findings,
                                          struct es_error *err);
/** Value over TBS_Sign, algorithms, key: findings under ES_CHECK_SIGNATURE; *good tells. */
ES_CHECKED es_status es_seal_signature_verify(const struct es_seal_signature *sig,
                                              const struct es_cert *signer, const char *where,
                                              bool *good, struct es_findings *findings,
                                              struct es_error *err);
/**
 * Signer's certificate in the seal's list, whole or by digest: ES_CHECK_SIGNER_IN_SEAL. A digest
 * is compared as SM3(cert), or what its type says, then as SM3(Z || cert) with Z of the signer's
 * key (form_deviation digest-with-Z). MD5 and SHA-1: digest_weak.
 */
ES_CHECKED es_status es_seal_has_signer(const struct es_seal *seal, struct es_span cert_der,
                                        const char *where, struct es_findings *findings,
                                        struct es_error *err);
/**
 * Dates of the seal against the times: ES_CHECK_SEAL_VALIDITY_AT_SIGNING. It begins when its
 * period does, but not before it was made. Up to 8 hours before the beginning is form_deviation
 * time-zone: some vendors write Beijing time with a Z.
 */
void es_seal_check_dates(const struct es_seal *seal, const struct es_times *times,
                         const char *where, struct es_findings *findings);
/**
 * Trust in the maker: ES_CHECK_MAKER_TRUSTED. Not listed (or no trust): maker_untrusted; blocked,
 * internal: maker_blocked, internal_only. maker_out_of_scope when the entry names
 *
 *     regions  and none is a prefix of the seal's region: the first six digits of an esID of 6 or
 *              more characters that begins with them and is all digits, or of a 24-character code
 *              (codes.md 2.4, es24); an esID without region has none of the regions
 *     kinds    and none is the seal's: characters 7 and 8 of a 24-character code, else the type
 *              number as text ("1" and "01" are the same)
 *     dates    and T_claim lies before "from" or not before "until"; when "until" has passed and
 *              nothing proves the seal was used before it: maker_untrusted
 */
void es_seal_check_maker(const struct es_seal *seal, const struct es_cert *maker,
                         const struct es_trust *trust, const struct es_times *times,
                         const char *where, struct es_findings *findings);

/* ---- making ---- */

struct es_seal_info {
    const char *id;                       /* 1..64 of [0-9A-Z-] */
    const char *vendor;                   /* 1..64 printable ASCII; NULL: "ESEAL" */
    uint32_t type;                        /* 1 unit, 2 person, or a deployment's */
    const char *name;                     /* 1..256 bytes of clean UTF-8 */
    const struct es_cert *const *signers; /* 1..ES_SEAL_CERTS_MAX */
    size_t signer_count;
    bool list_by_digest; /* certListType 2 with SM3 */
    int64_t created_s, valid_from_s, valid_until_s;
    struct es_picture picture; /* data 1 byte..512 KiB */
    const struct es_seal_ext *exts;
    size_t ext_count;
};
/** SES_SealInfo (see style guide, section 4, for the words). */
ES_CHECKED es_status es_seal_encode_info(const struct es_seal_info *info,
                                         enum es_seal_edition edition, struct es_buf *out,
                                         struct es_error *err);
/**
 * Make a seal: encode, sign with the maker's key, assemble, decode and verify the result before it
 * leaves. The maker's certificate must fit the key, be valid at created_s and allowed to sign.
 */
ES_CHECKED es_status es_seal_make(const struct es_seal_info *info, enum es_seal_edition edition,
                                  const struct es_cert *maker, struct es_key *maker_key,
                                  struct es_buf *out, struct es_error *err);

/** What is to be signed in a document: TBS_Sign. */
struct es_seal_tbs {
    const struct es_seal *seal;
    int64_t time_s;
    const uint8_t *data_hash; /* ES_SM3_LEN bytes */
    const char *property_info;
    const struct es_cert *signer;
    enum es_seal_edition edition; /* of the signature; normally the seal's */
};
ES_CHECKED es_status es_seal_encode_tbs(const struct es_seal_tbs *tbs, struct es_buf *out,
                                        struct es_error *err);
/** SES_Signature from TBS bytes, signature DER and, from 2020 on, an optional time-stamp token. */
ES_CHECKED es_status es_seal_signature_assemble(struct es_span tbs, enum es_seal_edition edition,
                                                const struct es_cert *signer,
                                                struct es_span sig_der, struct es_span time_stamp,
                                                struct es_buf *out, struct es_error *err);

#endif
