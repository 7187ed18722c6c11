/* HMAC-SHA256 (RFC 2104, FIPS 180-4): what services made elsewhere ask for, such as S3. */
#include "crypto_internal.h"

#include <limits.h>
#include <openssl/hmac.h>

es_status es_hmac_sha256(struct es_span key, struct es_span data, uint8_t out[32],
                         struct es_error *err)
{
    static const uint8_t nothing[1] = {0};
    unsigned len = 0;

    ES_ENSURE(key.len <= INT_MAX, err, ES_E_LIMIT, "key of %zu bytes", key.len);
    ES_TRY(es_ossl_listen(err));
    return es_ossl_check(HMAC(EVP_sha256(), key.len > 0 ? key.ptr : nothing, (int) key.len,
                              data.len > 0 ? data.ptr : nothing, data.len, out, &len) != NULL &&
                             len == 32,
                         err, ES_E_CRYPTO, "HMAC-SHA256 failed");
}
