/* Columns of a row, checked against what the reader of the row expects. */
#include "es_store.h"

static const char *kind_name(enum es_value_kind kind)
{
    switch (kind) {
    case ES_VALUE_NULL:
        return "nothing";
    case ES_VALUE_INT:
        return "a number";
    case ES_VALUE_TEXT:
        return "text";
    case ES_VALUE_BLOB:
        return "bytes";
    }
    return "an unknown kind";
}

static es_status expect(const struct es_value *value, enum es_value_kind kind, struct es_error *err)
{
    ES_ENSURE(value->kind == kind, err, ES_E_INTEGRITY, "a column holds %s, expected is %s",
              kind_name(value->kind), kind_name(kind));
    return ES_OK;
}

es_status es_value_get_int(const struct es_value *value, int64_t *out, struct es_error *err)
{
    ES_TRY(expect(value, ES_VALUE_INT, err));
    *out = value->i;
    return ES_OK;
}

es_status es_value_get_text(const struct es_value *value, struct es_span *out, struct es_error *err)
{
    ES_TRY(expect(value, ES_VALUE_TEXT, err));
    *out = value->s;
    return ES_OK;
}

es_status es_value_get_blob(const struct es_value *value, struct es_span *out, struct es_error *err)
{
    ES_TRY(expect(value, ES_VALUE_BLOB, err));
    *out = value->s;
    return ES_OK;
}

es_status es_value_copy_blob(const struct es_value *value, void *out, size_t len,
                             struct es_error *err)
{
    ES_TRY(expect(value, ES_VALUE_BLOB, err));
    ES_ENSURE(value->s.len == len, err, ES_E_INTEGRITY,
              "a column holds %zu bytes, expected are %zu", value->s.len, len);
    if (len > 0)
        memcpy(out, value->s.ptr, len);
    return ES_OK;
}
