/*
 * Verifying a whole OFD document (verification.md 1 to 4): container and structure once, what a
 * reader can reach once, then every signature in the order of the list, then the judgement.
 */
#include "verify_internal.h"

#include "ofd_internal.h"

static void run_clear(struct verify_run *run)
{
    es_ofd_free(run->ofd);
    free(run->reach);
    free(run->digests);
    free(run->broken);
    free(run->judged);
    free(run->value_digests);
    free(run->bodies);
}

/* ---- entries ---- */

static bool tells_of_file(es_status status)
{
    return status == ES_E_MISMATCH || status == ES_E_FORMAT || status == ES_E_LIMIT ||
           status == ES_E_UNSUPPORTED;
}

static void add_broken(struct verify_run *run, const struct es_zip_entry *entry, es_status status)
{
    enum es_code code = status == ES_E_MISMATCH      ? ES_V_CONTAINER_CRC_MISMATCH
                        : status == ES_E_LIMIT       ? ES_V_LIMIT_EXCEEDED
                        : status == ES_E_UNSUPPORTED ? ES_V_CONTAINER_UNSUPPORTED
                                                     : ES_V_CONTAINER_MALFORMED;

    if (!run->broken[entry->index])
        es_finding_add(&run->report->findings, ES_CHECK_FORMAT, code, entry->name, entry->name);
    run->broken[entry->index] = 1;
}

static es_status hash_piece(void *ctx, struct es_span piece, struct es_error *err)
{
    return es_hash_update(ctx, piece, err);
}

/* SM3 of an entry while it is in memory: what nearly every signature asks for. */
static es_status digest_seen(void *ctx, const struct es_zip_entry *entry, struct es_span bytes,
                             struct es_error *err)
{
    const struct verify_run *run = ctx;
    struct entry_digest *slot = &run->digests[entry->index];

    if (slot->digest != ES_DIGEST_NONE)
        return ES_OK;
    ES_TRY(es_sm3(bytes, slot->value, err));
    slot->digest = ES_DIGEST_SM3;
    return ES_OK;
}

es_status verify_entry_digest(struct verify_run *run, const struct es_zip_entry *entry,
                              enum es_digest digest, const uint8_t **out, bool *good,
                              struct es_error *err)
{
    struct entry_digest *slot = &run->digests[entry->index];
    ES_AUTO_PTR(es_hash) hash = NULL;
    es_status status;

    *good = !run->broken[entry->index];
    *out = slot->value;
    if (slot->digest == digest || !*good)
        return ES_OK;
    ES_TRY(es_hash_new(digest, &hash, err));
    status = es_zip_stream(run->zip, entry, hash_piece, hash, err);
    if (tells_of_file(status)) {
        add_broken(run, entry, status);
        *good = false;
        return ES_OK;
    }
    ES_TRY(status);
    ES_TRY(es_hash_final(hash, slot->value, err));
    slot->digest = digest;
    return ES_OK;
}

es_status verify_entry_read(struct verify_run *run, const struct es_zip_entry *entry,
                            struct es_buf *out, bool *good, struct es_error *err)
{
    es_status status = es_zip_read(run->zip, entry, out, err);

    *good = status == ES_OK;
    if (!tells_of_file(status))
        return status;
    add_broken(run, entry, status);
    return ES_OK;
}

/* ---- document ---- */

static es_status document_facts(struct verify_run *run, const struct es_source *src,
                                struct es_error *err)
{
    run->report->bytes = src->len;
    return es_sm3_source(src, 0, src->len, run->report->sm3, err);
}

static es_status looks_like(const struct es_source *src, const char *magic, bool *out,
                            struct es_error *err)
{
    char head[8] = {0};
    size_t len = strlen(magic);

    *out = false;
    if (src->len < len)
        return ES_OK;
    ES_TRY(es_source_read(src, 0, head, len, err));
    *out = memcmp(head, magic, len) == 0;
    return ES_OK;
}

/*
 * A file that is no OFD package: say what it is, as far as that can be told. What was found while
 * trying to read it as one counts only when it claims to be one.
 */
static es_status not_usable(struct verify_run *run, const struct es_source *src,
                            const struct es_findings *found, es_status why, struct es_error *err)
{
    struct es_findings *findings = &run->report->findings;
    bool is_pdf = false, is_zip = false;

    ES_TRY(looks_like(src, "%PDF-", &is_pdf, err));
    ES_TRY(looks_like(src, "PK", &is_zip, err));
    run->report->type = is_zip ? "ofd" : is_pdf ? "pdf" : "unknown";
    if (is_pdf)
        es_finding_add(findings, ES_CHECK_FORMAT, ES_V_CHECK_NOT_RUN, NULL, "PDF");
    else if (why == ES_E_ENCRYPTED)
        es_finding_add(findings, ES_CHECK_FORMAT, ES_V_CONTAINER_UNSUPPORTED, NULL, NULL);
    else if (is_zip || why == ES_E_LIMIT)
        es_findings_join(findings, found);
    else
        es_finding_add(findings, ES_CHECK_FORMAT, ES_V_FORMAT_UNKNOWN, NULL, NULL);
    if (findings->count == 0)
        es_finding_add(findings, ES_CHECK_FORMAT, ES_V_CONTAINER_MALFORMED, NULL, NULL);
    return ES_OK;
}

static es_status allocate(struct verify_run *run, struct es_error *err)
{
    size_t count = run->entry_count == 0 ? 1 : run->entry_count;

    run->reach = calloc(count, sizeof *run->reach);
    run->digests = calloc(count, sizeof *run->digests);
    run->broken = calloc(count, sizeof *run->broken);
    run->judged = calloc(count, sizeof *run->judged);
    ES_ENSURE(run->reach != NULL && run->digests != NULL && run->broken != NULL &&
                  run->judged != NULL,
              err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static size_t count_signatures(const struct es_ofd *ofd)
{
    size_t count = 0;

    for (const struct es_ofd_signature_ref *r = es_ofd_signatures(ofd); r != NULL; r = r->next)
        count++;
    return count;
}

static es_status verify_signatures(struct verify_run *run, struct es_error *err)
{
    size_t count = count_signatures(run->ofd);

    if (count == 0 && verify_has_integrity_file(run))
        return verify_integrity_file(run, err);
    run->value_digests = calloc(count + 1, sizeof *run->value_digests);
    ES_ENSURE(run->value_digests != NULL, err, ES_E_NOMEM, "out of memory");
    for (const struct es_ofd_signature_ref *r = es_ofd_signatures(run->ofd); r != NULL; r = r->next)
        ES_TRY(verify_signature(run, r, err));
    return ES_OK;
}

/*
 * SPEC verification.md 9.3 ofd-07: only the first document is the one that is verified, so seals
 * on another one would be shown and never be judged. A finding of format: that this file carries
 * no seal cannot be said either.
 */
static void check_other_body(struct verify_run *run, const struct es_xml_node *body)
{
    if (es_xml_child(body, "Signatures") != NULL)
        es_finding_add(&run->report->findings, ES_CHECK_FORMAT, ES_V_RANGE_OTHER_DOCUMENT,
                       run->ofd->root->name, NULL);
}

/* Roots of all documents of the package, for packages that hold several. */
static es_status find_bodies(struct verify_run *run, struct es_error *err)
{
    uint32_t count = es_ofd_body_count(run->ofd);
    struct es_xml_node *root = NULL;

    if (count < 2)
        return ES_OK;
    run->bodies = calloc(count, sizeof *run->bodies);
    ES_ENSURE(run->bodies != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(es_ofd_parse(run->ofd, run->ofd->root, NULL, &run->report->arena, &root, err));
    for (struct es_xml_node *b = es_xml_child(root, "DocBody");
         b != NULL && run->body_count < count; b = es_xml_same(b)) {
        struct es_span loc = es_ofd_text(es_ofd_child(b, "DocRoot", NULL));
        const struct es_zip_entry **slot = &run->bodies[run->body_count++];
        es_status status = es_ofd_resolve(run->ofd, run->ofd->root->name, loc, slot, &(bool){false},
                                          err);

        if (run->body_count > 1)
            check_other_body(run, b);
        if (es_ofd_is_fatal(status))
            return status;
        if (status != ES_OK)
            *slot = NULL;
    }
    return ES_OK;
}

/* SPEC verification.md 9.3 ofd-26: all but the last one were followed by another. */
static void note_later_signatures(struct es_report *report)
{
    for (struct es_report_signature *s = report->first; s != NULL && s->next != NULL; s = s->next)
        es_finding_add(&s->findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_LATER_SIGNATURE,
                       s->where, NULL);
}

static es_status verify_document(struct verify_run *run, struct es_error *err)
{
    es_status status;

    run->report->type = "ofd";
    run->report->pages = es_ofd_page_count(run->ofd);
    run->zip = es_ofd_zip(run->ofd);
    run->entry_count = es_zip_count(run->zip);
    ES_TRY(allocate(run, err));
    ES_TRY(find_bodies(run, err));
    if (es_ofd_signatures(run->ofd) == NULL && !verify_has_integrity_file(run))
        return ES_OK;
    es_ofd_watch(run->ofd, digest_seen, run);
    status = es_ofd_reach(run->ofd, run->reach, run->entry_count, &run->report->findings, err);
    es_ofd_watch(run->ofd, NULL, NULL);
    run->reach_ran = status == ES_OK;
    if (status == ES_E_LIMIT)
        es_finding_add(&run->report->findings, ES_CHECK_PROTECTION_RANGE, ES_V_LIMIT_EXCEEDED, NULL,
                       err == NULL ? NULL : err->text);
    else if (!tells_of_file(status) && status != ES_E_OFD)
        ES_TRY(status);
    ES_TRY(verify_signatures(run, err));
    note_later_signatures(run->report);
    if (es_zip_saw_zlib_tail(run->zip))
        es_finding_add(&run->report->findings, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, NULL,
                       "zlib-tail");
    return ES_OK;
}

static bool is_answer(es_status status)
{
    return status != ES_E_NOMEM && status != ES_E_IO && status != ES_E_CRYPTO &&
           status != ES_E_INTERNAL;
}

static es_status run_verify(struct verify_run *run, const struct es_source *src,
                            struct es_error *err)
{
    struct es_findings found;
    es_status status;

    es_findings_init(&found, &run->report->arena);
    ES_TRY(document_facts(run, src, err));
    status = es_ofd_open(src, &run->verifier->limits, &found, &run->ofd, err);
    if (status != ES_OK)
        return is_answer(status) ? not_usable(run, src, &found, status, err) : status;
    es_findings_join(&run->report->findings, &found);
    return verify_document(run, err);
}

es_status es_ofd_verify(const struct es_source *src, const struct es_verifier *verifier,
                        struct es_report *report, struct es_error *err)
{
    struct verify_run run = {
        .verifier = verifier,
        .report = report,
        .now_s = report->verified_at_s,
    };
    es_status status = run_verify(&run, src, err);
    es_status judged;

    run_clear(&run);
    report->complete = status == ES_OK;
    judged = es_report_judge(report, status == ES_OK ? err : NULL);
    return status != ES_OK ? status : judged;
}
