/*
 * Entries from a caller's transaction to a signed checkpoint: refusals, order, numbers, details.
 * Everything that was acknowledged is verified as a bundle.
 */
#include "keep_fixture.h"

#define THREADS 64
#define EACH 20

static int setup(void **state)
{
    struct keep_fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    keep_fixture_open(f, ES_LOG_AUDIT);
    *state = f;
    return 0;
}

static int setup_open(void **state)
{
    (void) setup(state);
    keep_open(*state);
    return 0;
}

static int teardown(void **state)
{
    keep_fixture_close(*state);
    free(*state);
    return 0;
}

/* ---- refusals ---- */

static void a_second_log_of_a_name_is_refused(void **state)
{
    struct keep_fixture *f = *state;
    struct es_error err = {0};

    assert_int_equal(es_ledger_create(&f->config, &err), ES_E_EXISTS);
    assert_string_equal(err.text, "there is a log seal.example.cn/audit/1");
}

static void a_log_that_is_not_there_does_not_open(void **state)
{
    struct keep_fixture *f = *state;
    struct es_ledger *ledger = NULL;

    f->config.log = ES_LOG_STATUS;
    assert_int_equal(es_ledger_open(&f->config, &ledger, NULL), ES_E_ABSENT);
    assert_null(ledger);
    f->config.log = ES_LOG_AUDIT;
    f->config.journal = NULL;
    assert_int_equal(es_ledger_open(&f->config, &ledger, NULL), ES_E_CONFIG);
}

static void a_field_out_of_shape_is_refused_and_uses_no_number(void **state)
{
    struct keep_fixture *f = *state;
    char text[257] = "";
    struct es_log_entry entry = keep_login(text);
    struct es_error err = {0};

    memset(text, 'x', 256);
    text[256] = '\0';
    assert_int_equal(keep_add(f, &entry, NULL, &err), ES_E_RANGE);
    entry.object_id = "a\nb";
    assert_int_equal(keep_add(f, &entry, NULL, &err), ES_E_RANGE);
    entry = keep_login("x");
    entry.severity = 4;
    assert_int_equal(keep_add(f, &entry, NULL, &err), ES_E_RANGE);
    entry = keep_login("x");
    entry.detail = es_span_str("{\"n\":1.5}");
    assert_int_equal(keep_add(f, &entry, NULL, &err), ES_E_FORMAT);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_outbox"), 0);
    assert_int_equal(keep_logged(f, "x").index, 1); /* behind WRITER_START */
    keep_close(f);
    assert_int_equal(keep_verify(f), 3);
}

static void a_state_does_not_go_into_the_audit_log(void **state)
{
    struct keep_fixture *f = *state;
    const struct es_status_event event = {.status = 30};

    assert_int_equal(keep_add_state(f, &event, NULL, NULL), ES_E_USAGE);
}

/* ---- order ---- */

static void the_first_entry_stands_behind_the_start_of_its_writer(void **state)
{
    struct keep_fixture *f = *state;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_log_place place = keep_logged(f, "first");
    struct es_audit_event event;
    struct es_leaf leaf;

    assert_int_equal(place.index, 1);
    assert_true(place.size >= 2);
    keep_leaf_at(f, 0, &bytes, &leaf);
    assert_int_equal(es_audit_event_decode(leaf.body, &event, NULL), ES_OK);
    assert_int_equal(event.type, 1);
    assert_int_equal(event.writer_seq, 0);
    assert_true(es_span_is(event.object_type, "writer"));
    assert_true(es_span_is(event.object_id, "main.0"));
    assert_int_equal(event.correlation.len, 0);
    assert_true(event.writer_id <= INT64_MAX);
    keep_leaf_at(f, 1, &bytes, &leaf);
    assert_int_equal(es_audit_event_decode(leaf.body, &event, NULL), ES_OK);
    assert_int_equal(event.type, 0x0101);
    assert_int_equal(event.writer_seq, 1);
    assert_true(es_span_is(event.object_id, "first"));
}

static void a_writer_names_the_one_before_it(void **state)
{
    struct keep_fixture *f = *state;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_audit_event event;
    struct es_leaf leaf;
    char wanted[64];

    (void) keep_logged(f, "a");
    keep_close(f); /* WRITER_STOP is number 2 */
    keep_leaf_at(f, 0, &bytes, &leaf);
    assert_int_equal(es_audit_event_decode(leaf.body, &event, NULL), ES_OK);
    (void) snprintf(wanted, sizeof wanted, "%016llx:2", (unsigned long long) event.writer_id);
    keep_open(f);
    assert_int_equal(keep_logged(f, "b").index, 4);
    keep_leaf_at(f, 3, &bytes, &leaf);
    assert_int_equal(es_audit_event_decode(leaf.body, &event, NULL), ES_OK);
    assert_int_equal(event.type, 1);
    assert_true(es_span_is(event.correlation, wanted));
    keep_close(f);
    assert_int_equal(keep_verify(f), 6);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_writer WHERE stopped_idx > 0"), 2);
}

struct client {
    struct keep_fixture *f;
    unsigned number;
    unsigned failed;
    struct es_log_place place[EACH];
    uint8_t entry_id[EACH][16];
};

/* Every seventh transaction fails after its entry was added. */
static es_status add_and_fail(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct keep_fixture *f = ctx;
    struct es_log_entry entry = keep_login("dropped");

    ES_TRY(es_ledger_add(f->ledger, tx, &entry, NULL, err));
    return es_error_set(err, ES_E_BARRED, "the change did not hold");
}

static void *client_main(void *arg)
{
    struct client *c = arg;

    for (unsigned i = 0; i < EACH; i++) {
        struct es_log_entry entry = keep_login("many");
        struct es_ticket *ticket = NULL;
        char id[32];

        (void) snprintf(id, sizeof id, "%u.%u", c->number, i);
        entry.object_id = id;
        if ((c->number + i) % 7 == 0)
            c->failed += es_store_write(c->f->store, ES_AS_SERVICE, add_and_fail, c->f, NULL) !=
                         ES_E_BARRED;
        if (keep_add(c->f, &entry, &ticket, NULL) != ES_OK ||
            es_ledger_wait(c->f->ledger, ticket, KEEP_TIMEOUT_MS, &c->place[i], NULL) != ES_OK)
            c->failed++;
        else
            memcpy(c->entry_id[i], es_ticket_entry_id(ticket), 16);
        es_ticket_free(ticket);
    }
    return NULL;
}

static void check_client(struct keep_fixture *f, const struct client *c)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_audit_event event;
    struct es_leaf leaf;

    assert_int_equal(c->failed, 0);
    for (unsigned i = 0; i < EACH; i++) {
        assert_true(c->place[i].index < c->place[i].size);
        keep_leaf_at(f, c->place[i].index, &bytes, &leaf);
        assert_int_equal(es_audit_event_decode(leaf.body, &event, NULL), ES_OK);
        assert_memory_equal(event.entry_id, c->entry_id[i], 16);
        assert_true(i == 0 || c->place[i].index > c->place[i - 1].index);
    }
}

static void what_many_add_at_once_is_there_once_and_in_order(void **state)
{
    struct keep_fixture *f = *state;
    struct client *client = calloc(THREADS, sizeof *client);
    pthread_t thread[THREADS];

    assert_non_null(client);
    for (unsigned i = 0; i < THREADS; i++) {
        client[i] = (struct client){.f = f, .number = i};
        assert_int_equal(pthread_create(&thread[i], NULL, client_main, &client[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        check_client(f, &client[i]);
    free(client);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE object_id = 'dropped'"),
                     0);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE event_type = 257"),
                     THREADS * EACH);
    keep_close(f);
    (void) keep_verify(f);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_outbox"), 0);
    assert_string_equal(f->alarms, "");
}

static void a_transaction_that_is_not_kept_leaves_no_entry_and_no_gap(void **state)
{
    struct keep_fixture *f = *state;

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, add_and_fail, f, NULL), ES_E_BARRED);
    (void) keep_logged(f, "a");
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, add_and_fail, f, NULL), ES_E_BARRED);
    (void) keep_logged(f, "b");
    keep_close(f);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE object_id = 'dropped'"),
                     0);
    (void) keep_verify(f);
}

/* ---- finding and waiting ---- */

static void an_entry_is_found_by_its_id(void **state)
{
    struct keep_fixture *f = *state;
    struct es_log_entry entry = keep_login("find me");
    struct es_log_place place = {0}, found = {0};
    struct es_ticket *ticket = NULL;
    uint8_t id[16] = {0};
    bool sequenced = true;

    assert_int_equal(es_ledger_find(f->ledger, id, &sequenced, &found, NULL), ES_E_ABSENT);
    assert_int_equal(keep_add(f, &entry, &ticket, NULL), ES_OK);
    memcpy(id, es_ticket_entry_id(ticket), sizeof id);
    assert_int_equal(es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, NULL), ES_OK);
    es_ticket_free(ticket);
    assert_int_equal(es_ledger_find(f->ledger, id, &sequenced, &found, NULL), ES_OK);
    assert_true(sequenced);
    assert_int_equal(found.index, place.index);
    assert_true(found.size > found.index);
}

static void nobody_is_acknowledged_without_a_sequencer(void **state)
{
    struct keep_fixture *f = *state;
    struct es_log_entry entry = keep_login("waits");
    struct es_log_place place = {0};
    struct es_ticket *ticket = NULL;
    struct es_ledger_state now;
    bool sequenced = true;

    f->config.key = NULL;
    keep_open(f);
    es_ledger_state(f->ledger, &now);
    assert_false(now.sequencing);
    assert_int_equal(keep_add(f, &entry, &ticket, NULL), ES_OK);
    assert_int_equal(es_ledger_wait(f->ledger, ticket, 20, &place, NULL), ES_E_AUDIT);
    assert_int_equal(
        es_ledger_find(f->ledger, es_ticket_entry_id(ticket), &sequenced, &place, NULL), ES_OK);
    assert_false(sequenced);
    es_ticket_free(ticket);
}

/* Another ledger of the same process sequences; this one learns it from the store. */
static void who_does_not_sequence_learns_of_what_others_signed(void **state)
{
    struct keep_fixture *f = *state;
    struct es_ledger_config other = f->config;
    struct es_ledger *sequencer = NULL;
    struct es_ledger_state now;

    assert_int_equal(es_ledger_open(&other, &sequencer, NULL), ES_OK);
    f->config.key = NULL;
    f->config.instance = "second";
    keep_open(f);
    assert_int_equal(keep_logged(f, "a").index, 1);
    es_ledger_state(f->ledger, &now);
    assert_true(now.size >= 2);
    assert_false(now.sequencing);
    keep_close(f);
    es_ledger_close(sequencer);
    assert_int_equal(keep_verify(f), 3);
}

/* The second takes the seat when the first leaves it. */
static void one_sequences_and_the_next_takes_over(void **state)
{
    struct keep_fixture *f = *state;
    struct es_ledger_config other = f->config;
    struct es_ledger *first = NULL;
    struct es_ledger_state now;

    assert_int_equal(es_ledger_open(&other, &first, NULL), ES_OK);
    f->config.instance = "second";
    keep_open(f);
    es_ledger_state(f->ledger, &now);
    assert_false(now.sequencing);
    assert_int_equal(keep_logged(f, "a").index, 1);
    es_ledger_close(first);
    (void) keep_logged(f, "b");
    es_ledger_state(f->ledger, &now);
    assert_true(now.sequencing);
    keep_close(f);
    assert_int_equal(keep_verify(f), 4);
}

/* ---- details ---- */

static void a_detail_is_opened_and_hashes_to_its_leaf(void **state)
{
    struct keep_fixture *f = *state;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    ES_AUTO(es_buf) detail = ES_BUF_INIT(1 << 17);
    struct es_log_entry entry = keep_login("d");
    struct es_log_place place = {0};
    struct es_ticket *ticket = NULL;
    struct es_audit_event event;
    struct es_log_hash hash;
    struct es_leaf leaf;
    uint8_t salt[32];

    entry.detail = es_span_str("{ \"reason\": \"\\u5408\", \"ip\": \"192.0.2.7\" }");
    assert_int_equal(keep_add(f, &entry, &ticket, NULL), ES_OK);
    assert_int_equal(es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, NULL), ES_OK);
    es_ticket_free(ticket);
    assert_int_equal(es_ledger_detail(f->store, f->keyring, 11, place.index, salt, &detail, NULL),
                     ES_OK);
    assert_true(es_span_is(es_buf_span(&detail), "{\"ip\":\"192.0.2.7\",\"reason\":\"合\"}"));
    keep_leaf_at(f, place.index, &bytes, &leaf);
    assert_int_equal(es_audit_event_decode(leaf.body, &event, NULL), ES_OK);
    assert_int_equal(es_log_detail_hash(salt, es_buf_span(&detail), &hash, NULL), ES_OK);
    assert_true(event.has_detail);
    assert_memory_equal(hash.b, event.detail_hash.b, 32);
    assert_int_equal(es_ledger_detail(f->store, f->keyring, 11, 99, salt, &detail, NULL),
                     ES_E_ABSENT);
}

struct erasing {
    struct keep_fixture *f;
    uint64_t index;
    const char *who, *approver;
    struct es_ticket *ticket;
};

static es_status erase(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct erasing *e = ctx;

    es_ticket_free(ES_TAKE(e->ticket));
    return es_ledger_erase_detail(e->f->ledger, tx, e->index, "PIPL 47", e->who, e->approver,
                                  &e->ticket, err);
}

/* The bytes of detail_ct, as they stand in the row. */
static es_status take_closed(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    struct es_span bytes;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &bytes, err));
    es_buf_put_span(ctx, bytes);
    return es_buf_check(ctx, err);
}

static es_status read_closed(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_query(tx, "SELECT detail_ct FROM log_detail WHERE log_id = 11 AND idx = 1", NULL,
                       0, take_closed, ctx, err);
}

static bool on_disk(struct keep_fixture *f, const char *end, struct es_span needle)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT((size_t) 1 << 30);
    char path[256];

    (void) snprintf(path, sizeof path, "%s%s", f->file, end);
    return es_file_read(path, &bytes, NULL) == ES_OK &&
           es_span_search(es_buf_span(&bytes), needle, NULL);
}

/* log-12 */
static void an_erased_detail_leaves_nothing_but_the_event(void **state)
{
    struct keep_fixture *f = *state;
    struct es_log_entry entry = keep_login("person");
    struct erasing e = {.f = f, .index = 1, .who = "u1", .approver = "u1"};
    ES_AUTO(es_buf) closed = ES_BUF_INIT(1 << 17);
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 17);
    struct es_log_place place = {0};
    struct es_ticket *ticket = NULL;
    uint8_t salt[32];

    entry.detail = es_span_str("{\"name\":\"somebody\"}");
    assert_int_equal(keep_add(f, &entry, &ticket, NULL), ES_OK);
    assert_int_equal(es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, NULL), ES_OK);
    es_ticket_free(ticket);
    assert_int_equal(place.index, 1);
    assert_int_equal(es_store_read(f->store, ES_AS_SERVICE, read_closed, &closed, NULL), ES_OK);
    assert_true(!f->sqlite || on_disk(f, "", es_buf_span(&closed)) ||
                on_disk(f, "-wal", es_buf_span(&closed)));
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, erase, &e, NULL), ES_E_DENIED);
    e.approver = "u2";
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, erase, &e, NULL), ES_OK);
    assert_int_equal(es_ledger_wait(f->ledger, e.ticket, KEEP_TIMEOUT_MS, &place, NULL), ES_OK);
    assert_int_equal(es_ledger_detail(f->store, f->keyring, 11, 1, salt, &out, NULL), ES_E_ABSENT);
    assert_int_equal(es_ledger_detail(f->store, f->keyring, 11, place.index, salt, &out, NULL),
                     ES_OK);
    assert_true(
        es_span_is(es_buf_span(&out),
                   "{\"approver\":\"u2\",\"ground\":\"PIPL 47\",\"index\":1,\"who\":\"u1\"}"));
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, erase, &e, NULL), ES_E_ABSENT);
    es_ticket_free(e.ticket);
    keep_close(f);
    (void) keep_verify(f);
    assert_int_equal(es_store_checkpoint(f->store, NULL), ES_OK);
    assert_false(f->sqlite && on_disk(f, "", es_buf_span(&closed)));
    assert_false(f->sqlite && on_disk(f, "-wal", es_buf_span(&closed)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_log_of_a_name_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_log_that_is_not_there_does_not_open, setup, teardown),
        cmocka_unit_test_setup_teardown(a_field_out_of_shape_is_refused_and_uses_no_number,
                                        setup_open, teardown),
        cmocka_unit_test_setup_teardown(a_state_does_not_go_into_the_audit_log, setup_open,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_first_entry_stands_behind_the_start_of_its_writer,
                                        setup_open, teardown),
        cmocka_unit_test_setup_teardown(a_writer_names_the_one_before_it, setup_open, teardown),
        cmocka_unit_test_setup_teardown(a_transaction_that_is_not_kept_leaves_no_entry_and_no_gap,
                                        setup_open, teardown),
        cmocka_unit_test_setup_teardown(what_many_add_at_once_is_there_once_and_in_order,
                                        setup_open, teardown),
        cmocka_unit_test_setup_teardown(an_entry_is_found_by_its_id, setup_open, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_acknowledged_without_a_sequencer, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_does_not_sequence_learns_of_what_others_signed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_sequences_and_the_next_takes_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_detail_is_opened_and_hashes_to_its_leaf, setup_open,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_erased_detail_leaves_nothing_but_the_event, setup_open,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
