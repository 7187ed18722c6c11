/*
 * What der_get.c and der_ber.c share: reading a tag and a length, and which universal types may
 * be constructed. Not for other areas.
 */
#ifndef ES_DER_INTERNAL_H
#define ES_DER_INTERNAL_H

#include "es_der.h"

#define DER_CONSTRUCTED 0x20
#define DER_LENGTH_INDEFINITE SIZE_MAX

/** Tag and length of an element as they stand, before any judgement about minimal form. */
struct der_head {
    uint8_t tag;
    size_t head_len; /* bytes of tag and length */
    size_t len;      /* of the content; DER_LENGTH_INDEFINITE for 80 */
    bool minimal;    /* the length is written in its shortest form */
};

/** How a universal type may be encoded. */
enum der_shape { DER_SHAPE_PRIMITIVE, DER_SHAPE_CONSTRUCTED, DER_SHAPE_STRING };

/** Read tag and length; a definite length is checked against what is left of in. */
ES_CHECKED es_status der_read_head(struct es_span in, struct der_head *out, struct es_error *err);
/** Shape of a tag of the universal class. */
enum der_shape der_shape_of(uint8_t tag);
/** Is the tag of the universal class? */
static inline bool der_is_universal(uint8_t tag)
{
    return (tag & 0xc0) == 0;
}

#endif
