/* Hashes, bytes and numbers of a proof. One value has one form: no white space in base64. */
#include "proof_read.h"

#include "es_log_proof.h"

static es_status copy_hash(const struct es_buf *bytes, const char *name, struct es_log_hash *out,
                           struct es_error *err)
{
    ES_ENSURE(bytes->len == ES_LOG_HASH_LEN, err, ES_E_FORMAT, "%s of %zu bytes, it must have 32",
              name, bytes->len);
    memcpy(out->b, bytes->ptr, ES_LOG_HASH_LEN);
    return ES_OK;
}

es_status proof_hex_hash(es_json_node object, const char *name, struct es_log_hash *out,
                         struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_HASH_LEN);
    const char *text = NULL;

    ES_TRY(es_json_text(object, name, &text, err));
    ES_TRY(es_hex_decode(es_span_str(text), &bytes, err));
    return copy_hash(&bytes, name, out, err);
}

es_status proof_base64_hash(const char *text, struct es_log_hash *out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_HASH_LEN);
    bool spaces = false;

    ES_ENSURE(text != NULL, err, ES_E_FORMAT, "a hash that is no text");
    ES_TRY(es_base64_decode(es_span_str(text), &bytes, &spaces, err));
    ES_ENSURE(!spaces, err, ES_E_FORMAT, "white space in a hash");
    return copy_hash(&bytes, "hash", out, err);
}

es_status proof_hashes(es_json_node list, const char *name, size_t max, struct es_log_hash *out,
                       size_t *count, struct es_error *err)
{
    ES_ENSURE(es_json_is_array(list), err, ES_E_FORMAT, "%s is no list", name);
    *count = es_json_size(list);
    ES_ENSURE(*count <= max, err, ES_E_LIMIT, "%s of %zu hashes, allowed are %zu", name, *count,
              max);
    for (size_t i = 0; i < *count; i++)
        ES_TRY(proof_base64_hash(es_json_string(es_json_item(list, i)), &out[i], err));
    return ES_OK;
}

es_status es_log_read_path(es_json_node list, struct es_tree_path *out, struct es_error *err)
{
    return proof_hashes(list, "path", ES_LOG_PATH_MAX, out->hash, &out->count, err);
}

es_status proof_bytes(es_json_node object, const char *name, struct es_buf *out,
                      struct es_error *err)
{
    const char *text = NULL;
    bool spaces = false;

    ES_TRY(es_json_text(object, name, &text, err));
    ES_TRY(es_base64_decode(es_span_str(text), out, &spaces, err));
    ES_ENSURE(!spaces, err, ES_E_FORMAT, "white space in %s", name);
    return ES_OK;
}

es_status proof_number(es_json_node object, const char *name, uint64_t *out, struct es_error *err)
{
    int64_t value = 0;

    ES_TRY(es_json_int(object, name, &value, err));
    ES_ENSURE(value >= 0, err, ES_E_FORMAT, "%s %lld", name, (long long) value);
    *out = (uint64_t) value;
    return ES_OK;
}
