/*
 * Facts about codes, checks, outcomes and results: the tables of codes.def and the words for the
 * enumerations of es_verdict.h. All data here is constant.
 */
#include "es_verdict.h"

#define EFFECT_I ES_EFFECT_INVALID
#define EFFECT_N ES_EFFECT_INDETERMINATE
#define EFFECT_W ES_EFFECT_WARNING
#define EFFECT__ ES_EFFECT_NOTE

static const struct es_code_info code_table[] = {
#define ES_CODE(symbol, number, name, standard, assured, strict, text_zh, text_en)                 \
    {.code = (symbol),                                                                             \
     .id = (name),                                                                                 \
     .effect = {EFFECT_##standard, EFFECT_##assured, EFFECT_##strict},                             \
     .zh = (text_zh),                                                                              \
     .en = (text_en)},
#include "codes.def"
#undef ES_CODE
};

enum code_row {
#define ES_CODE(symbol, number, name, standard, assured, strict, text_zh, text_en) ROW_##symbol,
#include "codes.def"
#undef ES_CODE
    ROW_COUNT
};

/* By the low byte of the number: row + 1. A number used twice does not compile (-Woverride-init).
 */
static const uint8_t row_by_number[256] = {
#define ES_CODE(symbol, number, name, standard, assured, strict, text_zh, text_en)                 \
    [(number) -0x2800] = ROW_##symbol + 1,
#include "codes.def"
#undef ES_CODE
};

_Static_assert(ROW_COUNT < 255, "rows fit the index");

static const char *const check_names[ES_CHECK_COUNT] = {
    [ES_CHECK_FORMAT] = "format",
    [ES_CHECK_PROTECTION_RANGE] = "protection_range",
    [ES_CHECK_DOCUMENT_INTEGRITY] = "document_integrity",
    [ES_CHECK_SIGNATURE] = "signature",
    [ES_CHECK_SIGNER_IN_SEAL] = "signer_in_seal",
    [ES_CHECK_SEAL_SIGNATURE] = "seal_signature",
    [ES_CHECK_MAKER_TRUSTED] = "maker_trusted",
    [ES_CHECK_MAKER_CERT_CHAIN] = "maker_cert_chain",
    [ES_CHECK_SIGNER_CERT_CHAIN] = "signer_cert_chain",
    [ES_CHECK_SIGNER_CERT_TIME] = "signer_cert_time",
    [ES_CHECK_SIGNER_CERT_REVOCATION] = "signer_cert_revocation",
    [ES_CHECK_TIME_STAMP] = "time_stamp",
    [ES_CHECK_SEAL_VALIDITY_AT_SIGNING] = "seal_validity_at_signing",
    [ES_CHECK_SEAL_STATE_AT_SIGNING] = "seal_state_at_signing",
    [ES_CHECK_USE_RECORD] = "use_record",
    [ES_CHECK_PRESENTATION] = "presentation",
};

static const char *const check_texts[ES_CHECK_COUNT][2] = {
    [ES_CHECK_FORMAT] = {"file structure", "文件结构"},
    [ES_CHECK_PROTECTION_RANGE] = {"what the seal covers", "签章保护范围"},
    [ES_CHECK_DOCUMENT_INTEGRITY] = {"document content unchanged", "文件内容完整"},
    [ES_CHECK_SIGNATURE] = {"signature value", "签章签名值"},
    [ES_CHECK_SIGNER_IN_SEAL] = {"signer is entitled to the seal", "签章人在印章授权名单内"},
    [ES_CHECK_SEAL_SIGNATURE] = {"seal unaltered", "印章未被篡改"},
    [ES_CHECK_MAKER_TRUSTED] = {"seal maker on the trust list", "制章者在信任名单内"},
    [ES_CHECK_MAKER_CERT_CHAIN] = {"seal maker's certificate", "制章者证书"},
    [ES_CHECK_SIGNER_CERT_CHAIN] = {"signer's certificate: issuer", "签章人证书签发机构"},
    [ES_CHECK_SIGNER_CERT_TIME] = {"signer's certificate: dates", "签章人证书有效期"},
    [ES_CHECK_SIGNER_CERT_REVOCATION] = {"signer's certificate: revocation", "签章人证书吊销状态"},
    [ES_CHECK_TIME_STAMP] = {"time stamp", "时间戳"},
    [ES_CHECK_SEAL_VALIDITY_AT_SIGNING] = {"seal's dates when sealing", "签章时印章在有效期内"},
    [ES_CHECK_SEAL_STATE_AT_SIGNING] = {"seal's state when sealing", "签章时印章状态"},
    [ES_CHECK_USE_RECORD] = {"record of use", "用印记录"},
    [ES_CHECK_PRESENTATION] = {"stamp as shown", "印章显示"},
};

const struct es_code_info *es_code_info(enum es_code code)
{
    size_t row = es_code_row(code);

    return row < ROW_COUNT ? &code_table[row] : NULL;
}

const struct es_code_info *es_code_by_id(const char *id)
{
    for (size_t i = 0; id != NULL && i < ROW_COUNT; i++) {
        if (strcmp(code_table[i].id, id) == 0)
            return &code_table[i];
    }
    return NULL;
}

size_t es_code_count(void)
{
    return ROW_COUNT;
}

const struct es_code_info *es_code_at(size_t row)
{
    return row < ROW_COUNT ? &code_table[row] : NULL;
}

size_t es_code_row(enum es_code code)
{
    unsigned number = (unsigned) code;

    if (number < 0x2800 || number > 0x28FF || row_by_number[number - 0x2800] == 0)
        return ROW_COUNT;
    return (size_t) row_by_number[number - 0x2800] - 1;
}

struct es_span es_code_placeholder(const struct es_code_info *info, size_t index)
{
    struct es_span rest = es_span_str(info->en);

    for (;;) {
        size_t open = es_span_find(rest, '{');
        struct es_span inner = es_span_sub(rest, open + 1, SIZE_MAX);
        size_t close = es_span_find(inner, '}');

        if (open == rest.len || close == inner.len)
            return es_span_of(NULL, 0);
        if (index-- == 0)
            return es_span_sub(inner, 0, close);
        rest = es_span_sub(inner, close + 1, SIZE_MAX);
    }
}

const char *es_check_name(enum es_check check)
{
    return (unsigned) check < ES_CHECK_COUNT ? check_names[check] : "unknown";
}

const char *es_check_text(enum es_check check, bool zh)
{
    if ((unsigned) check >= ES_CHECK_COUNT)
        return zh ? "未知检查" : "unknown check";
    return check_texts[check][zh];
}

const char *es_outcome_name(enum es_outcome outcome)
{
    static const char *const names[] = {"unknown", "valid", "invalid", "indeterminate"};

    return (unsigned) outcome < 4 ? names[outcome] : names[0];
}

const char *es_result_name(enum es_result result)
{
    static const char *const names[] = {"unknown", "pass", "fail", "skipped"};

    return (unsigned) result < 4 ? names[result] : names[0];
}
