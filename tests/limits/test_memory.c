/*
 * Memory does not grow with pictures: a document of 500 MB is sealed and verified by processes that
 * never hold more than 64 MB. It is written to TMPDIR (or /tmp) and removed again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limits.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define PICTURES 500
#define PICTURE ((size_t) 1000 * 1000)
#define PEAK_KIB (64 * 1024)
#define NEEDED_BYTES ((uint64_t) 1500 * 1000 * 1000)

struct files {
    char folder[200], document[256], sealed[256];
};

static void make_folder(struct files *f)
{
    const char *in = getenv("TMPDIR");

    (void) snprintf(f->folder, sizeof f->folder, "%s/es-memory-XXXXXX", in == NULL ? "/tmp" : in);
    assert_non_null(mkdtemp(f->folder));
    (void) snprintf(f->document, sizeof f->document, "%s/document.ofd", f->folder);
    (void) snprintf(f->sealed, sizeof f->sealed, "%s/sealed.ofd", f->folder);
}

static void remove_folder(const struct files *f)
{
    (void) unlink(f->document);
    (void) unlink(f->sealed);
    (void) rmdir(f->folder);
}

static bool has_room(const struct files *f)
{
    struct statvfs fs;

    return statvfs(f->folder, &fs) == 0 && (uint64_t) fs.f_bavail * fs.f_frsize > NEEDED_BYTES;
}

static void fill(uint8_t *bytes, uint64_t *state)
{
    for (size_t i = 0; i + 8 <= PICTURE; i += 8) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        memcpy(bytes + i, state, 8);
    }
}

static es_status put_pictures(struct es_zip_writer *writer, struct es_error *err)
{
    ES_AUTO(es_buf) picture = ES_BUF_INIT(PICTURE);
    uint64_t state = UINT64_C(88172645463325252);

    (void) es_buf_reserve(&picture, PICTURE);
    ES_TRY(es_buf_check(&picture, err));
    picture.len = PICTURE;
    for (int i = 0; i < PICTURES; i++) {
        char name[64];

        fill(picture.ptr, &state);
        (void) snprintf(name, sizeof name, "Doc_0/Res/scan_%03d.jpg", i);
        ES_TRY(es_zip_writer_put(writer, name, es_buf_span(&picture), false, err));
    }
    return ES_OK;
}

static es_status write_document(struct world *w, const char *path, struct es_error *err)
{
    ES_AUTO(es_outfile) file = {.fd = -1};
    ES_AUTO_PTR(es_zip_writer) writer = NULL;

    ES_TRY(es_outfile_open(&file, path, 0600, false, err));
    ES_TRY(es_zip_writer_new(es_zip_sink_file(&file), WORLD_SIGN_S, &writer, err));
    for (size_t i = 0; i < w->document.count; i++)
        ES_TRY(es_zip_writer_put(writer, w->document.entries[i].name,
                                 es_buf_span(&w->document.entries[i].bytes), true, err));
    ES_TRY(put_pictures(writer, err));
    ES_TRY(es_zip_writer_finish(writer, err));
    return es_outfile_commit(&file, err);
}

/* ---- what the child processes do ---- */

static es_status seal_source(struct world *w, const struct es_source *src, const char *to,
                             struct es_error *err)
{
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_place at = {.mode = ES_PLACE_KEYWORD, .keyword = "盖章", .nth = 1};
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_signing) signing = NULL;
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    ES_AUTO(es_outfile) file = {.fd = -1};
    struct es_sign_request request = {
        .signer = w->certs[WHO_SIGNER], .places = &at, .place_count = 1, .time_s = WORLD_SIGN_S};

    ES_TRY(es_seal_decode(es_buf_span(&w->seal), ES_CHECK_FORMAT, "", NULL, &seal, err));
    request.seal = seal;
    ES_TRY(es_ofd_prepare(src, &limits, &request, &signing, err));
    ES_TRY(es_key_sign(w->keys[WHO_SIGNER], es_signing_message(signing), &sig, err));
    ES_TRY(es_outfile_open(&file, to, 0600, false, err));
    ES_TRY(es_signing_complete(signing, es_buf_span(&sig), es_span_of(NULL, 0),
                               es_zip_sink_file(&file), err));
    return es_outfile_commit(&file, err);
}

static es_status verify_source(struct world *w, const struct es_source *src, struct es_error *err)
{
    const struct es_verifier verifier = {.policy = &w->policies[ES_POLICY_ASSURED],
                                         .trust = w->trust,
                                         .seals = w->cache,
                                         .states = w->states,
                                         .clock = es_clock_fixed(&w->now_s),
                                         .limits = es_ofd_limits_default()};
    struct es_report report;
    es_status status;

    es_report_init(&report, verifier.policy, w->now_s);
    status = es_ofd_verify(src, &verifier, &report, err);
    if (status == ES_OK && report.outcome != ES_OUTCOME_VALID)
        status = ES_E_MISMATCH;
    es_report_clear(&report);
    return status;
}

static int work(struct world *w, const struct files *f, bool seal)
{
    struct es_error err = {0};
    struct es_source src;
    es_status status = es_source_open(&src, seal ? f->document : f->sealed, 0, &err);

    if (status == ES_OK)
        status = seal ? seal_source(w, &src, f->sealed, &err) : verify_source(w, &src, &err);
    if (status != ES_OK)
        (void) fprintf(stderr, "# %s: %s\n", es_status_name(status), err.text);
    return status == ES_OK ? 0 : 1;
}

/* Peak of a child process that seals or verifies. */
static long peak_kib(struct world *w, const struct files *f, bool seal)
{
    struct rusage usage;
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(work(w, f, seal));
    assert_true(wait4(pid, &status, 0, &usage) == pid);
    assert_int_equal(status, 0);
    return usage.ru_maxrss;
}

static void half_a_gigabyte_is_handled_in_64_mib(void **state)
{
    struct world *w = *state;
    struct es_error err = {0};
    struct files f;
    long sealing, verifying;

    make_folder(&f);
    if (!has_room(&f)) {
        print_message("# skipped: less than 1.5 GB free in %s\n", f.folder);
        remove_folder(&f);
        skip();
    }
    if (write_document(w, f.document, &err) != ES_OK) {
        remove_folder(&f);
        fail_msg("%s", err.text);
    }
    sealing = peak_kib(w, &f, true);
    verifying = peak_kib(w, &f, false);
    remove_folder(&f);
    print_message("# sealing %ld KiB, verifying %ld KiB\n", sealing, verifying);
    assert_true(sealing < PEAK_KIB);
    assert_true(verifying < PEAK_KIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(half_a_gigabyte_is_handled_in_64_mib, limits_setup,
                                        limits_teardown),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
