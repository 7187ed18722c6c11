/* One leaf has one form: what is not exactly of it is refused, whoever made it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_log.h"

#define ACTOR_AT 47 /* first byte of the actor: 46 bytes and its length come before */

static void encode(const struct es_audit_event *event, struct es_buf *out)
{
    es_buf_init(out, ES_LOG_BODY_MAX);
    assert_int_equal(es_audit_event_encode(event, out, NULL), ES_OK);
}

static es_status decode(const struct es_buf *body)
{
    struct es_audit_event event;

    return es_audit_event_decode(es_buf_span(body), &event, NULL);
}

static struct es_audit_event sample(void)
{
    return (struct es_audit_event){.event_ms = 1767225600000,
                                   .type = 0x0402,
                                   .actor = es_span_str("ab"),
                                   .object_id = es_span_str("s")};
}

static void texts_that_are_not_clean_are_refused(void **state)
{
    static const uint8_t pairs[][2] = {{0xc0, 0x80}, {0xff, 'b'}, {'a', 0x0a}, {0x7f, 'b'},
                                       {0xd0, 'b'},  {'a', 0x00}, {0xc2, 0x85}};
    const struct es_audit_event event = sample();
    ES_AUTO(es_buf) body = {0};

    (void) state;
    encode(&event, &body);
    assert_int_equal(decode(&body), ES_OK);
    assert_int_equal(body.ptr[ACTOR_AT], 'a');
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        memcpy(body.ptr + ACTOR_AT, pairs[i], 2);
        assert_int_equal(decode(&body), ES_E_FORMAT);
    }
    body.ptr[ACTOR_AT] = 0xc3; /* é */
    body.ptr[ACTOR_AT + 1] = 0xa9;
    assert_int_equal(decode(&body), ES_OK);
}

static void a_detail_hash_without_a_detail_is_refused(void **state)
{
    struct es_audit_event event = sample();
    ES_AUTO(es_buf) body = {0};
    ES_AUTO(es_buf) none = ES_BUF_INIT(1000);

    (void) state;
    event.detail_hash.b[31] = 1;
    assert_int_equal(es_audit_event_encode(&event, &none, NULL), ES_E_FORMAT);
    assert_int_equal(none.len, 0);
    event.has_detail = true;
    encode(&event, &body);
    assert_int_equal(decode(&body), ES_OK);
    body.ptr[1] = 0; /* flags */
    assert_int_equal(decode(&body), ES_E_FORMAT);
    body.ptr[body.len - 1] = 0;
    assert_int_equal(decode(&body), ES_OK);
    body.ptr[1] = 2;
    assert_int_equal(decode(&body), ES_E_FORMAT);
}

static void no_cut_and_nothing_more_is_an_event(void **state)
{
    const struct es_audit_event event = sample();
    ES_AUTO(es_buf) body = {0};
    size_t whole;

    (void) state;
    encode(&event, &body);
    whole = body.len;
    for (body.len = 0; body.len < whole; body.len++)
        assert_int_equal(decode(&body), ES_E_FORMAT);
    es_buf_put_byte(&body, 0);
    assert_int_equal(decode(&body), ES_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_not_clean_are_refused),
        cmocka_unit_test(a_detail_hash_without_a_detail_is_refused),
        cmocka_unit_test(no_cut_and_nothing_more_is_an_event),
    };

    return cmocka_run_group_tests_name("log/leaf", tests, NULL, NULL);
}
