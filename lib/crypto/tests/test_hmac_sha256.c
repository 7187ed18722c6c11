/* HMAC-SHA256 against the values of RFC 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_crypto.h"

static void check(struct es_span key, struct es_span data, const char *expected)
{
    uint8_t mac[32];
    char hex[65];

    assert_int_equal(es_hmac_sha256(key, data, mac, NULL), ES_OK);
    es_hex_encode(es_span_of(mac, sizeof mac), hex);
    assert_string_equal(hex, expected);
}

static void short_keys_give_the_published_values(void **state)
{
    uint8_t key[20];

    (void) state;
    memset(key, 0x0b, sizeof key);
    check(es_span_of(key, 20), es_span_str("Hi There"),
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check(es_span_str("Jefe"), es_span_str("what do ya want for nothing?"),
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void a_key_longer_than_a_block_gives_the_published_value(void **state)
{
    uint8_t key[131];

    (void) state;
    memset(key, 0xaa, sizeof key);
    check(es_span_of(key, sizeof key),
          es_span_str("Test Using Larger Than Block-Size Key - Hash Key First"),
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* printf '' | openssl dgst -sha256 -mac HMAC -macopt hexkey: */
static void nothing_under_no_key_has_a_value_too(void **state)
{
    (void) state;
    check(es_span_of(NULL, 0), es_span_of(NULL, 0),
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_keys_give_the_published_values),
        cmocka_unit_test(a_key_longer_than_a_block_gives_the_published_value),
        cmocka_unit_test(nothing_under_no_key_has_a_value_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
