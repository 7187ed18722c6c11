/*
 * When something is wrong with rows, clock, journal or store: nothing is acknowledged that is not
 * under a signed checkpoint, nothing is signed over, and what can go on goes on.
 */
#include "keep_fixture.h"

#include <fcntl.h>
#include <sys/socket.h>

#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define START_MS 1772323200000LL /* 2026-03-01T00:00:00Z */

static int setup(void **state)
{
    struct keep_fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    keep_fixture_open(f, ES_LOG_AUDIT);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    keep_fixture_close(*state);
    free(*state);
    return 0;
}

/* ---- rows ---- */

/* Rows WRITER_START, a, b, c in the outbox and nobody who sequences. */
static void fill_outbox(struct keep_fixture *f)
{
    struct es_key *key = f->config.key;

    f->config.key = NULL;
    keep_open(f);
    for (const char *id = "a\0b\0c\0"; *id != '\0'; id += 2) {
        struct es_log_entry entry = keep_login(id);

        assert_int_equal(keep_add(f, &entry, NULL, NULL), ES_OK);
    }
    es_ledger_close(ES_TAKE(f->ledger));
    f->config.key = key;
}

static void check_stopped_before_b(struct keep_fixture *f)
{
    struct es_log_entry entry = keep_login("later");
    struct es_ledger_state now;
    struct es_error err = {0};

    keep_await_alarm(f, "integrity");
    es_ledger_state(f->ledger, &now);
    assert_true(now.frozen);
    assert_non_null(strstr(now.why, "integrity: outbox row "));
    assert_int_equal(keep_add(f, &entry, NULL, &err), ES_E_FROZEN);
    /* WRITER_START, a, and the sequencer's WRITER_START and VERIFY_FAILED */
    assert_int_equal(keep_number(f, "SELECT size FROM log_head"), 4);
    assert_int_equal(keep_number(f, "SELECT idx FROM log_leaf WHERE event_type = 9"), 3);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE object_id = 'b'"), 0);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE object_id = 'c'"), 0);
    assert_int_equal(keep_number(f, "SELECT max(size) FROM log_checkpoint"), 4);
    keep_close(f);
    assert_int_equal(keep_verify(f), 4);
    keep_open(f); /* and stays so */
    es_ledger_state(f->ledger, &now);
    assert_true(now.frozen);
}

static void a_row_whose_mac_does_not_hold_stops_the_log(void **state)
{
    struct keep_fixture *f = *state;
    uint8_t mac[36] = {1};
    const struct es_value value = es_value_blob(es_span_of(mac, sizeof mac));
    int64_t changed = 0;

    fill_outbox(f);
    assert_int_equal(keep_sql(f,
                              "UPDATE log_outbox SET mac = $1 "
                              "WHERE id = (SELECT min(id) + 2 FROM log_outbox)",
                              &value, 1, &changed),
                     ES_OK);
    assert_int_equal(changed, 1);
    keep_open(f);
    check_stopped_before_b(f);
}

static void a_row_that_was_changed_stops_the_log(void **state)
{
    struct keep_fixture *f = *state;
    int64_t changed = 0;

    fill_outbox(f);
    assert_int_equal(keep_sql(f,
                              "UPDATE log_outbox SET created_ms = created_ms + 1 "
                              "WHERE id = (SELECT min(id) + 2 FROM log_outbox)",
                              NULL, 0, &changed),
                     ES_OK);
    assert_int_equal(changed, 1);
    keep_open(f);
    check_stopped_before_b(f);
}

static void a_row_that_is_missing_stops_the_log(void **state)
{
    struct keep_fixture *f = *state;
    int64_t changed = 0;

    fill_outbox(f);
    assert_int_equal(keep_sql(f,
                              "DELETE FROM log_outbox "
                              "WHERE id = (SELECT min(id) + 2 FROM log_outbox)",
                              NULL, 0, &changed),
                     ES_OK);
    assert_int_equal(changed, 1);
    keep_open(f);
    check_stopped_before_b(f);
}

/* ---- what was read back is not what was written ---- */

static void change_a_leaf(void *ctx, enum es_ledger_step step)
{
    struct keep_fixture *f = ctx;
    int64_t changed = 0;

    if (step != ES_STEP_COMMITTED)
        return;
    assert_int_equal(
        keep_sql(f, "UPDATE log_leaf SET leaf = leaf_hash WHERE idx = 1", NULL, 0, &changed),
        ES_OK);
    assert_int_equal(changed, 1);
}

static void what_changed_between_commit_and_reading_is_not_signed(void **state)
{
    struct keep_fixture *f = *state;
    struct es_log_entry entry = keep_login("a");
    struct es_log_place place;
    struct es_ticket *ticket = NULL;

    assert_int_equal(keep_sql(f,
                              f->sqlite ? "DROP TRIGGER log_leaf_no_update"
                                        : "ALTER TABLE log_leaf DISABLE TRIGGER USER",
                              NULL, 0, NULL),
                     ES_OK);
    f->config.step = change_a_leaf;
    keep_open(f);
    assert_int_equal(keep_add(f, &entry, &ticket, NULL), ES_OK);
    assert_int_equal(es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, NULL), ES_E_AUDIT);
    es_ticket_free(ticket);
    keep_await_alarm(f, "integrity");
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_checkpoint"), 0);
    keep_close(f);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_head WHERE state = 'frozen'"), 1);
}

/* ---- clock (log-09) ---- */

static uint64_t sequenced_at(struct keep_fixture *f, uint64_t index)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_leaf leaf;

    keep_leaf_at(f, index, &bytes, &leaf);
    return leaf.sequenced_ms;
}

static void a_clock_set_back_is_told_once_and_time_never_falls(void **state)
{
    struct keep_fixture *f = *state;
    struct es_log_place place;

    atomic_store(&f->now_ms, START_MS);
    keep_open(f);
    place = keep_logged(f, "a");
    assert_int_equal(sequenced_at(f, place.index), START_MS);
    for (int i = 0; i < 2; i++) {
        long long back = i == 0 ? HOUR_MS : DAY_MS;

        atomic_store(&f->now_ms, START_MS - back);
        place = keep_logged(f, "b");
        assert_int_equal(sequenced_at(f, place.index), START_MS);
    }
    assert_true(keep_alarmed(f, "clock_back"));
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE event_type = 4"), 1);
    atomic_store(&f->now_ms, START_MS + DAY_MS);
    place = keep_logged(f, "c");
    assert_int_equal(sequenced_at(f, place.index), START_MS + DAY_MS);
    atomic_store(&f->now_ms, START_MS + DAY_MS - 1500); /* within what is not told */
    (void) keep_logged(f, "d");
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE event_type = 4"), 1);
    atomic_store(&f->now_ms, START_MS);
    (void) keep_logged(f, "e");
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE event_type = 4"), 2);
    keep_close(f);
    (void) keep_verify(f);
}

/* ---- journal (log-10) ---- */

/* The descriptor that has the journal open, by where it leads. */
static int journal_fd(const struct keep_fixture *f)
{
    for (int fd = 3; fd < 256; fd++) {
        char link[64], place[512];
        ssize_t len;

        (void) snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        len = readlink(link, place, sizeof place - 1);
        if (len > 0 && (size_t) len == strlen(f->journal) &&
            memcmp(place, f->journal, (size_t) len) == 0)
            return fd;
    }
    return -1;
}

static void fill_the_disk(void *ctx, enum es_ledger_step step)
{
    int fd = journal_fd(ctx), full;

    if (step != ES_STEP_SIGNED)
        return;
    full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0 && full >= 0 && dup2(full, fd) == fd);
    (void) close(full);
}

/* What is written is taken, but cannot be synced. */
static void break_the_sync(void *ctx, enum es_ledger_step step)
{
    int fd = journal_fd(ctx), pair[2];

    if (step != ES_STEP_SIGNED)
        return;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_true(fd >= 0 && dup2(pair[0], fd) == fd);
    (void) close(pair[0]);
}

static void check_journal_failure(struct keep_fixture *f,
                                  void (*step)(void *ctx, enum es_ledger_step step))
{
    struct es_log_entry entry = keep_login("b");
    struct es_log_place place;
    struct es_ticket *ticket = NULL;
    struct es_error err = {0};
    uint64_t before;
    uint8_t id[16];
    bool sequenced = true;

    keep_open(f);
    (void) keep_logged(f, "a");
    keep_close(f);
    before = f->published;
    f->config.step = step;
    keep_open(f);
    assert_int_equal(keep_add(f, &entry, &ticket, NULL), ES_OK);
    memcpy(id, es_ticket_entry_id(ticket), sizeof id);
    assert_int_equal(es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, NULL), ES_E_AUDIT);
    es_ticket_free(ticket);
    keep_await_alarm(f, "journal_failed");
    assert_int_equal(keep_add(f, &entry, NULL, &err), ES_E_AUDIT);
    assert_int_equal(f->published, before);
    assert_int_equal(keep_number(f, "SELECT max(size) FROM log_checkpoint"), before);
    assert_int_equal(es_ledger_find(f->ledger, id, &sequenced, &place, NULL), ES_OK);
    assert_false(sequenced);
    keep_close(f);
    f->config.step = NULL; /* a new process, a mended disk: it goes on where it was */
    keep_open(f);
    assert_int_equal(es_ledger_find(f->ledger, id, &sequenced, &place, NULL), ES_OK);
    assert_true(sequenced);
    keep_close(f);
    (void) keep_verify(f);
}

static void a_full_disk_under_the_journal_acknowledges_nothing(void **state)
{
    check_journal_failure(*state, fill_the_disk);
}

static void a_journal_that_cannot_be_synced_acknowledges_nothing(void **state)
{
    check_journal_failure(*state, break_the_sync);
}

static void a_missing_journal_of_a_signed_log_is_not_made_anew(void **state)
{
    struct keep_fixture *f = *state;
    struct es_ledger *ledger = NULL;
    struct es_error err = {0};

    keep_open(f);
    (void) keep_logged(f, "a");
    keep_close(f);
    assert_int_equal(unlink(f->journal), 0);
    assert_int_equal(es_ledger_open(&f->config, &ledger, &err), ES_E_CONFIG);
    assert_non_null(strstr(err.text, "is not there, but checkpoints"));
    assert_int_equal(access(f->journal, F_OK), -1);
}

static void append_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void) close(fd);
}

struct lines {
    unsigned count;
    uint64_t last;
};

static es_status count_line(void *ctx, const struct es_journal_line *line, struct es_error *err)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};
    struct lines *lines = ctx;

    assert_string_equal(line->log, "audit");
    assert_true(line->t_ms > 0);
    ES_TRY(es_checkpoint_parse(line->note, &c, err));
    assert_true(c.size > lines->last);
    lines->last = c.size;
    lines->count++;
    return ES_OK;
}

static void a_torn_last_line_of_the_journal_is_cut_off(void **state)
{
    struct keep_fixture *f = *state;
    struct lines lines = {0};
    bool torn = false;

    keep_open(f);
    (void) keep_logged(f, "a");
    keep_close(f);
    append_text(f->journal, "{\"t\":1772323200000,\"log\":\"au");
    assert_int_equal(es_journal_each(f->journal, &torn, count_line, &lines, NULL), ES_OK);
    assert_true(torn);
    assert_int_equal(lines.last, 3);
    keep_open(f);
    lines = (struct lines){0};
    assert_int_equal(es_journal_each(f->journal, &torn, count_line, &lines, NULL), ES_OK);
    assert_false(torn);
    (void) keep_logged(f, "b");
    keep_close(f);
    lines = (struct lines){0};
    assert_int_equal(es_journal_each(f->journal, &torn, count_line, &lines, NULL), ES_OK);
    assert_int_equal(lines.last, 6);
    (void) keep_verify(f);
}

static void a_damaged_line_inside_the_journal_is_not_passed_over(void **state)
{
    struct keep_fixture *f = *state;
    struct es_ledger *ledger = NULL;
    struct lines lines = {0};
    struct es_error err = {0};

    keep_open(f);
    (void) keep_logged(f, "a");
    keep_close(f);
    append_text(f->journal, "{\"t\":1,\"log\":\"audit\",\"note\":7}\n");
    assert_int_equal(es_journal_each(f->journal, NULL, count_line, &lines, &err), ES_E_FORMAT);
    assert_int_equal(es_ledger_open(&f->config, &ledger, &err), ES_E_FORMAT);
    assert_int_equal(es_journal_each("/nonexistent/journal", NULL, count_line, &lines, NULL),
                     ES_E_ABSENT);
}

static void another_key_than_the_one_before_is_refused(void **state)
{
    struct keep_fixture *f = *state;
    uint8_t number[32] = {1, 2, 3};
    ES_AUTO_PTR(es_key) other = NULL;
    struct es_ledger *ledger = NULL;

    keep_open(f);
    (void) keep_logged(f, "a");
    keep_close(f);
    assert_int_equal(es_key_from_number(number, &other, NULL), ES_OK);
    f->config.key = other;
    assert_int_equal(es_ledger_open(&f->config, &ledger, NULL), ES_E_CONFIG);
    f->config.key = f->key;
}

/* ---- heartbeats ---- */

static void a_writer_gives_signs_of_life_while_it_is_idle(void **state)
{
    struct keep_fixture *f = *state;

    f->config.heartbeat_s = 1;
    keep_open(f);
    (void) keep_logged(f, "a");
    keep_await_size(f, 4); /* WRITER_START, a, and two heartbeats */
    keep_close(f);
    assert_true(keep_number(f, "SELECT count(*) FROM log_leaf WHERE event_type = 3") >= 2);
    (void) keep_verify(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_whose_mac_does_not_hold_stops_the_log, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_row_that_was_changed_stops_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(a_row_that_is_missing_stops_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(what_changed_between_commit_and_reading_is_not_signed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_set_back_is_told_once_and_time_never_falls, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_under_the_journal_acknowledges_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_journal_that_cannot_be_synced_acknowledges_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_missing_journal_of_a_signed_log_is_not_made_anew, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_torn_last_line_of_the_journal_is_cut_off, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_line_inside_the_journal_is_not_passed_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(another_key_than_the_one_before_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_writer_gives_signs_of_life_while_it_is_idle, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
