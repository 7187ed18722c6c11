/*
 * Allocations of our code failing in turn while a log is kept (malloc and its like are wrapped by
 * the linker; whichever thread asks next meets the failure): nothing is acknowledged that is not in
 * the log, an open ledger can be closed, and the next one finds a log that verifies and goes on.
 * Every ES_NOMEM_EVERY-th site, 7 when it is not set.
 */
#include "keep_fixture.h"

static atomic_long countdown = -1; /* the allocation that fails counts down from here */

static bool is_due(void)
{
    return atomic_load(&countdown) >= 0 && atomic_fetch_sub(&countdown, 1) == 0;
}

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *old, size_t len);
void *__real_reallocarray(void *old, size_t count, size_t len);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *old, size_t len);
void *__wrap_reallocarray(void *old, size_t count, size_t len);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t len)
{
    return is_due() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
    return is_due() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *old, size_t len)
{
    return is_due() ? NULL : __real_realloc(old, len);
}

void *__wrap_reallocarray(void *old, size_t count, size_t len)
{
    return is_due() ? NULL : __real_reallocarray(old, count, len);
}

char *__wrap_strdup(const char *text)
{
    return is_due() ? NULL : __real_strdup(text);
}

/* Rounds of one test: the nth allocation fails, until a round met no failure. */
struct torture {
    struct keep_fixture log;
    long acknowledged; /* entries */
    long failed;       /* rounds in which something was refused */
    bool is_status;
};
typedef void (*round_fn)(struct torture *t);

static long every(void)
{
    const char *text = getenv("ES_NOMEM_EVERY");
    long n = text == NULL ? 7 : strtol(text, NULL, 10);

    return n < 1 ? 1 : n;
}

static bool fail_nth(struct torture *t, long n, round_fn run)
{
    bool met;

    atomic_store(&countdown, n);
    run(t);
    met = atomic_load(&countdown) < 0;
    atomic_store(&countdown, -1);
    return met;
}

static void fail_each(struct torture *t, round_fn run)
{
    long n = 0;

    while (fail_nth(t, n, run)) {
        n += every();
        assert_true(n < 100000);
    }
    print_message("# %ld sites, %ld rounds with a refusal\n", n, t->failed);
}

/* What may be said when memory is short: that it is, or that the log cannot be written. */
static void check_refusal(struct torture *t, es_status status, const struct es_error *err)
{
    if (status != ES_E_NOMEM && status != ES_E_AUDIT)
        fail_msg("%s: %s", es_status_name(status), err->text);
    t->failed++;
}

static struct es_status_event active(struct keep_fixture *f, long number)
{
    struct es_status_event event = {.status = 30,
                                    .valid_from_ms = (uint64_t) atomic_load(&f->now_ms),
                                    .valid_until_ms = UINT64_C(1) << 42};

    memcpy(event.map_key.b, &number, sizeof number);
    event.map_key.b[31] = 1;
    return event;
}

static es_status add(struct torture *t, struct es_ticket **ticket, struct es_error *err)
{
    static const char detail[] = "{\"reason\":\"torture\"}";
    struct es_log_entry entry = keep_login("memory");
    struct es_status_event event = active(&t->log, t->acknowledged + t->failed + 1);

    entry.detail = es_span_of((const uint8_t *) detail, sizeof detail - 1);
    return t->is_status ? keep_add_state(&t->log, &event, ticket, err)
                        : keep_add(&t->log, &entry, ticket, err);
}

/* Add and wait; what is acknowledged is found again under the checkpoint that was named. */
static void add_one(struct torture *t)
{
    struct keep_fixture *f = &t->log;
    struct es_log_place place = {0};
    struct es_ticket *ticket = NULL;
    struct es_error err = {0};
    es_status status = add(t, &ticket, &err);

    if (status == ES_OK)
        status = es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, &err);
    es_ticket_free(ticket);
    if (status != ES_OK) {
        check_refusal(t, status, &err);
        return;
    }
    assert_true(place.index < place.size);
    t->acknowledged++;
}

static void open_add_close(struct torture *t)
{
    struct keep_fixture *f = &t->log;
    struct es_error err = {0};
    es_status status = es_ledger_open(&f->config, &f->ledger, &err);

    if (status != ES_OK) {
        check_refusal(t, status, &err);
        assert_null(f->ledger);
        return;
    }
    add_one(t);
    keep_close(f);
}

static int64_t entries(struct torture *t)
{
    return keep_number(&t->log, t->is_status
                                    ? "SELECT count(*) FROM log_leaf WHERE event_type = 30"
                                    : "SELECT count(*) FROM log_leaf WHERE object_id = 'memory'");
}

/* All that was acknowledged is there; the log is sound and takes more. */
static void check_log(struct torture *t)
{
    struct keep_fixture *f = &t->log;
    long failed = t->failed;

    if (f->ledger == NULL)
        keep_open(f);
    add_one(t);
    if (t->failed != failed)
        fail_msg("the log takes no more: %s", f->alarms);
    keep_close(f);
    assert_true(entries(t) >= t->acknowledged);
    assert_true(entries(t) <= t->acknowledged + t->failed);
    (void) keep_verify(f);
}

static int setup(void **state, enum es_log_name log)
{
    struct torture *t = calloc(1, sizeof *t);

    assert_non_null(t);
    *state = t;
    keep_fixture_open(&t->log, log);
    t->is_status = log == ES_LOG_STATUS;
    return 0;
}

static int setup_audit(void **state)
{
    return setup(state, ES_LOG_AUDIT);
}

static int setup_status(void **state)
{
    return setup(state, ES_LOG_STATUS);
}

static int teardown(void **state)
{
    struct torture *t = *state;

    keep_fixture_close(&t->log);
    free(t);
    return 0;
}

static void a_log_that_opens_without_memory_loses_nothing(void **state)
{
    struct torture *t = *state;

    fail_each(t, open_add_close);
    assert_true(t->failed > 0);
    check_log(t);
}

static void a_log_that_runs_out_of_memory_acknowledges_nothing_false(void **state)
{
    struct torture *t = *state;

    keep_open(&t->log);
    fail_each(t, add_one);
    check_log(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_log_that_opens_without_memory_loses_nothing, setup_audit,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_log_that_opens_without_memory_loses_nothing, setup_status,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_log_that_runs_out_of_memory_acknowledges_nothing_false,
                                        setup_audit, teardown),
        cmocka_unit_test_setup_teardown(a_log_that_runs_out_of_memory_acknowledges_nothing_false,
                                        setup_status, teardown),
    };

    return cmocka_run_group_tests_name("ledger/nomem", tests, NULL, NULL);
}
