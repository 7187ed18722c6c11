/*
 * BER to DER where only lengths differ. One pass over the input, at most ES_DER_DEPTH_MAX levels
 * deep; every content byte is moved at most once a level, so work is linear in the input.
 */
#include "der_internal.h"

struct walk {
    struct es_buf *out;
    unsigned forms; /* ES_BER_… seen so far */
    struct es_error *err;
};

static es_status copy_element(struct walk *walk, struct es_span *in, unsigned depth);

/* Read a head and note in which way it is not DER. */
static es_status read_head(struct walk *walk, struct es_span in, struct der_head *head)
{
    ES_TRY(der_read_head(in, head, walk->err));
    if (head->len == DER_LENGTH_INDEFINITE)
        walk->forms |= ES_BER_INDEFINITE;
    else if (!head->minimal)
        walk->forms |= ES_BER_LONG_LENGTH;
    return ES_OK;
}

static void skip(struct es_span *in, size_t len)
{
    *in = es_span_of(in->ptr + len, in->len - len);
}

static bool at_end_of_contents(struct es_span in)
{
    return in.len >= 2 && in.ptr[0] == 0 && in.ptr[1] == 0;
}

/*
 * Split *in into the content of an element whose head was read. For indefinite lengths the end is
 * not known yet: the content is then all that is left, and end_contents consumes the 00 00.
 */
static struct es_span open_content(struct es_span *in, const struct der_head *head)
{
    struct es_span content;

    skip(in, head->head_len);
    if (head->len == DER_LENGTH_INDEFINITE)
        return *in;
    content = es_span_of(in->ptr, head->len);
    skip(in, head->len);
    return content;
}

/* Is another element to come? At the end of an indefinite content *in moves behind it. */
static es_status more_content(const struct der_head *head, struct es_span *content,
                              struct es_span *in, bool *more, struct es_error *err)
{
    if (head->len != DER_LENGTH_INDEFINITE) {
        *more = content->len > 0;
        return ES_OK;
    }
    ES_ENSURE(content->len >= 2, err, ES_E_FORMAT, "input ends inside an indefinite length");
    *more = !at_end_of_contents(*content);
    if (!*more) {
        skip(content, 2);
        *in = *content;
    }
    return ES_OK;
}

static es_status copy_children(struct walk *walk, struct es_span *in, const struct der_head *head,
                               unsigned depth)
{
    struct es_span content = open_content(in, head);
    size_t mark = es_der_begin(walk->out, head->tag);
    bool more;

    for (;;) {
        ES_TRY(more_content(head, &content, in, &more, walk->err));
        if (!more)
            break;
        ES_TRY(copy_element(walk, &content, depth + 1));
    }
    es_der_end(walk->out, mark);
    return es_buf_check(walk->out, walk->err);
}

/* Pieces of a string so far: for BIT STRING the unused bits of the last piece. */
struct pieces {
    uint8_t number; /* universal tag number of the whole */
    uint8_t unused;
};

static es_status copy_piece(struct walk *walk, struct pieces *pieces, struct es_span value)
{
    if (pieces->number == ES_DER_BIT_STRING) {
        ES_ENSURE(value.len > 0 && value.ptr[0] <= 7 && (value.len > 1 || value.ptr[0] == 0),
                  walk->err, ES_E_FORMAT, "BIT STRING is malformed");
        ES_ENSURE(pieces->unused == 0, walk->err, ES_E_FORMAT,
                  "unused bits inside a BIT STRING in pieces");
        pieces->unused = value.ptr[0];
        skip(&value, 1);
    }
    es_buf_put_span(walk->out, value);
    return es_buf_check(walk->out, walk->err);
}

/* X.690 8.6.4, 8.7.3, 8.23.6: pieces carry the tag of the whole or, for character strings, 04. */
static es_status join_pieces(struct walk *walk, struct es_span *in, const struct der_head *head,
                             struct pieces *pieces, unsigned depth)
{
    struct es_span content = open_content(in, head);
    bool more;

    ES_ENSURE(depth < ES_DER_DEPTH_MAX, walk->err, ES_E_LIMIT, "more than %d levels",
              ES_DER_DEPTH_MAX);
    for (;;) {
        struct der_head piece;
        uint8_t number;

        ES_TRY(more_content(head, &content, in, &more, walk->err));
        if (!more)
            return ES_OK;
        ES_TRY(read_head(walk, content, &piece));
        number = piece.tag & (uint8_t) ~DER_CONSTRUCTED;
        ES_ENSURE(number == pieces->number ||
                      (number == ES_DER_OCTET_STRING && pieces->number != ES_DER_BIT_STRING),
                  walk->err, ES_E_FORMAT, "tag %02x inside a string", piece.tag);
        if ((piece.tag & DER_CONSTRUCTED) != 0) {
            ES_TRY(join_pieces(walk, &content, &piece, pieces, depth + 1));
            continue;
        }
        ES_ENSURE(piece.len != DER_LENGTH_INDEFINITE, walk->err, ES_E_FORMAT,
                  "primitive element of indefinite length");
        ES_TRY(copy_piece(walk, pieces, open_content(&content, &piece)));
    }
}

static es_status copy_string(struct walk *walk, struct es_span *in, const struct der_head *head,
                             unsigned depth)
{
    struct pieces pieces = {.number = head->tag & (uint8_t) ~DER_CONSTRUCTED};
    size_t mark = es_der_begin(walk->out, pieces.number);
    bool bits = pieces.number == ES_DER_BIT_STRING;

    walk->forms |= ES_BER_PIECES;
    if (bits)
        es_buf_put_byte(walk->out, 0);
    ES_TRY(join_pieces(walk, in, head, &pieces, depth));
    ES_TRY(es_buf_check(walk->out, walk->err));
    if (bits)
        walk->out->ptr[mark] = pieces.unused;
    es_der_end(walk->out, mark);
    return es_buf_check(walk->out, walk->err);
}

static es_status copy_element(struct walk *walk, struct es_span *in, unsigned depth)
{
    struct der_head head;
    bool constructed;

    ES_ENSURE(depth < ES_DER_DEPTH_MAX, walk->err, ES_E_LIMIT, "more than %d levels",
              ES_DER_DEPTH_MAX);
    ES_TRY(read_head(walk, *in, &head));
    constructed = (head.tag & DER_CONSTRUCTED) != 0;
    if (der_is_universal(head.tag)) {
        enum der_shape shape = der_shape_of(head.tag);

        ES_ENSURE(shape == DER_SHAPE_STRING || constructed == (shape == DER_SHAPE_CONSTRUCTED),
                  walk->err, ES_E_FORMAT, "tag %02x has the wrong shape", head.tag);
        if (constructed && shape == DER_SHAPE_STRING)
            return copy_string(walk, in, &head, depth);
    }
    if (constructed)
        return copy_children(walk, in, &head, depth);
    ES_ENSURE(head.len != DER_LENGTH_INDEFINITE, walk->err, ES_E_FORMAT,
              "primitive element of indefinite length");
    es_der_put(walk->out, head.tag, open_content(in, &head));
    return es_buf_check(walk->out, walk->err);
}

es_status es_ber_to_der_forms(struct es_span in, struct es_buf *out, unsigned *forms,
                              size_t *surplus, struct es_error *err)
{
    struct walk walk = {.out = out, .err = err};
    struct es_span rest = in;
    size_t start = out->len;
    es_status status = copy_element(&walk, &rest, 0);

    if (status != ES_OK) {
        if (out->failed == ES_OK)
            out->len = start;
        return status;
    }
    *forms = walk.forms;
    if (surplus != NULL)
        *surplus = rest.len;
    return ES_OK;
}

es_status es_ber_to_der(struct es_span in, struct es_buf *out, bool *changed, size_t *surplus,
                        struct es_error *err)
{
    unsigned forms;

    ES_TRY(es_ber_to_der_forms(in, out, &forms, surplus, err));
    *changed = forms != 0;
    return ES_OK;
}
