/*
 * Writers: each lane of the store is one, because its transactions follow one another. The first
 * entry of a writer is WRITER_START, in the same transaction as the entry that needs it; it names
 * the writer before it in the same place and where that one ended. A transaction that is dropped
 * takes its numbers with it; after an unknown outcome the writer is given up and a new one begins.
 */
#include "keep.h"

#include <unistd.h>

#define MS_PER_S 1000u
#define HEARTBEAT_S 60u

const char *keep_instance(const struct es_ledger_config *config)
{
    return config->instance == NULL ? "main" : config->instance;
}

/* ---- the writer before ---- */

struct before {
    const char *label;
    uint64_t id, last_seq;
};

static es_status take_known(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct before *before = ctx;
    int64_t id, seq;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &id, err));
    ES_TRY(es_value_get_int(&columns[1], &seq, err));
    before->id = (uint64_t) id;
    before->last_seq = (uint64_t) seq;
    return ES_OK;
}

/* A row that does not decode is the sequencer's business. */
static es_status take_waiting(void *ctx, const struct es_value *columns, size_t count,
                              struct es_error *err)
{
    struct before *before = ctx;
    struct es_audit_event event;
    struct es_span body;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &body, err));
    if (es_audit_event_decode(body, &event, NULL) != ES_OK)
        return ES_OK;
    if (event.type == ES_EVENT_WRITER_START && es_span_is(event.object_id, before->label))
        before->id = event.writer_id;
    if (event.writer_id == before->id)
        before->last_seq = event.writer_seq;
    return ES_OK;
}

/* Rows that the sequencer takes out of the outbox between two looks are in the table then. */
static es_status find_before(struct es_tx *tx, int64_t log_id, struct before *before,
                             struct es_error *err)
{
    const struct es_value values[2] = {es_value_int(log_id), es_value_text(before->label)};
    struct before seen;

    ES_TRY(es_tx_query(tx,
                       "SELECT writer_id, last_seq FROM log_writer "
                       "WHERE log_id = $1 AND label = $2 ORDER BY started_idx DESC LIMIT 1",
                       values, 2, take_known, before, err));
    ES_TRY(es_tx_query(tx, "SELECT body FROM log_outbox WHERE log_id = $1 ORDER BY id", values, 1,
                       take_waiting, before, err));
    seen = *before;
    ES_TRY(es_tx_query(tx,
                       "SELECT writer_id, last_seq FROM log_writer "
                       "WHERE log_id = $1 AND label = $2 ORDER BY started_idx DESC LIMIT 1",
                       values, 2, take_known, before, err));
    if (seen.id != 0 && (before->id != seen.id || before->last_seq < seen.last_seq))
        *before = seen;
    return ES_OK;
}

/* ---- start ---- */

es_status keep_writer_prepare(const struct es_ledger_config *config, struct keep_writer *writer,
                              struct es_error *err)
{
    uint8_t bytes[8];

    while (writer->id == 0) {
        ES_TRY(config->random.fill(config->random.self, bytes, sizeof bytes, err));
        for (unsigned i = 0; i < sizeof bytes; i++)
            writer->id = writer->id << 8 | bytes[i];
        writer->id &= INT64_MAX;
    }
    return ES_OK;
}

static es_status put_start_detail(const struct es_ledger_config *config, struct es_buf *out,
                                  struct es_error *err)
{
    struct es_json_out json = {.buf = out, .comma = false};
    char host[256] = "";

    (void) gethostname(host, sizeof host - 1);
    es_json_begin_object(&json);
    es_json_pair_text(&json, "host", host);
    es_json_pair_int(&json, "pid", getpid());
    es_json_pair_text(&json, "program", config->program);
    es_json_end_object(&json);
    return es_buf_check(out, err);
}

es_status keep_writer_make_start(const struct es_ledger_config *config, struct es_tx *tx,
                                 int64_t log_id, const struct keep_writer *writer,
                                 struct keep_made *out, struct es_error *err)
{
    ES_AUTO(es_buf) detail = ES_BUF_INIT(4096);
    struct before before = {.label = writer->label};
    struct es_log_entry start = {.type = ES_EVENT_WRITER_START,
                                 .actor = "system",
                                 .object_type = "writer",
                                 .object_id = writer->label};
    char link[64] = "";

    ES_TRY(find_before(tx, log_id, &before, err));
    ES_TRY(put_start_detail(config, &detail, err));
    if (before.id != 0)
        (void) snprintf(link, sizeof link, "%016llx:%llu", (unsigned long long) before.id,
                        (unsigned long long) before.last_seq);
    start.correlation = link;
    start.detail = es_buf_span(&detail);
    return keep_make(config, writer, &start, out, err);
}

/* ---- putting entries ---- */

static es_status put_start(const struct es_ledger_config *config, struct es_tx *tx, int64_t log_id,
                           struct keep_writer *writer, struct es_error *err)
{
    ES_AUTO(keep_made) made = {.created_ms = 0};

    ES_TRY(keep_writer_make_start(config, tx, log_id, writer, &made, err));
    ES_TRY(keep_outbox_insert(config, tx, log_id, &made, err));
    writer->next_seq = 1;
    return ES_OK;
}

es_status keep_writer_put(const struct es_ledger_config *config, struct es_tx *tx, int64_t log_id,
                          struct keep_writer *writer, const struct es_log_entry *entry,
                          uint8_t entry_id[16], struct es_error *err)
{
    ES_AUTO(keep_made) made = {.created_ms = 0};

    if (writer->next_seq == 0)
        ES_TRY(put_start(config, tx, log_id, writer, err));
    ES_TRY(keep_make(config, writer, entry, &made, err));
    ES_TRY(keep_outbox_insert(config, tx, log_id, &made, err));
    writer->next_seq++;
    memcpy(entry_id, made.entry_id, sizeof made.entry_id);
    return ES_OK;
}

struct es_log_entry keep_stop_entry(const char *label)
{
    return (struct es_log_entry){.type = ES_EVENT_WRITER_STOP,
                                 .actor = "system",
                                 .object_type = "writer",
                                 .object_id = label};
}

es_status keep_write_once(const struct es_ledger_config *config, struct es_tx *tx, int64_t log_id,
                          const char *role, const struct es_log_entry *entry, struct es_error *err)
{
    struct keep_writer writer = {.id = 0};
    struct es_log_entry stop = keep_stop_entry(writer.label);
    uint8_t entry_id[16];

    (void) snprintf(writer.label, sizeof writer.label, "%s.%s", keep_instance(config), role);
    ES_TRY(keep_writer_prepare(config, &writer, err));
    ES_TRY(keep_writer_put(config, tx, log_id, &writer, entry, entry_id, err));
    return keep_writer_put(config, tx, log_id, &writer, &stop, entry_id, err);
}

/* ---- heartbeats and stops ---- */

uint64_t keep_heartbeat_ms(const struct es_ledger_config *config)
{
    return (config->heartbeat_s == 0 ? HEARTBEAT_S : (uint64_t) config->heartbeat_s) * MS_PER_S;
}

struct beat {
    struct es_ledger *ledger;
    bool stop;
};

static es_status write_beat(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct beat *beat = ctx;
    struct keep_lane *lane = &beat->ledger->lane[es_tx_lane(tx)];
    struct es_log_entry entry = keep_stop_entry(lane->writer.label);

    if (lane->writer.next_seq == 0)
        return ES_OK;
    if (!beat->stop)
        entry.type = ES_EVENT_HEARTBEAT;
    return es_ledger_add(beat->ledger, tx, &entry, NULL, err);
}

static void beat_lanes(struct es_ledger *ledger, bool stop)
{
    struct beat beat = {.ledger = ledger, .stop = stop};

    for (unsigned i = 0; i < ledger->lanes; i++) {
        es_status status = ES_OK;

        if (!atomic_load(&ledger->lane[i].started))
            continue;
        status = es_store_write_on(ledger->config.store, ES_AS_SERVICE, i, write_beat, &beat, NULL);
        if (status == ES_OK && stop)
            atomic_store(&ledger->lane[i].started, false);
    }
}

void keep_stop_writers(struct es_ledger *ledger)
{
    if (keep_mode(ledger) == KEEP_SERVING)
        beat_lanes(ledger, true);
}

/* A heartbeat that cannot be written is missed by whoever reads the log: that is its purpose. */
void *keep_beat(void *arg)
{
    struct es_ledger *ledger = arg;
    uint64_t every_ms = keep_heartbeat_ms(&ledger->config), due = keep_monotonic_ms() + every_ms;
    bool stopping = false;

    while (!stopping) {
        uint64_t now = keep_monotonic_ms();

        if (now >= due) {
            if (keep_mode(ledger) == KEEP_SERVING)
                beat_lanes(ledger, false);
            due = keep_monotonic_ms() + every_ms;
            continue;
        }
        (void) pthread_mutex_lock(&ledger->lock);
        stopping = keep_wait_flag(&ledger->beat, &ledger->lock, &ledger->quiet, due - now);
        (void) pthread_mutex_unlock(&ledger->lock);
    }
    return NULL;
}
