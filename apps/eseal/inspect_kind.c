/*
 * What a file is, told by the shape of its outer elements, so that a damaged one is still shown as
 * what it was meant to be. Lengths may be BER here: only tags and order are looked at.
 */
#include "inspect.h"

static const struct {
    const char *en, *zh;
} names[] = {
    [INSPECT_UNKNOWN] = {"unknown", "未知"},
    [INSPECT_OFD] = {"OFD document", "OFD 文档"},
    [INSPECT_SEAL] = {"seal", "电子印章"},
    [INSPECT_SIGNATURE] = {"seal signature", "电子签章数据"},
    [INSPECT_CMS] = {"SignedData", "签名数据 SignedData"},
    [INSPECT_BARE_SM2] = {"bare SM2 signature value", "SM2 签名值"},
    [INSPECT_CERT] = {"certificate", "证书"},
    [INSPECT_CRL] = {"certificate revocation list", "证书吊销列表"},
    [INSPECT_CSR] = {"certificate request", "证书请求"},
    [INSPECT_TIME_STAMP_REQUEST] = {"time-stamp request", "时间戳请求"},
    [INSPECT_TIME_STAMP_RESPONSE] = {"time-stamp response", "时间戳响应"},
    [INSPECT_PRIVATE_KEY] = {"private key", "私钥"},
    [INSPECT_ASN1] = {"ASN.1", "ASN.1"},
};

void inspect_put_kind(struct inspect *in, enum inspect_kind kind)
{
    tree_put_choice(&in->tree, W_KIND, names[kind].en, names[kind].zh);
}

/* Head of the next element: moves in to its content, or behind it when skip. 0: no element. */
static uint8_t step(struct es_span *in, bool skip)
{
    struct es_span rest = *in;
    size_t head = 2, len;
    uint8_t tag;

    if (rest.len < 2)
        return 0;
    tag = rest.ptr[0];
    len = rest.ptr[1];
    if (len > 0x80) {
        size_t count = len & 0x7f;

        if (count > 4 || rest.len < 2 + count)
            return 0;
        len = 0;
        for (size_t i = 0; i < count; i++)
            len = len << 8 | rest.ptr[2 + i];
        head += count;
    } else if (len == 0x80 && skip) {
        return 0; /* where it ends is not told here */
    }
    *in = es_span_sub(rest, skip ? head + len : head, rest.len);
    return tag;
}

#define SHAPE_MAX 6

/* Tags of the first elements of a content, without looking into them. */
struct shape {
    uint8_t tags[SHAPE_MAX];
};

static struct shape shape_of(struct es_span content)
{
    struct shape shape = {{0}};

    for (size_t i = 0; i < SHAPE_MAX; i++) {
        shape.tags[i] = content.len == 0 ? 0 : content.ptr[0];
        if (step(&content, true) == 0)
            break;
    }
    return shape;
}

static bool is_time(uint8_t tag)
{
    return tag == ES_DER_UTC_TIME || tag == ES_DER_GENERALIZED_TIME;
}

/* PKCS#8 (version, algorithm, octets), PKCS#8 encrypted, SEC1 (version 1, octets), RSA. */
static bool is_private_key(const struct shape *s, struct es_span content)
{
    size_t integers = 0;

    while (integers < SHAPE_MAX && s->tags[integers] == ES_DER_INTEGER)
        integers++;
    if (integers == SHAPE_MAX)
        return true;
    if (integers == 1 && s->tags[1] == ES_DER_OCTET_STRING)
        return true;
    if (integers == 1 && s->tags[1] == ES_DER_SEQUENCE && s->tags[2] == ES_DER_OCTET_STRING)
        return true;
    return s->tags[0] == ES_DER_SEQUENCE && s->tags[1] == ES_DER_OCTET_STRING && s->tags[2] == 0 &&
           step(&content, false) == ES_DER_SEQUENCE && content.len > 0 &&
           content.ptr[0] == ES_DER_OID;
}

/* A SEQUENCE whose first element is a SEQUENCE: signed things, by what is signed. */
static enum inspect_kind kind_of_signed(struct es_span content)
{
    struct es_span tbs = content;
    struct shape s;

    (void) step(&tbs, false);
    s = shape_of(tbs);
    if (s.tags[0] == ES_DER_SEQUENCE) {
        struct es_span header = tbs;

        (void) step(&header, false);
        if (header.len > 0 && header.ptr[0] == ES_DER_IA5_STRING)
            return INSPECT_SEAL; /* SES_Header: ID "ES" */
    }
    if (s.tags[0] == ES_DER_CONTEXT(0))
        return INSPECT_CERT;
    if (s.tags[0] == ES_DER_SEQUENCE && is_time(s.tags[2]))
        return INSPECT_CRL;
    if (s.tags[0] == ES_DER_INTEGER && s.tags[1] == ES_DER_SEQUENCE) {
        if (is_time(s.tags[3]))
            return INSPECT_CRL;
        if (s.tags[2] == ES_DER_SEQUENCE && s.tags[3] == ES_DER_SEQUENCE &&
            s.tags[4] == ES_DER_SEQUENCE && s.tags[5] == ES_DER_SEQUENCE)
            return INSPECT_CERT; /* version 1 */
        if (s.tags[2] == ES_DER_SEQUENCE && (s.tags[3] == ES_DER_CONTEXT(0) || s.tags[3] == 0))
            return INSPECT_CSR;
        return INSPECT_SIGNATURE; /* version, seal, timeInfo, … */
    }
    return INSPECT_UNKNOWN;
}

static bool is_response(struct es_span content)
{
    uint8_t tag = step(&content, false);

    return tag == ES_DER_SEQUENCE && content.len > 0 && content.ptr[0] == ES_DER_INTEGER;
}

static bool begins_with_oid(struct es_span content)
{
    return step(&content, false) == ES_DER_SEQUENCE && content.len > 0 &&
           content.ptr[0] == ES_DER_OID;
}

static enum inspect_kind kind_of_sequence(struct es_span bytes)
{
    struct es_span content = bytes;
    enum inspect_kind kind = INSPECT_UNKNOWN;
    struct shape s;

    (void) step(&content, false);
    s = shape_of(content);
    if (s.tags[0] == ES_DER_OID)
        return INSPECT_CMS;
    if (s.tags[0] == ES_DER_INTEGER && s.tags[1] == ES_DER_INTEGER && s.tags[2] == 0)
        return INSPECT_BARE_SM2;
    if (is_private_key(&s, content))
        return INSPECT_PRIVATE_KEY;
    if (s.tags[0] == ES_DER_INTEGER && s.tags[1] == ES_DER_SEQUENCE)
        return INSPECT_TIME_STAMP_REQUEST;
    if (s.tags[0] == ES_DER_SEQUENCE && !begins_with_oid(content))
        kind = kind_of_signed(content);
    if ((kind == INSPECT_UNKNOWN || kind == INSPECT_SIGNATURE) && is_response(content) &&
        (s.tags[1] == 0 || (s.tags[1] == ES_DER_SEQUENCE && s.tags[2] == 0)))
        kind = INSPECT_TIME_STAMP_RESPONSE;
    return kind == INSPECT_UNKNOWN ? INSPECT_ASN1 : kind;
}

enum inspect_kind inspect_kind_of(struct es_span bytes)
{
    if (es_span_starts(bytes, "PK\003\004") || es_span_starts(bytes, "PK\005\006"))
        return INSPECT_OFD;
    if (bytes.len >= 2 && bytes.ptr[0] == ES_DER_SEQUENCE)
        return kind_of_sequence(bytes);
    return bytes.len == ES_SM2_RAW_LEN ? INSPECT_BARE_SM2 : INSPECT_UNKNOWN;
}
