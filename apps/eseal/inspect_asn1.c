/*
 * Any DER as a tree of elements: offset, tag, length, value. Octets and bits that hold one whole
 * SEQUENCE are opened as well, as certificates in seals are wrapped that way. Depth and number of
 * elements are bounded; where the encoding breaks, that branch ends and says so.
 */
#include "inspect.h"

#define ELEMENTS_MAX 20000
#define ASN1_DEPTH_MAX 40

struct dump {
    struct tree *t;
    const uint8_t *start;
    size_t count;
    bool full;
};

/* ---- tags ---- */

static const char *universal_name(uint8_t tag)
{
    static const struct {
        uint8_t tag;
        const char *name;
    } names[] = {
        {ES_DER_BOOLEAN, "BOOLEAN"},
        {ES_DER_INTEGER, "INTEGER"},
        {ES_DER_BIT_STRING, "BIT STRING"},
        {ES_DER_OCTET_STRING, "OCTET STRING"},
        {ES_DER_NULL, "NULL"},
        {ES_DER_OID, "OBJECT IDENTIFIER"},
        {ES_DER_ENUMERATED, "ENUMERATED"},
        {ES_DER_UTF8_STRING, "UTF8String"},
        {ES_DER_PRINTABLE_STRING, "PrintableString"},
        {ES_DER_T61_STRING, "T61String"},
        {ES_DER_IA5_STRING, "IA5String"},
        {ES_DER_UTC_TIME, "UTCTime"},
        {ES_DER_GENERALIZED_TIME, "GeneralizedTime"},
        {ES_DER_VISIBLE_STRING, "VisibleString"},
        {ES_DER_UNIVERSAL_STRING, "UniversalString"},
        {ES_DER_BMP_STRING, "BMPString"},
        {ES_DER_SEQUENCE, "SEQUENCE"},
        {ES_DER_SET, "SET"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].tag == tag)
            return names[i].name;
    return NULL;
}

static void put_tag(struct dump *d, uint8_t tag)
{
    static const char *const classes[] = {"UNIVERSAL ", "APPLICATION ", "", "PRIVATE "};
    const char *name = universal_name(tag);
    char text[32];

    (void) snprintf(text, sizeof text, "[%s%d]", classes[tag >> 6], tag & 0x1f);
    tree_put_text(d->t, W_TAG, name != NULL ? name : text);
}

static bool is_text(uint8_t tag)
{
    return tag == ES_DER_UTF8_STRING || tag == ES_DER_PRINTABLE_STRING ||
           tag == ES_DER_T61_STRING || tag == ES_DER_IA5_STRING || tag == ES_DER_UTC_TIME ||
           tag == ES_DER_GENERALIZED_TIME || tag == ES_DER_VISIBLE_STRING;
}

/* ---- values ---- */

static bool is_small(struct es_span integer)
{
    return integer.len >= 1 && integer.len <= 7 && integer.ptr[0] < 0x80;
}

static uint64_t small_value(struct es_span integer)
{
    uint64_t value = 0;

    for (size_t i = 0; i < integer.len; i++)
        value = value << 8 | integer.ptr[i];
    return value;
}

static void put_value(struct dump *d, const struct es_der_item *item)
{
    uint8_t tag = item->tag;

    if (tag == ES_DER_OID)
        tree_put_oid(d->t, W_ELEMENT_VALUE, item->value);
    else if ((tag == ES_DER_INTEGER || tag == ES_DER_ENUMERATED) && is_small(item->value))
        tree_put_uint(d->t, W_ELEMENT_VALUE, small_value(item->value));
    else if (tag == ES_DER_BOOLEAN && item->value.len == 1)
        tree_put_bool(d->t, W_ELEMENT_VALUE, item->value.ptr[0] != 0);
    else if (is_text(tag))
        tree_put_span(d->t, W_ELEMENT_VALUE, item->value);
    else if (tag != ES_DER_NULL)
        tree_put_hex(d->t, W_ELEMENT_VALUE, item->value);
}

/* Content that is elements itself: of constructed ones, and a SEQUENCE wrapped in octets. */
static bool find_inner(const struct es_der_item *item, struct es_span *inner)
{
    struct es_span rest, content = item->value;
    struct es_der_item whole;

    if (item->tag & 0x20) {
        *inner = content;
        return true;
    }
    if (item->tag == ES_DER_BIT_STRING && content.len > 0 && content.ptr[0] == 0)
        content = es_span_sub(content, 1, content.len);
    else if (item->tag != ES_DER_OCTET_STRING)
        return false;
    *inner = rest = content;
    return content.len > 2 && content.ptr[0] == ES_DER_SEQUENCE &&
           es_der_next(&rest, &whole, NULL) == ES_OK && rest.len == 0;
}

/* ---- walking ---- */

static void dump_all(struct dump *d, struct es_span in, unsigned depth);

static void dump_item(struct dump *d, const struct es_der_item *item, unsigned depth)
{
    struct es_span inner;

    tree_begin_row(d->t, W_ELEMENT);
    tree_put_uint(d->t, W_OFFSET, (uint64_t) (item->tlv.ptr - d->start));
    put_tag(d, item->tag);
    tree_put_uint(d->t, W_LENGTH, item->value.len);
    if (depth < ASN1_DEPTH_MAX && find_inner(item, &inner)) {
        tree_begin_list(d->t, W_ELEMENTS, TREE_ALL);
        dump_all(d, inner, depth + 1);
        tree_end(d->t);
    } else {
        put_value(d, item);
    }
    tree_end(d->t);
}

static void put_failure(struct dump *d, const struct es_error *err, const uint8_t *at)
{
    tree_begin_row(d->t, W_ELEMENT);
    tree_put_uint(d->t, W_OFFSET, (uint64_t) (at - d->start));
    tree_put_error(d->t, err);
    tree_end(d->t);
}

static void dump_all(struct dump *d, struct es_span in, unsigned depth)
{
    while (in.len > 0 && !d->full) {
        struct es_error err = {ES_OK, ""};
        struct es_der_item item;
        const uint8_t *at = in.ptr;

        if (++d->count > ELEMENTS_MAX) {
            d->full = true;
            (void) es_error_set(&err, ES_E_LIMIT, "more than %d elements", ELEMENTS_MAX);
            put_failure(d, &err, at);
        } else if (es_der_next(&in, &item, &err) != ES_OK) {
            put_failure(d, &err, at);
            return;
        } else {
            dump_item(d, &item, depth);
        }
    }
}

void inspect_asn1(struct inspect *in, struct es_span der)
{
    struct dump d = {.t = &in->tree, .start = der.ptr};

    tree_begin_list(&in->tree, W_ASN1, TREE_ALL);
    dump_all(&d, der, 0);
    tree_end(&in->tree);
}
