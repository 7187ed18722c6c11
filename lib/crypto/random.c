/*
 * Random numbers: the system's, by OpenSSL's generator for secrets, and a repeatable stream for
 * tests. Block i of the stream from seed s is SM3(s || i), both as 8 bytes, big endian; the seed
 * then moves on to the first 8 bytes of SM3(s || 2^64 - 1).
 */
#include "crypto_internal.h"

#include <limits.h>
#include <openssl/rand.h>

static es_status fill_system(void *self, uint8_t *out, size_t len, struct es_error *err)
{
    (void) self;
    while (len > 0) {
        int part = len > INT_MAX ? INT_MAX : (int) len;
        ES_TRY(es_ossl_check(RAND_priv_bytes(out, part) == 1, err, ES_E_CRYPTO,
                             "no random numbers to be had"));
        out += part;
        len -= (size_t) part;
    }
    return ES_OK;
}

struct es_random es_random_system(void)
{
    return (struct es_random){.fill = fill_system, .self = NULL};
}

static void put_u64(uint8_t out[8], uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t) (value >> (56 - 8 * i));
}

static es_status seeded_block(uint64_t seed, uint64_t index, uint8_t block[ES_SM3_LEN],
                              struct es_error *err)
{
    uint8_t input[16];

    put_u64(input, seed);
    put_u64(input + 8, index);
    return es_sm3(es_span_of(input, sizeof(input)), block, err);
}

static es_status fill_seeded(void *self, uint8_t *out, size_t len, struct es_error *err)
{
    uint64_t *seed = self;
    uint64_t next = 0;
    uint8_t block[ES_SM3_LEN];

    for (uint64_t i = 0; len > 0; i++) {
        size_t part = len < sizeof(block) ? len : sizeof(block);
        ES_TRY(seeded_block(*seed, i, block, err));
        memcpy(out, block, part);
        out += part;
        len -= part;
    }
    ES_TRY(seeded_block(*seed, UINT64_MAX, block, err));
    for (unsigned i = 0; i < 8; i++)
        next = next << 8 | block[i];
    *seed = next;
    return ES_OK;
}

struct es_random es_random_seeded(uint64_t *seed)
{
    return (struct es_random){.fill = fill_seeded, .self = seed};
}
