/*
 * Every document of the sample set against its row of expected.tsv, column by column. The policy is
 * standard and the trust holds the national roots, the authorities below them and the test roots
 * that come with the samples; revocation is not at hand, as it was not for the expected results.
 *
 * A row that is wrong is named in known_wrong with its proof; nothing else may differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_ofd.h"

#include <unistd.h>

#define COLUMNS 16
#define NOW_S INT64_C(1793491200) /* 2026-11-01 */
#define ROWS_MAX 256
#define SIGS_MAX 16

enum column {
    FILE_,
    EXPECTED,
    SIGNATURES,
    KIND,
    VERSION,
    DIGEST,
    DATA_HASH,
    SEAL,
    SIGNATURE,
    IN_SEAL,
    CERT_TIME,
    SEAL_TIME,
    CHAIN,
    PAGES,
    OFDRW,
    NOTES
};

/* Rows whose expectation is wrong, and why. */
static const struct {
    const char *file;
    const char *proof;
} known_wrong[] = {
    {"seals/ofdrw-v1-bad-maker-signature.esl",
     "BER with indefinite lengths; rewritten to DER (formats.md 5.2) its maker signature verifies, "
     "by openssl pkeyutl as well"},
};

/* "does not cover" notes that are wrong: the entries do stand under References. */
static const char *const covers_after_all[] = {
    /* Its References name all six files; the note counted those whose digest matches. */
    "signed/iofd-v1-keyed-sm3-reformatted.ofd",
};

struct row {
    struct es_span cell[COLUMNS];
};

struct samples {
    struct es_buf text;
    struct row rows[ROWS_MAX];
    size_t count;
    struct es_trust *trust;
    struct es_policy policy;
    size_t differences;
};

static const char *folder(void)
{
    const char *path = getenv("ESEAL_SAMPLES");

    return path == NULL ? "../shared/samples" : path;
}

static void path_of(const char *name, char *out, size_t len)
{
    (void) snprintf(out, len, "%s/%s", folder(), name);
}

/* ---- reading ---- */

static struct es_span next_cell(struct es_span *line)
{
    size_t end = es_span_find(*line, '\t');
    struct es_span cell = es_span_sub(*line, 0, end);

    *line = es_span_sub(*line, end + 1, line->len);
    return es_span_trim(cell);
}

static void read_rows(struct samples *s)
{
    struct es_span rest = es_buf_span(&s->text);
    bool head = true;

    while (rest.len > 0 && s->count < ROWS_MAX) {
        size_t end = es_span_find(rest, '\n');
        struct es_span line = es_span_sub(rest, 0, end);

        rest = es_span_sub(rest, end + 1, rest.len);
        if (!head && line.len > 0) {
            for (size_t i = 0; i < COLUMNS; i++)
                s->rows[s->count].cell[i] = next_cell(&line);
            s->count++;
        }
        head = false;
    }
}

struct adding {
    struct es_trust *trust;
    enum es_trust_kind kind;
};

static es_status add_cert(void *ctx, struct es_cert *cert, struct es_error *err)
{
    struct adding *adding = ctx;

    return es_trust_add_cert(adding->trust, adding->kind, cert, err);
}

static void add_file(struct samples *s, const char *name, enum es_trust_kind kind)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(16u << 20);
    struct adding adding = {s->trust, kind};
    char path[4096];

    path_of(name, path, sizeof path);
    assert_int_equal(es_file_read(path, &bytes, NULL), ES_OK);
    assert_int_equal(es_cert_each(es_buf_span(&bytes), add_cert, &adding, NULL), ES_OK);
}

static int setup(void **state)
{
    struct samples *s = calloc(1, sizeof *s);
    char path[4096];

    assert_non_null(s);
    *state = s;
    path_of("expected.tsv", path, sizeof path);
    if (access(path, R_OK) != 0)
        return 0;
    es_buf_init(&s->text, 1u << 20);
    assert_int_equal(es_file_read(path, &s->text, NULL), ES_OK);
    read_rows(s);
    assert_int_equal(es_trust_new(&s->trust, NULL), ES_OK);
    add_file(s, "trust/national-roots.pem", ES_TRUST_ROOT);
    add_file(s, "trust/national-cas.pem", ES_TRUST_INTERMEDIATE);
    add_file(s, "trust/test/ofdrw_ROOT.pem", ES_TRUST_ROOT);
    add_file(s, "trust/test/ofdrw_ROOT_old.pem", ES_TRUST_ROOT);
    assert_int_equal(es_policy_load("standard", &s->policy, NULL), ES_OK);
    return 0;
}

static int teardown(void **state)
{
    struct samples *s = *state;

    es_buf_clear(&s->text);
    es_trust_free(s->trust);
    es_policy_clear(&s->policy);
    free(s);
    return 0;
}

/* ---- comparing ---- */

static bool is_known_wrong(const struct row *row)
{
    for (size_t i = 0; i < sizeof known_wrong / sizeof known_wrong[0]; i++)
        if (es_span_is(row->cell[FILE_], known_wrong[i].file))
            return true;
    return false;
}

static void differs(struct samples *s, const struct row *row, size_t index, const char *column,
                    const char *got)
{
    s->differences++;
    print_message("# %.*s #%zu %s: got %s\n", ES_SPAN_ARG(row->cell[FILE_]), index, column, got);
}

/* index-th part of a cell such as "yes;no". */
static struct es_span part(struct es_span cell, size_t index)
{
    while (index-- > 0)
        cell = es_span_sub(cell, es_span_find(cell, ';') + 1, cell.len);
    return es_span_trim(es_span_sub(cell, 0, es_span_find(cell, ';')));
}

static void compare(struct samples *s, const struct row *row, size_t index, enum column column,
                    const char *name, bool got)
{
    struct es_span wanted = part(row->cell[column], index);

    if (es_span_is(wanted, "yes") && !got)
        differs(s, row, index, name, "no");
    if (es_span_is(wanted, "no") && got)
        differs(s, row, index, name, "yes");
}

static bool has(const struct es_report_signature *sig, enum es_check check, enum es_code code)
{
    for (const struct es_finding *f = sig->findings.first; f != NULL; f = f->next)
        if (f->check == check && f->code == code)
            return true;
    return false;
}

static bool passes(const struct es_report_signature *sig, enum es_check check)
{
    return sig->results[check] == ES_RESULT_PASS;
}

static const char *edition_of(struct es_span version)
{
    if (es_span_is(version, "V1"))
        return "GM/T 0031-2014";
    if (es_span_is(version, "V4"))
        return "GB/T 38540-2020";
    if (es_span_is(version, "V5"))
        return "GM/T 0031-2025";
    return es_span_is(version, "GBT35275") ? "GB/T 35275-2017" : "";
}

static void compare_facts(struct samples *s, const struct row *row, size_t i,
                          const struct es_report_signature *sig)
{
    if (!es_span_is(part(row->cell[KIND], i), sig->type))
        differs(s, row, i, "kind", sig->type);
    if (strncmp(sig->edition, edition_of(part(row->cell[VERSION], i)),
                strlen(edition_of(part(row->cell[VERSION], i)))) != 0)
        differs(s, row, i, "ses_version", sig->edition);
}

/* Time-bound checks are skipped when the value does not verify: their columns say nothing then. */
static void compare_times(struct samples *s, const struct row *row, size_t i,
                          const struct es_report_signature *sig)
{
    if (!sig->skipped[ES_CHECK_SIGNER_CERT_TIME])
        compare(s, row, i, CERT_TIME, "cert_valid_at_signing",
                !has(sig, ES_CHECK_SIGNER_CERT_TIME, ES_V_CERT_EXPIRED_AT_SIGNING) &&
                    !has(sig, ES_CHECK_SIGNER_CERT_TIME, ES_V_CERT_NOT_YET_VALID_AT_SIGNING));
    if (!sig->skipped[ES_CHECK_SEAL_VALIDITY_AT_SIGNING])
        compare(s, row, i, SEAL_TIME, "seal_valid_at_signing",
                passes(sig, ES_CHECK_SEAL_VALIDITY_AT_SIGNING));
}

static void compare_chain(struct samples *s, const struct row *row, size_t i,
                          const struct es_report_signature *sig)
{
    struct es_span wanted = part(row->cell[CHAIN], i);
    bool incomplete = has(sig, ES_CHECK_SIGNER_CERT_CHAIN, ES_V_CERT_CHAIN_INCOMPLETE);
    bool untrusted = has(sig, ES_CHECK_SIGNER_CERT_CHAIN, ES_V_CERT_ROOT_UNTRUSTED);

    if ((es_span_is(wanted, "national root") || es_span_is(wanted, "test root")) &&
        (incomplete || untrusted))
        differs(s, row, i, "chain", "not to a root");
    if (es_span_is(wanted, "no issuer certificate at hand") && !incomplete && !untrusted)
        differs(s, row, i, "chain", "to a root");
    if (es_span_is(wanted, "self-signed") && !untrusted)
        differs(s, row, i, "chain", "not self-signed");
}

/* The column speaks of values: right MD5 digests are "yes" there, and digest_weak with us. */
static bool digests_match(const struct es_report_signature *sig)
{
    return passes(sig, ES_CHECK_DOCUMENT_INTEGRITY) ||
           (has(sig, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_DIGEST_WEAK) &&
            !has(sig, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_DIGEST_MISMATCH));
}

static void compare_signature(struct samples *s, const struct row *row, size_t i,
                              const struct es_report_signature *sig)
{
    compare_facts(s, row, i, sig);
    compare(s, row, i, DIGEST, "digest_ok", digests_match(sig));
    compare(s, row, i, DATA_HASH, "datahash_ok",
            !has(sig, ES_CHECK_SIGNATURE, ES_V_DATA_HASH_MISMATCH) &&
                !has(sig, ES_CHECK_SIGNATURE, ES_V_LEGACY_FORM));
    compare(s, row, i, SEAL, "seal_ok",
            !has(sig, ES_CHECK_SEAL_SIGNATURE, ES_V_SEAL_SIGNATURE_INVALID));
    compare(s, row, i, SIGNATURE, "signature_ok", sig->value_good);
    compare(s, row, i, IN_SEAL, "cert_in_seal", passes(sig, ES_CHECK_SIGNER_IN_SEAL));
    compare_times(s, row, i, sig);
    compare_chain(s, row, i, sig);
}

/* "#2 does not cover X": the range must not pass, and X must be named. */
static void compare_cover(struct samples *s, const struct row *row, const struct es_report *report)
{
    struct es_span phrase = es_span_str("does not cover ");
    size_t at = 0;

    if (!es_span_search(row->cell[NOTES], phrase, &at) ||
        es_span_is(row->cell[FILE_], covers_after_all[0]))
        return;
    for (const struct es_report_signature *sig = report->first; sig != NULL; sig = sig->next)
        if (passes(sig, ES_CHECK_PROTECTION_RANGE) &&
            !has(sig, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_ENTRY_EXTRA))
            differs(s, row, 0, "does not cover", "pass");
}

static bool word_holds(struct es_span word, const struct es_report_signature *sig)
{
    bool crypto = passes(sig, ES_CHECK_DOCUMENT_INTEGRITY) && sig->value_good &&
                  (!sig->has_seal ||
                   (passes(sig, ES_CHECK_SIGNER_IN_SEAL) && passes(sig, ES_CHECK_SEAL_SIGNATURE)));
    bool in_time = sig->results[ES_CHECK_SIGNER_CERT_TIME] != ES_RESULT_FAIL &&
                   sig->results[ES_CHECK_SEAL_VALIDITY_AT_SIGNING] != ES_RESULT_FAIL;
    bool deviates = es_findings_have(&sig->findings, ES_V_FORM_DEVIATION);

    if (es_span_is(word, "intact"))
        return crypto && in_time && sig->outcome != ES_OUTCOME_INVALID;
    if (es_span_is(word, "intact-tolerant"))
        return crypto && in_time && deviates && sig->outcome != ES_OUTCOME_INVALID;
    if (es_span_is(word, "cert-invalid"))
        return crypto && !in_time && sig->outcome == ES_OUTCOME_INVALID;
    if (es_span_is(word, "tampered"))
        return !passes(sig, ES_CHECK_DOCUMENT_INTEGRITY);
    if (es_span_is(word, "invalid"))
        return !crypto && sig->outcome != ES_OUTCOME_VALID;
    return es_span_is(word, "unverifiable") && sig->outcome == ES_OUTCOME_INDETERMINATE;
}

static void verify(struct samples *s, const struct row *row, struct es_report *report)
{
    const struct es_verifier verifier = {.policy = &s->policy,
                                         .trust = s->trust,
                                         .clock = es_clock_system(),
                                         .limits = es_ofd_limits_default()};
    ES_AUTO(es_source) src = {.fd = -1};
    char name[512], path[4096];

    (void) snprintf(name, sizeof name, "%.*s", ES_SPAN_ARG(row->cell[FILE_]));
    path_of(name, path, sizeof path);
    assert_int_equal(es_source_open(&src, path, 0, NULL), ES_OK);
    es_report_init(report, &s->policy, NOW_S);
    assert_int_equal(es_ofd_verify(&src, &verifier, report, NULL), ES_OK);
}

/* The integrity file protects names only: value and certificate are all its row speaks of. */
static bool is_integrity(const struct row *row)
{
    return es_span_starts(row->cell[KIND], "GMT0099");
}

static void compare_document(struct samples *s, const struct row *row)
{
    struct es_report report;
    char number[16];
    size_t i = 0;

    verify(s, row, &report);
    (void) snprintf(number, sizeof number, "%zu", report.signature_count);
    if (!es_span_is(row->cell[SIGNATURES], number))
        differs(s, row, 0, "signatures", number);
    (void) snprintf(number, sizeof number, "%u", report.pages);
    if (!es_span_is(row->cell[PAGES], "n/a") && !es_span_is(row->cell[PAGES], number))
        differs(s, row, 0, "pages", number);
    for (const struct es_report_signature *sig = report.first; sig != NULL; sig = sig->next, i++) {
        compare_signature(s, row, i, sig);
        if (!is_integrity(row) && !word_holds(part(row->cell[EXPECTED], i), sig))
            differs(s, row, i, "expected", es_outcome_name(sig->outcome));
    }
    compare_cover(s, row, &report);
    es_report_clear(&report);
}

static void compare_unsigned(struct samples *s, const struct row *row)
{
    bool malformed = es_span_is(row->cell[EXPECTED], "malformed");
    struct es_report report;
    char number[16];

    verify(s, row, &report);
    (void) snprintf(number, sizeof number, "%u", report.pages);
    if (malformed && report.outcome == ES_OUTCOME_VALID)
        differs(s, row, 0, "expected", "valid");
    if (malformed && es_findings_have(&report.findings, ES_V_NO_SIGNATURE))
        differs(s, row, 0, "expected", "a usable document");
    if (!malformed && (report.outcome != ES_OUTCOME_INDETERMINATE ||
                       !es_findings_have(&report.findings, ES_V_NO_SIGNATURE)))
        differs(s, row, 0, "expected", es_outcome_name(report.outcome));
    if (!malformed && !es_span_is(row->cell[PAGES], number))
        differs(s, row, 0, "pages", number);
    es_report_clear(&report);
}

/* ---- seals ---- */

static void compare_seal_words(struct samples *s, const struct row *row, bool good, bool deviates)
{
    compare(s, row, 0, SEAL, "seal_ok", good);
    if (es_span_is(row->cell[EXPECTED], "intact-tolerant") && !deviates)
        differs(s, row, 0, "expected", "no deviation");
    if (es_span_is(row->cell[EXPECTED], "malformed"))
        differs(s, row, 0, "expected", "decodes");
}

static void compare_seal(struct samples *s, const struct row *row)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO_PTR(es_seal_signature) sig = NULL;
    ES_AUTO_PTR(es_seal) own = NULL;
    const struct es_seal *seal;
    struct es_arena arena;
    struct es_findings findings;
    char name[512], path[4096];
    es_status status;

    (void) snprintf(name, sizeof name, "%.*s", ES_SPAN_ARG(row->cell[FILE_]));
    path_of(name, path, sizeof path);
    assert_int_equal(es_file_read(path, &bytes, NULL), ES_OK);
    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    if (es_span_is(row->cell[KIND], "signedvalue"))
        status = es_seal_signature_decode(es_buf_span(&bytes), "", &findings, &sig, NULL);
    else
        status = es_seal_decode(es_buf_span(&bytes), ES_CHECK_FORMAT, "", &findings, &own, NULL);
    seal = sig != NULL ? sig->seal : own;
    if (status != ES_OK) {
        if (!es_span_is(row->cell[EXPECTED], "malformed"))
            differs(s, row, 0, "expected", es_status_name(status));
    } else {
        assert_int_equal(es_seal_verify_maker(seal, "", NULL, &findings, NULL), ES_OK);
        if (strcmp(es_seal_edition_name(seal->edition), edition_of(row->cell[VERSION])) != 0)
            differs(s, row, 0, "ses_version", es_seal_edition_name(seal->edition));
        compare_seal_words(s, row, !es_findings_have(&findings, ES_V_SEAL_SIGNATURE_INVALID),
                           es_findings_have(&findings, ES_V_FORM_DEVIATION));
    }
    es_arena_clear(&arena);
}

/* ---- tests ---- */

static void walk(struct samples *s, const char *prefix, size_t at_least,
                 void (*one)(struct samples *s, const struct row *row))
{
    size_t count = 0;

    if (s->count == 0)
        skip();
    for (size_t i = 0; i < s->count; i++) {
        if (!es_span_starts(s->rows[i].cell[FILE_], prefix) || is_known_wrong(&s->rows[i]))
            continue;
        one(s, &s->rows[i]);
        count++;
    }
    assert_true(count >= at_least);
    assert_int_equal(s->differences, 0);
}

static void sealed_documents_give_their_expected_results(void **state)
{
    walk(*state, "signed/", 32, compare_document);
}

static void unsealed_documents_are_accepted_or_refused_as_listed(void **state)
{
    walk(*state, "unsigned/", 53, compare_unsigned);
}

static void seals_decode_and_verify_as_listed(void **state)
{
    walk(*state, "seals/", 7, compare_seal);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(sealed_documents_give_their_expected_results),
        T(unsealed_documents_are_accepted_or_refused_as_listed),
        T(seals_decode_and_verify_as_listed),
    };

    return cmocka_run_group_tests_name("conformance/samples", tests, NULL, NULL);
}
