/*
 * Writers as the log knows them: a writer begins with WRITER_START and number 0, goes on without
 * gaps and writes nothing after WRITER_STOP (audit-log.md 6.1). The table log_writer repeats what
 * the leaves say.
 */
#include "keep.h"

void keep_writers_clear(struct keep_writers *writers)
{
    free(writers->at);
    free(writers->index);
    *writers = (struct keep_writers){.at = NULL};
}

static es_status take_writer(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    struct keep_known_writer *w = ctx;
    struct es_span label;
    int64_t number[4] = {0};

    (void) count;
    ES_TRY(es_value_get_text(&columns[0], &label, err));
    ES_TRY(es_value_get_int(&columns[1], &number[0], err));
    w->has_stopped = columns[2].kind != ES_VALUE_NULL;
    if (w->has_stopped)
        ES_TRY(es_value_get_int(&columns[2], &number[1], err));
    ES_TRY(es_value_get_int(&columns[3], &number[2], err));
    ES_TRY(es_value_get_int(&columns[4], &number[3], err));
    ES_ENSURE(label.len < sizeof w->label, err, ES_E_INTEGRITY, "log_writer: label too long");
    (void) snprintf(w->label, sizeof w->label, "%.*s", ES_SPAN_ARG(label));
    w->started = (uint64_t) number[0];
    w->stopped = (uint64_t) number[1];
    w->last_seq = (uint64_t) number[2];
    w->last_ms = (uint64_t) number[3];
    w->known = true;
    return ES_OK;
}

/* ---- in memory: a long log has very many, each met again and again ---- */

/* The slot of id, or the free one where it belongs; half of them are free. */
static uint32_t *slot_of(const struct keep_writers *writers, uint32_t *index, size_t slots,
                         uint64_t id)
{
    uint64_t mixed = (id ^ id >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t) (mixed ^ mixed >> 32) & (slots - 1);

    while (index[at] != 0 && writers->at[index[at] - 1].id != id)
        at = (at + 1) & (slots - 1);
    return &index[at];
}

struct keep_known_writer *keep_writers_find(const struct keep_writers *writers, uint64_t id)
{
    uint32_t place = writers->count == 0 ? 0
                                         : *slot_of(writers, writers->index, 2 * writers->cap, id);

    return place == 0 ? NULL : &writers->at[place - 1];
}

static es_status grow(struct keep_writers *writers, struct es_error *err)
{
    size_t cap = writers->cap == 0 ? 16 : 2 * writers->cap;
    struct keep_known_writer *at;
    uint32_t *index;

    ES_ENSURE(cap <= UINT32_MAX / 4, err, ES_E_LIMIT, "too many writers");
    at = reallocarray(writers->at, cap, sizeof *at);
    ES_ENSURE(at != NULL, err, ES_E_NOMEM, "out of memory");
    writers->at = at;
    index = calloc(2 * cap, sizeof *index);
    ES_ENSURE(index != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < writers->count; i++)
        *slot_of(writers, index, 2 * cap, at[i].id) = (uint32_t) i + 1;
    free(writers->index);
    writers->index = index;
    writers->cap = cap;
    return ES_OK;
}

es_status keep_writers_add(struct keep_writers *writers, uint64_t id,
                           struct keep_known_writer **out, struct es_error *err)
{
    if (writers->count == writers->cap)
        ES_TRY(grow(writers, err));
    ES_BUG_ON(writers->at == NULL);
    *out = &writers->at[writers->count];
    **out = (struct keep_known_writer){.id = id};
    *slot_of(writers, writers->index, 2 * writers->cap, id) = (uint32_t) ++writers->count;
    return ES_OK;
}

static es_status load(struct keep_writers *writers, struct es_tx *tx, int64_t log_id, uint64_t id,
                      struct keep_known_writer **out, struct es_error *err)
{
    const struct es_value values[2] = {es_value_int(log_id), keep_int(id)};

    *out = keep_writers_find(writers, id);
    if (*out != NULL)
        return ES_OK;
    ES_TRY(keep_writers_add(writers, id, out, err));
    return es_tx_query(tx,
                       "SELECT label, started_idx, stopped_idx, last_seq, last_ms FROM log_writer "
                       "WHERE log_id = $1 AND writer_id = $2",
                       values, 2, take_writer, *out, err);
}

static const char *rule(const struct keep_known_writer *w, const struct es_audit_event *event)
{
    if (event->writer_id > INT64_MAX)
        return "a writer id out of range";
    if (!w->known && event->type != ES_EVENT_WRITER_START)
        return "a writer without WRITER_START";
    if (w->known && event->type == ES_EVENT_WRITER_START)
        return "a second WRITER_START";
    if (w->has_stopped)
        return "an entry after WRITER_STOP";
    if (event->writer_seq != (w->known ? w->last_seq + 1 : 0))
        return "a writer_seq that is not the next";
    return NULL;
}

es_status keep_writers_check(struct keep_writers *writers, struct es_tx *tx, int64_t log_id,
                             const struct es_audit_event *event, const char **why,
                             struct es_error *err)
{
    struct keep_known_writer *w = NULL;

    ES_TRY(load(writers, tx, log_id, event->writer_id, &w, err));
    *why = rule(w, event);
    return ES_OK;
}

void keep_writers_note(struct keep_writers *writers, const struct keep_leaf *leaf)
{
    const struct es_audit_event *event = &leaf->audit;
    struct keep_known_writer *w = keep_writers_find(writers, event->writer_id);

    ES_BUG_ON(w == NULL);
    if (!w->known) {
        w->started = leaf->leaf.index;
        (void) snprintf(w->label, sizeof w->label, "%.*s", ES_SPAN_ARG(event->object_id));
    }
    if (event->type == ES_EVENT_WRITER_STOP) {
        w->has_stopped = true;
        w->stopped = leaf->leaf.index;
    }
    w->known = true;
    w->changed = true;
    w->last_seq = event->writer_seq;
    w->last_ms = leaf->leaf.sequenced_ms;
}

es_status keep_writers_store(struct keep_writers *writers, struct es_tx *tx, int64_t log_id,
                             struct es_error *err)
{
    for (size_t i = 0; i < writers->count; i++) {
        const struct keep_known_writer *w = &writers->at[i];
        const struct es_value values[] = {es_value_int(log_id),
                                          keep_int(w->id),
                                          es_value_text(w->label),
                                          keep_int(w->started),
                                          w->has_stopped ? keep_int(w->stopped)
                                                         : (struct es_value){.kind = ES_VALUE_NULL},
                                          keep_int(w->last_seq),
                                          keep_int(w->last_ms)};

        if (!w->changed)
            continue;
        ES_TRY(es_tx_queue(
            tx,
            "INSERT INTO log_writer (log_id, writer_id, label, started_idx, stopped_idx, "
            "last_seq, last_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) "
            "ON CONFLICT (log_id, writer_id) DO UPDATE SET stopped_idx = excluded.stopped_idx, "
            "last_seq = excluded.last_seq, last_ms = excluded.last_ms",
            values, 7, err));
    }
    return ES_OK;
}
