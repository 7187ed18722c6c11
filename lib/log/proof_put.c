/*
 * Writing proofs: members in the order of audit-log.md 5, hashes and leaves in standard base64.
 * What is proved is the caller's business; nothing is checked here but what JSON cannot hold.
 */
#include "es_log_proof.h"

#include "log_internal.h"

static es_status put_number(struct es_json_out *out, const char *key, uint64_t value,
                            struct es_error *err)
{
    ES_ENSURE(value <= INT64_MAX, err, ES_E_RANGE, "%s %llu", key, (unsigned long long) value);
    es_json_pair_int(out, key, (int64_t) value);
    return ES_OK;
}

static es_status put_base64(struct es_json_out *out, struct es_span bytes, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT((size_t) 4 * ES_LOG_LEAF_MAX);

    es_buf_put_base64(&text, bytes);
    ES_TRY(es_buf_check(&text, err));
    es_json_put_span(out, es_buf_span(&text));
    return ES_OK;
}

static es_status put_list(struct es_json_out *out, const struct es_log_hash *hashes, size_t count,
                          struct es_error *err)
{
    es_json_begin_array(out);
    for (size_t i = 0; i < count; i++)
        ES_TRY(put_base64(out, log_span(&hashes[i]), err));
    es_json_end_array(out);
    return ES_OK;
}

static es_status put_hashes(struct es_json_out *out, const char *key,
                            const struct es_log_hash *hashes, size_t count, struct es_error *err)
{
    es_json_key(out, key);
    return put_list(out, hashes, count, err);
}

es_status es_log_put_path(struct es_json_out *out, const struct es_tree_path *path,
                          struct es_error *err)
{
    return put_list(out, path->hash, path->count, err);
}

static void put_text(struct es_json_out *out, const char *key, struct es_span text)
{
    es_json_key(out, key);
    es_json_put_span(out, text);
}

static void begin(struct es_json_out *out, const char *type)
{
    es_json_begin_object(out);
    es_json_pair_int(out, "v", 1);
    es_json_pair_text(out, "type", type);
}

es_status es_log_put_inclusion(struct es_json_out *out, uint64_t index, uint64_t size,
                               struct es_span leaf, const struct es_tree_path *path,
                               struct es_span checkpoint, struct es_error *err)
{
    begin(out, "inclusion");
    ES_TRY(put_number(out, "index", index, err));
    ES_TRY(put_number(out, "size", size, err));
    es_json_key(out, "leaf");
    ES_TRY(put_base64(out, leaf, err));
    ES_TRY(put_hashes(out, "path", path->hash, path->count, err));
    put_text(out, "checkpoint", checkpoint);
    es_json_end_object(out);
    return es_buf_check(out->buf, err);
}

es_status es_log_put_consistency(struct es_json_out *out, uint64_t from, uint64_t to,
                                 const struct es_tree_path *path, struct es_span checkpoint_from,
                                 struct es_span checkpoint_to, struct es_error *err)
{
    begin(out, "consistency");
    ES_TRY(put_number(out, "from", from, err));
    ES_TRY(put_number(out, "to", to, err));
    ES_TRY(put_hashes(out, "path", path->hash, path->count, err));
    put_text(out, "checkpoint_from", checkpoint_from);
    put_text(out, "checkpoint_to", checkpoint_to);
    es_json_end_object(out);
    return es_buf_check(out->buf, err);
}

/* ---- the state of a seal ---- */

static es_status put_leaf(struct es_json_out *out, uint64_t index, struct es_span leaf,
                          const struct es_tree_path *path, struct es_error *err)
{
    ES_TRY(put_number(out, "index", index, err));
    es_json_key(out, "leaf");
    ES_TRY(put_base64(out, leaf, err));
    return put_hashes(out, "path", path->hash, path->count, err);
}

static es_status put_terminal(struct es_json_out *out, const struct es_map_proof *map,
                              struct es_error *err)
{
    es_json_key(out, "terminal");
    if (!map->has_terminal) {
        es_json_put_null(out);
        return ES_OK;
    }
    es_json_begin_object(out);
    es_json_pair_hex(out, "key", log_span(&map->terminal.key));
    es_json_key(out, "value");
    ES_TRY(put_base64(out, log_span(&map->terminal.value), err));
    es_json_end_object(out);
    return ES_OK;
}

static es_status put_map(struct es_json_out *out, const struct es_status_parts *parts,
                         struct es_error *err)
{
    es_json_key(out, "map");
    es_json_begin_object(out);
    ES_TRY(put_leaf(out, parts->head_index, parts->head_leaf, &parts->head_path, err));
    ES_TRY(put_hashes(out, "siblings", parts->map.siblings, parts->map.count, err));
    ES_TRY(put_terminal(out, &parts->map, err));
    es_json_end_object(out);
    return ES_OK;
}

static es_status put_events(struct es_json_out *out, const struct es_status_parts *parts,
                            struct es_error *err)
{
    es_json_key(out, "events");
    es_json_begin_array(out);
    for (size_t i = 0; i < parts->event_count; i++) {
        es_json_begin_object(out);
        ES_TRY(put_leaf(out, parts->events[i].index, parts->events[i].leaf, &parts->events[i].path,
                        err));
        es_json_end_object(out);
    }
    es_json_end_array(out);
    return ES_OK;
}

es_status es_log_put_status_proof(struct es_json_out *out, const struct es_status_parts *parts,
                                  struct es_error *err)
{
    begin(out, "seal-status-proof");
    es_json_pair_hex(out, "key", log_span(&parts->key));
    put_text(out, "checkpoint", parts->checkpoint);
    ES_TRY(put_map(out, parts, err));
    ES_TRY(put_events(out, parts, err));
    es_json_end_object(out);
    return es_buf_check(out->buf, err);
}
