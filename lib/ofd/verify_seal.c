/* The seal inside a signature: who may use it, who made it, and its copy beside it (6, 7, 8). */
#include "verify_internal.h"

/* SPEC verification.md ofd-16: Seal.esl is what a reader may show, so it must be the same seal. */
static es_status check_seal_copy(struct verify_one *one, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SEAL_DER_MAX);
    const struct es_zip_entry *entry = NULL;
    bool exact = true, good = false;
    es_status status;

    if (one->xml.seal_loc.len == 0)
        return ES_OK;
    status = es_ofd_resolve(one->run->ofd, one->entry, one->xml.seal_loc, &entry, &exact, err);
    if (status == ES_E_ABSENT || status == ES_E_FORMAT) {
        verify_add(one, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "seal-file-missing");
        return ES_OK;
    }
    if (status == ES_E_CONFLICT) {
        es_finding_add_span(one->findings, ES_CHECK_SEAL_SIGNATURE, ES_V_RANGE_REFERENCE_UNCLEAR,
                            one->where, one->xml.seal_loc);
        return ES_OK;
    }
    ES_TRY(status);
    ES_TRY(verify_entry_read(one->run, entry, &bytes, &good, err));
    if (good && !es_span_equal(es_buf_span(&bytes), one->ses->seal->der))
        verify_add(one, ES_CHECK_SEAL_SIGNATURE, ES_V_SEAL_COPY_MISMATCH, NULL);
    return ES_OK;
}

static void check_outlives(struct verify_one *one)
{
    if (one->signer != NULL && one->ses->seal->valid_until_s > one->signer->not_after_s)
        verify_add(one, ES_CHECK_SIGNER_IN_SEAL, ES_V_SEAL_OUTLIVES_CERT, NULL);
}

es_status verify_seal(struct verify_one *one, struct es_error *err)
{
    const struct es_seal *seal;

    if (one->form != FORM_SEAL)
        return ES_OK;
    seal = one->ses->seal;
    ES_TRY(es_seal_has_signer(seal, one->ses->cert, one->where, one->findings, err));
    ES_TRY(verify_names(one, err));
    check_outlives(one);
    verify_ran(one, ES_CHECK_SIGNER_IN_SEAL);
    ES_TRY(es_seal_verify_maker(seal, one->where, one->run->verifier->seals, one->findings, err));
    ES_TRY(check_seal_copy(one, err));
    verify_ran(one, ES_CHECK_SEAL_SIGNATURE);
    return ES_OK;
}
