/*
 * Second half of a sealing: the signature is checked, put into its structure, and the package is
 * copied. Untouched entries keep their compressed bytes; the two changed files stay in their
 * places; three new ones follow.
 */
#include "sign_internal.h"

/* SPEC security.md 5: no signature leaves unchecked, whoever made it. */
static es_status check_signature(const struct es_signing *s, struct es_span sig_der,
                                 struct es_error *err)
{
    enum es_sig_answer answer = ES_SIG_UNCHECKED;

    ES_TRY(es_sm2_verify(s->signer->key, es_buf_span(&s->message), sig_der, &answer, err));
    ES_ENSURE(answer == ES_SIG_GOOD, err, ES_E_MISMATCH,
              "the signature does not verify with the signer's certificate");
    return ES_OK;
}

static es_status assemble(const struct es_signing *s, struct es_span sig_der,
                          struct es_span time_stamp, struct es_buf *out, struct es_error *err)
{
    if (s->is_seal)
        return es_seal_signature_assemble(es_buf_span(&s->message), s->edition, s->signer, sig_der,
                                          time_stamp, out, err);
    return es_cms_assemble(es_buf_span(&s->message), sig_der, s->signer, time_stamp, out, err);
}

static es_status copy_entry(const struct es_signing *s, struct es_zip_writer *writer,
                            const struct es_zip_entry *entry, struct es_error *err)
{
    if (!sign_replaces(s, entry))
        return es_zip_writer_copy(writer, es_ofd_zip(s->ofd), entry, err);
    if (strcmp(entry->name, s->list_entry) == 0)
        return es_zip_writer_put(writer, s->list_entry, es_buf_span(&s->list), true, err);
    return es_zip_writer_put(writer, entry->name, es_buf_span(&s->entry_point), true, err);
}

static es_status write_package(const struct es_signing *s, struct es_span value,
                               struct es_zip_sink sink, struct es_error *err)
{
    const struct es_zip *zip = es_ofd_zip(s->ofd);
    ES_AUTO_PTR(es_zip_writer) writer = NULL;

    ES_TRY(es_zip_writer_new(sink, s->time_s, &writer, err));
    for (uint32_t i = 0; i < es_zip_count(zip); i++)
        ES_TRY(copy_entry(s, writer, es_zip_at(zip, i), err));
    if (es_zip_find(zip, es_span_str(s->list_entry)) == NULL)
        ES_TRY(es_zip_writer_put(writer, s->list_entry, es_buf_span(&s->list), true, err));
    ES_TRY(es_zip_writer_put(writer, s->signature_entry, es_buf_span(&s->signature), true, err));
    /* Stored: a seal is a picture, deflating it saves little (performance.md 3). */
    if (s->is_seal)
        ES_TRY(es_zip_writer_put(writer, s->seal_entry, s->seal, false, err));
    ES_TRY(es_zip_writer_put(writer, s->value_entry, value, false, err));
    return es_zip_writer_finish(writer, err);
}

es_status es_signing_complete(struct es_signing *signing, struct es_span sig_der,
                              struct es_span time_stamp, struct es_zip_sink sink,
                              struct es_error *err)
{
    ES_AUTO(es_buf) value = ES_BUF_INIT(ES_SEAL_DER_MAX + (2u << 20));

    ES_TRY(check_signature(signing, sig_der, err));
    ES_TRY(assemble(signing, sig_der, time_stamp, &value, err));
    return write_package(signing, es_buf_span(&value), sink, err);
}
