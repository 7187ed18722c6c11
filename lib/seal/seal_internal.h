/* What the files of lib/seal share: reading with listed deviations, and the cache. */
#ifndef ES_SEAL_INTERNAL_H
#define ES_SEAL_INTERNAL_H

#include "es_seal.h"

#define OID_SM2_WITH_SM3 "1.2.156.10197.1.501"
#define BEIJING_OFFSET_S (8 * 3600)
#define EXTS_MAX 1024

/** One decoding: where findings go and who owns what is read. */
struct seal_reader {
    enum es_check check;
    const char *where;
    struct es_findings *findings;
    struct es_arena *arena;
    struct es_error *err;
};

/* ---- seal_read.c ---- */

/** Note a listed deviation (formats.md 5). name is a constant. */
void seal_deviates(const struct seal_reader *r, const char *name);
/** Put the finding that belongs to a failed read and return status unchanged. */
es_status seal_refuse(const struct seal_reader *r, es_status status);
/** Copy the first element of bytes as DER into the arena, noting what was not DER. */
ES_CHECKED es_status seal_normalise(const struct seal_reader *r, struct es_span bytes, size_t max,
                                    struct es_span *der);
/** BIT STRING of whole bytes, whatever its first octet says. */
ES_CHECKED es_status seal_get_bits(const struct seal_reader *r, struct es_span *in,
                                   struct es_span *bytes);
/** GeneralizedTime, or UTCTime when utc; text gets the content. */
ES_CHECKED es_status seal_get_time(const struct seal_reader *r, struct es_span *in, bool utc,
                                   struct es_span *text, int64_t *time_s);
/** IA5String of ASCII. */
ES_CHECKED es_status seal_get_ascii(const struct seal_reader *r, struct es_span *in,
                                    struct es_span *text);
/** Content of ExtensionDatas. exts may be NULL: then they are only checked. */
ES_CHECKED es_status seal_get_exts(const struct seal_reader *r, struct es_span list,
                                   struct es_seal_ext **exts, size_t *count);
/** The optional time stamp that is all of in; token stays empty when in is. */
ES_CHECKED es_status seal_get_time_stamp(const struct seal_reader *r, struct es_span in,
                                         struct es_span *token);
/** Is the number known, and the one of the edition? */
ES_CHECKED es_status seal_check_version(const struct seal_reader *r, enum es_seal_edition edition,
                                        uint32_t version);

/* ---- seal_decode.c ---- */

/** Read a seal from its TLV, which is DER in its lengths and outlives the seal. */
ES_CHECKED es_status seal_read(const struct seal_reader *r, struct es_span tlv,
                               struct es_seal **out);

/* ---- seal_time_info.c ---- */

/** Meaning of the free content of timeInfo in edition 2014. */
void seal_read_time_info(struct es_span content, bool *has_time, int64_t *time_s,
                         struct es_span *token);

/* ---- seal_value.c: one signature value ---- */

/** Deviations found when a value was checked, as bits, so that a cache can keep them. */
enum seal_deviation {
    SEAL_DEV_RAW64 = 1 << 0,
    SEAL_DEV_RAW128 = 1 << 1,
    SEAL_DEV_DER_INTEGER = 1 << 2,
    SEAL_DEV_ZERO_PADDING = 1 << 3,
    SEAL_DEV_ALG_OID = 1 << 4,
    SEAL_DEV_CURVE_OID = 1 << 5,
    SEAL_DEV_PICTURE_TYPE = 1 << 6,
};
void seal_add_deviations(unsigned deviations, enum es_check check, const char *where,
                         struct es_findings *findings);

struct seal_judgement {
    unsigned deviations;     /* SEAL_DEV_… */
    enum es_code code;       /* why the value is not good, NONE when it is */
    enum es_code alg_code;   /* what is to be said of the algorithm, or NONE */
    char value[64], alg[64]; /* values of the two codes */
};
struct seal_value {
    const struct es_cert *cert;
    struct es_span alg, message, sig;
    enum es_code bad; /* code of a wrong value */
};
/** Fails only when the check could not be made. */
ES_CHECKED es_status seal_judge_value(const struct seal_value *value, struct seal_judgement *out,
                                      struct es_error *err);
void seal_add_judgement(const struct seal_judgement *judgement, enum es_check check,
                        const char *where, struct es_findings *findings);

/* ---- seal_cache.c ---- */

bool seal_cache_find(struct es_seal_cache *cache, const uint8_t sm3[ES_SM3_LEN],
                     unsigned *deviations);
void seal_cache_put(struct es_seal_cache *cache, const uint8_t sm3[ES_SM3_LEN],
                    unsigned deviations);

/* ---- seal_encode.c ---- */

/** Version number our own seals and signatures carry. */
uint32_t seal_version_of(enum es_seal_edition edition);
ES_CHECKED es_status seal_check_edition(enum es_seal_edition edition, struct es_error *err);
/** What the maker signs. */
void seal_put_signed(struct es_buf *out, enum es_seal_edition edition, struct es_span info,
                     struct es_span cert, struct es_span alg_oid);

#endif
