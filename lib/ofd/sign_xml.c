/*
 * Signature.xml: every entry of the package with its digest (so that nothing a reader can reach
 * stays open), the stamps and the seal. The list of signatures is left out so that others can
 * follow, or taken in when this signature locks the document.
 */
#include "sign_internal.h"

#include "ofd_internal.h"

#define NAMESPACE "http://www.ofdspec.org/2016"

static es_status hash_piece(void *ctx, struct es_span piece, struct es_error *err)
{
    return es_hash_update(ctx, piece, err);
}

static void put_reference(struct es_buf *out, const char *entry, const uint8_t digest[ES_SM3_LEN])
{
    es_buf_put_str(out, "<ofd:Reference FileRef=\"/");
    es_xml_put_escaped(out, es_span_str(entry));
    es_buf_put_str(out, "\"><ofd:CheckValue>");
    es_buf_put_base64(out, es_span_of(digest, ES_SM3_LEN));
    es_buf_put_str(out, "</ofd:CheckValue></ofd:Reference>\n");
}

static es_status put_bytes_reference(struct es_signing *s, const char *entry, struct es_span bytes,
                                     struct es_error *err)
{
    uint8_t digest[ES_SM3_LEN];

    ES_TRY(es_sm3(bytes, digest, err));
    put_reference(&s->signature, entry, digest);
    return ES_OK;
}

static es_status put_entry_reference(struct es_signing *s, const struct es_zip_entry *entry,
                                     struct es_hash *hash, struct es_error *err)
{
    uint8_t digest[ES_SM3_LEN];
    es_status status;

    if (s->digests[entry->index].known) {
        put_reference(&s->signature, entry->name, s->digests[entry->index].sm3);
        return ES_OK;
    }
    status = es_zip_stream(es_ofd_zip(s->ofd), entry, hash_piece, hash, err);
    if (status != ES_OK)
        return es_error_at(err,
                           status == ES_E_MISMATCH || status == ES_E_FORMAT ? ES_E_OFD : status,
                           "%s", entry->name);
    ES_TRY(es_hash_final(hash, digest, err));
    put_reference(&s->signature, entry->name, digest);
    return ES_OK;
}

bool sign_replaces(const struct es_signing *signing, const struct es_zip_entry *entry)
{
    return strcmp(entry->name, signing->list_entry) == 0 ||
           (signing->entry_point.len > 0 && entry == signing->ofd->root);
}

static es_status put_references(struct es_signing *s, struct es_error *err)
{
    const struct es_zip *zip = es_ofd_zip(s->ofd);
    ES_AUTO_PTR(es_hash) hash = NULL;

    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    es_buf_put_str(&s->signature, "<ofd:References CheckMethod=\"1.2.156.10197.1.401\">\n");
    for (uint32_t i = 0; i < es_zip_count(zip); i++) {
        const struct es_zip_entry *entry = es_zip_at(zip, i);

        if (entry->is_folder || strcmp(entry->name, s->list_entry) == 0)
            continue;
        if (sign_replaces(s, entry))
            ES_TRY(put_bytes_reference(s, entry->name, es_buf_span(&s->entry_point), err));
        else
            ES_TRY(put_entry_reference(s, entry, hash, err));
    }
    if (s->lock)
        ES_TRY(put_bytes_reference(s, s->list_entry, es_buf_span(&s->list), err));
    if (s->is_seal)
        ES_TRY(put_bytes_reference(s, s->seal_entry, s->seal, err));
    es_buf_put_str(&s->signature, "</ofd:References>\n");
    return ES_OK;
}

/* At most three decimals, no trailing zeros. */
static void put_mm(struct es_buf *out, double value)
{
    char text[32];
    size_t len;

    (void) snprintf(text, sizeof text, "%.3f", value);
    len = strlen(text);
    while (len > 0 && text[len - 1] == '0')
        len--;
    if (len > 0 && text[len - 1] == '.')
        len--;
    text[len] = 0;
    es_buf_put_str(out, strcmp(text, "-0") == 0 ? "0" : text);
}

static void put_box(struct es_buf *out, double x, double y, double width, double height)
{
    put_mm(out, x);
    es_buf_put_byte(out, ' ');
    put_mm(out, y);
    es_buf_put_byte(out, ' ');
    put_mm(out, width);
    es_buf_put_byte(out, ' ');
    put_mm(out, height);
}

static void put_stamps(struct es_signing *s)
{
    struct es_buf *out = &s->signature;
    size_t i = 0;

    for (const struct es_report_stamp *t = s->stamps; t != NULL; t = t->next) {
        es_buf_put_str(out, "<ofd:StampAnnot ID=\"");
        sign_put_stamp_id(s, i++, out);
        es_buf_printf(out, "\" PageRef=\"%u\" Boundary=\"", es_ofd_page(s->ofd, t->page)->id);
        put_box(out, t->x_mm, t->y_mm, t->width_mm, t->height_mm);
        if (t->clipped) {
            es_buf_put_str(out, "\" Clip=\"");
            put_box(out, t->clip_x_mm, t->clip_y_mm, t->clip_width_mm, t->clip_height_mm);
        }
        es_buf_put_str(out, "\"/>\n");
    }
}

static void put_path(struct es_buf *out, const char *entry)
{
    es_buf_put_byte(out, '/');
    es_xml_put_escaped(out, es_span_str(entry));
}

es_status sign_xml(struct es_signing *s, struct es_error *err)
{
    struct es_buf *out = &s->signature;
    char time[ES_TIME_TEXT_MAX];

    es_time_generalized(s->time_s, time);
    es_buf_put_str(
        out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<ofd:Signature xmlns:ofd=\"" NAMESPACE "\">\n<ofd:SignedInfo>\n"
             "<ofd:Provider ProviderName=\"eseal\" Company=\"eseal\" Version=\"" ES_VERSION "\"/>\n"
             "<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>\n");
    es_buf_printf(out, "<ofd:SignatureDateTime>%s</ofd:SignatureDateTime>\n", time);
    ES_TRY(put_references(s, err));
    put_stamps(s);
    if (s->is_seal) {
        es_buf_put_str(out, "<ofd:Seal><ofd:BaseLoc>");
        put_path(out, s->seal_entry);
        es_buf_put_str(out, "</ofd:BaseLoc></ofd:Seal>\n");
    }
    es_buf_put_str(out, "</ofd:SignedInfo>\n<ofd:SignedValue>");
    put_path(out, s->value_entry);
    es_buf_put_str(out, "</ofd:SignedValue>\n</ofd:Signature>\n");
    return es_buf_check(out, err);
}
