/*
 * Each allocation failing in turn, alone and with all behind it: a key is never called wrong, a
 * field or row never changed, because memory ran out; nothing half made stays in a buffer.
 */
#include "alloc.h"
#include "keyring_test.h"

#include <stdlib.h>

static const struct es_field_place place = {
    .table = "person", .column = "name", .row = {.ptr = (const uint8_t *) "42", .len = 2}};

struct bench {
    struct world *w;
    struct es_buf closed;
    uint8_t mac[ES_ROW_MAC_LEN];
};

typedef es_status (*operation)(struct bench *b);

static void fail_each(struct bench *b, operation run)
{
    for (int all = 0; all <= 1; all++)
        for (long nth = 0;; nth++) {
            es_status status;
            bool met;

            alloc_fail(nth, all != 0);
            status = run(b);
            met = alloc_relent();
            assert_true(status == ES_OK || status == ES_E_NOMEM || status == ES_E_CRYPTO);
            assert_true(nth < 20000);
            if (!met) {
                assert_int_equal(status, ES_OK);
                break;
            }
        }
}

static es_status seal_it(struct bench *b)
{
    struct es_buf out = ES_BUF_INIT(256);
    es_status status = es_field_seal(b->w->keyring, ES_K_FIELD, &place, es_span_str("word"), &out,
                                     NULL);

    if (out.len != (status == ES_OK ? 4u + ES_FIELD_OVERHEAD : 0))
        status = ES_E_INTERNAL;
    es_buf_clear(&out);
    return status;
}

static es_status open_it(struct bench *b)
{
    struct es_buf out = ES_BUF_INIT(256);
    es_status status = es_field_open(b->w->keyring, ES_K_FIELD, &place, es_buf_span(&b->closed),
                                     &out, NULL);

    if (out.len != (status == ES_OK ? 4u : 0))
        status = ES_E_INTERNAL;
    es_buf_clear(&out);
    return status;
}

static es_status check_it(struct bench *b)
{
    struct es_value row[] = {es_value_text("row"), es_value_int(1)};

    return es_row_check(b->w->keyring, "t", row, 2, es_span_of(b->mac, sizeof(b->mac)), NULL);
}

static es_status index_it(struct bench *b)
{
    uint8_t out[ES_SM3_LEN];

    return es_field_index(b->w->keyring, "t", "c", es_span_str("v"), out, NULL);
}

static es_status refresh_it(struct bench *b)
{
    return es_keyring_refresh(b->w->keyring, b->w->store, NULL);
}

static void prepare(struct bench *b, struct world *w)
{
    struct es_value row[] = {es_value_text("row"), es_value_int(1)};

    *b = (struct bench){.w = w, .closed = ES_BUF_INIT(256)};
    assert_int_equal(
        es_field_seal(w->keyring, ES_K_FIELD, &place, es_span_str("word"), &b->closed, NULL),
        ES_OK);
    assert_int_equal(es_row_mac(w->keyring, "t", row, 2, b->mac, NULL), ES_OK);
}

static void fields_and_rows_are_never_called_changed(void **state)
{
    struct bench b;

    prepare(&b, *state);
    fail_each(&b, seal_it);
    fail_each(&b, open_it);
    fail_each(&b, check_it);
    fail_each(&b, index_it);
    es_buf_clear(&b.closed);
}

static void keys_are_never_called_wrong(void **state)
{
    struct bench b;

    prepare(&b, *state);
    fail_each(&b, refresh_it);
    assert_int_equal(open_it(&b), ES_OK);
    es_buf_clear(&b.closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_KEYS(fields_and_rows_are_never_called_changed),
        WITH_KEYS(keys_are_never_called_wrong),
    };
    return cmocka_run_group_tests_name("keyring_nomem", tests, NULL, NULL);
}
