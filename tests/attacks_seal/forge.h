/*
 * Seal signatures built field by field, signed with the world's keys over whatever the fields say:
 * what an attacker with an entitled maker's and signer's key could make. forge_init gives a good
 * seal and signature of GB/T 38540-2020; a case changes what it is about and says what must come
 * of it. Nothing here refuses anything.
 */
#ifndef ES_TESTS_FORGE_H
#define ES_TESTS_FORGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

/* Bytes of a string literal without its NUL. */
#define BYTES(text) es_span_of(text, sizeof(text) - 1)

/* Elements that are not made of others, in the order they are written. */
enum forge_field {
    HEADER_ID,
    HEADER_VERSION,
    HEADER_VENDOR,
    SEAL_CODE,
    SEAL_TYPE,
    SEAL_NAME,
    SEAL_LIST_TYPE,
    SEAL_LIST,
    SEAL_CREATED,
    SEAL_FROM,
    SEAL_UNTIL,
    PICTURE_TYPE,
    PICTURE_DATA,
    PICTURE_WIDTH,
    PICTURE_HEIGHT,
    SEAL_EXTS,
    MAKER_CERT,
    SEAL_ALG,
    SEAL_STAMP,
    TBS_VERSION,
    TBS_TIME,
    TBS_HASH, /* empty: SM3 of Signature.xml */
    TBS_PROPERTY,
    TBS_EXTS,
    SIGNER_CERT,
    SIG_ALG,
    SIG_STAMP,
    FIELD_COUNT
};
/* SEQUENCEs around them. */
enum forge_part {
    PART_HEADER,
    PART_PROPERTY,
    PART_PICTURE,
    PART_INFO,
    PART_SEAL,
    PART_TBS,
    PART_SIGNATURE,
    PART_COUNT
};
enum forge_shape {
    SHAPE_DER = 0,
    SHAPE_LONG_LENGTH, /* 30 83 00 … */
    SHAPE_INDEFINITE,  /* 30 80 … 00 00 */
    SHAPE_TRAILING     /* one more element at the end, inside */
};

/* A time stamp; at_s 0: none. */
struct forge_stamp {
    int64_t at_s;
    const struct es_cert *cert; /* NULL: the authority of the world */
    struct es_key *key;
    bool of_other;                        /* imprint of other data */
    void (*change)(struct es_buf *token); /* afterwards; NULL: nothing */
};

struct forge {
    struct world *w;
    struct es_buf field[FIELD_COUNT]; /* TLV as it will stand; empty: left out */
    enum forge_shape shape[PART_COUNT];
    struct es_key *maker_key, *signer_key;
    /* Turn a good value (DER of r, s) into the BIT STRING that is written; NULL: as it is. */
    void (*seal_value)(struct es_span der, struct es_buf *tlv, const void *ctx);
    void (*sig_value)(struct es_span der, struct es_buf *tlv, const void *ctx);
    const void *ctx;
    bool high_numbers;             /* sign again until r and s both need a sign byte in DER */
    struct forge_stamp stamp;      /* over the signature value */
    struct forge_stamp seal_stamp; /* over the seal's, edition 2025 */
    struct es_span behind;         /* bytes behind SES_Signature */
    struct es_span seal_file;      /* Seal.esl; empty: the forged seal */
    struct es_buf seal;            /* made by forge_seal */
};
void forge_init(struct forge *f, struct world *w);
void forge_clear(struct forge *f);
/** A field gets this tag and content. */
void forge_set(struct forge *f, enum forge_field field, uint8_t tag, struct es_span value);
/** A field gets these very bytes; empty leaves it out. */
void forge_raw(struct forge *f, enum forge_field field, struct es_span bytes);
void forge_number(struct forge *f, enum forge_field field, uint64_t number);
void forge_time(struct forge *f, enum forge_field field, int64_t time_s);
/** The list of signers: these certificates, whole. */
void forge_list(struct forge *f, const struct es_cert *const *certs, size_t count);
/** List and signer are this certificate; the signature is made with key. */
void forge_signer(struct forge *f, const struct es_cert *cert, struct es_key *key);
void forge_maker(struct forge *f, const struct es_cert *cert, struct es_key *key);
/** Header and TBS get version 5. */
void forge_edition_2025(struct forge *f);
/** For seal_value and sig_value: the bytes of the span that ctx points to, whatever was signed. */
void forge_put_given(struct es_span der, struct es_buf *tlv, const void *ctx);
/** Put the seal together and sign it (again): f->seal. */
void forge_seal(struct forge *f);
/** The world's document under the forged signature; the seal's state is active. */
void forge_pkg(struct forge *f, struct pkg *out);
/** forge_pkg and expect_pkg. */
void forge_expect(struct forge *f, enum es_outcome outcome, const char *codes);
/** The same under another trust. */
void forge_expect_with(struct forge *f, struct es_trust *trust, int policy, enum es_outcome outcome,
                       const char *codes);
/** A token over a value, at_s and by whom as the stamp says. */
void forge_token(struct world *w, const struct forge_stamp *stamp, struct es_span value,
                 struct es_buf *token);

/** Setup and teardown of a test: *state is a struct world. */
int forge_setup(void **state);
int forge_teardown(void **state);

#define FORGE_TEST(name) cmocka_unit_test_setup_teardown(name, forge_setup, forge_teardown)
/** Fails the test with the message of the error. */
#define FORGE_OK(call)                                                                             \
    do {                                                                                           \
        struct es_error forge_err = {0};                                                           \
        struct es_error *err = &forge_err;                                                         \
        if ((call) != ES_OK)                                                                       \
            fail_msg("%s: %s", #call, forge_err.text);                                             \
    } while (0)

#endif
