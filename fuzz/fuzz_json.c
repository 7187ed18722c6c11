/* Property: what was read and written again is read back, and writing that gives the same bytes. */
#include <jansson.h>

#include "es_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_node(struct es_json_out *out, es_json_node node)
{
    if (es_json_is_object(node)) {
        const char *name = NULL;
        es_json_node member = NULL;

        es_json_begin_object(out);
        for (size_t i = 0; (member = es_json_member_at(node, i, &name)) != NULL; i++) {
            es_json_key(out, name);
            put_node(out, member);
        }
        es_json_end_object(out);
    } else if (es_json_is_array(node)) {
        es_json_begin_array(out);
        for (size_t i = 0; i < es_json_size(node); i++)
            put_node(out, es_json_item(node, i));
        es_json_end_array(out);
    } else if (es_json_string(node) != NULL) {
        es_json_put_text(out, es_json_string(node));
    } else if (json_is_integer((const json_t *) node)) {
        es_json_put_int(out, json_integer_value((const json_t *) node));
    } else if (json_is_real((const json_t *) node)) {
        es_json_put_number(out, json_real_value((const json_t *) node));
    } else if (json_is_boolean((const json_t *) node)) {
        es_json_put_bool(out, json_is_true((const json_t *) node));
    } else {
        es_json_put_null(out);
    }
}

static void rewrite(struct es_span text, struct es_buf *out)
{
    ES_AUTO_PTR(es_json) json = NULL;
    struct es_json_out writer = {.buf = out};

    ES_BUG_ON(es_json_parse(text, SIZE_MAX, &json, NULL) != ES_OK);
    put_node(&writer, es_json_root(json));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO(es_buf) once = ES_BUF_INIT(1 << 24);
    ES_AUTO(es_buf) twice = ES_BUF_INIT(1 << 24);
    struct es_json *json = NULL;
    struct es_error err = {0};

    if (es_json_parse(es_span_of(data, size), 1 << 20, &json, &err) != ES_OK) {
        ES_BUG_ON(json != NULL || err.status == ES_OK || !es_text_clean(es_span_str(err.text)));
        return 0;
    }
    es_json_free(json);
    rewrite(es_span_of(data, size), &once);
    ES_BUG_ON(!es_utf8_valid(es_buf_span(&once)));
    rewrite(es_buf_span(&once), &twice);
    ES_BUG_ON(!es_span_equal(es_buf_span(&once), es_buf_span(&twice)));
    return 0;
}
