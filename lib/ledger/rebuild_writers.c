/* The table of writers made anew from audit events, and compared. */
#include "rebuild.h"

es_status rebuild_writers_add(struct keep_writers *writers, const struct keep_leaf *leaf,
                              struct es_error *err)
{
    struct keep_known_writer *writer = keep_writers_find(writers, leaf->audit.writer_id);

    if (writer == NULL) {
        ES_TRY(keep_writers_add(writers, leaf->audit.writer_id, &writer, err));
        writer->started = leaf->leaf.index;
        writer->known = writer->changed = true;
        (void) snprintf(writer->label, sizeof writer->label, "%.*s",
                        ES_SPAN_ARG(leaf->audit.object_id));
    }
    if (leaf->audit.type == ES_EVENT_WRITER_STOP) {
        writer->has_stopped = true;
        writer->stopped = leaf->leaf.index;
    }
    writer->last_seq = leaf->audit.writer_seq;
    writer->last_ms = leaf->leaf.sequenced_ms;
    return ES_OK;
}

struct writer_compare {
    const struct keep_writers *writers;
    uint64_t wrong, found;
};

static bool same_number(const struct es_value *column, uint64_t value)
{
    return column->kind == ES_VALUE_INT && (uint64_t) column->i == value;
}

static es_status compare(void *ctx, const struct es_value *columns, size_t count,
                         struct es_error *err)
{
    struct writer_compare *c = ctx;
    const struct keep_known_writer *made = keep_writers_find(c->writers, (uint64_t) columns[0].i);

    (void) count;
    (void) err;
    c->found += made != NULL;
    c->wrong += made == NULL || !es_span_is(columns[1].s, made->label) ||
                !same_number(&columns[2], made->started) ||
                (made->has_stopped ? !same_number(&columns[3], made->stopped)
                                   : columns[3].kind != ES_VALUE_NULL) ||
                !same_number(&columns[4], made->last_seq) ||
                !same_number(&columns[5], made->last_ms);
    return ES_OK;
}

es_status rebuild_writers_end(struct keep_writers *writers, const struct rebuild *r,
                              struct es_error *err)
{
    const struct es_value id = es_value_int(r->log_id);
    struct writer_compare c = {.writers = writers};

    ES_TRY(es_tx_query(r->tx,
                       "SELECT writer_id, label, started_idx, stopped_idx, last_seq, last_ms "
                       "FROM log_writer WHERE log_id = $1",
                       &id, 1, compare, &c, err));
    r->found->writers += c.wrong + (writers->count - c.found);
    if (!r->write || r->found->writers == 0)
        return ES_OK;
    ES_TRY(es_tx_run(r->tx, "DELETE FROM log_writer WHERE log_id = $1", &id, 1, NULL, err));
    return keep_writers_store(writers, r->tx, r->log_id, err);
}
