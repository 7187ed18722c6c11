/*
 * Writers: numbers without gaps, a start first and nothing behind the stop. Each writer is looked
 * up by its id; each instance (the object_id of a start) knows the last writer that began under it.
 */
#include "verify_internal.h"

#define WRITER_START 0x0001
#define WRITER_STOP 0x0002
#define CAP_FIRST 64

es_status verify_writers_init(struct verify_writers *w, struct es_error *err)
{
    struct es_random random = es_random_system();

    *w = (struct verify_writers){.writers = NULL};
    return random.fill(random.self, (uint8_t *) w->seed, sizeof w->seed, err);
}

void verify_writers_clear(struct verify_writers *w)
{
    free(w->writers);
    free(w->instances);
    *w = (struct verify_writers){.writers = NULL};
}

static size_t spread(const struct verify_writers *w, uint64_t value, size_t cap)
{
    uint64_t x = (value ^ w->seed[0]) * (w->seed[1] | 1);

    x = (x ^ x >> 32) * (w->seed[0] | 1);
    return (size_t) ((x ^ x >> 29) & (cap - 1));
}

/* The slot of id, or the free one where it belongs; the table is never full. */
static struct verify_writer *slot_of(const struct verify_writers *w, struct verify_writer *table,
                                     size_t cap, uint64_t id)
{
    size_t at = spread(w, id, cap);

    while (table[at].used && table[at].id != id)
        at = (at + 1) & (cap - 1);
    return &table[at];
}

static es_status grow_writers(struct verify_writers *w, struct es_error *err)
{
    size_t cap = w->writer_cap == 0 ? CAP_FIRST : w->writer_cap * 2;
    struct verify_writer *table;

    if (w->writer_count < w->writer_cap / 4 * 3)
        return ES_OK;
    table = calloc(cap, sizeof *table);
    ES_ENSURE(table != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < w->writer_cap; i++)
        if (w->writers[i].used)
            *slot_of(w, table, cap, w->writers[i].id) = w->writers[i];
    free(w->writers);
    w->writers = table;
    w->writer_cap = cap;
    return ES_OK;
}

/* ---- instances ---- */

static struct verify_instance *instance_slot(const struct verify_writers *w,
                                             struct verify_instance *table, size_t cap,
                                             const uint8_t name[16])
{
    uint64_t value;
    size_t at;

    memcpy(&value, name, sizeof value);
    at = spread(w, value, cap);
    while (table[at].used && memcmp(table[at].name, name, 16) != 0)
        at = (at + 1) & (cap - 1);
    return &table[at];
}

static es_status grow_instances(struct verify_writers *w, struct es_error *err)
{
    size_t cap = w->instance_cap == 0 ? CAP_FIRST : w->instance_cap * 2;
    struct verify_instance *table;

    if (w->instance_count < w->instance_cap / 4 * 3)
        return ES_OK;
    table = calloc(cap, sizeof *table);
    ES_ENSURE(table != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < w->instance_cap; i++)
        if (w->instances[i].used)
            *instance_slot(w, table, cap, w->instances[i].name) = w->instances[i];
    free(w->instances);
    w->instances = table;
    w->instance_cap = cap;
    return ES_OK;
}

/* A writer began: the one before it of that name must have stopped. */
static es_status begin_instance(struct verify *v, const struct verify_leaf *leaf,
                                struct es_error *err)
{
    struct verify_writers *w = &v->writers;
    struct verify_instance *slot;
    uint8_t name[ES_SM3_LEN];

    ES_TRY(es_sm3(leaf->audit.object_id, name, err));
    ES_TRY(grow_instances(w, err));
    slot = instance_slot(w, w->instances, w->instance_cap, name);
    if (slot->used && !slot_of(w, w->writers, w->writer_cap, slot->writer_id)->stopped)
        verify_notice(v, "writer_unfinished", leaf->place,
                      "writer %llu of the same instance ended without WRITER_STOP",
                      (unsigned long long) slot->writer_id);
    if (!slot->used)
        w->instance_count++;
    slot->used = true;
    memcpy(slot->name, name, sizeof slot->name);
    slot->writer_id = leaf->audit.writer_id;
    return ES_OK;
}

/* ---- events ---- */

/* Leaves before v->first were not read: a writer may have begun there. */
static es_status first_event(struct verify *v, const struct verify_leaf *leaf, struct es_error *err)
{
    const struct es_audit_event *e = &leaf->audit;
    bool started = e->type == WRITER_START;

    if (v->first > 0 && e->writer_seq != 0) {
        if (started)
            verify_found(v, "writer_start", leaf->place, "writer %llu starts at number %llu",
                         (unsigned long long) e->writer_id, (unsigned long long) e->writer_seq);
        return ES_OK;
    }
    if (e->writer_seq != 0)
        verify_found(v, "writer_seq", leaf->place, "writer %llu begins with number %llu",
                     (unsigned long long) e->writer_id, (unsigned long long) e->writer_seq);
    if (started)
        return begin_instance(v, leaf, err);
    verify_found(v, "writer_start", leaf->place, "writer %llu does not begin with WRITER_START",
                 (unsigned long long) e->writer_id);
    return ES_OK;
}

static void later_event(struct verify *v, const struct verify_leaf *leaf,
                        const struct verify_writer *writer)
{
    const struct es_audit_event *e = &leaf->audit;

    if (e->writer_seq == 0 || e->writer_seq - 1 != writer->last_seq)
        verify_found(v, "writer_seq", leaf->place, "writer %llu: number %llu after %llu",
                     (unsigned long long) e->writer_id, (unsigned long long) e->writer_seq,
                     (unsigned long long) writer->last_seq);
    if (e->type == WRITER_START)
        verify_found(v, "writer_start", leaf->place, "writer %llu starts a second time",
                     (unsigned long long) e->writer_id);
    else if (writer->stopped)
        verify_found(v, "writer_start", leaf->place, "writer %llu goes on after its WRITER_STOP",
                     (unsigned long long) e->writer_id);
}

es_status verify_writers_see(struct verify *v, const struct verify_leaf *leaf, struct es_error *err)
{
    const struct es_audit_event *e = &leaf->audit;
    struct verify_writers *w = &v->writers;
    struct verify_writer *writer;

    ES_TRY(grow_writers(w, err));
    writer = slot_of(w, w->writers, w->writer_cap, e->writer_id);
    if (writer->used) {
        later_event(v, leaf, writer);
    } else {
        *writer = (struct verify_writer){.id = e->writer_id, .used = true};
        w->writer_count++;
        ES_TRY(first_event(v, leaf, err));
    }
    writer->last_seq = e->writer_seq;
    writer->stopped = writer->stopped || e->type == WRITER_STOP;
    return ES_OK;
}
