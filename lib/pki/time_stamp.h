/*
 * What the files of time stamps share. Private to lib/pki.
 */
#ifndef ES_PKI_TIME_STAMP_H
#define ES_PKI_TIME_STAMP_H

#include "es_pki.h"

/** messageImprint ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }. */
struct es_imprint {
    struct es_span tlv;
    enum es_digest digest; /* NONE: not known */
    struct es_span value;
};
ES_CHECKED es_status es_imprint_read(struct es_span *in, struct es_imprint *out,
                                     struct es_error *err);
/** Is the imprint the digest of these bytes? */
ES_CHECKED es_status es_imprint_fits(enum es_digest digest, struct es_span imprint,
                                     struct es_span bytes, bool *fits, struct es_error *err);

#endif
