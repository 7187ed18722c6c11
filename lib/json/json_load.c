/*
 * jansson 2.14 gathers a token in a buffer and does not look whether the buffer grew: when memory
 * runs out, bytes are lost without a word, and behind a string that lost its closing quote it
 * reads and writes past the end. So, while a text is read, an allocation that fails is served from
 * a reserve made before, the failure is remembered, and the text ends there: what comes of it is
 * thrown away as ES_E_NOMEM.
 *
 * jansson knows one allocator for the whole process; which reserve is meant is known by thread.
 */
#include "json_load.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The text comes in pieces this small, and none after a failure: so it is known how much jansson
 * can still ask for. The token at hand may double, and each byte may begin an object. */
#define PIECE ((size_t) 64)
#define PER_BYTE ((size_t) 512)
#define ALIGN ((size_t) 16)

struct reading {
    struct es_span rest;
    uint8_t *reserve;
    size_t cap, used;
    bool failed;
};

static _Thread_local struct reading *current;

static void *from_reserve(struct reading *r, size_t len)
{
    uint8_t *p = r->reserve + r->used;

    r->failed = true;
    len = (len + ALIGN - 1) / ALIGN * ALIGN;
    if (len > r->cap - r->used)
        return NULL;
    r->used += len;
    return p;
}

static void *give(size_t len)
{
    void *p = malloc(len);

    if (p == NULL && current != NULL)
        p = from_reserve(current, len);
    return p;
}

static void take_back(void *p)
{
    const struct reading *r = current;
    uintptr_t at = (uintptr_t) p;

    if (r == NULL || at < (uintptr_t) r->reserve || at >= (uintptr_t) r->reserve + r->cap)
        free(p);
}

static void set_allocator(void)
{
    json_set_alloc_funcs(give, take_back);
}

static size_t next_piece(void *buffer, size_t len, void *ctx)
{
    struct reading *r = (struct reading *) ctx;
    struct es_span piece = es_span_sub(r->rest, 0, len < PIECE ? len : PIECE);

    if (r->failed || piece.len == 0)
        return 0;
    memcpy(buffer, piece.ptr, piece.len);
    r->rest = es_span_sub(r->rest, piece.len, r->rest.len - piece.len);
    return piece.len;
}

/* The document, or NULL; nothing of it is in the reserve. */
static json_t *load(struct reading *r, json_error_t *why)
{
    json_t *root;

    current = r;
    root = json_load_callback(next_piece, r, JSON_REJECT_DUPLICATES, why);
    if (r->failed && root != NULL) {
        json_decref(root);
        root = NULL;
    }
    current = NULL;
    return root;
}

es_status json_load_span(struct es_span text, json_t **out, json_error_t *why, struct es_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct reading r = {.rest = text};

    ES_TRY(es_size_mul(text.len, 2, &r.cap, err));
    ES_TRY(es_size_add(r.cap, 2 * PIECE * PER_BYTE, &r.cap, err));
    r.reserve = (uint8_t *) malloc(r.cap);
    ES_ENSURE(r.reserve != NULL, err, ES_E_NOMEM, "out of memory");
    (void) pthread_once(&once, set_allocator);
    *out = load(&r, why);
    free(r.reserve);
    ES_ENSURE(!r.failed, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}
