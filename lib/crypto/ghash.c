/*
 * GHASH in constant time. A product in GF(2^128) is made of three products of 64-bit polynomials
 * (Karatsuba), which are carry-less: by integer multiplication with holes between the bits that
 * take up the carries, or by PCLMULQDQ. GCM writes its polynomials mirrored, so the 255-bit product
 * is moved left by one bit before it is reduced by x^128 + x^7 + x^2 + x + 1.
 */
#include "ghash.h"

#if defined(__x86_64__)
#include <wmmintrin.h>
#define TARGET_NATIVE __attribute__((target("pclmul,sse2")))
#endif

struct wide {
    uint64_t hi, lo;
};

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8; i++)
        value = value << 8 | p[i];
    return value;
}

/* v3..v0, high to low: the product as multiplied. The result replaces y. */
static inline void reduce(uint64_t y[2], uint64_t v3, uint64_t v2, uint64_t v1, uint64_t v0)
{
    v3 = v3 << 1 | v2 >> 63;
    v2 = v2 << 1 | v1 >> 63;
    v1 = v1 << 1 | v0 >> 63;
    v0 = v0 << 1;
    v2 ^= v0 ^ v0 >> 1 ^ v0 >> 2 ^ v0 >> 7;
    v1 ^= v0 << 63 ^ v0 << 62 ^ v0 << 57;
    v3 ^= v1 ^ v1 >> 1 ^ v1 >> 2 ^ v1 >> 7;
    v2 ^= v1 << 63 ^ v1 << 62 ^ v1 << 57;
    y[0] = v3;
    y[1] = v2;
}

/* ---- portable ---- */

/*
 * Low 64 bits of the carry-less product. Every fourth bit of a factor at a time: a column of the
 * product then sums at most 16 ones, which reach the next kept column only past bit 63.
 */
static inline uint64_t multiply_low(uint64_t a, uint64_t b)
{
    const uint64_t every4 = UINT64_C(0x1111111111111111);
    uint64_t product = 0;

    for (unsigned k = 0; k < 4; k++) {
        uint64_t column = 0;

        for (unsigned i = 0; i < 4; i++)
            column ^= (a & every4 << i) * (b & every4 << ((k - i) & 3));
        product |= column & every4 << k;
    }
    return product;
}

static inline uint64_t swap_bits(uint64_t x, uint64_t mask, unsigned by)
{
    return (x & mask) << by | (x >> by & mask);
}

static inline uint64_t mirror(uint64_t x)
{
    x = swap_bits(x, UINT64_C(0x5555555555555555), 1);
    x = swap_bits(x, UINT64_C(0x3333333333333333), 2);
    x = swap_bits(x, UINT64_C(0x0f0f0f0f0f0f0f0f), 4);
    return __builtin_bswap64(x);
}

/* The high half of a product is the low half of the mirrored factors' product, mirrored. */
static inline struct wide multiply_portable(uint64_t a, uint64_t b)
{
    return (struct wide){.hi = mirror(multiply_low(mirror(a), mirror(b))) >> 1,
                         .lo = multiply_low(a, b)};
}

void es_ghash_portable(uint64_t y[2], const uint64_t h[2], const uint8_t *blocks, size_t count)
{
    for (; count > 0; count--, blocks += ES_GHASH_BLOCK) {
        uint64_t a1 = y[0] ^ load64(blocks), a0 = y[1] ^ load64(blocks + 8);
        struct wide high = multiply_portable(a1, h[0]);
        struct wide low = multiply_portable(a0, h[1]);
        struct wide mid = multiply_portable(a1 ^ a0, h[0] ^ h[1]);

        mid.hi ^= high.hi ^ low.hi;
        mid.lo ^= high.lo ^ low.lo;
        reduce(y, high.hi, high.lo ^ mid.hi, low.hi ^ mid.lo, low.lo);
    }
}

/* ---- PCLMULQDQ ---- */

#if defined(__x86_64__)
TARGET_NATIVE static inline struct wide multiply_native(uint64_t a, uint64_t b)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long) a),
                                           _mm_cvtsi64_si128((long long) b), 0);

    return (struct wide){.hi = (uint64_t) _mm_cvtsi128_si64(_mm_srli_si128(product, 8)),
                         .lo = (uint64_t) _mm_cvtsi128_si64(product)};
}

TARGET_NATIVE static void ghash_pclmul(uint64_t y[2], const uint64_t h[2], const uint8_t *blocks,
                                       size_t count)
{
    for (; count > 0; count--, blocks += ES_GHASH_BLOCK) {
        uint64_t a1 = y[0] ^ load64(blocks), a0 = y[1] ^ load64(blocks + 8);
        struct wide high = multiply_native(a1, h[0]);
        struct wide low = multiply_native(a0, h[1]);
        struct wide mid = multiply_native(a1 ^ a0, h[0] ^ h[1]);

        mid.hi ^= high.hi ^ low.hi;
        mid.lo ^= high.lo ^ low.lo;
        reduce(y, high.hi, high.lo ^ mid.hi, low.hi ^ mid.lo, low.lo);
    }
}

es_ghash_fn es_ghash_native(void)
{
    return __builtin_cpu_supports("pclmul") ? ghash_pclmul : NULL;
}
#else
es_ghash_fn es_ghash_native(void)
{
    return NULL;
}
#endif

es_ghash_fn es_ghash_best(void)
{
    es_ghash_fn native = es_ghash_native();

    return native != NULL ? native : es_ghash_portable;
}
