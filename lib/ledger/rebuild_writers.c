/* The table of writers made anew from audit events, and compared. */
#include "rebuild.h"

#include <stdlib.h>

/* Writers that were active last stand last and are looked for most. */
static struct keep_known_writer *find(const struct keep_writers *writers, uint64_t id)
{
    for (size_t i = writers->count; i-- > 0;)
        if (writers->at[i].id == id)
            return &writers->at[i];
    return NULL;
}

static es_status add(struct keep_writers *writers, const struct keep_leaf *leaf,
                     struct keep_known_writer **out, struct es_error *err)
{
    if (writers->count == writers->cap) {
        size_t cap = writers->cap == 0 ? 16 : 2 * writers->cap;
        struct keep_known_writer *at = reallocarray(writers->at, cap, sizeof *at);

        ES_ENSURE(at != NULL, err, ES_E_NOMEM, "out of memory");
        writers->at = at;
        writers->cap = cap;
    }
    *out = &writers->at[writers->count++];
    **out = (struct keep_known_writer){
        .id = leaf->audit.writer_id, .started = leaf->leaf.index, .known = true, .changed = true};
    (void) snprintf((*out)->label, sizeof(*out)->label, "%.*s", ES_SPAN_ARG(leaf->audit.object_id));
    return ES_OK;
}

es_status rebuild_writers_add(struct keep_writers *writers, const struct keep_leaf *leaf,
                              struct es_error *err)
{
    struct keep_known_writer *writer = find(writers, leaf->audit.writer_id);

    if (writer == NULL)
        ES_TRY(add(writers, leaf, &writer, err));
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
    const struct keep_known_writer *made = find(c->writers, (uint64_t) columns[0].i);

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
