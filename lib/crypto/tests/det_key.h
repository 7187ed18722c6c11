/*
 * A signing key for tests whose nonces come from an es_random: the same seed and message give the
 * same bytes, so whole sealed files can be compared. Its arithmetic is OpenSSL's big numbers and
 * is not in constant time; it is not part of the library and must never hold a real key.
 */
#ifndef ES_DET_KEY_H
#define ES_DET_KEY_H

#include "es_crypto.h"

struct det_keys {
    uint8_t d[32]; /* the one key's number, big endian, in [1, n-2] */
    const char *label;
    const char *pin;         /* NULL: none is asked for */
    struct es_random random; /* 32 bytes a signature, more when they are no nonce */
};

/** A provider of the one key in keys, which is borrowed. */
struct es_key_provider det_key_provider(struct det_keys *keys);
/** An open key over number d with nonces from random (copied; its self is borrowed). */
ES_CHECKED es_status det_key_open(const uint8_t d[32], struct es_random random, struct es_key **out,
                                  struct es_error *err);

#endif
