/*
 * Certificates decoded before, so that a stream of documents under one seal decodes its
 * certificates once. Found by all their bytes, never by a digest or a name; what hostile input
 * makes up only pushes others out. Nothing is remembered that did not decode, and none that is
 * long. The trust's mutex guards the slots; certificates never change.
 */
#include "trust.h"

#include <string.h>

#define REMEMBERED_MAX 4096u /* bytes of one certificate */

/* The last bytes are those of a signature and differ from one certificate to the next. */
static struct es_cert **slot_of(struct es_trust *trust, struct es_span der)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < 8 && i < der.len; i++)
        hash = hash << 8 | der.ptr[der.len - 1 - i];
    return &trust->seen[hash * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (ES_CERTS_SEEN - 1)];
}

static struct es_cert *recall(struct es_trust *trust, struct es_span der)
{
    struct es_cert *found = NULL, **slot = slot_of(trust, der);

    (void) pthread_mutex_lock(&trust->mutex);
    if (*slot != NULL && es_span_equal((*slot)->der, der))
        found = es_cert_ref(*slot);
    (void) pthread_mutex_unlock(&trust->mutex);
    return found;
}

static void remember(struct es_trust *trust, const struct es_cert *cert)
{
    struct es_cert **slot = slot_of(trust, cert->der), *before;

    (void) pthread_mutex_lock(&trust->mutex);
    before = *slot;
    *slot = es_cert_ref(cert);
    (void) pthread_mutex_unlock(&trust->mutex);
    es_cert_free(before);
}

es_status es_trust_decode_cert(struct es_trust *trust, struct es_span bytes, struct es_cert **out,
                               struct es_error *err)
{
    *out = trust == NULL ? NULL : recall(trust, bytes);
    if (*out != NULL)
        return ES_OK;
    ES_TRY(es_cert_decode(bytes, out, err));
    if (trust != NULL && (*out)->der.len <= REMEMBERED_MAX)
        remember(trust, *out);
    return ES_OK;
}

void trust_forget_certs(struct es_trust *trust)
{
    for (size_t i = 0; i < ES_CERTS_SEEN; i++)
        es_cert_free(trust->seen[i]);
}
