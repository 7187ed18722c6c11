/*
 * Entries before they are leaves: body and closed detail made from what a caller tells, and the row
 * of the outbox with its MAC. The MAC covers every column that the sequencer takes something from.
 */
#include "keep.h"

#define TABLE "log_outbox"

void keep_made_clear(struct keep_made *made)
{
    es_buf_clear(&made->body);
    es_buf_clear(&made->salt_ct);
    es_buf_clear(&made->detail_ct);
}

/* Time first: the unique index grows at its right edge. */
es_status keep_entry_id(const struct es_ledger_config *config, uint64_t now_ms, uint8_t out[16],
                        struct es_error *err)
{
    for (unsigned i = 0; i < 6; i++)
        out[i] = (uint8_t) (now_ms >> (40 - 8 * i));
    return config->random.fill(config->random.self, out + 6, 10, err);
}

/* ---- detail ---- */

static es_status close_detail(const struct es_ledger_config *config, struct es_span detail,
                              struct es_log_hash *hash, struct keep_made *out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(KEEP_DETAIL_MAX);
    struct es_field_place place = {.table = "log_detail",
                                   .column = "salt",
                                   .row = es_span_of(out->entry_id, sizeof out->entry_id)};
    uint8_t salt[32];

    ES_TRY(es_log_detail_canonical(detail, &text, err));
    ES_TRY(config->random.fill(config->random.self, salt, sizeof salt, err));
    ES_TRY(es_log_detail_hash(salt, es_buf_span(&text), hash, err));
    es_buf_init(&out->salt_ct, sizeof salt + ES_FIELD_OVERHEAD);
    ES_TRY(es_field_seal(config->keyring, ES_K_DETAIL, &place, es_span_of(salt, sizeof salt),
                         &out->salt_ct, err));
    place.column = "detail";
    es_buf_init(&out->detail_ct, KEEP_DETAIL_MAX + ES_FIELD_OVERHEAD);
    return es_field_seal(config->keyring, ES_K_DETAIL, &place, es_buf_span(&text), &out->detail_ct,
                         err);
}

/* ---- body ---- */

static struct es_audit_event event_of(const struct keep_writer *writer,
                                      const struct es_log_entry *entry,
                                      const struct keep_made *made)
{
    struct es_audit_event event = {
        .event_ms = made->created_ms,
        .writer_id = writer->id,
        .writer_seq = writer->next_seq,
        .type = entry->type,
        .outcome = entry->outcome,
        .severity = entry->severity,
        .actor = es_span_str(entry->actor),
        .role = es_span_str(entry->role),
        .object_type = es_span_str(entry->object_type),
        .object_id = es_span_str(entry->object_id),
        .correlation = es_span_str(entry->correlation),
        .has_detail = entry->detail.len > 0,
    };

    memcpy(event.entry_id, made->entry_id, sizeof event.entry_id);
    if (entry->subject != NULL)
        memcpy(event.subject.b, entry->subject, ES_LOG_HASH_LEN);
    return event;
}

es_status keep_make(const struct es_ledger_config *config, const struct keep_writer *writer,
                    const struct es_log_entry *entry, struct keep_made *out, struct es_error *err)
{
    struct es_audit_event event;

    *out = (struct keep_made){.created_ms = keep_now_ms(config)};
    ES_TRY(keep_entry_id(config, out->created_ms, out->entry_id, err));
    event = event_of(writer, entry, out);
    if (event.has_detail)
        ES_TRY(close_detail(config, entry->detail, &event.detail_hash, out, err));
    es_buf_init(&out->body, ES_LOG_BODY_MAX);
    return es_audit_event_encode(&event, &out->body, err);
}

/* ---- the row ---- */

static struct es_value blob_or_null(struct es_span bytes)
{
    return bytes.len == 0 ? es_value_text(NULL) : es_value_blob(bytes);
}

es_status keep_outbox_insert(const struct es_ledger_config *config, struct es_tx *tx,
                             int64_t log_id, const struct keep_made *made, struct es_error *err)
{
    uint8_t mac[ES_ROW_MAC_LEN];
    struct es_value values[7] = {
        es_value_int(log_id),
        keep_blob(made->entry_id, sizeof made->entry_id),
        es_value_blob(es_buf_span(&made->body)),
        blob_or_null(es_buf_span(&made->salt_ct)),
        blob_or_null(es_buf_span(&made->detail_ct)),
        keep_int(made->created_ms),
    };

    ES_TRY(es_row_mac(config->keyring, TABLE, values, 6, mac, err));
    values[6] = keep_blob(mac, sizeof mac);
    return es_tx_run(tx,
                     "INSERT INTO log_outbox (log_id, entry_id, body, salt_ct, detail_ct, "
                     "created_ms, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                     values, 7, NULL, err);
}

/* columns: id, entry_id, body, salt_ct, detail_ct, mac, created_ms */
es_status keep_outbox_check(const struct es_ledger_config *config, int64_t log_id,
                            const struct es_value *columns, struct es_error *err)
{
    const struct es_value values[6] = {es_value_int(log_id), columns[1], columns[2],
                                       columns[3],           columns[4], columns[6]};
    struct es_span mac;

    ES_TRY(es_value_get_blob(&columns[5], &mac, err));
    return es_row_check(config->keyring, TABLE, values, 6, mac, err);
}
