/* What the tests of this area share: cmocka's headers in their order, hex, the published key. */
#ifndef ES_CRYPTO_TEST_H
#define ES_CRYPTO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_crypto.h"

/* GB/T 32918.5-2017 annex A.2 */
#define TEST_D "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define TEST_POINT                                                                                 \
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"                           \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define TEST_Z "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
#define TEST_E "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
#define TEST_R "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
#define TEST_S "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
#define TEST_K "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21"
#define TEST_DER "3046022100" TEST_R "022100" TEST_S
#define TEST_N "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"

/** Replace the content of out by the bytes of hex. */
static inline struct es_span test_hex(struct es_buf *out, const char *hex)
{
    es_buf_reset(out);
    assert_int_equal(es_hex_decode(es_span_str(hex), out, NULL), ES_OK);
    return es_buf_span(out);
}

/** Exactly len bytes. */
static inline void test_hex_to(const char *hex, void *out, size_t len)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(4096);
    struct es_span bytes = test_hex(&buf, hex);

    assert_int_equal(bytes.len, len);
    memcpy(out, bytes.ptr, len);
}

static inline void assert_hex(struct es_span bytes, const char *hex)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(65536);

    es_buf_put_hex(&text, bytes);
    assert_string_equal(es_buf_cstr(&text), hex);
}

static inline struct es_pubkey *test_public_key(void)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(128);
    struct es_pubkey *key = NULL;

    assert_int_equal(es_pubkey_sm2(test_hex(&buf, TEST_POINT), &key, NULL), ES_OK);
    return key;
}

static inline struct es_key *test_signing_key(void)
{
    uint8_t d[32];
    struct es_key *key = NULL;

    test_hex_to(TEST_D, d, sizeof(d));
    assert_int_equal(es_key_from_number(d, &key, NULL), ES_OK);
    return key;
}

#endif
