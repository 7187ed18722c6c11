/*
 * The status log against a model in the test (log-14): random changes of state of some seals, the
 * map's root by the plain algorithm of lib/log, states at random instants from the leaves alone.
 */
#include "keep_fixture.h"

#define SEALS 40
#define EVENTS 600
#define START_MS 1772323200000LL
#define MINUTE_MS 60000LL

static int setup(void **state)
{
    struct keep_fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    keep_fixture_open(f, ES_LOG_STATUS);
    atomic_store(&f->now_ms, START_MS);
    keep_open(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    keep_fixture_close(*state);
    free(*state);
    return 0;
}

static struct es_status_event change(unsigned seal, uint8_t status, uint8_t reason)
{
    struct es_status_event event = {
        .status = status, .reason = reason, .valid_from_ms = 5, .valid_until_ms = 9000000000000};

    assert_int_equal(es_sm3(es_span_of(&seal, sizeof seal), event.map_key.b, NULL), ES_OK);
    return event;
}

static struct es_log_place changed(struct keep_fixture *f, const struct es_status_event *event)
{
    struct es_log_place place = {0};
    struct es_ticket *ticket = NULL;
    struct es_error err = {0};

    if (keep_add_state(f, event, &ticket, &err) != ES_OK ||
        es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, &err) != ES_OK)
        fail_msg("%s", err.text);
    es_ticket_free(ticket);
    return place;
}

static struct es_status_event event_at(struct keep_fixture *f, uint64_t index, uint64_t *at)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_status_event event;
    struct es_leaf leaf;

    keep_leaf_at(f, index, &bytes, &leaf);
    assert_int_equal(leaf.kind, ES_LEAF_STATUS);
    assert_int_equal(es_status_event_decode(leaf.body, &event, NULL), ES_OK);
    *at = leaf.sequenced_ms;
    return event;
}

/* ---- refusals ---- */

static void refused(struct keep_fixture *f, struct es_status_event event, es_status status,
                    const char *text)
{
    struct es_error err = {0};

    assert_int_equal(keep_add_state(f, &event, NULL, &err), status);
    assert_non_null(strstr(err.text, text));
}

static void the_rules_of_states_are_kept_when_adding(void **state)
{
    struct keep_fixture *f = *state;
    struct es_status_event event = change(1, 70, 0);

    refused(f, event, ES_E_CONFLICT, "first event of a seal makes it active");
    event = change(1, 30, 0);
    event.valid_until_ms = 4;
    refused(f, event, ES_E_CONFLICT, "ends before it begins");
    event = change(1, 35, 0);
    refused(f, event, ES_E_CONFLICT, "first event"); /* nor is it a status */
    event = change(1, 30, 0);
    event.effective_ms = START_MS + 1;
    refused(f, event, ES_E_RANGE, "ahead of now");
    event.effective_ms = START_MS - 5 * MINUTE_MS - 1;
    refused(f, event, ES_E_RANGE, "may not be dated back");
    event.effective_ms = START_MS - 5 * MINUTE_MS;
    (void) changed(f, &event);
    event = change(1, 40, 15); /* not used for long: not dated back */
    event.effective_ms = START_MS - 60 * MINUTE_MS;
    refused(f, event, ES_E_RANGE, "may not be dated back");
    event.reason = 11; /* lost: it may be */
    (void) changed(f, &event);
    event = change(1, 80, 16);
    event.effective_ms = 6;
    (void) changed(f, &event);
    event = change(1, 30, 0);
    refused(f, event, ES_E_CONFLICT, "no event follows invalidated");
    keep_close(f);
    (void) keep_verify(f);
}

static es_status add_two(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct keep_fixture *f = ctx;
    struct es_status_event event = change(2, 30, 0);

    ES_TRY(es_ledger_add_state(f->ledger, tx, &event, NULL, err));
    event = change(2, 80, 0);
    ES_TRY(es_ledger_add_state(f->ledger, tx, &event, NULL, err));
    event = change(2, 70, 0);
    return es_ledger_add_state(f->ledger, tx, &event, NULL, err);
}

static void what_is_on_its_way_counts(void **state)
{
    struct keep_fixture *f = *state;
    struct es_error err = {0};

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, add_two, f, &err), ES_E_CONFLICT);
    assert_string_equal(err.text, "no event follows invalidated");
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_outbox"), 0);
}

static void an_event_does_not_go_into_the_status_log(void **state)
{
    struct keep_fixture *f = *state;
    struct es_log_entry entry = keep_login("x");

    assert_int_equal(keep_add(f, &entry, NULL, NULL), ES_E_USAGE);
}

/* ---- times ---- */

static void without_a_time_a_state_holds_from_its_leaf_on(void **state)
{
    struct keep_fixture *f = *state;
    struct es_status_event event = change(1, 30, 5); /* a reason that is not published */
    uint64_t at = 0;

    event = event_at(f, changed(f, &event).index, &at);
    assert_int_equal(at, START_MS);
    assert_int_equal(event.effective_ms, START_MS);
    assert_int_equal(event.reason, 0);
    assert_int_equal(event.event_seq, 0);
}

static void a_state_that_waited_too_long_keeps_within_its_window(void **state)
{
    struct keep_fixture *f = *state;
    struct es_status_event event = change(1, 30, 0);
    struct es_ticket *ticket = NULL;
    struct es_log_place place;
    uint64_t at = 0;

    keep_close(f);
    f->config.key = NULL;
    keep_open(f);
    event.effective_ms = START_MS;
    assert_int_equal(keep_add_state(f, &event, &ticket, NULL), ES_OK);
    es_ticket_free(ticket);
    keep_close(f);
    atomic_store(&f->now_ms, START_MS + 10 * MINUTE_MS);
    f->config.key = f->key;
    keep_open(f);
    event = change(2, 30, 0);
    place = changed(f, &event);
    event = event_at(f, place.index - (place.index == 2 ? 1 : 2), &at);
    assert_int_equal(event.effective_ms, START_MS + 5 * MINUTE_MS);
    assert_true(keep_alarmed(f, "status_late"));
    keep_close(f);
    (void) keep_verify(f);
}

static void a_map_head_comes_once_an_hour_without_events(void **state)
{
    struct keep_fixture *f = *state;

    keep_await_size(f, 1);
    atomic_store(&f->now_ms, START_MS + 60 * MINUTE_MS);
    keep_await_size(f, 2);
    keep_close(f);
    assert_int_equal(keep_verify(f), 2);
}

/* ---- the model ---- */

struct model_event {
    uint64_t effective_ms, known_ms;
    uint8_t status;
};
struct model {
    struct es_log_hash key[SEALS], last[SEALS];
    struct model_event event[SEALS][EVENTS];
    size_t count[SEALS];
};

static uint8_t next_status(const struct model *m, unsigned seal, unsigned dice)
{
    static const uint8_t some[] = {30, 40, 40, 30, 60, 70, 50, 80};

    if (m->count[seal] == 0)
        return 30;
    if (m->event[seal][m->count[seal] - 1].status == 80)
        return 0;
    return some[dice % sizeof some];
}

static void step_model(struct keep_fixture *f, struct model *m, unsigned dice)
{
    unsigned seal = dice % SEALS;
    uint8_t status = next_status(m, seal, dice / SEALS);
    struct es_status_event event = change(seal, status, status == 40 ? 12 : 0);
    uint64_t now = (uint64_t) atomic_fetch_add(&f->now_ms, 1 + dice % 5000);

    now = (uint64_t) atomic_load(&f->now_ms);
    if (status == 0) {
        event.status = 30;
        assert_int_equal(keep_add_state(f, &event, NULL, NULL), ES_E_CONFLICT);
        return;
    }
    /* What is not waited for may stand for two minutes of this clock and keeps its window. */
    event.effective_ms = dice % 3 == 0 ? now
                                       : now - (status == 40 ? dice % 9000000 : dice % 180000);
    m->key[seal] = event.map_key;
    m->event[seal][m->count[seal]++] = (struct model_event){event.effective_ms, now, status};
    if (dice % 4 != 0)
        assert_int_equal(keep_add_state(f, &event, NULL, NULL), ES_OK);
    else
        (void) changed(f, &event);
}

/* The leaves in their order: each must be its seal's next event of the model. */
static void check_leaves(struct keep_fixture *f, struct model *m, struct es_log_hash *root)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    uint64_t size = (uint64_t) keep_number(f, "SELECT size FROM log_head");
    size_t seen[SEALS] = {0};

    for (uint64_t i = 0; i < size; i++) {
        struct es_status_event event;
        struct es_map_head head;
        struct es_leaf leaf;
        unsigned seal = 0;

        keep_leaf_at(f, i, &bytes, &leaf);
        if (leaf.kind == ES_LEAF_MAP_HEAD) {
            assert_int_equal(es_map_head_decode(leaf.body, &head, NULL), ES_OK);
            *root = head.root;
            continue;
        }
        assert_int_equal(es_status_event_decode(leaf.body, &event, NULL), ES_OK);
        while (seal < SEALS && !es_log_hash_equal(&m->key[seal], &event.map_key))
            seal++;
        assert_true(seal < SEALS && seen[seal] < m->count[seal]);
        assert_int_equal(event.status, m->event[seal][seen[seal]].status);
        assert_int_equal(event.effective_ms, m->event[seal][seen[seal]].effective_ms);
        assert_int_equal(event.event_seq, seen[seal]++);
        assert_int_equal(es_leaf_hash(es_buf_span(&bytes), &m->last[seal], NULL), ES_OK);
    }
    for (unsigned seal = 0; seal < SEALS; seal++)
        assert_int_equal(seen[seal], m->count[seal]);
}

static int compare_items(const void *a, const void *b)
{
    return memcmp(a, b, ES_LOG_HASH_LEN);
}

static void check_map(const struct model *m, const struct es_log_hash *root)
{
    struct es_map_item item[SEALS];
    struct es_log_hash wanted;
    size_t items = 0;

    for (unsigned seal = 0; seal < SEALS; seal++) {
        const struct model_event *last = &m->event[seal][m->count[seal] - 1];

        if (m->count[seal] == 0)
            continue;
        item[items].key = m->key[seal];
        assert_int_equal(es_map_value(m->count[seal], last->status, last->effective_ms,
                                      &m->last[seal], &item[items++].value, NULL),
                         ES_OK);
    }
    qsort(item, items, sizeof item[0], compare_items);
    assert_int_equal(es_map_root(item, items, &wanted, NULL), ES_OK);
    assert_memory_equal(wanted.b, root->b, ES_LOG_HASH_LEN);
}

static void random_events_give_the_map_of_the_model(void **state)
{
    struct keep_fixture *f = *state;
    struct model *m = calloc(1, sizeof *m);
    struct es_log_hash root = {{0}};
    uint64_t seed = 14;
    struct es_random random = es_random_seeded(&seed);

    assert_non_null(m);
    for (unsigned i = 0; i < EVENTS; i++) {
        unsigned dice = 0;

        assert_int_equal(random.fill(random.self, (uint8_t *) &dice, sizeof dice, NULL), ES_OK);
        step_model(f, m, dice >> 1);
    }
    keep_close(f);
    check_leaves(f, m, &root);
    check_map(m, &root);
    free(m);
    (void) keep_verify(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_rules_of_states_are_kept_when_adding, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(an_event_does_not_go_into_the_status_log, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_time_a_state_holds_from_its_leaf_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_state_that_waited_too_long_keeps_within_its_window, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_map_head_comes_once_an_hour_without_events, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(random_events_give_the_map_of_the_model, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
