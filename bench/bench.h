/*
 * Timed programs: what sealing and verifying cost beside the work that cannot be left out
 * (inflating, SM3, SM2). Figures are ratios measured in turn in one run; the absolute numbers hold
 * for the machine of that day only.
 */
#ifndef ES_BENCH_H
#define ES_BENCH_H

#include "world.h"

/* ---- time ---- */

struct bench_op {
    void (*run)(void *ctx);
    void *ctx;
    double cost_s; /* processor time of one run: the best slice of all rounds */
};
/** Run all in turn, rounds times, each for about slice_s. */
void bench_measure(struct bench_op *ops, size_t count, int rounds, double slice_s);
/** Runs a second on so many threads at once, by the wall clock. */
double bench_rate(void (*run)(void *ctx), void *ctx, int threads, double seconds);
double bench_wall_s(void);
/** Stop with a message unless good. */
void bench_must(bool good, const char *what);

/* ---- documents ---- */

enum bench_size { BENCH_SMALL, BENCH_MID, BENCH_BIG, BENCH_SIZES };
extern const char *const bench_size_names[BENCH_SIZES];
/** 30 KB: a page and a picture. 1 MB: 12 full pages, a font, 6 pictures. 50 MB: 100 scans. */
void bench_document(enum bench_size size, struct es_buf *out);

/* ---- warm: in one process ---- */

struct bench_case {
    struct world *w;
    struct es_buf unsealed, sealed;
    struct es_seal *seal;
};
void bench_case_new(struct bench_case *c, struct world *w, enum bench_size size);
void bench_case_clear(struct bench_case *c);
/** Verify c->sealed under "assured" with state, trust and cache of the world; it must be valid. */
void bench_verify(void *c);
/** Seal c->unsealed into memory: place, digests, sign, assemble. */
void bench_seal(void *c);

/* ---- parts: the same work by libdeflate and OpenSSL alone ---- */

struct bench_parts {
    const struct bench_case *c;
    struct es_zip *zip;
    struct es_buf *entries; /* unpacked */
    uint32_t count;
    struct es_buf scratch;
    size_t unpacked;
};
void bench_parts_new(struct bench_parts *p, const struct bench_case *c);
void bench_parts_clear(struct bench_parts *p);
void bench_inflate(void *p);     /* every entry, CRC included, by libdeflate */
void bench_sm3_entries(void *p); /* EVP over every unpacked entry */
void bench_sm3_file(void *p);    /* EVP over the sealed file */
void bench_expat(void *p);       /* expat with namespaces over every XML entry, handlers empty */

/* ---- cryptography ---- */

struct bench_crypto {
    struct world *w;
    struct es_buf message, sig;
    uint8_t e[ES_SM3_LEN];
    void *sign_key; /* EVP_PKEY for OpenSSL alone */
    struct es_buf bulk;
};
void bench_crypto_new(struct bench_crypto *k, struct world *w);
void bench_crypto_clear(struct bench_crypto *k);
void bench_our_sign(void *k);   /* es_key_sign: e, sign, check what was signed */
void bench_our_verify(void *k); /* es_sm2_verify: DER, ranges, e, check */
void bench_our_sm3(void *k);    /* es_sm3 of 1 MiB */
void bench_evp_sign(void *k);
void bench_evp_verify(void *k);
void bench_evp_sm3(void *k);
/** EVP_PKEY_verify and EVP_PKEY_sign since the last call. */
void bench_count_sm2(unsigned *verified, unsigned *made);

/* ---- whole processes ---- */

struct bench_process {
    double sign_s, verify_s; /* wall, best */
    double sign_cpu_s, verify_cpu_s;
    long sign_kib, verify_kib; /* peak of memory */
};
/** Run the program on documents of every size in a folder of its own. */
void bench_processes(const char *eseal, struct bench_process out[BENCH_SIZES]);

#endif
