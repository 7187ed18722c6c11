/*
 * Certificates, CRLs and OCSP answers made by the openssl program: SM2 for certificates and CRLs,
 * P-256 for OCSP, which openssl cannot sign with SM2 and our id. What it wrote must read here.
 */
#include "chain_fixture.h"

#include <ftw.h>

static char folder[64];
static struct es_cert *root, *signer;
static struct es_trust *trust;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) type;
    (void) at;
    return remove(path);
}

static int setup(void **state)
{
    (void) state;
    snprintf(folder, sizeof folder, "/tmp/es-openssl-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int teardown(void **state)
{
    (void) state;
    es_cert_free(root);
    es_cert_free(signer);
    es_trust_free(trust);
    root = signer = NULL;
    trust = NULL;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define DISTID "-sigopt distid:1234567812345678"

static const char config[] =
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\ncrlnumber=crlnumber\n"
    "new_certs_dir=.\ncertificate=root.pem\nprivate_key=root.key\ndefault_md=DIGEST\n"
    "policy=p\ndefault_days=300\ndefault_crl_days=3\nunique_subject=no\n[p]\ncommonName=supplied\n"
    "[req]\ndistinguished_name=n\n[n]\n[root]\nbasicConstraints=critical,CA:TRUE\n"
    "keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
    "[signer]\nkeyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n"
    "[responder]\nextendedKeyUsage=OCSPSigning\n";

static void put_config(const char *digest)
{
    char path[128], text[sizeof config + 16];
    const char *mark = strstr(config, "DIGEST");

    snprintf(text, sizeof text, "%.*s%s%s", (int) (mark - config), config, digest, mark + 6);
    snprintf(path, sizeof path, "%s/c.cnf", folder);
    put_file(path, es_span_str(text));
    run_quiet(folder, "touch index.txt && echo 1001 > serial && echo 01 > crlnumber");
}

static void make_party(const char *curve, const char *sigopt, const char *name, const char *exts)
{
    char command[1024];

    snprintf(
        command, sizeof command,
        "openssl ecparam -genkey -name %s -noout -out %s.key && openssl req -new -config c.cnf "
        "-key %s.key -subj /CN=%s -out %s.csr -%s %s",
        curve, name, name, name, name, strcmp(curve, "SM2") ? "sha256" : "sm3", sigopt);
    run_quiet(folder, command);
    snprintf(
        command, sizeof command,
        "openssl ca -batch -config c.cnf -in %s.csr -extensions %s -out %s.pem -notext %s %s %s",
        name, exts, name, sigopt, *sigopt ? "-vfyopt distid:1234567812345678" : "",
        strcmp(name, "root") ? "" : "-selfsign");
    run_quiet(folder, command);
}

static struct es_buf read_of(const char *name)
{
    struct es_buf out = ES_BUF_INIT(1 << 20);
    struct es_error err = {0};
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    must(es_file_read(path, &out, &err), &err);
    return out;
}

static struct es_cert *cert_of(const char *name)
{
    struct es_buf file = read_of(name);
    struct es_cert *cert = NULL;
    struct es_error err = {0};

    must(es_cert_decode(es_buf_span(&file), &cert, &err), &err);
    es_buf_clear(&file);
    return cert;
}

static void load_parties(void)
{
    struct es_error err = {0};

    root = cert_of("root.pem");
    signer = cert_of("signer.pem");
    must(es_trust_new(&trust, &err), &err);
    must(es_trust_add_cert(trust, ES_TRUST_ROOT, root, &err), &err);
}

static bool has(enum es_code code)
{
    int64_t now_s = (int64_t) time(NULL) + 10;
    struct es_times times = {.now_s = now_s, .claim_s = now_s, .poe_s = now_s};
    struct es_chain_request request = {
        .cert = signer, .times = &times, .revocation_max_age_s = DAY, .where = ""};
    struct es_arena arena;
    struct es_findings findings;
    struct es_error err = {0};
    bool yes;

    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    must(es_chain_check(trust, &request, &findings, NULL, &err), &err);
    yes = code == ES_V_NONE ? findings.count == 0 : es_findings_have(&findings, code);
    es_arena_clear(&arena);
    return yes;
}

static void an_sm2_list_of_openssl_is_believed(void **state)
{
    struct es_buf crl;
    struct es_error err = {0};

    (void) state;
    if (!have_openssl())
        skip();
    put_config("sm3");
    make_party("SM2", DISTID, "root", "root");
    make_party("SM2", DISTID, "signer", "signer");
    load_parties();
    assert_true(has(ES_V_REVOCATION_UNAVAILABLE));
    run_quiet(folder, "openssl ca -gencrl -config c.cnf -out a.crl " DISTID);
    crl = read_of("a.crl");
    must(es_trust_add_crl(trust, es_buf_span(&crl), &err), &err);
    es_buf_clear(&crl);
    assert_true(has(ES_V_NONE));
    run_quiet(folder, "openssl ca -config c.cnf -revoke signer.pem -crl_compromise 20250101000000Z "
                      "&& openssl ca -gencrl -config c.cnf -out b.crl " DISTID);
    crl = read_of("b.crl");
    must(es_trust_add_crl(trust, es_buf_span(&crl), &err), &err);
    es_buf_clear(&crl);
    assert_true(has(ES_V_CERT_REVOKED_AT_SIGNING));
}

static void add_answer(const char *options)
{
    char command[512];
    struct es_buf answer;
    struct es_error err = {0};

    snprintf(
        command, sizeof command,
        "openssl ocsp -index index.txt -CA root.pem -issuer root.pem -cert signer.pem -ndays 1 "
        "-no_nonce -respout answer.der %s",
        options);
    run_quiet(folder, command);
    answer = read_of("answer.der");
    must(es_trust_add_ocsp(trust, es_buf_span(&answer), &err), &err);
    es_buf_clear(&answer);
}

static void answers_of_openssl_are_believed(void **state)
{
    (void) state;
    if (!have_openssl())
        skip();
    put_config("sha256");
    make_party("prime256v1", "", "root", "root");
    make_party("prime256v1", "", "signer", "signer");
    make_party("prime256v1", "", "responder", "responder");
    load_parties();
    assert_true(has(ES_V_REVOCATION_UNAVAILABLE));
    add_answer("-rsigner signer.pem -rkey signer.key");
    assert_true(has(ES_V_REVOCATION_UNTRUSTED)); /* it may not answer */
    add_answer("-rsigner root.pem -rkey root.key");
    assert_false(has(ES_V_REVOCATION_UNTRUSTED));
    assert_false(has(ES_V_REVOCATION_UNAVAILABLE));
    run_quiet(folder, "openssl ca -config c.cnf -revoke signer.pem");
    add_answer("-rsigner responder.pem -rkey responder.key -resp_key_id");
    assert_true(has(ES_V_CERT_REVOKED_AT_SIGNING));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_sm2_list_of_openssl_is_believed),
        T(answers_of_openssl_are_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
