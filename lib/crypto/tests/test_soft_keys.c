/*
 * The folder of soft keys: who may read it, what names and PINs may be, and that other programs
 * read the files. Files are made in a fresh folder under /tmp.
 */
#include "crypto_internal.h"
#include "crypto_test.h"
#include "keyfile_fixtures.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIN "correct horse 1"

struct fixture {
    char folder[64];
    struct es_key_provider provider;
    struct es_secret pin;
};

static void set_secret(struct es_secret *secret, const char *text)
{
    assert_int_equal(es_secret_init(secret, 512, NULL), ES_OK);
    assert_int_equal(es_secret_set(secret, es_span_str(text), NULL), ES_OK);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    snprintf(f->folder, sizeof(f->folder), "/tmp/es-soft-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(es_soft_keys_open(f->folder, &f->provider, NULL), ES_OK);
    set_secret(&f->pin, PIN);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[512];
    DIR *dir = opendir(f->folder);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", f->folder, entry->d_name);
        unlink(path);
    }
    if (dir != NULL)
        closedir(dir);
    rmdir(f->folder);
    es_soft_keys_close(&f->provider);
    es_secret_clear(&f->pin);
    free(f);
    return 0;
}

static void put_file(const struct fixture *f, const char *label, struct es_span bytes,
                     unsigned mode)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s.key", f->folder, label);
    assert_int_equal(es_file_write(path, bytes, mode, true, NULL), ES_OK);
}

static es_status open_status(const struct fixture *f, const char *label, const char *pin_text)
{
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_secret) pin = {0};
    struct es_error err = {0};
    es_status status;

    set_secret(&pin, pin_text);
    status = es_key_open(&f->provider, label, &pin, &key, &err);
    assert_int_equal(err.status, status);
    assert_null(strstr(err.text, pin_text));
    return status;
}

/* ---- refusals ---- */

static void weak_pins_are_refused_by_rule_and_not_quoted(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *pin, *rule;
    } cases[] = {
        {"", "shorter"},
        {"seven77", "shorter"},
        {"aaaaaaaaaaaa", "one character"},
        {"\xe7\xab\xa0\xe7\xab\xa0\xe7\xab\xa0", "one character"},
        {"PassWord123", "common"},
        {"1qaz2WSX", "common"},
        {"\xff\xfe, not UTF-8", "UTF-8"},
        {"line\nbreak", "UTF-8"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ES_AUTO(es_secret) pin = {0};
        struct es_error err = {0};
        set_secret(&pin, cases[i].pin);
        assert_int_equal(es_soft_key_new(&f->provider, "k", &pin, &err), ES_E_RANGE);
        assert_non_null(strstr(err.text, cases[i].rule));
        assert_true(cases[i].pin[0] == '\0' || strstr(err.text, cases[i].pin) == NULL);
    }
    assert_int_equal(es_soft_key_new(&f->provider, "k", NULL, NULL), ES_E_RANGE);
    assert_int_equal(open_status(f, "k", PIN), ES_E_ABSENT);
}

static void pins_of_8_to_128_bytes_are_taken(void **state)
{
    char text[130] = {0};

    (void) state;
    for (size_t len = 7; len <= 129; len++) {
        ES_AUTO(es_secret) pin = {0};
        for (size_t i = 0; i < len; i++)
            text[i] = (char) ('a' + i * 7 % 26);
        text[len] = '\0';
        set_secret(&pin, text);
        assert_int_equal(es_pin_check(&pin, NULL), len < 8 || len > 128 ? ES_E_RANGE : ES_OK);
    }
}

static void labels_outside_the_rule_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "",    ".",   "..",   ".hidden",  "a/b",       "../up",         "a b",
        "a\n", "a:b", "a\\b", "\xff\xff", "a\xcc\x81", "a\xe2\x80\xae", "\xe3\x80\x80"};
    static const char *const good[] = {
        "a", "A-1_b.c", "0", "\xe5\x8d\xb0\xe7\xab\xa0", "\xc3\xa9t\xc3\xa9", "-x"};
    char text[80];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(es_label_check(bad[i], NULL), ES_E_RANGE);
        assert_int_equal(es_soft_key_new(&f->provider, bad[i], &f->pin, NULL), ES_E_RANGE);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(es_label_check(good[i], NULL), ES_OK);
    memset(text, 'x', sizeof(text));
    text[64] = '\0';
    assert_int_equal(es_label_check(text, NULL), ES_OK);
    text[64] = 'x';
    text[65] = '\0';
    assert_int_equal(es_label_check(text, NULL), ES_E_RANGE);
}

static void a_key_is_never_overwritten(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) before = ES_BUF_INIT(65536);
    ES_AUTO(es_buf) after = ES_BUF_INIT(65536);

    assert_int_equal(es_soft_key_new(&f->provider, "k", &f->pin, NULL), ES_OK);
    assert_int_equal(es_soft_key_export(&f->provider, "k", &before, NULL), ES_OK);
    assert_int_equal(es_soft_key_new(&f->provider, "k", &f->pin, NULL), ES_E_EXISTS);
    assert_int_equal(es_soft_key_export(&f->provider, "k", &after, NULL), ES_OK);
    assert_true(es_span_equal(es_buf_span(&before), es_buf_span(&after)));
}

static void a_key_file_open_to_others_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) pem = ES_BUF_INIT(65536);
    char path[128];

    assert_int_equal(es_soft_key_new(&f->provider, "k", &f->pin, NULL), ES_OK);
    snprintf(path, sizeof(path), "%s/k.key", f->folder);
    for (unsigned bit = 01; bit <= 040; bit <<= 1) {
        assert_int_equal(chmod(path, 0600 | bit), 0);
        assert_int_equal(open_status(f, "k", PIN), ES_E_DENIED);
        assert_int_equal(es_soft_key_export(&f->provider, "k", &pem, NULL), ES_E_DENIED);
    }
    assert_int_equal(pem.len, 0);
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(open_status(f, "k", PIN), ES_OK);
}

static void a_folder_others_may_write_is_refused(void **state)
{
    struct fixture *f = *state;
    struct es_key_provider provider;
    char path[128];

    assert_int_equal(chmod(f->folder, 0770), 0);
    assert_int_equal(es_soft_keys_open(f->folder, &provider, NULL), ES_E_DENIED);
    assert_int_equal(chmod(f->folder, 0755), 0);
    assert_int_equal(es_soft_keys_open(f->folder, &provider, NULL), ES_OK);
    es_soft_keys_close(&provider);
    put_file(f, "file", es_span_str("x"), 0600);
    snprintf(path, sizeof(path), "%s/file.key", f->folder);
    assert_int_equal(es_soft_keys_open(path, &provider, NULL), ES_E_CONFIG);
    snprintf(path, sizeof(path), "%s/none/deeper", f->folder);
    assert_int_equal(es_soft_keys_open(path, &provider, NULL), ES_E_WRITE);
    assert_int_equal(es_soft_keys_open("", &provider, NULL), ES_E_USAGE);
    assert_null(provider.ops);
}

static void a_missing_folder_is_made_for_the_owner_alone(void **state)
{
    struct fixture *f = *state;
    struct es_key_provider provider;
    struct stat st;
    char path[128];

    snprintf(path, sizeof(path), "%s/new", f->folder);
    assert_int_equal(es_soft_keys_open(path, &provider, NULL), ES_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    es_soft_keys_close(&provider);
    rmdir(path);
}

static void a_damaged_key_file_opens_nothing(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) pem = ES_BUF_INIT(65536);

    assert_int_equal(es_soft_key_new(&f->provider, "k", &f->pin, NULL), ES_OK);
    assert_int_equal(es_soft_key_export(&f->provider, "k", &pem, NULL), ES_OK);
    for (size_t len = 0; len + 1 < pem.len; len += 7) {
        put_file(f, "cut", es_span_of(pem.ptr, len), 0600);
        assert_int_not_equal(open_status(f, "cut", PIN), ES_OK);
    }
    for (size_t i = 0; i < pem.len; i += 37) {
        pem.ptr[i] ^= 0x02;
        put_file(f, "flip", es_buf_span(&pem), 0600);
        assert_int_not_equal(open_status(f, "flip", PIN), ES_OK);
        pem.ptr[i] ^= 0x02;
    }
    es_buf_put_str(&pem, "more\n");
    put_file(f, "more", es_buf_span(&pem), 0600);
    assert_int_equal(open_status(f, "more", PIN), ES_E_FORMAT);
}

static void a_key_file_over_16_kib_is_refused(void **state)
{
    struct fixture *f = *state;
    static uint8_t big[16385];

    memset(big, '\n', sizeof(big));
    put_file(f, "big", es_span_of(big, sizeof(big)), 0600);
    assert_int_equal(open_status(f, "big", PIN), ES_E_LIMIT);
    put_file(f, "fits", es_span_of(big, sizeof(big) - 1), 0600);
    assert_int_equal(open_status(f, "fits", PIN), ES_E_FORMAT);
}

static void other_kinds_of_key_files_are_unsupported(void **state)
{
    struct fixture *f = *state;

    put_file(f, "p256", es_span_str(FX_KEYFILE_P256), 0600);
    assert_int_equal(open_status(f, "p256", PIN), ES_E_UNSUPPORTED);
    put_file(f, "aes", es_span_str(FX_KEYFILE_AES), 0600);
    assert_int_equal(open_status(f, "aes", PIN), ES_E_UNSUPPORTED);
    put_file(f, "clear", es_span_str(FX_KEYFILE_CLEAR), 0600);
    assert_int_equal(open_status(f, "clear", PIN), ES_E_UNSUPPORTED);
    put_file(f, "slow", es_span_str(FX_KEYFILE_SLOW), 0600);
    assert_int_equal(open_status(f, "slow", PIN), ES_E_UNSUPPORTED);
}

static void other_providers_are_not_managed_here(void **state)
{
    struct fixture *f = *state;
    struct es_key_ops ops = *f->provider.ops;
    struct es_key_provider other = {.ops = &ops, .self = NULL};
    ES_AUTO(es_buf) out = ES_BUF_INIT(100);

    assert_int_equal(es_soft_key_new(&other, "k", &f->pin, NULL), ES_E_UNSUPPORTED);
    assert_int_equal(es_soft_key_change_pin(&other, "k", &f->pin, &f->pin, NULL), ES_E_UNSUPPORTED);
    assert_int_equal(es_soft_key_export(&other, "k", &out, NULL), ES_E_UNSUPPORTED);
}

static void only_libraries_without_known_leaks_may_hold_keys(void **state)
{
    (void) state;
    assert_false(es_soft_library_good(0x30000150UL)); /* 3.0.21 */
    assert_true(es_soft_library_good(0x30000160UL));  /* 3.0.22 */
    assert_false(es_soft_library_good(0x30200000UL)); /* 3.2.0 */
    assert_false(es_soft_library_good(0x1010117fUL)); /* 1.1.1w */
}

/* ---- what works ---- */

static void the_file_is_for_its_owner_alone_and_pkcs8(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) pem = ES_BUF_INIT(65536);
    char path[128];
    struct stat st;

    assert_int_equal(es_soft_key_new(&f->provider, "k", &f->pin, NULL), ES_OK);
    snprintf(path, sizeof(path), "%s/k.key", f->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(es_soft_key_export(&f->provider, "k", &pem, NULL), ES_OK);
    assert_true(es_span_starts(es_buf_span(&pem), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert_int_equal(es_soft_key_export(&f->provider, "absent", &pem, NULL), ES_E_ABSENT);
}

/* Runs a fixed command in the folder; its exit status, or -1. */
static int shell(const struct fixture *f, const char *command)
{
    char line[1024];
    int status;

    snprintf(line, sizeof(line), "cd %s && %s", f->folder, command);
    status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_openssl_program_reads_the_file_and_its_files_are_read(void **state)
{
    struct fixture *f = *state;
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_buf) der = ES_BUF_INIT(1024);
    struct es_span point;
    char path[128];
    bool found;

    if (shell(f, "openssl version >/dev/null 2>&1") != 0)
        skip();
    assert_int_equal(es_soft_key_new(&f->provider, "k", &f->pin, NULL), ES_OK);
    assert_int_equal(
        shell(f, "openssl pkey -in k.key -passin 'pass:" PIN "' -pubout -outform DER -out k.pub"),
        0);
    assert_int_not_equal(shell(f, "openssl pkey -in k.key -passin pass:wrong -noout 2>/dev/null"),
                         0);
    assert_int_equal(es_key_open(&f->provider, "k", &f->pin, &key, NULL), ES_OK);
    snprintf(path, sizeof(path), "%s/k.pub", f->folder);
    assert_int_equal(es_file_read(path, &der, NULL), ES_OK);
    point = es_pubkey_point(es_key_public(key));
    found = es_span_search(es_buf_span(&der), point, NULL);
    assert_true(found);

    assert_int_equal(shell(f,
                           "umask 077; openssl genpkey -algorithm EC -pkeyopt "
                           "ec_paramgen_curve:SM2 2>/dev/null | openssl pkcs8 -topk8 -v2 "
                           "sm4-cbc -v2prf hmacWithSHA256 -passout 'pass:" PIN "' -out theirs.key"),
                     0);
    assert_int_equal(open_status(f, "theirs", PIN), ES_OK);
}

static void a_changed_pin_opens_and_the_old_one_does_not(void **state)
{
    struct fixture *f = *state;
    ES_AUTO_PTR(es_key) before = NULL;
    ES_AUTO_PTR(es_key) after = NULL;
    ES_AUTO(es_secret) next = {0};
    ES_AUTO(es_secret) weak = {0};

    set_secret(&next, "another horse 2");
    set_secret(&weak, "88888888");
    assert_int_equal(es_soft_key_new(&f->provider, "k", &f->pin, NULL), ES_OK);
    assert_int_equal(es_key_open(&f->provider, "k", &f->pin, &before, NULL), ES_OK);
    assert_int_equal(es_soft_key_change_pin(&f->provider, "k", &next, &next, NULL), ES_E_PIN);
    assert_int_equal(es_soft_key_change_pin(&f->provider, "k", &f->pin, &weak, NULL), ES_E_RANGE);
    assert_int_equal(es_soft_key_change_pin(&f->provider, "x", &f->pin, &next, NULL), ES_E_ABSENT);
    assert_int_equal(open_status(f, "k", PIN), ES_OK);
    assert_int_equal(es_soft_key_change_pin(&f->provider, "k", &f->pin, &next, NULL), ES_OK);
    assert_int_equal(open_status(f, "k", PIN), ES_E_PIN);
    assert_int_equal(es_key_open(&f->provider, "k", &next, &after, NULL), ES_OK);
    assert_true(es_span_equal(es_pubkey_point(es_key_public(before)),
                              es_pubkey_point(es_key_public(after))));
}

static es_status join_label(void *ctx, const char *label, struct es_error *err)
{
    es_buf_printf(ctx, "%s ", label);
    return es_buf_check(ctx, err);
}

static void labels_are_listed_in_order_and_other_files_are_not(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) text = ES_BUF_INIT(1000);
    static const char *const names[] = {"b", "a-b", "a", "a.key", "B", "bad name"};
    char path[128];

    for (size_t i = 0; i < 6; i++)
        put_file(f, names[i], es_span_str("x"), 0600);
    snprintf(path, sizeof(path), "%s/readme.txt", f->folder);
    assert_int_equal(es_file_write(path, es_span_str("x"), 0600, false, NULL), ES_OK);
    assert_int_equal(f->provider.ops->list(f->provider.self, join_label, &text, NULL), ES_OK);
    assert_string_equal(es_buf_cstr(&text), "B a a-b a.key b ");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(weak_pins_are_refused_by_rule_and_not_quoted),
        TEST(pins_of_8_to_128_bytes_are_taken),
        TEST(labels_outside_the_rule_are_refused),
        TEST(a_key_is_never_overwritten),
        TEST(a_key_file_open_to_others_is_refused),
        TEST(a_folder_others_may_write_is_refused),
        TEST(a_missing_folder_is_made_for_the_owner_alone),
        TEST(a_damaged_key_file_opens_nothing),
        TEST(a_key_file_over_16_kib_is_refused),
        TEST(other_kinds_of_key_files_are_unsupported),
        TEST(other_providers_are_not_managed_here),
        TEST(only_libraries_without_known_leaks_may_hold_keys),
        TEST(the_file_is_for_its_owner_alone_and_pkcs8),
        TEST(the_openssl_program_reads_the_file_and_its_files_are_read),
        TEST(a_changed_pin_opens_and_the_old_one_does_not),
        TEST(labels_are_listed_in_order_and_other_files_are_not),
    };
    return cmocka_run_group_tests_name("soft_keys", tests, NULL, NULL);
}
