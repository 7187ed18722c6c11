/*
 * What the tests of seals share: findings to look into, samples on disk, keys with certificates,
 * a seal made here, and an editor that replaces one element of a DER tree and leaves the rest.
 */
#ifndef SEAL_FIXTURE_H
#define SEAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_seal.h"

#define DAY_S INT64_C(86400)
#define MADE_S INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define UNTIL_S (MADE_S + 365 * DAY_S)

struct fixture {
    struct es_arena arena;
    struct es_findings findings;
    struct es_error err;
    struct es_key *maker_key, *signer_key;
    struct es_cert *maker, *signer;
    const struct es_cert *signers[1];
    struct es_seal_info info;
    uint8_t picture[128];
    struct es_buf out;
};

int setup(void **state);
int teardown(void **state);
/** Empty the findings. */
void forget(struct fixture *f);
/** NULL: any value. */
bool has_finding(const struct fixture *f, enum es_check check, enum es_code code,
                 const char *value);
void assert_finding(const struct fixture *f, enum es_check check, enum es_code code,
                    const char *value);
void assert_no_findings(const struct fixture *f);

/** A seal of f->info in f->out. */
void make_seal(struct fixture *f, enum es_seal_edition edition);
/** Certificate of the key; serial is one byte. */
struct es_cert *issue(struct es_key *key, const char *name, uint8_t serial, enum es_cert_use use);
struct es_cert *decode_cert(struct es_span der);

/** Bytes of hex text; owned by the fixture. */
struct es_span hex(struct fixture *f, const char *text);
/**
 * Copy the tree, with the element at path ("0.2.4": children counted from 0) replaced by the bytes
 * of with (which may be none, or several elements).
 */
void edit(struct es_span tree, const char *path, struct es_span with, struct es_buf *out);
/** The element at path. */
struct es_span at(struct es_span tree, const char *path);

/** Contents of a sample; skips the test when samples are absent. */
void load_sample(const char *name, struct es_buf *out);
/** Entry of a sample that is a ZIP. */
void load_entry(const char *name, const char *entry, struct es_buf *out);

#endif
