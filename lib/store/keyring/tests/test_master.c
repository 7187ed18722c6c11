/* The master key in its file. */
#include "keyring_test.h"
#include "second_opinion.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSPHRASE "five wrong horses 7"

struct fixture {
    char folder[256], path[300];
    struct es_secret passphrase;
    struct es_random random;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const char *base = getenv("TMPDIR");

    assert_non_null(f);
    snprintf(f->folder, sizeof(f->folder), "%s/es-master-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/master.json", f->folder);
    assert_int_equal(es_secret_init(&f->passphrase, 64, NULL), ES_OK);
    assert_int_equal(es_secret_set(&f->passphrase, es_span_str(PASSPHRASE), NULL), ES_OK);
    f->random = es_random_system();
    assert_int_equal(es_master_new(f->path, &f->passphrase, &f->random, NULL), ES_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    rmdir(f->folder);
    es_secret_clear(&f->passphrase);
    free(f);
    return 0;
}

static es_status open_it(struct fixture *f)
{
    ES_AUTO(es_secret) out = {0};
    es_status status = es_master_open(f->path, &f->passphrase, &out, NULL);

    assert_int_equal(out.len, status == ES_OK ? 32 : 0);
    return status;
}

static void read_text(struct fixture *f, char out[4096])
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4000);

    assert_int_equal(es_file_read(f->path, &text, NULL), ES_OK);
    snprintf(out, 4096, "%s", es_buf_cstr(&text));
}

static void write_text(struct fixture *f, const char *text)
{
    assert_int_equal(es_file_write(f->path, es_span_str(text), 0600, true, NULL), ES_OK);
}

/* The file with one part replaced. */
static es_status open_changed(struct fixture *f, const char *good, const char *from, const char *to)
{
    char text[8192];
    const char *found = strstr(good, from);

    assert_non_null(found);
    snprintf(text, sizeof(text), "%.*s%s%s", (int) (found - good), good, to, found + strlen(from));
    write_text(f, text);
    return open_it(f);
}

static void weak_passphrases_are_refused(void **state)
{
    struct fixture *f = *state;
    char path[320];

    snprintf(path, sizeof(path), "%s.2", f->path);
    assert_int_equal(es_secret_set(&f->passphrase, es_span_str("1234567"), NULL), ES_OK);
    assert_int_equal(es_master_new(path, &f->passphrase, &f->random, NULL), ES_E_RANGE);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_file_that_is_there_is_not_overwritten(void **state)
{
    struct fixture *f = *state;
    char before[4096], after[4096];

    read_text(f, before);
    assert_int_equal(es_master_new(f->path, &f->passphrase, &f->random, NULL), ES_E_EXISTS);
    read_text(f, after);
    assert_string_equal(before, after);
}

static void another_passphrase_does_not_open(void **state)
{
    struct fixture *f = *state;
    struct es_error err = {0};
    ES_AUTO(es_secret) out = {0};

    f->passphrase.ptr[0] ^= 1;
    assert_int_equal(es_master_open(f->path, &f->passphrase, &out, &err), ES_E_PIN);
    assert_string_equal(err.text, "passphrase is wrong, or the master key file damaged");
    assert_int_equal(err.status, ES_E_PIN);
}

static void a_file_open_to_others_or_missing_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(chmod(f->path, 0640), 0);
    assert_int_equal(open_it(f), ES_E_DENIED);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(open_it(f), ES_E_ABSENT);
}

static void malformed_files_are_refused_before_any_round(void **state)
{
    static const char *const changes[][2] = {
        {"\"v\":1", "\"v\":2"},
        {"\"v\":1", "\"v\":\"1\""},
        {"\"v\":1,", ""},
        {"\"v\":1", "\"v\":1,\"v\":1"},
        {"\"v\":1", "\"v\":1,\"w\":1"},
        {"master-key", "master-kez"},
        {"pbkdf2-hmac-sm3", "pbkdf2-hmac-sha1"},
        {"\"rounds\":300000", "\"rounds\":99999"},
        {"\"rounds\":300000", "\"rounds\":10000001"},
        {"\"rounds\":300000", "\"rounds\":-300000"},
        {"\"rounds\":300000", "\"rounds\":4295267296"},
        {"\"rounds\":300000", "\"rounds\":3e5"},
        {"\"salt\":\"", "\"salt\":\"00"},
        {"\"salt\":\"", "\"salt\":\"0"},
        {"\"nonce\":\"", "\"nonce\":\"zz"},
        {"\"wrapped\":\"", "\"wrapped\":\"00"},
        {"}", ""},
        {"}", "}x"},
        {"{", "["},
    };
    struct fixture *f = *state;
    char good[4096];

    read_text(f, good);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        assert_int_equal(open_changed(f, good, changes[i][0], changes[i][1]), ES_E_PIN);
    write_text(f, "");
    assert_int_equal(open_it(f), ES_E_PIN);
    assert_int_equal(truncate(f->path, 5000), 0);
    assert_int_equal(open_it(f), ES_E_PIN);
}

/* One digit of each value; each costs a derivation, so not of each byte. */
static void each_value_of_the_file_counts(void **state)
{
    static const char *const names[] = {"\"salt\":\"", "\"nonce\":\"", "\"wrapped\":\""};
    struct fixture *f = *state;
    char good[4096], text[4096];

    read_text(f, good);
    for (size_t i = 0; i < 3; i++) {
        char *digit;

        memcpy(text, good, sizeof(text));
        digit = strstr(text, names[i]) + strlen(names[i]);
        *digit = *digit == '0' ? '1' : '0';
        write_text(f, text);
        assert_int_equal(open_it(f), ES_E_PIN);
    }
    assert_int_equal(open_changed(f, good, ":300000", ":300001"), ES_E_PIN);
    write_text(f, good);
    assert_int_equal(open_it(f), ES_OK);
}

static void the_file_is_private_and_no_two_are_alike(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_secret) one = {0};
    ES_AUTO(es_secret) two = {0};
    struct stat st;

    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(es_secret_init(&one, 32, NULL), ES_OK); /* both ways of giving room */
    assert_int_equal(es_master_open(f->path, &f->passphrase, &one, NULL), ES_OK);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(es_master_new(f->path, &f->passphrase, &f->random, NULL), ES_OK);
    assert_int_equal(es_master_open(f->path, &f->passphrase, &two, NULL), ES_OK);
    assert_int_equal(one.len, 32);
    assert_false(es_secret_equal(&one, es_span_of(two.ptr, two.len)));
}

#ifdef HAVE_LIBGCRYPT
static void hex_of(const char *text, const char *name, struct es_buf *out)
{
    const char *from = strstr(text, name) + strlen(name);

    assert_int_equal(
        es_hex_decode(es_span_of(from, (size_t) (strchr(from, '"') - from)), out, NULL), ES_OK);
}

static void part(struct es_buf *out, struct es_span bytes)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        es_buf_put_byte(out, (uint8_t) ((uint64_t) bytes.len >> shift));
    es_buf_put_span(out, bytes);
}

static void the_form_is_the_documented_one_by_libgcrypt(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_secret) master = {0};
    ES_AUTO(es_buf) salt = ES_BUF_INIT(64);
    ES_AUTO(es_buf) nonce = ES_BUF_INIT(64);
    ES_AUTO(es_buf) wrapped = ES_BUF_INIT(64);
    ES_AUTO(es_buf) aad = ES_BUF_INIT(256);
    uint8_t key[16], again[48];
    char text[4096];

    second_start();
    read_text(f, text);
    hex_of(text, "\"salt\":\"", &salt);
    hex_of(text, "\"nonce\":\"", &nonce);
    hex_of(text, "\"wrapped\":\"", &wrapped);
    part(&aad, es_span_str("eseal master-key"));
    part(&aad, es_span_of("\0\0\0\0\0\0\0\1", 8));
    part(&aad, es_span_str("pbkdf2-hmac-sm3"));
    part(&aad, es_span_of("\0\0\0\0\0\x04\x93\xe0", 8)); /* 300 000 */
    part(&aad, es_buf_span(&salt));
    assert_int_equal(es_master_open(f->path, &f->passphrase, &master, NULL), ES_OK);
    second_pbkdf2(es_span_str(PASSPHRASE), es_buf_span(&salt), 300000, key, sizeof(key));
    second_gcm_seal(key, nonce.ptr, es_buf_span(&aad), es_span_of(master.ptr, 32), again);
    assert_int_equal(wrapped.len, 48);
    assert_memory_equal(again, wrapped.ptr, 48);
}
#else
static void the_form_is_the_documented_one_by_libgcrypt(void **state)
{
    (void) state;
    skip();
}
#endif

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILE(weak_passphrases_are_refused),
        WITH_FILE(a_file_that_is_there_is_not_overwritten),
        WITH_FILE(another_passphrase_does_not_open),
        WITH_FILE(a_file_open_to_others_or_missing_is_refused),
        WITH_FILE(malformed_files_are_refused_before_any_round),
        WITH_FILE(each_value_of_the_file_counts),
        WITH_FILE(the_file_is_private_and_no_two_are_alike),
        WITH_FILE(the_form_is_the_documented_one_by_libgcrypt),
    };
    return cmocka_run_group_tests_name("master", tests, NULL, NULL);
}
