/*
 * Distinguished names: walking, comparing, hashing, showing. Only the structure is demanded
 * (SEQUENCE OF SET OF SEQUENCE { OID, any }), never the syntax of a value: real names hold
 * identifiers as strings where X.520 has bits (formats.md 2.4).
 *
 * Equal means: the same attributes with the same code points, RDN by RDN; inside an RDN the order
 * does not count. Upper and lower case differ, blanks count: what looks alike is not made equal.
 */
#include "pki_internal.h"

#define RDN_ATTRS_MAX 16   /* attributes in one RDN; more makes names unequal, never slow */
#define NAME_SHOWN_MAX 256 /* characters of one value shown */
#define OID_TEXT_MAX 128

es_status name_walk_begin(struct name_walk *walk, struct es_span name, struct es_error *err)
{
    *walk = (struct name_walk){0};
    ES_TRY(es_der_get(&name, ES_DER_SEQUENCE, &walk->rdns, err));
    return es_der_finish(name, err);
}

es_status name_walk_next(struct name_walk *walk, struct name_attr *out, bool *found,
                         struct es_error *err)
{
    struct es_span attr;
    struct es_der_item item;

    *found = false;
    out->joined = walk->set.len > 0;
    if (!out->joined) {
        if (walk->rdns.len == 0)
            return ES_OK;
        ES_TRY(es_der_get(&walk->rdns, ES_DER_SET, &walk->set, err));
        walk->rdn += walk->inside ? 1 : 0;
        walk->inside = true;
    }
    ES_TRY(es_der_get(&walk->set, ES_DER_SEQUENCE, &attr, err));
    ES_TRY(es_der_get_oid(&attr, &out->oid, err));
    ES_TRY(es_der_next(&attr, &item, err));
    ES_TRY(es_der_finish(attr, err));
    out->tag = item.tag;
    out->value = item.value;
    out->rdn = walk->rdn;
    *found = true;
    return ES_OK;
}

es_status name_check(struct es_span name, struct es_error *err)
{
    struct name_walk walk;
    struct name_attr attr;
    bool found;

    ES_TRY(name_walk_begin(&walk, name, err));
    do
        ES_TRY(name_walk_next(&walk, &attr, &found, err));
    while (found);
    return ES_OK;
}

static bool walk_step(struct name_walk *walk, struct name_attr *attr)
{
    bool found;

    return name_walk_next(walk, attr, &found, NULL) == ES_OK && found;
}

static bool attr_equal(const struct name_attr *a, const struct name_attr *b)
{
    return es_span_equal(a->oid, b->oid) && text_equal(a->tag, a->value, b->tag, b->value);
}

/* Attributes of the next RDN; false at the end, when broken or when there are too many. */
static bool read_rdn(struct es_span *rdns, struct name_attr *attrs, size_t *count)
{
    struct name_walk walk = {0};

    *count = 0;
    if (es_der_get(rdns, ES_DER_SET, &walk.set, NULL) != ES_OK)
        return false;
    while (walk.set.len > 0)
        if (*count == RDN_ATTRS_MAX || !walk_step(&walk, &attrs[(*count)++]))
            return false;
    return *count > 0;
}

static bool rdn_equal(struct es_span *a, struct es_span *b)
{
    struct name_attr attrs_a[RDN_ATTRS_MAX], attrs_b[RDN_ATTRS_MAX];
    size_t count_a, count_b;

    if (!read_rdn(a, attrs_a, &count_a) || !read_rdn(b, attrs_b, &count_b) || count_a != count_b)
        return false;
    for (size_t i = 0; i < count_a; i++) {
        size_t j = i;

        while (j < count_b && !attr_equal(&attrs_a[i], &attrs_b[j]))
            j++;
        if (j == count_b)
            return false;
        struct name_attr met = attrs_b[j];
        attrs_b[j] = attrs_b[i];
        attrs_b[i] = met;
    }
    return true;
}

bool es_name_equal(struct es_span a, struct es_span b)
{
    struct name_walk wa, wb;

    if (es_span_equal(a, b))
        return true;
    if (name_walk_begin(&wa, a, NULL) != ES_OK || name_walk_begin(&wb, b, NULL) != ES_OK)
        return false;
    while (wa.rdns.len > 0 && wb.rdns.len > 0)
        if (!rdn_equal(&wa.rdns, &wb.rdns))
            return false;
    return wa.rdns.len == wb.rdns.len;
}

uint64_t name_hash(struct es_span name)
{
    struct name_walk walk;
    struct name_attr attr;
    uint64_t hash = ES_HASH_START;

    if (name_walk_begin(&walk, name, NULL) != ES_OK)
        return 0;
    while (walk_step(&walk, &attr)) {
        /* sums, so that the order inside an RDN does not count */
        uint64_t own = text_hash(bytes_hash(ES_HASH_START + attr.rdn, attr.oid), attr.tag,
                                 attr.value);
        hash += own ^ own >> 29;
    }
    return hash;
}

/* ---- showing ---- */

/* What could be taken for the end of a value is escaped as RFC 4514 does. */
static void put_value(struct es_buf *out, const struct name_attr *attr)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(out->max);
    ES_AUTO(es_buf) marked = ES_BUF_INIT(out->max);

    text_put(&text, attr->tag, attr->value);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ',' || text.ptr[i] == '+' || text.ptr[i] == '"' || text.ptr[i] == '\\')
            es_buf_put_byte(&marked, '\\');
        es_buf_put_byte(&marked, text.ptr[i]);
    }
    es_buf_put_shown(out, es_buf_span(&marked), NAME_SHOWN_MAX);
    if (out->failed == ES_OK && (text.failed == ES_E_NOMEM || marked.failed == ES_E_NOMEM))
        out->failed = ES_E_NOMEM; /* a part of a name is not the name */
}

static void put_attr(struct es_buf *out, const struct name_attr *attr)
{
    char text[OID_TEXT_MAX];
    const char *name = es_oid_name(attr->oid);

    if (!name) {
        es_oid_text(attr->oid, text, sizeof text);
        name = text;
    }
    es_buf_put_str(out, name);
    es_buf_put_byte(out, '=');
    put_value(out, attr);
}

static void put_rdn(struct es_buf *out, struct es_span set)
{
    struct name_walk walk = {.set = set};
    struct name_attr attr;

    for (size_t i = 0; walk.set.len > 0 && walk_step(&walk, &attr); i++) {
        if (i > 0)
            es_buf_put_str(out, " + ");
        put_attr(out, &attr);
    }
}

static bool begins_with_country(struct es_span name)
{
    struct name_walk walk;
    struct name_attr attr;

    return name_walk_begin(&walk, name, NULL) == ES_OK && walk_step(&walk, &attr) &&
           es_oid_is(attr.oid, "2.5.4.6");
}

/* The narrowest part stands first, whichever way round the CA wrote the name. */
void es_name_put(struct es_buf *out, struct es_span name)
{
    struct es_span rdns[64], rest, body = {0};
    size_t count = 0;
    bool turn = begins_with_country(name);

    rest = name;
    if (es_der_get(&rest, ES_DER_SEQUENCE, &body, NULL) != ES_OK)
        return;
    while (count < 64 && es_der_get(&body, ES_DER_SET, &rdns[count], NULL) == ES_OK)
        count++;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            es_buf_put_str(out, ", ");
        put_rdn(out, rdns[turn ? count - 1 - i : i]);
    }
}

bool es_name_get(struct es_span name, const char *oid, struct es_buf *out)
{
    struct name_walk walk;
    struct name_attr attr;

    if (name_walk_begin(&walk, name, NULL) != ES_OK)
        return false;
    while (walk_step(&walk, &attr))
        if (es_oid_is(attr.oid, oid)) {
            text_put(out, attr.tag, attr.value);
            return true;
        }
    return false;
}
