/*
 * What a signature protects: digests of the entries under References (stage 4), and whether
 * everything a reader can reach is among them (stage 3).
 */
#include "verify_internal.h"

/* Names up to ES_NAMED_MAX, then one finding with the number of the rest. */
struct naming {
    struct verify_one *one;
    enum es_check check;
    enum es_code code;
    size_t count;
};

static void name_entry(struct naming *naming, const char *name)
{
    naming->count++;
    if (naming->count <= ES_NAMED_MAX)
        verify_add(naming->one, naming->check, naming->code, name);
}

static void name_rest(struct naming *naming)
{
    char text[32];

    if (naming->count <= ES_NAMED_MAX)
        return;
    (void) snprintf(text, sizeof text, "+%zu", naming->count - ES_NAMED_MAX);
    verify_add(naming->one, naming->check, naming->code, text);
}

/* ---- references ---- */

static void add_span(struct verify_one *one, enum es_check check, enum es_code code,
                     struct es_span value)
{
    es_finding_add_span(one->findings, check, code, one->where, value);
}

static void note_deviations(struct verify_one *one, unsigned deviations)
{
    for (unsigned bit = 1; bit <= ES_OFD_ESCAPE; bit <<= 1)
        if ((deviations & bit) != 0)
            verify_add(one, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION,
                       es_ofd_deviation_name((enum es_ofd_deviation) bit));
}

/* The entry a FileRef names; NULL when it names none that counts (the finding is made). */
static es_status find_reference(struct verify_one *one, struct es_span file_ref,
                                const struct es_zip_entry **entry, struct es_error *err)
{
    unsigned deviations = 0;
    es_status status = es_ofd_resolve_reference(one->run->ofd, one->entry, file_ref, entry,
                                                &deviations, err);

    switch (status) {
    case ES_OK:
        note_deviations(one, deviations);
        return ES_OK;
    case ES_E_ABSENT:
        add_span(one, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_ENTRY_MISSING, file_ref);
        break;
    case ES_E_CONFLICT:
    case ES_E_FORMAT:
        add_span(one, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_REFERENCE_UNCLEAR, file_ref);
        break;
    default:
        return status;
    }
    *entry = NULL;
    return ES_OK;
}

static es_status keep_protected(struct verify_one *one, const struct es_zip_entry *entry,
                                struct es_error *err)
{
    const char *path = es_arena_printf(&one->run->report->arena, "/%s", entry->name);

    ES_ENSURE(path != NULL, err, ES_E_NOMEM, "out of memory");
    one->sig->protected_entries[one->sig->protected_count++] = path;
    return ES_OK;
}

static bool has_sm2_key(const struct verify_one *one)
{
    return one->signer != NULL && one->signer->key != NULL &&
           es_pubkey_kind(one->signer->key) == ES_KEY_SM2;
}

/* SPEC formats.md 4.1: early products wrote SM3(Z || file). */
static es_status is_keyed_digest(struct verify_one *one, const struct es_zip_entry *entry,
                                 struct es_span wanted, bool *out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(64u << 20);
    uint8_t e[ES_SM3_LEN];
    bool good = false;

    *out = false;
    if (!has_sm2_key(one) || wanted.len != ES_SM3_LEN || entry->len > bytes.max)
        return ES_OK;
    ES_TRY(verify_entry_read(one->run, entry, &bytes, &good, err));
    if (!good)
        return ES_OK;
    ES_TRY(es_sm2_e(one->signer->key, es_buf_span(&bytes), e, err));
    *out = memcmp(e, wanted.ptr, sizeof e) == 0;
    return ES_OK;
}

struct ref_check {
    struct verify_one *one;
    enum es_digest digest; /* NONE: not one we know, or digests are SM3(Z || file) by label */
    bool says_keyed;
    size_t keyed;
    size_t untold; /* labelled as keyed, and there is no key to try them with */
    struct naming wrong;
};

/* What cannot be computed is not compared: the finding about the method says so. */
static bool can_compare(struct ref_check *c)
{
    if (c->digest != ES_DIGEST_NONE)
        return true;
    if (c->says_keyed && !has_sm2_key(c->one))
        c->untold++;
    return c->says_keyed && has_sm2_key(c->one);
}

static es_status check_digest(struct ref_check *c, const struct es_zip_entry *entry,
                              struct es_span wanted, struct es_error *err)
{
    const uint8_t *value = NULL;
    bool good = false, keyed = false;

    if (!can_compare(c))
        return ES_OK;
    if (c->digest != ES_DIGEST_NONE) {
        ES_TRY(verify_entry_digest(c->one->run, entry, c->digest, &value, &good, err));
        if (!good) {
            /* That it is broken is said of the document; here, that nothing was compared. */
            verify_add(c->one, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_CHECK_NOT_RUN, entry->name);
            return ES_OK;
        }
        if (wanted.len == es_digest_len(c->digest) && memcmp(value, wanted.ptr, wanted.len) == 0)
            return ES_OK;
    }
    ES_TRY(is_keyed_digest(c->one, entry, wanted, &keyed, err));
    if (keyed)
        c->keyed++;
    else
        name_entry(&c->wrong, entry->name);
    return ES_OK;
}

static es_status check_reference(struct ref_check *c, const struct es_sig_reference *ref,
                                 struct es_error *err)
{
    ES_AUTO(es_buf) wanted = ES_BUF_INIT(ES_DIGEST_MAX + 2);
    const struct es_zip_entry *entry = NULL;
    struct verify_one *one = c->one;

    ES_TRY(find_reference(one, ref->file_ref, &entry, err));
    if (entry == NULL)
        return ES_OK;
    if (one->is_protected[entry->index]) {
        /* SPEC verification.md ofd-19: two references to one entry are refused, right or wrong. */
        verify_add(one, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_REFERENCE_UNCLEAR, entry->name);
        return ES_OK;
    }
    one->is_protected[entry->index] = 1;
    ES_TRY(keep_protected(one, entry, err));
    if (es_base64_decode(ref->check_value, &wanted, NULL, NULL) != ES_OK) {
        ES_ENSURE(wanted.failed != ES_E_NOMEM, err, ES_E_NOMEM, "out of memory");
        add_span(one, ES_CHECK_FORMAT, ES_V_STRUCTURE_INVALID, es_span_str("CheckValue"));
        return ES_OK;
    }
    return check_digest(c, entry, es_buf_span(&wanted), err);
}

/* SPEC GB/T 33190: without CheckMethod the digest is MD5. */
static void choose_digest(struct ref_check *c)
{
    struct verify_one *one = c->one;
    struct es_span method = es_span_trim(one->xml.check_method);

    c->says_keyed = es_span_is(method, "1.2.156.10197.1.401.2");
    c->digest = one->xml.has_check_method ? es_digest_by_name(method) : ES_DIGEST_MD5;
    if (c->says_keyed)
        c->digest = ES_DIGEST_NONE;
    else if (c->digest == ES_DIGEST_NONE)
        add_span(one, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_ALGORITHM_UNSUPPORTED, method);
    else if (es_digest_is_weak(c->digest))
        verify_add(one, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_DIGEST_WEAK, es_digest_name(c->digest));
    else if (c->digest != ES_DIGEST_SM3)
        verify_add(one, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_ALGORITHM_NOT_APPROVED,
                   es_digest_name(c->digest));
}

static es_status allocate(struct verify_one *one, struct es_error *err)
{
    struct es_arena *arena = &one->run->report->arena;

    one->is_protected = calloc(one->run->entry_count + 1, 1);
    one->sig->protected_entries = es_arena_alloc(arena, (one->xml.ref_count + 1) *
                                                            sizeof *one->sig->protected_entries);
    ES_ENSURE(one->is_protected != NULL && one->sig->protected_entries != NULL, err, ES_E_NOMEM,
              "out of memory");
    return ES_OK;
}

es_status verify_references(struct verify_one *one, struct es_error *err)
{
    struct ref_check c = {.one = one};

    c.wrong = (struct naming){one, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_DIGEST_MISMATCH, 0};
    ES_TRY(allocate(one, err));
    choose_digest(&c);
    for (size_t i = 0; i < one->xml.ref_count; i++)
        ES_TRY(check_reference(&c, &one->xml.refs[i], err));
    name_rest(&c.wrong);
    if (c.keyed > 0) {
        one->legacy = true;
        verify_add(one, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_LEGACY_FORM, NULL);
    } else if (c.untold > 0) {
        verify_add(one, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_LEGACY_FORM, NULL);
    } else if (c.digest == ES_DIGEST_NONE && one->xml.has_check_method && c.wrong.count == 0) {
        verify_add(one, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_CHECK_NOT_RUN, "CheckMethod");
    }
    verify_ran(one, ES_CHECK_DOCUMENT_INTEGRITY);
    return ES_OK;
}

/* ---- range ---- */

static enum es_code code_of_reach(enum es_reach reach)
{
    switch (reach) {
    case ES_REACH_ENTRY_POINT:
        return ES_V_RANGE_ENTRY_POINT_OPEN;
    case ES_REACH_ANNOTATION:
        return ES_V_RANGE_ANNOTATION_OPEN;
    case ES_REACH_VERSION:
        return ES_V_RANGE_VERSION_OVERRIDE;
    case ES_REACH_CONTENT:
    case ES_REACH_CUSTOM_TAG:
        return ES_V_RANGE_ENTRY_UNPROTECTED;
    case ES_REACH_NONE:
        return ES_V_RANGE_ENTRY_EXTRA;
    case ES_REACH_SIGNATURE_LIST:
    case ES_REACH_SIGNATURE_FILE:
        break;
    }
    return ES_V_NONE;
}

/* Entries of one kind that are not protected. */
static void name_open(struct verify_one *one, enum es_reach reach)
{
    struct naming naming = {one, ES_CHECK_PROTECTION_RANGE, code_of_reach(reach), 0};

    for (uint32_t i = 0; i < one->run->entry_count; i++) {
        const struct es_zip_entry *entry = es_zip_at(one->run->zip, i);

        if (one->run->reach[i] == reach && !one->is_protected[i] && !entry->is_folder)
            name_entry(&naming, entry->name);
    }
    name_rest(&naming);
}

/* SPEC verification.md ofd-07: another document in the package that this seal does not protect. */
static void check_other_documents(struct verify_one *one)
{
    const struct verify_run *run = one->run;

    for (size_t i = 0; i < run->body_count; i++)
        if (run->bodies[i] == NULL || !one->is_protected[run->bodies[i]->index])
            verify_add(one, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_OTHER_DOCUMENT, NULL);
}

es_status verify_range(struct verify_one *one, struct es_error *err)
{
    static const enum es_reach kinds[] = {ES_REACH_ENTRY_POINT, ES_REACH_CONTENT,
                                          ES_REACH_CUSTOM_TAG,  ES_REACH_ANNOTATION,
                                          ES_REACH_VERSION,     ES_REACH_NONE};

    (void) err;
    if (!one->run->reach_ran) {
        verify_add(one, ES_CHECK_PROTECTION_RANGE, ES_V_CHECK_NOT_RUN, "protection_range");
        return ES_OK;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        name_open(one, kinds[i]);
    check_other_documents(one);
    verify_ran(one, ES_CHECK_PROTECTION_RANGE);
    return ES_OK;
}
