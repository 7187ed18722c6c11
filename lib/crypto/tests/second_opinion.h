/* The same functions by libgcrypt, an implementation of other people. */
#ifndef ES_SECOND_OPINION_H
#define ES_SECOND_OPINION_H

#include "crypto_test.h"

#ifdef HAVE_LIBGCRYPT
#include <gcrypt.h>

static inline void second_start(void)
{
    assert_non_null(gcry_check_version(NULL));
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

/* out gets plain.len + 16 bytes */
static inline void second_gcm_seal(const uint8_t key[16], const uint8_t nonce[12],
                                   struct es_span aad, struct es_span plain, uint8_t *out)
{
    gcry_cipher_hd_t cipher;

    assert_int_equal(gcry_cipher_open(&cipher, GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_GCM, 0), 0);
    assert_int_equal(gcry_cipher_setkey(cipher, key, 16), 0);
    assert_int_equal(gcry_cipher_setiv(cipher, nonce, 12), 0);
    assert_int_equal(gcry_cipher_authenticate(cipher, aad.ptr, aad.len), 0);
    if (plain.len > 0)
        assert_int_equal(gcry_cipher_encrypt(cipher, out, plain.len, plain.ptr, plain.len), 0);
    assert_int_equal(gcry_cipher_gettag(cipher, out + plain.len, 16), 0);
    gcry_cipher_close(cipher);
}

static inline void second_hmac(struct es_span key, struct es_span data, uint8_t out[32])
{
    gcry_mac_hd_t mac;
    size_t len = 32;

    assert_int_equal(gcry_mac_open(&mac, GCRY_MAC_HMAC_SM3, 0, NULL), 0);
    assert_int_equal(gcry_mac_setkey(mac, key.ptr, key.len), 0);
    assert_int_equal(gcry_mac_write(mac, data.ptr, data.len), 0);
    assert_int_equal(gcry_mac_read(mac, out, &len), 0);
    assert_int_equal(len, 32);
    gcry_mac_close(mac);
}

static inline void second_pbkdf2(struct es_span secret, struct es_span salt, unsigned rounds,
                                 uint8_t *out, size_t len)
{
    assert_int_equal(gcry_kdf_derive(secret.ptr, secret.len, GCRY_KDF_PBKDF2, GCRY_MD_SM3, salt.ptr,
                                     salt.len, rounds, len, out),
                     0);
}
#endif

#endif
