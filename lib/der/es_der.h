/*
 * ASN.1 DER: a strict reader over spans, a writer into es_buf, OIDs, and one normaliser that
 * rewrites BER with indefinite or non-minimal lengths to DER. No field meanings here.
 *
 * Readers move *in forward past what they read; a failed read leaves it unmoved. All failures:
 * ES_E_DER for an encoding that is not canonical but has one meaning, ES_E_FORMAT for anything
 * that cannot be read, ES_E_LIMIT for depth or size.
 */
#ifndef ES_DER_H
#define ES_DER_H

#include "es_base.h"

#define ES_DER_BOOLEAN 0x01
#define ES_DER_INTEGER 0x02
#define ES_DER_BIT_STRING 0x03
#define ES_DER_OCTET_STRING 0x04
#define ES_DER_NULL 0x05
#define ES_DER_OID 0x06
#define ES_DER_ENUMERATED 0x0a
#define ES_DER_UTF8_STRING 0x0c
#define ES_DER_PRINTABLE_STRING 0x13
#define ES_DER_T61_STRING 0x14
#define ES_DER_IA5_STRING 0x16
#define ES_DER_UTC_TIME 0x17
#define ES_DER_GENERALIZED_TIME 0x18
#define ES_DER_VISIBLE_STRING 0x1a
#define ES_DER_UNIVERSAL_STRING 0x1c
#define ES_DER_BMP_STRING 0x1e
#define ES_DER_SEQUENCE 0x30
#define ES_DER_SET 0x31
#define ES_DER_CONTEXT(n) (0xa0 | (n))           /* constructed [n] */
#define ES_DER_CONTEXT_PRIMITIVE(n) (0x80 | (n)) /* primitive [n] */

#define ES_DER_DEPTH_MAX 64

/** One element: tag byte (low-tag-number form only), whole TLV and content, as received. */
struct es_der_item {
    uint8_t tag;
    struct es_span tlv;
    struct es_span value;
};

/** Next element of any tag. */
ES_CHECKED es_status es_der_next(struct es_span *in, struct es_der_item *out, struct es_error *err);
/** Tag of the next element, 0 at the end of in. */
uint8_t es_der_peek(struct es_span in);
/** Next element must have this tag; value gets its content. */
ES_CHECKED es_status es_der_get(struct es_span *in, uint8_t tag, struct es_span *value,
                                struct es_error *err);
/** The same, and tlv gets the whole element. */
ES_CHECKED es_status es_der_get_tlv(struct es_span *in, uint8_t tag, struct es_span *tlv,
                                    struct es_span *value, struct es_error *err);
/** If the next element has this tag read it and set *found; else *found = false. */
ES_CHECKED es_status es_der_get_optional(struct es_span *in, uint8_t tag, struct es_span *value,
                                         bool *found, struct es_error *err);
/** Nothing may be left in in. */
ES_CHECKED es_status es_der_finish(struct es_span in, struct es_error *err);
/** INTEGER, minimal, not negative, at most 32 bits. */
ES_CHECKED es_status es_der_get_uint(struct es_span *in, uint32_t *out, struct es_error *err);
/** INTEGER as received (content bytes); minimal two's complement demanded. */
ES_CHECKED es_status es_der_get_integer(struct es_span *in, struct es_span *out,
                                        struct es_error *err);
ES_CHECKED es_status es_der_get_bool(struct es_span *in, bool *out, struct es_error *err);
/** BIT STRING of whole bytes: unused bits must be 0. */
ES_CHECKED es_status es_der_get_bits(struct es_span *in, struct es_span *bytes,
                                     struct es_error *err);
/** OBJECT IDENTIFIER content, checked. */
ES_CHECKED es_status es_der_get_oid(struct es_span *in, struct es_span *oid, struct es_error *err);
/** UTCTime or GeneralizedTime in their one DER form. */
ES_CHECKED es_status es_der_get_time(struct es_span *in, int64_t *time_s, struct es_error *err);

/** OID content bytes to "1.2.156…"; bytes that are no OID come out as hex behind "?". */
void es_oid_text(struct es_span oid, char *out, size_t out_len);
/** "1.2.156…" to content bytes. */
ES_CHECKED es_status es_oid_parse(const char *text, struct es_buf *out, struct es_error *err);
/** Does the content equal the OID written as text? */
bool es_oid_is(struct es_span oid, const char *text);
/** A name for well-known OIDs (formats.md 1.5, X.500 attributes, …), or NULL. */
const char *es_oid_name(struct es_span oid);

/**
 * BER to DER where only lengths differ: indefinite lengths become definite, long forms minimal,
 * constructed strings whole. Anything else stays byte for byte. *changed tells if out differs.
 * Trailing bytes behind the first element are left off; *surplus (may be NULL) gets their count.
 */
ES_CHECKED es_status es_ber_to_der(struct es_span in, struct es_buf *out, bool *changed,
                                   size_t *surplus, struct es_error *err);

/** Ways in which BER was not DER. */
#define ES_BER_INDEFINITE 1u  /* an indefinite length */
#define ES_BER_LONG_LENGTH 2u /* a length not in its shortest form */
#define ES_BER_PIECES 4u      /* a string in pieces */
/** es_ber_to_der that tells which forms it met; 0: the input was DER in its lengths. */
ES_CHECKED es_status es_ber_to_der_forms(struct es_span in, struct es_buf *out, unsigned *forms,
                                         size_t *surplus, struct es_error *err);

/* ---- writing: failures stay in the buffer until es_buf_check ---- */

/** Open a constructed element; returns the mark for es_der_end, which fills in the length. */
size_t es_der_begin(struct es_buf *out, uint8_t tag);
void es_der_end(struct es_buf *out, size_t mark);
void es_der_put(struct es_buf *out, uint8_t tag, struct es_span value);
void es_der_put_raw(struct es_buf *out, struct es_span tlv);
void es_der_put_uint(struct es_buf *out, uint64_t value);
/** Big-endian magnitude of any length as a positive INTEGER. */
void es_der_put_unsigned(struct es_buf *out, struct es_span magnitude);
void es_der_put_bool(struct es_buf *out, bool value);
void es_der_put_null(struct es_buf *out);
/** BIT STRING of whole bytes, unused bits 0. */
void es_der_put_bits(struct es_buf *out, struct es_span bytes);
/** OID from its dotted text (a constant of ours: a wrong one is a bug). */
void es_der_put_oid(struct es_buf *out, const char *text);
void es_der_put_generalized_time(struct es_buf *out, int64_t time_s);
void es_der_put_utc_time(struct es_buf *out, int64_t time_s);
/** Sort the elements inside the SET content that begins at mark's content, as DER SET OF wants. */
void es_der_sort_set(struct es_buf *out, size_t content_start);

#endif
