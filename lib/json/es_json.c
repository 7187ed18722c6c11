/*
 * Reading JSON: jansson's tree behind a thin skin. Refused while reading: duplicate members, NUL
 * in strings, malformed UTF-8, trailing bytes, documents past the caller's size, objects with more
 * than ES_JSON_MEMBERS_MAX members. A node is a json_t of the document that owns it.
 */
#include "es_json.h"
#include "json_load.h"

struct es_json {
    json_t *root;
};

/* jansson's functions that only read take json_t without const. */
static json_t *tree(es_json_node node)
{
    return (json_t *) (uintptr_t) node;
}

/* Objects are walked by position in time of their size, so their size is bounded. */
static bool is_bounded(json_t *node)
{
    const char *name = NULL;
    json_t *value = NULL;
    size_t i = 0;

    if (json_is_object(node)) {
        if (json_object_size(node) > ES_JSON_MEMBERS_MAX)
            return false;
        json_object_foreach(node, name, value)
        {
            if (!is_bounded(value))
                return false;
        }
    }
    json_array_foreach(node, i, value)
    {
        if (!is_bounded(value))
            return false;
    }
    return true;
}

/* jansson's own text repeats input; only its place and kind are passed on. */
static es_status refuse(const json_error_t *why, struct es_error *err)
{
    switch (json_error_code(why)) {
    case json_error_out_of_memory:
        return es_error_set(err, ES_E_NOMEM, "out of memory");
    case json_error_duplicate_key:
        return es_error_set(err, ES_E_FORMAT, "line %d, column %d: duplicate member", why->line,
                            why->column);
    case json_error_stack_overflow:
        return es_error_set(err, ES_E_LIMIT, "line %d, column %d: JSON too deep", why->line,
                            why->column);
    case json_error_end_of_input_expected:
        return es_error_set(err, ES_E_FORMAT, "line %d, column %d: something follows the JSON",
                            why->line, why->column);
    default:
        return es_error_set(err, ES_E_FORMAT, "line %d, column %d: not JSON", why->line,
                            why->column);
    }
}

es_status es_json_parse(struct es_span text, size_t max, struct es_json **out, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;
    json_error_t why;

    ES_ENSURE(text.len <= max, err, ES_E_LIMIT, "JSON of %zu bytes, allowed are %zu", text.len,
              max);
    json = (struct es_json *) calloc(1, sizeof *json);
    ES_ENSURE(json != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(json_load_span(text, &json->root, &why, err));
    if (json->root == NULL)
        return refuse(&why, err);
    ES_ENSURE(is_bounded(json->root), err, ES_E_LIMIT, "object of more than %d members",
              ES_JSON_MEMBERS_MAX);
    *out = ES_TAKE(json);
    return ES_OK;
}

void es_json_free(struct es_json *json)
{
    if (json == NULL)
        return;
    json_decref(json->root);
    free(json);
}

es_json_node es_json_root(const struct es_json *json)
{
    return json->root;
}

bool es_json_is_object(es_json_node node)
{
    return json_is_object(tree(node));
}

bool es_json_is_array(es_json_node node)
{
    return json_is_array(tree(node));
}

es_json_node es_json_member(es_json_node object, const char *name)
{
    return json_object_get(tree(object), name);
}

size_t es_json_size(es_json_node array_or_object)
{
    if (json_is_array(tree(array_or_object)))
        return json_array_size(tree(array_or_object));
    return json_object_size(tree(array_or_object));
}

es_json_node es_json_item(es_json_node array, size_t index)
{
    return json_array_get(tree(array), index);
}

es_json_node es_json_member_at(es_json_node object, size_t index, const char **name)
{
    void *at = json_object_iter(tree(object));

    for (; at != NULL && index > 0; index--)
        at = json_object_iter_next(tree(object), at);
    if (at == NULL)
        return NULL;
    *name = json_object_iter_key(at);
    return json_object_iter_value(at);
}

static const char *found(es_json_node node)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };

    return node == NULL ? "nothing" : names[json_typeof(tree(node))];
}

es_status es_json_text(es_json_node object, const char *name, const char **out,
                       struct es_error *err)
{
    es_json_node node = es_json_member(object, name);

    ES_ENSURE(json_is_string(tree(node)), err, ES_E_FORMAT, "\"%s\" is to be a string, found %s",
              name, found(node));
    *out = json_string_value(tree(node));
    return ES_OK;
}

es_status es_json_int(es_json_node object, const char *name, int64_t *out, struct es_error *err)
{
    es_json_node node = es_json_member(object, name);

    ES_ENSURE(json_is_integer(tree(node)), err, ES_E_FORMAT,
              "\"%s\" is to be a whole number, found %s", name, found(node));
    *out = json_integer_value(tree(node));
    return ES_OK;
}

es_status es_json_bool(es_json_node object, const char *name, bool *out, struct es_error *err)
{
    es_json_node node = es_json_member(object, name);

    ES_ENSURE(json_is_boolean(tree(node)), err, ES_E_FORMAT,
              "\"%s\" is to be true or false, found %s", name, found(node));
    *out = json_is_true(tree(node));
    return ES_OK;
}

const char *es_json_string(es_json_node node)
{
    return json_string_value(tree(node));
}

static bool is_listed(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

static es_status refuse_member(const char *name, struct es_error *err)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(1024);
    const char *text = NULL;

    es_buf_put_shown(&shown, es_span_str(name), 64);
    text = es_buf_cstr(&shown);
    return es_error_set(err, ES_E_FORMAT, "unknown member \"%s\"", text == NULL ? "" : text);
}

es_status es_json_only(es_json_node object, const char *const *names, struct es_error *err)
{
    void *at = NULL;

    ES_ENSURE(es_json_is_object(object), err, ES_E_FORMAT, "an object is needed, found %s",
              found(object));
    for (at = json_object_iter(tree(object)); at != NULL;
         at = json_object_iter_next(tree(object), at)) {
        if (!is_listed(json_object_iter_key(at), names))
            return refuse_member(json_object_iter_key(at), err);
    }
    return ES_OK;
}
