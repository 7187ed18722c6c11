/* Status events against the events of their seal before, map heads against the replayed map. */
#include "verify_internal.h"

#define ACTIVE 30
#define SUSPENDED 40
#define CANCELLED 70
#define INVALIDATED 80
#define EFFECTIVE_WINDOW_MS 300000u

/* SPEC codes.md 7; that some are published as 0 protects people, not the log. */
static bool is_reason(uint8_t reason)
{
    return reason <= 22 || reason == 99;
}

static bool may_lie_back(const struct es_status_event *e)
{
    return e->status == INVALIDATED || ((e->status == CANCELLED || e->status == SUSPENDED) &&
                                        e->reason >= 11 && e->reason <= 13);
}

static void look_at_value(struct verify *v, const struct verify_leaf *leaf,
                          const struct verify_seal *seal, bool fresh)
{
    const struct es_status_event *e = &leaf->status;
    const char *what = NULL;

    if (!is_reason(e->reason))
        what = "no such reason";
    else if (fresh && e->status != ACTIVE)
        what = "first event of a seal is not 30";
    else if (seal->ended)
        what = "an event after status 80";
    else if (e->valid_from_ms > e->valid_until_ms)
        what = "valid_from after valid_until";
    if (what != NULL)
        verify_found(v, "status_value", leaf->place, "status %u, reason %u: %s", e->status,
                     e->reason, what);
}

static void look_at_effective(struct verify *v, const struct verify_leaf *leaf)
{
    const struct es_status_event *e = &leaf->status;
    uint64_t until = leaf->leaf.sequenced_ms;
    uint64_t from = until < EFFECTIVE_WINDOW_MS ? 0 : until - EFFECTIVE_WINDOW_MS;

    if (e->effective_ms > until || (e->effective_ms < from && !may_lie_back(e)))
        verify_found(v, "status_effective", leaf->place,
                     "status %u, reason %u: effective %llu, sequenced %llu", e->status, e->reason,
                     (unsigned long long) e->effective_ms, (unsigned long long) until);
}

es_status verify_status_see(struct verify *v, const struct verify_leaf *leaf, struct es_error *err)
{
    const struct es_status_event *e = &leaf->status;
    struct verify_seal *seal = NULL;
    bool fresh = false;

    ES_TRY(verify_map_touch(&v->map, &e->map_key, &seal, &fresh, err));
    if (fresh ? e->event_seq != 0 : e->event_seq == 0 || e->event_seq - 1 != seal->event_seq)
        verify_found(v, "status_seq", leaf->place, "event number %llu of its seal",
                     (unsigned long long) e->event_seq);
    /* A fresh seal's last hash is zeros, as its first event must say. */
    if (!es_log_hash_equal(&e->previous_event, &seal->last))
        verify_found(v, "status_previous", leaf->place,
                     "previous_event is not the hash of the seal's event before");
    look_at_value(v, leaf, seal, fresh);
    look_at_effective(v, leaf);
    seal->event_seq = e->event_seq;
    seal->effective_ms = e->effective_ms;
    seal->status = e->status;
    seal->last = leaf->hash;
    seal->ended = seal->ended || e->status == INVALIDATED;
    return ES_OK;
}

es_status verify_head_see(struct verify *v, const struct verify_leaf *leaf, struct es_error *err)
{
    struct es_log_hash root;
    const char *what = NULL;

    ES_TRY(verify_map_root(&v->map, &root, err));
    if (leaf->head.covers != leaf->place)
        what = "covers is not its place";
    else if (leaf->head.count != v->map.seal_count)
        what = "count is not that of the replayed map";
    else if (!es_log_hash_equal(&leaf->head.root, &root))
        what = "root is not that of the replayed map";
    if (what != NULL)
        verify_found(v, "map_head", leaf->place, "%s", what);
    return ES_OK;
}
