/* Trust folders: what is read, what is refused with its name, and the digest over all of it. */
#include "chain_fixture.h"

#include <ftw.h>

struct folder {
    char path[64];
    struct identity root, maker;
    struct es_trust *trust;
    struct es_error err;
};

static int setup(void **state)
{
    static struct folder f;
    struct cert_spec spec;

    f = (struct folder){.path = "/tmp/es-trust-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    f.root.key = key_of(1);
    spec = ca_spec_of("root", f.root.key, NULL, 1);
    f.root.cert = cert_build(&spec);
    f.maker.key = key_of(2);
    spec = cert_spec_of("maker", f.maker.key, &f.root, 2);
    f.maker.cert = cert_build(&spec);
    *state = &f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) type;
    (void) at;
    return remove(path);
}

static int teardown(void **state)
{
    struct folder *f = *state;

    es_trust_free(f->trust);
    identity_clear(&f->root);
    identity_clear(&f->maker);
    return nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put_at(struct folder *f, const char *name, struct es_span bytes)
{
    char path[512], *slash;

    snprintf(path, sizeof path, "%s/%s", f->path, name);
    slash = strrchr(path, '/');
    *slash = '\0';
    (void) mkdir(path, 0700);
    *slash = '/';
    put_file(path, bytes);
}

static void put_text_at(struct folder *f, const char *name, const char *text)
{
    put_at(f, name, es_span_str(text));
}

static void put_pem_at(struct folder *f, const char *name, const char *label, struct es_span der)
{
    struct es_buf text = ES_BUF_INIT(1 << 20);

    es_pem_put(&text, label, der);
    put_at(f, name, es_buf_span(&text));
    es_buf_clear(&text);
}

static es_status load(struct folder *f)
{
    es_trust_free(f->trust);
    f->trust = NULL;
    memset(&f->err, 0, sizeof f->err);
    return es_trust_load(f->path, &f->trust, &f->err);
}

static void must_load(struct folder *f)
{
    es_status status = load(f);

    must(status, &f->err);
}

static void refused(struct folder *f, es_status status, const char *text)
{
    assert_int_equal(load(f), status);
    assert_null(f->trust);
    if (strcmp(f->err.text, text) != 0)
        fail_msg("\"%s\" is not \"%s\"", f->err.text, text);
}

static void an_empty_folder_is_an_empty_trust(void **state)
{
    struct folder *f = *state;
    uint8_t loaded[ES_SM3_LEN], made[ES_SM3_LEN];
    struct es_trust *empty = NULL;

    must_load(f);
    must(es_trust_new(&empty, &f->err), &f->err);
    es_trust_digest(f->trust, loaded);
    es_trust_digest(empty, made);
    assert_memory_equal(loaded, made, ES_SM3_LEN);
    es_trust_free(empty);
    assert_null(es_trust_maker(f->trust, f->maker.cert));
}

static void a_folder_that_is_not_there_is_absent(void **state)
{
    struct es_trust *trust = NULL;
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_trust_load("/nowhere/at/all", &trust, &err), ES_E_ABSENT);
    assert_null(trust);
}

static void the_digest_does_not_depend_on_names_of_files(void **state)
{
    struct folder *f = *state;
    struct es_buf crl = ES_BUF_INIT(1 << 16), ocsp = ES_BUF_INIT(1 << 16);
    struct crl_spec crl_spec = {.issuer = &f->root, .this_s = T_2026, .reason = -1};
    struct ocsp_spec ocsp_spec = {.about = f->maker.cert,
                                  .issuer = &f->root,
                                  .responder = &f->root,
                                  .digest = ES_DIGEST_SM3,
                                  .this_s = T_2026,
                                  .next_s = T_2026 + DAY};
    uint8_t first[ES_SM3_LEN], second[ES_SM3_LEN];

    crl_put(&crl, &crl_spec);
    ocsp_put(&ocsp, &ocsp_spec);
    put_pem_at(f, "roots/a.pem", "CERTIFICATE", f->root.cert->der);
    put_at(f, "makers/m.cer", f->maker.cert->der);
    put_at(f, "crls/2", es_buf_span(&crl));
    put_at(f, "ocsp/answer.ors", es_buf_span(&ocsp));
    must_load(f);
    es_trust_digest(f->trust, first);
    put_at(f, "roots/0.der", f->root.cert->der); /* everything twice, in another form */
    put_pem_at(f, "makers/a.pem", "CERTIFICATE", f->maker.cert->der);
    put_pem_at(f, "crls/1.crl", "X509 CRL", es_buf_span(&crl));
    put_pem_at(f, "ocsp/z.pem", "OCSP RESPONSE", es_buf_span(&ocsp));
    must_load(f);
    es_trust_digest(f->trust, second);
    assert_memory_equal(first, second, ES_SM3_LEN);
    es_buf_clear(&crl);
    es_buf_clear(&ocsp);
}

static void the_digest_depends_on_roles_and_facts(void **state)
{
    struct folder *f = *state;
    uint8_t digest[4][ES_SM3_LEN];

    put_at(f, "roots/a", f->root.cert->der);
    put_at(f, "makers/m.der", f->maker.cert->der);
    must_load(f);
    es_trust_digest(f->trust, digest[0]);
    put_text_at(f, "makers/m.json", "{\"blocked\": true}");
    must_load(f);
    es_trust_digest(f->trust, digest[1]);
    put_at(f, "tsa/a", f->root.cert->der);
    must_load(f);
    es_trust_digest(f->trust, digest[2]);
    put_at(f, "intermediates/a", f->root.cert->der);
    must_load(f);
    es_trust_digest(f->trust, digest[3]);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(digest[i], digest[k], ES_SM3_LEN);
}

static void a_maker_has_the_facts_of_its_file(void **state)
{
    struct folder *f = *state;
    const struct es_maker_entry *entry;

    put_pem_at(f, "makers/some.maker.pem", "CERTIFICATE", f->maker.cert->der);
    put_text_at(f, "makers/some.maker.json",
                "{\"blocked\": true, \"internal\": true, \"from\": \"2026-01-01\","
                " \"until\": \"2027-01-01T08:00:00+08:00\", \"regions\": [\"44\", \"4401\"],"
                " \"kinds\": [\"01\"]}");
    must_load(f);
    entry = es_trust_maker(f->trust, f->maker.cert);
    assert_non_null(entry);
    assert_true(entry->blocked);
    assert_true(entry->internal);
    assert_int_equal(entry->from_s, T_2026);
    assert_int_equal(entry->until_s, T_2026 + YEAR);
    assert_string_equal(entry->regions, "44 4401");
    assert_string_equal(entry->kinds, "01");
    assert_null(es_trust_maker(f->trust, f->root.cert));
}

static void a_maker_without_a_file_has_no_limits(void **state)
{
    struct folder *f = *state;
    const struct es_maker_entry *entry;

    put_at(f, "makers/m.der", f->maker.cert->der);
    put_text_at(f, "makers/README", "what is here");
    put_text_at(f, "makers/README.md", "what is here");
    must_load(f);
    entry = es_trust_maker(f->trust, f->maker.cert);
    assert_non_null(entry);
    assert_false(entry->blocked);
    assert_int_equal(entry->until_s, 0);
    assert_string_equal(entry->regions, "");
}

static void facts_that_are_not_understood_are_refused_by_name(void **state)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"{\"Blocked\": true}", "member \"Blocked\" is not known"},
        {"{\"blocked\": 1}", "member \"blocked\" is not true or false"},
        {"{\"blocked\": \"true\"}", "member \"blocked\" is not true or false"},
        {"{\"from\": 20260101}", "member \"from\" is no date such as 2026-01-31"},
        {"{\"until\": \"2026-02-30\"}", "member \"until\" is no date such as 2026-01-31"},
        {"{\"until\": \"now+1d\"}", "member \"until\" is no date such as 2026-01-31"},
        {"{\"regions\": \"44\"}", "member \"regions\" is no list of at least one code"},
        {"{\"regions\": []}", "member \"regions\" is no list of at least one code"},
        {"{\"kinds\": [\"0 1\"]}",
         "member \"kinds\" holds something that is no code of 1 to 32 letters and digits"},
        {"{\"kinds\": [1]}",
         "member \"kinds\" holds something that is no code of 1 to 32 letters and digits"},
        {"[]", "is no JSON object"},
    };
    struct folder *f = *state;
    char text[256];

    put_at(f, "makers/m.der", f->maker.cert->der);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_text_at(f, "makers/m.json", cases[i].json);
        snprintf(text, sizeof text, "makers/m.der: m.json: %s", cases[i].text);
        refused(f, ES_E_CONFIG, text);
    }
    put_text_at(f, "makers/m.json", "{\"blocked\": true, \"blocked\": false}");
    assert_int_equal(load(f), ES_E_CONFIG);
    put_text_at(f, "makers/m.json", "{");
    assert_int_equal(load(f), ES_E_CONFIG);
}

static void facts_without_a_certificate_are_refused(void **state)
{
    struct folder *f = *state;

    put_at(f, "makers/m.der", f->maker.cert->der);
    put_text_at(f, "makers/n.json", "{\"blocked\": true}");
    refused(f, ES_E_CONFIG, "makers/n.json: no certificate stands beside it");
}

static void a_maker_listed_twice_with_different_facts_is_refused(void **state)
{
    struct folder *f = *state;

    put_at(f, "makers/m.der", f->maker.cert->der);
    put_at(f, "makers/n.der", f->maker.cert->der);
    must_load(f);
    put_text_at(f, "makers/n.json", "{\"blocked\": true}");
    refused(f, ES_E_CONFLICT, "makers/n.der: maker is listed twice with different facts");
}

static void files_that_do_not_decode_are_refused_by_name(void **state)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"roots/x.pem", "roots/x.pem: no certificate found"},
        {"intermediates/x", "intermediates/x: no certificate found"},
        {"tsa/x", "tsa/x: no certificate found"},
        {"makers/x", "makers/x: no certificate found"},
        {"crls/x", "crls/x: CRL: neither DER nor a PEM block X509 CRL"},
        {"ocsp/x", "ocsp/x: OCSP answer: neither DER nor a PEM block OCSP RESPONSE"},
    };
    struct folder *f = *state;
    char path[512];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_text_at(f, cases[i].name, "no such thing");
        refused(f, ES_E_FORMAT, cases[i].text);
        snprintf(path, sizeof path, "%s/%s", f->path, cases[i].name);
        assert_int_equal(remove(path), 0);
    }
    must_load(f);
}

static void folders_and_hidden_files_are_passed_over(void **state)
{
    struct folder *f = *state;
    char path[512];

    put_text_at(f, "roots/.hidden", "no such thing");
    snprintf(path, sizeof path, "%s/roots/folder.pem", f->path);
    assert_int_equal(mkdir(path, 0700), 0);
    must_load(f);
}

/* ---- ten thousand ---- */

/* One certificate with ten thousand names; their signatures do not hold, nobody asks. */
static void put_ten_thousand(struct es_buf *out, const struct folder *f)
{
    struct cert_spec spec = ca_spec_of("authority 00000", f->maker.key, &f->root, 1);
    struct es_buf one = ES_BUF_INIT(1 << 16);
    char name[32];
    size_t at;

    cert_put(&one, &spec);
    assert_true(es_span_search(es_buf_span(&one), es_span_str(spec.cn), &at));
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "authority %05u", i);
        memcpy(one.ptr + at, name, strlen(name));
        es_buf_put_span(out, es_buf_span(&one));
    }
    es_buf_clear(&one);
}

static void ten_thousand_certificates_load_and_are_searched(void **state)
{
    struct folder *f = *state;
    struct es_buf der = ES_BUF_INIT(32 << 20);
    struct es_times times = {.now_s = T_2026, .claim_s = T_2026, .poe_s = T_2026};
    struct es_chain_request request = {
        .cert = f->maker.cert, .times = &times, .where = "", .no_revocation = true};
    struct es_arena arena;
    struct es_findings findings;

    put_ten_thousand(&der, f);
    put_at(f, "intermediates/all.der", es_buf_span(&der));
    put_at(f, "roots/root.der", f->root.cert->der);
    must_load(f);
    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    must(es_chain_check(f->trust, &request, &findings, NULL, &f->err), &f->err);
    assert_int_equal(findings.count, 0);
    es_arena_clear(&arena);
    es_buf_clear(&der);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_empty_folder_is_an_empty_trust),
        T(a_folder_that_is_not_there_is_absent),
        T(the_digest_does_not_depend_on_names_of_files),
        T(the_digest_depends_on_roles_and_facts),
        T(a_maker_has_the_facts_of_its_file),
        T(a_maker_without_a_file_has_no_limits),
        T(facts_that_are_not_understood_are_refused_by_name),
        T(facts_without_a_certificate_are_refused),
        T(a_maker_listed_twice_with_different_facts_is_refused),
        T(files_that_do_not_decode_are_refused_by_name),
        T(folders_and_hidden_files_are_passed_over),
        T(ten_thousand_certificates_load_and_are_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
