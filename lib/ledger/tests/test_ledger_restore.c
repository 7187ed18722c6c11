/*
 * After a restore (log-08, audit-log.md 7): a store older than what was signed is frozen, a fork is
 * told and kept as evidence; refilling brings a log back or writes nothing; a new epoch says what
 * is lost. Stores are put back as files, so SQLite alone is looked at here.
 */
#include "keep_fixture.h"

#include <sys/syscall.h>

static const struct es_log_decision decision = {
    .reason = "disk lost", .decided_by = "u1", .approved_by = "u2"};

static int setup_log(void **state, enum es_log_name log)
{
    struct keep_fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    keep_fixture_open(f, log);
    *state = f;
    return 0;
}

static int setup(void **state)
{
    return setup_log(state, ES_LOG_AUDIT);
}

static int setup_status(void **state)
{
    return setup_log(state, ES_LOG_STATUS);
}

static int teardown(void **state)
{
    keep_fixture_close(*state);
    free(*state);
    return 0;
}

static void need_files(const struct keep_fixture *f)
{
    if (!f->sqlite)
        skip();
}

static void log_some(struct keep_fixture *f, const char *id)
{
    keep_open(f);
    (void) keep_logged(f, id);
    (void) keep_logged(f, id);
    keep_close(f);
}

/* Two entries (leaves 0..3), the store as it was then, and two more (leaves 4..7). */
static void make_past(struct keep_fixture *f)
{
    log_some(f, "old");
    keep_snapshot(f, "past", true);
    log_some(f, "new");
    keep_bundle(f, "whole");
}

static void check_frozen(struct keep_fixture *f, const char *why)
{
    struct es_log_entry entry = keep_login("x");
    struct es_ledger_state now;
    struct es_error err = {0};

    keep_open(f);
    es_ledger_state(f->ledger, &now);
    assert_true(now.frozen);
    assert_false(now.sequencing);
    assert_string_equal(now.why, why);
    assert_int_equal(keep_add(f, &entry, NULL, &err), ES_E_FROZEN);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_outbox"), 0);
    keep_close(f);
}

/* ---- behind ---- */

static void a_store_older_than_its_journal_is_frozen(void **state)
{
    struct keep_fixture *f = *state;

    need_files(f);
    make_past(f);
    keep_restore(f, "past", false);
    check_frozen(f, "log_behind: store 4, journal 8");
    assert_true(keep_alarmed(f, "log_behind"));
    check_frozen(f, "log_behind: store 4, journal 8"); /* it stays so */
    assert_int_equal(keep_number(f, "SELECT size FROM log_head"), 4);
}

static void a_store_older_than_what_a_mirror_has_is_frozen(void **state)
{
    struct keep_fixture *f = *state;

    need_files(f);
    log_some(f, "old");
    keep_snapshot(f, "past", true);
    keep_open(f);
    (void) keep_logged(f, "new");
    assert_int_equal(es_ledger_checkpoint(f->ledger, &f->mirror, NULL), ES_OK);
    keep_restore(f, "past", true);
    check_frozen(f, "log_behind: store 4, mirror 6");
}

static void a_mirror_that_tells_what_was_never_signed_is_not_believed(void **state)
{
    struct keep_fixture *f = *state;
    struct es_ledger_state now;
    struct es_log_hash root = {{1}};
    uint8_t number[32] = {5};
    ES_AUTO_PTR(es_key) other = NULL;

    assert_int_equal(es_key_from_number(number, &other, NULL), ES_OK);
    assert_int_equal(
        es_checkpoint_sign("seal.example.cn/audit/1", 1000, &root, other, &f->mirror, NULL), ES_OK);
    keep_open(f);
    es_ledger_state(f->ledger, &now);
    assert_false(now.frozen);
    assert_true(keep_alarmed(f, "mirror"));
    assert_int_equal(keep_logged(f, "a").index, 1);
}

static void a_journal_that_lost_lines_gets_the_newest_back(void **state)
{
    struct keep_fixture *f = *state;

    need_files(f);
    log_some(f, "old");
    keep_snapshot(f, "past", true);
    log_some(f, "new");
    keep_snapshot(f, "present", true);
    keep_restore(f, "present", false);
    {
        char past[256];

        (void) snprintf(past, sizeof past, "%s/past.journal", f->folder);
        keep_copy_file(past, f->journal);
    }
    keep_open(f);
    assert_true(keep_alarmed(f, "journal_behind"));
    (void) keep_logged(f, "more");
    keep_close(f);
    (void) keep_verify(f);
}

/* ---- fork ---- */

static void a_store_with_another_past_than_was_signed_is_told_and_kept(void **state)
{
    struct keep_fixture *f = *state;
    char path[256], evidence[256];

    need_files(f);
    log_some(f, "old");
    keep_snapshot(f, "past", true);
    log_some(f, "one history");
    keep_snapshot(f, "one", true);
    keep_restore(f, "past", true);
    log_some(f, "another history");
    keep_close(f);
    keep_store_close(f);
    (void) snprintf(path, sizeof path, "%s/one.journal", f->folder);
    keep_copy_file(path, f->journal);
    check_frozen(f, "log_fork: store 8, journal 8");
    assert_true(keep_alarmed(f, "log_fork"));
    (void) snprintf(evidence, sizeof evidence, "%s.fork-8", f->journal);
    assert_int_equal(access(evidence, R_OK), 0);
}

static es_status count_evidence(void *ctx, const char *name, struct es_error *err)
{
    (void) err;
    *(unsigned *) ctx += strstr(name, ".fork-") != NULL;
    return ES_OK;
}

static void evidence_of_a_fork_is_not_written_over(void **state)
{
    struct keep_fixture *f = *state;
    ES_AUTO(es_buf) kept = ES_BUF_INIT(1000);
    char path[256], evidence[256];
    unsigned count = 0;

    need_files(f);
    log_some(f, "old");
    keep_snapshot(f, "past", true);
    log_some(f, "one history");
    keep_snapshot(f, "one", true);
    keep_restore(f, "past", true);
    log_some(f, "another history");
    keep_close(f);
    keep_store_close(f);
    (void) snprintf(path, sizeof path, "%s/one.journal", f->folder);
    keep_copy_file(path, f->journal);
    (void) snprintf(evidence, sizeof evidence, "%s.fork-8", f->journal);
    assert_int_equal(es_file_write(evidence, es_span_str("an earlier fork"), 0600, false, NULL),
                     ES_OK);
    check_frozen(f, "log_fork: store 8, journal 8");
    assert_int_equal(es_file_read(evidence, &kept, NULL), ES_OK);
    assert_true(es_span_is(es_buf_span(&kept), "an earlier fork"));
    assert_int_equal(es_dir_each(f->folder, count_evidence, &count, NULL), ES_OK);
    assert_int_equal(count, 2);
}

/* Syncs of one file, counted on their way to the system. */
static struct {
    const char *path; /* NULL: none is watched */
    unsigned count;
} watched;

int fdatasync(int fd)
{
    char link[64], path[512];
    ssize_t len;

    (void) snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path);
    if (len > 0 && watched.path != NULL &&
        es_span_is(es_span_of((const uint8_t *) path, (size_t) len), watched.path))
        watched.count++;
    return (int) syscall(SYS_fdatasync, fd);
}

/* Whoever wrote them may have died between write and sync: they are published from here on. */
static void lines_found_in_the_journal_are_synced_before_they_are_believed(void **state)
{
    struct keep_fixture *f = *state;
    char *real;

    log_some(f, "one");
    real = realpath(f->journal, NULL);
    assert_non_null(real);
    watched.path = real;
    watched.count = 0;
    keep_open(f);
    watched.path = NULL;
    free(real);
    assert_true(watched.count > 0);
}

/* ---- refill ---- */

static void a_log_that_is_behind_is_refilled(void **state)
{
    struct keep_fixture *f = *state;
    uint64_t refilled = 0;
    struct es_ledger_state now;
    char path[256];
    struct es_error err = {0};

    need_files(f);
    make_past(f);
    keep_restore(f, "past", false);
    check_frozen(f, "log_behind: store 4, journal 8");
    (void) snprintf(path, sizeof path, "%s/whole", f->folder);
    if (es_ledger_refill(&f->config, path, &decision, NULL, NULL, &refilled, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_int_equal(refilled, 4);
    keep_open(f);
    es_ledger_state(f->ledger, &now);
    assert_false(now.frozen);
    assert_int_equal(es_ledger_refill(&f->config, path, &decision, NULL, NULL, &refilled, &err),
                     ES_E_CONFLICT);
    (void) keep_logged(f, "again");
    keep_close(f);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE object_id = 'new'"), 2);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE event_type = 1797"), 1);
    (void) keep_verify(f);
}

static es_status refuse_third(void *ctx, struct es_tx *tx, struct es_span leaf,
                              struct es_error *err)
{
    unsigned *count = ctx;

    (void) tx;
    (void) leaf;
    return ++*count == 3 ? es_error_set(err, ES_E_BARRED, "no") : ES_OK;
}

static void refilling_writes_nothing_unless_the_signed_root_comes_out(void **state)
{
    struct keep_fixture *f = *state;
    const struct es_log_decision alone = {.reason = "x", .decided_by = "u1", .approved_by = "u1"};
    const struct es_log_decision silent = {.reason = "", .decided_by = "u1", .approved_by = "u2"};
    char whole[256], part[256], other[256];
    unsigned count = 0;
    struct es_error err = {0};

    need_files(f);
    make_past(f);
    keep_snapshot(f, "present", true);
    keep_restore(f, "past", true);
    keep_store_open(f);
    keep_bundle(f, "part");
    log_some(f, "another history");
    keep_bundle(f, "other");
    keep_restore(f, "past", false);
    {
        char journal[256];

        (void) snprintf(journal, sizeof journal, "%s/present.journal", f->folder);
        keep_copy_file(journal, f->journal);
    }
    check_frozen(f, "log_behind: store 4, journal 8");
    (void) snprintf(whole, sizeof whole, "%s/whole", f->folder);
    (void) snprintf(part, sizeof part, "%s/part", f->folder);
    (void) snprintf(other, sizeof other, "%s/other", f->folder);
    assert_int_equal(es_ledger_refill(&f->config, part, &decision, NULL, NULL, NULL, &err),
                     ES_E_INTEGRITY);
    assert_int_equal(es_ledger_refill(&f->config, other, &decision, NULL, NULL, NULL, &err),
                     ES_E_INTEGRITY);
    assert_non_null(strstr(err.text, "another root"));
    assert_int_equal(es_ledger_refill(&f->config, whole, &alone, NULL, NULL, NULL, &err),
                     ES_E_DENIED);
    assert_int_equal(es_ledger_refill(&f->config, whole, &silent, NULL, NULL, NULL, &err),
                     ES_E_RANGE);
    assert_int_equal(
        es_ledger_refill(&f->config, whole, &decision, refuse_third, &count, NULL, &err),
        ES_E_BARRED);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf"), 4);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_head WHERE state = 'frozen'"), 1);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_outbox"), 0);
}

/* An entry that waited in the copied store was sequenced later: it must not come twice. */
static void what_waited_in_the_old_store_does_not_come_twice(void **state)
{
    struct keep_fixture *f = *state;
    struct es_log_entry entry = keep_login("waiting");
    struct es_key *key = f->key;
    char path[256];
    struct es_error err = {0};

    need_files(f);
    log_some(f, "old");
    f->config.key = NULL;
    keep_open(f);
    assert_int_equal(keep_add(f, &entry, NULL, NULL), ES_OK);
    keep_snapshot(f, "past", true);
    f->config.key = key;
    log_some(f, "new");
    keep_bundle(f, "whole");
    keep_restore(f, "past", false);
    keep_open(f);
    keep_close(f);
    assert_int_not_equal(keep_number(f, "SELECT count(*) FROM log_outbox"), 0);
    (void) snprintf(path, sizeof path, "%s/whole", f->folder);
    if (es_ledger_refill(&f->config, path, &decision, NULL, NULL, NULL, &err) != ES_OK)
        fail_msg("%s", err.text);
    log_some(f, "later");
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf WHERE object_id = 'waiting'"),
                     1);
    (void) keep_verify(f);
}

static void add_state(struct keep_fixture *f, uint8_t status)
{
    const struct es_status_event event = {
        .status = status, .valid_from_ms = 1, .valid_until_ms = 9000000000000, .map_key = {{0x77}}};
    struct es_log_place place;
    struct es_ticket *ticket = NULL;

    assert_int_equal(keep_add_state(f, &event, &ticket, NULL), ES_OK);
    assert_int_equal(es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, NULL), ES_OK);
    es_ticket_free(ticket);
}

/* log-08: a seal cancelled meanwhile is not active after the refill. */
static void a_seal_cancelled_meanwhile_is_cancelled_after_the_refill(void **state)
{
    struct keep_fixture *f = *state;
    char path[256];
    struct es_error err = {0};

    need_files(f);
    keep_open(f);
    add_state(f, 30);
    keep_snapshot(f, "past", true);
    keep_open(f);
    add_state(f, 70);
    keep_close(f);
    keep_bundle(f, "whole");
    keep_restore(f, "past", false);
    keep_open(f);
    assert_true(keep_alarmed(f, "log_behind"));
    keep_close(f);
    assert_int_equal(keep_number(f, "SELECT status FROM map_item"), 30);
    (void) snprintf(path, sizeof path, "%s/whole", f->folder);
    if (es_ledger_refill(&f->config, path, &decision, NULL, NULL, NULL, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_int_equal(keep_number(f, "SELECT status FROM map_item"), 70);
    keep_open(f);
    keep_close(f);
    (void) keep_verify(f);
}

/* ---- new epoch ---- */

static void a_new_epoch_says_what_is_lost(void **state)
{
    struct keep_fixture *f = *state;
    ES_AUTO(es_buf) detail = ES_BUF_INIT(1 << 17);
    struct es_ledger_state now;
    uint8_t salt[32];

    need_files(f);
    make_past(f);
    keep_restore(f, "past", false);
    check_frozen(f, "log_behind: store 4, journal 8");
    assert_int_equal(es_ledger_new_epoch(&f->config, &decision, NULL), ES_OK);
    keep_open(f);
    es_ledger_state(f->ledger, &now);
    assert_false(now.frozen);
    assert_string_equal(now.origin, "seal.example.cn/audit/2");
    assert_int_equal(now.epoch, 2);
    (void) keep_logged(f, "after");
    keep_close(f);
    assert_int_equal(
        keep_number(f, "SELECT idx FROM log_leaf WHERE log_id = 21 AND event_type = 5"), 1);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_head "
                                    "WHERE log_id = 11 AND state = 'closed' AND size = 4"),
                     1);
    assert_int_equal(es_ledger_detail(f->store, f->keyring, 21, 1, salt, &detail, NULL), ES_OK);
    assert_true(
        es_span_search(es_buf_span(&detail), es_span_str("\"lost_from\":4,\"lost_to\":8,"), NULL));
    assert_true(
        es_span_search(es_buf_span(&detail), es_span_str("\"reason\":\"disk lost\""), NULL));
    (void) keep_verify(f);
}

static void what_waits_goes_into_the_new_epoch(void **state)
{
    struct keep_fixture *f = *state;
    struct es_log_entry entry = keep_login("waiting");
    ES_AUTO(es_buf) detail = ES_BUF_INIT(1 << 17);
    uint8_t salt[32];

    keep_open(f);
    (void) keep_logged(f, "old");
    keep_close(f);
    f->config.key = NULL;
    keep_open(f);
    entry.detail = es_span_str("{\"a\":1}");
    assert_int_equal(keep_add(f, &entry, NULL, NULL), ES_OK);
    keep_close(f);
    f->config.key = f->key;
    assert_int_equal(es_ledger_new_epoch(&f->config, &decision, NULL), ES_OK);
    keep_open(f);
    (void) keep_logged(f, "after");
    keep_close(f);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_leaf "
                                    "WHERE log_id = 21 AND object_id = 'waiting'"),
                     1);
    assert_int_equal(keep_number(f, "SELECT count(*) FROM log_outbox"), 0);
    assert_int_equal(
        es_ledger_detail(f->store, f->keyring, 21,
                         (uint64_t) keep_number(f, "SELECT idx FROM log_leaf WHERE log_id = 21 "
                                                   "AND object_id = 'waiting'"),
                         salt, &detail, NULL),
        ES_OK);
    assert_true(es_span_is(es_buf_span(&detail), "{\"a\":1}"));
    (void) keep_verify(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_older_than_its_journal_is_frozen, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_older_than_what_a_mirror_has_is_frozen, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_mirror_that_tells_what_was_never_signed_is_not_believed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_journal_that_lost_lines_gets_the_newest_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_store_with_another_past_than_was_signed_is_told_and_kept,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(evidence_of_a_fork_is_not_written_over, setup, teardown),
        cmocka_unit_test_setup_teardown(
            lines_found_in_the_journal_are_synced_before_they_are_believed, setup, teardown),
        cmocka_unit_test_setup_teardown(refilling_writes_nothing_unless_the_signed_root_comes_out,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_log_that_is_behind_is_refilled, setup, teardown),
        cmocka_unit_test_setup_teardown(what_waited_in_the_old_store_does_not_come_twice, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_seal_cancelled_meanwhile_is_cancelled_after_the_refill,
                                        setup_status, teardown),
        cmocka_unit_test_setup_teardown(a_new_epoch_says_what_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(what_waits_goes_into_the_new_epoch, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
