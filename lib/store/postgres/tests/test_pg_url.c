/* What a URL may say, before any connection is made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postgres/pg.h"

static void assert_refused(const char *url, const char *text)
{
    struct pg_target target = {0};
    struct es_error err = {0};

    if (pg_target_init(&target, url, 1000, &err) != ES_E_CONFIG)
        fail_msg("\"%s\" was taken", url);
    if (strstr(err.text, text) == NULL)
        fail_msg("\"%s\" does not speak of \"%s\"", err.text, text);
    assert_null(target.url);
}

static void assert_becomes(const char *url, const char *expected)
{
    struct pg_target target = {0};
    struct es_error err = {0};

    if (pg_target_init(&target, url, 1000, &err) != ES_OK)
        fail_msg("\"%s\": %s", url, err.text);
    assert_string_equal(target.url, expected);
    pg_target_clear(&target);
}

static void password_in_the_url_is_refused_and_not_repeated(void **state)
{
    struct pg_target target = {0};
    struct es_error err = {0};

    (void) state;
    assert_refused("postgresql://u:geheim@/eseal", "password");
    assert_refused("postgresql:///eseal?password=geheim", "password");
    assert_refused("postgresql:///eseal?sslpassword=geheim", "password");
    assert_int_equal(pg_target_init(&target, "postgresql://u:geheim@[::1/x", 1000, &err),
                     ES_E_CONFIG);
    assert_null(strstr(err.text, "geheim"));
}

static void what_libpq_does_not_read_is_refused(void **state)
{
    (void) state;
    assert_refused("postgresql://[::1/eseal", "libpq");
    assert_refused("postgresql:///eseal?no_such_option=1", "libpq");
}

static void weaker_tls_to_another_machine_is_refused(void **state)
{
    static const char *const modes[] = {"disable", "allow", "prefer", "require", "verify-ca"};
    char url[128];

    (void) state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        (void) snprintf(url, sizeof url, "postgresql://db.example/eseal?sslmode=%s", modes[i]);
        assert_refused(url, "verify-full");
    }
    assert_refused("postgresql://localhost,db.example/eseal?sslmode=require", "verify-full");
    assert_refused("postgresql://127.evil.example/eseal?sslmode=require", "verify-full");
    assert_refused("postgresql://localhost/eseal?hostaddr=192.0.2.1&sslmode=require",
                   "verify-full");
    assert_refused("postgresql:///eseal?service=x&sslmode=require", "verify-full");
}

static void another_machine_is_asked_for_its_name(void **state)
{
    (void) state;
    assert_becomes("postgresql://db.example/eseal",
                   "postgresql://db.example/eseal?sslmode=verify-full");
    assert_becomes("postgresql://db.example/eseal?user=a",
                   "postgresql://db.example/eseal?user=a&sslmode=verify-full");
    assert_becomes("postgresql://db.example/eseal?sslmode=verify-full",
                   "postgresql://db.example/eseal?sslmode=verify-full");
}

static void host_from_the_environment_counts(void **state)
{
    (void) state;
    assert_int_equal(setenv("PGHOST", "db.example", 1), 0);
    assert_becomes("postgresql:///eseal", "postgresql:///eseal?sslmode=verify-full");
    assert_int_equal(setenv("PGHOST", "/run/postgresql", 1), 0);
    assert_becomes("postgresql:///eseal", "postgresql:///eseal");
    assert_int_equal(unsetenv("PGHOST"), 0);
    assert_int_equal(setenv("PGSERVICE", "x", 1), 0);
    assert_becomes("postgresql:///eseal", "postgresql:///eseal?sslmode=verify-full");
    assert_int_equal(unsetenv("PGSERVICE"), 0);
}

static void this_machine_needs_no_tls(void **state)
{
    static const char *const urls[] = {
        "postgresql:///eseal", "postgresql://localhost/eseal", "postgresql://127.0.0.1:5432/eseal",
        "postgresql://[::1]/eseal", "postgresql:///eseal?host=/run/postgresql&sslmode=disable"};

    (void) state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_becomes(urls[i], urls[i]);
}

static void server_that_is_not_there_is_unreachable(void **state)
{
    struct es_store *store = NULL;
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_store_open("postgresql:///eseal?host=/nonexistent", NULL, &store, &err),
                     ES_E_UNREACHABLE);
    assert_null(store);
}

static void sqlstate_is_told_by_its_closest_meaning(void **state)
{
    static const struct {
        const char *sqlstate;
        es_status status;
    } cases[] = {
        {"23505", ES_E_EXISTS},      {"23503", ES_E_CONFLICT},    {"42501", ES_E_DENIED},
        {"53100", ES_E_WRITE},       {"22003", ES_E_RANGE},       {"08006", ES_E_UNREACHABLE},
        {"57P01", ES_E_UNREACHABLE}, {"40P01", ES_E_CONFLICT},    {"55P03", ES_E_CONFLICT},
        {"25006", ES_E_DENIED},      {"42601", ES_E_INTERNAL},    {"XX001", ES_E_INTEGRITY},
        {"3D000", ES_E_ABSENT},      {"53300", ES_E_UNREACHABLE}, {"58030", ES_E_IO},
    };
    const char *text;

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (pg_status_of(cases[i].sqlstate, &text) != cases[i].status)
            fail_msg("%s", cases[i].sqlstate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password_in_the_url_is_refused_and_not_repeated),
        cmocka_unit_test(what_libpq_does_not_read_is_refused),
        cmocka_unit_test(weaker_tls_to_another_machine_is_refused),
        cmocka_unit_test(another_machine_is_asked_for_its_name),
        cmocka_unit_test(host_from_the_environment_counts),
        cmocka_unit_test(this_machine_needs_no_tls),
        cmocka_unit_test(server_that_is_not_there_is_unreachable),
        cmocka_unit_test(sqlstate_is_told_by_its_closest_meaning),
    };

    (void) unsetenv("PGHOST");
    (void) unsetenv("PGHOSTADDR");
    (void) unsetenv("PGSERVICE");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
