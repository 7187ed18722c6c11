/* Queues: each item by one taker at a time, until one is done with it. */
#include <pthread.h>
#include <stdatomic.h>

#include "contract.h"
#include "es_queue.h"

#define TAKERS 16
#define ITEMS 96

struct put {
    const char *topic, *body;
    int64_t due_ms;
    es_status result;
};

static es_status put_item(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct put *p = ctx;

    ES_TRY(es_queue_put(tx, p->topic, es_span_str(p->body), p->due_ms, err));
    return p->result;
}

static void put(struct contract *c, const char *topic, const char *body, int64_t due_ms)
{
    struct put p = {topic, body, due_ms, ES_OK};

    assert_int_equal(es_store_write(c->store, ES_AS_SERVICE, put_item, &p, NULL), ES_OK);
}

static es_status finish_item(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_queue_done(tx, ctx, err);
}

static es_status done(struct contract *c, struct es_queue_item *item)
{
    return es_store_write(c->store, ES_AS_SERVICE, finish_item, item, NULL);
}

static void nothing_is_due(struct contract *c, const char *topic, int64_t now_ms)
{
    struct es_queue_item item = {0};

    assert_int_equal(es_queue_take(c->store, topic, now_ms, 10, &item, NULL), ES_E_ABSENT);
}

static void takes(struct contract *c, const char *topic, int64_t now_ms, const char *body,
                  struct es_queue_item *out)
{
    assert_int_equal(es_queue_take(c->store, topic, now_ms, 10, out, NULL), ES_OK);
    assert_true(es_span_is(es_buf_span(&out->body), body));
}

static void items_come_when_due_oldest_first(void **state)
{
    struct contract *c = *state;
    struct es_queue_item item = {0};
    static const char *const order[] = {"first", "second", "third"};

    put(c, "order", "third", 300);
    put(c, "order", "first", 100);
    put(c, "order", "second", 100);
    put(c, "another", "not this", 1);
    nothing_is_due(c, "order", 99);
    for (size_t i = 0; i < 3; i++) {
        takes(c, "order", 300, order[i], &item);
        assert_int_equal(item.tries, 1);
        assert_int_equal(done(c, &item), ES_OK);
        es_queue_item_clear(&item);
    }
    nothing_is_due(c, "order", INT64_MAX - 10);
    takes(c, "another", 300, "not this", &item);
    assert_int_equal(done(c, &item), ES_OK);
    es_queue_item_clear(&item);
}

static void what_was_not_committed_is_not_queued(void **state)
{
    struct contract *c = *state;
    struct put p = {"dropped", "x", 1, ES_E_FROZEN};

    assert_int_equal(es_store_write(c->store, ES_AS_SERVICE, put_item, &p, NULL), ES_E_FROZEN);
    nothing_is_due(c, "dropped", 1000);
}

static void after_its_lease_an_item_is_taken_by_another(void **state)
{
    struct contract *c = *state;
    struct es_queue_item slow = {0}, quick = {0};

    put(c, "lease", "work", 100);
    takes(c, "lease", 100, "work", &slow);
    nothing_is_due(c, "lease", 109);
    takes(c, "lease", 110, "work", &quick);
    assert_int_equal(quick.id, slow.id);
    assert_int_equal(quick.tries, 2);
    assert_int_equal(done(c, &slow), ES_E_CONFLICT);
    assert_int_equal(done(c, &quick), ES_OK);
    assert_int_equal(done(c, &quick), ES_E_CONFLICT);
    es_queue_item_clear(&slow);
    es_queue_item_clear(&quick);
}

struct later {
    struct es_queue_item *item;
    int64_t due_ms;
};

static es_status put_back(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct later *l = ctx;

    return es_queue_later(tx, l->item, l->due_ms, "no answer", err);
}

static void an_item_put_back_comes_again_at_its_time(void **state)
{
    struct contract *c = *state;
    struct es_queue_item item = {0}, again = {0};
    struct later later = {&item, 500};

    put(c, "later", "work", 100);
    takes(c, "later", 100, "work", &item);
    assert_int_equal(es_store_write(c->store, ES_AS_SERVICE, put_back, &later, NULL), ES_OK);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM store_queue WHERE topic = 'later' "
                                        "AND why = 'no answer'"),
                     1);
    nothing_is_due(c, "later", 499);
    takes(c, "later", 500, "work", &again);
    assert_int_equal(es_store_write(c->store, ES_AS_SERVICE, put_back, &later, NULL),
                     ES_E_CONFLICT);
    assert_int_equal(done(c, &again), ES_OK);
    es_queue_item_clear(&item);
    es_queue_item_clear(&again);
}

struct takers {
    struct contract *c;
    atomic_int taken[ITEMS], wrong;
};

static void *take_all(void *ctx)
{
    struct takers *t = ctx;
    struct es_queue_item item = {0};
    es_status status;

    while ((status = es_queue_take(t->c->store, "crowd", 1, 1000, &item, NULL)) == ES_OK) {
        int n = item.body.len == 1 ? item.body.ptr[0] - 1 : ITEMS;

        if (n < 0 || n >= ITEMS || done(t->c, &item) != ES_OK)
            t->wrong++;
        else
            t->taken[n]++;
        es_queue_item_clear(&item);
    }
    if (status != ES_E_ABSENT)
        t->wrong++;
    return NULL;
}

static void two_takers_never_have_the_same_item(void **state)
{
    struct takers *t = calloc(1, sizeof *t);
    pthread_t threads[TAKERS];

    assert_non_null(t);
    t->c = *state;
    for (int i = 0; i < ITEMS; i++)
        put(t->c, "crowd", (char[2]){(char) (i + 1), 0}, 1);
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, t), 0);
    for (int i = 0; i < TAKERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(t->wrong, 0);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(t->taken[i], 1);
    free(t);
}

static void wrong_use_of_a_queue_is_refused(void **state)
{
    struct contract *c = *state;
    struct es_queue_item item = {0};
    struct put none = {"", "x", 1, ES_OK};

    assert_int_equal(es_store_write(c->store, ES_AS_SERVICE, put_item, &none, NULL), ES_E_RANGE);
    assert_int_equal(es_queue_take(c->store, "t", 1, 0, &item, NULL), ES_E_RANGE);
    assert_int_equal(es_queue_take(c->store, "t", INT64_MAX, 1, &item, NULL), ES_E_RANGE);
    assert_int_equal(es_queue_take(c->store, NULL, 1, 1, &item, NULL), ES_E_RANGE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(items_come_when_due_oldest_first),
    cmocka_unit_test(what_was_not_committed_is_not_queued),
    cmocka_unit_test(after_its_lease_an_item_is_taken_by_another),
    cmocka_unit_test(an_item_put_back_comes_again_at_its_time),
    cmocka_unit_test(two_takers_never_have_the_same_item),
    cmocka_unit_test(wrong_use_of_a_queue_is_refused),
};
const struct contract_part contract_queue = {tests, sizeof tests / sizeof *tests};
