/*
 * OpenSSL's error queue, read once and emptied, so that "out of memory" is never taken for "wrong
 * signature" or "wrong PIN". No text of the queue is passed on: it may quote its input.
 */
#include "crypto_internal.h"

#include <openssl/ec.h>
#include <openssl/err.h>

enum es_ossl_why es_ossl_why(void)
{
    enum es_ossl_why why = ES_OSSL_SILENT;
    unsigned long code;

    while ((code = ERR_get_error()) != 0) {
        int reason = ERR_GET_REASON(code);
        bool ec = ERR_GET_LIB(code) == ERR_LIB_EC;

        if (reason == ERR_R_MALLOC_FAILURE)
            why = ES_OSSL_NOMEM;
        else if (why == ES_OSSL_NOMEM)
            continue;
        else if (ec && reason == EC_R_POINT_AT_INFINITY)
            why = ES_OSSL_INFINITY;
        else if (ec && reason == EC_R_POINT_IS_NOT_ON_CURVE)
            why = ES_OSSL_OFF_CURVE;
        else if (why == ES_OSSL_SILENT)
            why = ES_OSSL_OTHER;
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
