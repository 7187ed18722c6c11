/*
 * OpenSSL's error queue, read once and emptied, so that "out of memory" is never taken for "wrong
 * signature" or "wrong PIN". No text of the queue is passed on: it may quote its input.
 */
#include "crypto_internal.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pkcs12err.h>

static enum es_ossl_why meaning(unsigned long code)
{
    static const struct {
        int lib, reason;
        enum es_ossl_why why;
    } known[] = {
        {ERR_LIB_EC, EC_R_POINT_AT_INFINITY, ES_OSSL_INFINITY},
        {ERR_LIB_EC, EC_R_POINT_IS_NOT_ON_CURVE, ES_OSSL_OFF_CURVE},
        {ERR_LIB_PKCS12, PKCS12_R_PKCS12_CIPHERFINAL_ERROR, ES_OSSL_UNREADABLE},
        {ERR_LIB_PKCS12, PKCS12_R_DECODE_ERROR, ES_OSSL_UNREADABLE},
    };

    if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
        return ES_OSSL_NOMEM;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (ERR_GET_LIB(code) == known[i].lib && ERR_GET_REASON(code) == known[i].reason)
            return known[i].why;
    return ES_OSSL_OTHER;
}

/* Lack of memory outweighs all else, a known reason outweighs the unspecific ones around it. */
enum es_ossl_why es_ossl_why(void)
{
    enum es_ossl_why why = ES_OSSL_SILENT;
    unsigned long code;

    while ((code = ERR_get_error()) != 0) {
        enum es_ossl_why next = meaning(code);

        if (next == ES_OSSL_NOMEM ||
            (why != ES_OSSL_NOMEM && (why == ES_OSSL_SILENT || next != ES_OSSL_OTHER)))
            why = next;
    }
    return why;
}

es_status es_ossl_listen(struct es_error *err)
{
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 1); /* lost when the thread's queue cannot be made */
    ES_ENSURE(ERR_peek_error() != 0, err, ES_E_NOMEM, "out of memory");
    ERR_clear_error();
    return ES_OK;
}

es_status es_ossl_check(bool good, struct es_error *err, es_status status, const char *what)
{
    if (good)
        return ES_OK;
    ES_ENSURE(es_ossl_why() != ES_OSSL_NOMEM, err, ES_E_NOMEM, "out of memory");
    return es_error_set(err, status, "%s", what);
}
