/*
 * What to do next, by the leading code. One advice a report: a person does one thing at a time.
 */
#include "report_parts.h"

enum advice {
    ADVICE_ORIGINAL,
    ADVICE_FORGED,
    ADVICE_NOT_IN_FORCE,
    ADVICE_TRUST,
    ADVICE_REVOCATION,
    ADVICE_STATE,
    ADVICE_PROOF,
    ADVICE_WHOLE,
    ADVICE_NO_SEAL,
    ADVICE_NO_DOCUMENT,
    ADVICE_PDF,
    ADVICE_ENCRYPTED,
    ADVICE_ALGORITHM,
    ADVICE_INTERNAL,
    ADVICE_CLOCK,
    ADVICE_LIMIT,
    ADVICE_MISSING_PART,
    ADVICE_OTHER
};

static const char *const texts[][2] = {
    [ADVICE_ORIGINAL] = {"ask the sender for the sealed original, not a copy that was edited, "
                         "converted or saved again",
                         "请向发件人索取盖章后的原始文件，不要使用编辑、转换或另存过的文件"},
    [ADVICE_FORGED] =
        {"may be forged: do not rely on it; ask the unit named in the seal, by a "
         "number you know and not one from this file",
         "可能系伪造，请勿采信；请按自己掌握的电话（不用文件中的）与印章所属单位核实"},
    [ADVICE_NOT_IN_FORCE] = {"do not rely on it; ask the unit to seal the document again with a "
                             "seal in force",
                             "请勿采信；请盖章单位用有效的印章重新盖章"},
    [ADVICE_TRUST] = {"get the issuer's certificate from the issuer itself (never from the sender "
                      "or this file), put it into a folder and verify again with --trust FOLDER",
                      "请直接从签发机构取得其证书（不要用发件人或本文件提供的），放入信任文件夹后"
                      "加 --trust 文件夹 再次验证"},
    [ADVICE_REVOCATION] =
        {"get the authority's newest revocation list (CRL), put it into the "
         "folder of trust under crls and verify again",
         "请从认证机构下载最新的吊销列表（CRL)，放入信任文件夹的 crls 目录后再次验证"},
    [ADVICE_STATE] = {"ask the body that issued the seal for its state, or verify again with a "
                      "source of seal states",
                      "请向印章制发部门查询印章状态，或提供状态来源后再次验证"},
    [ADVICE_PROOF] = {"ask the unit that sealed it for proof of the time of sealing, or have it "
                      "sealed again",
                      "请向盖章单位索取签章时间的证明，或请其重新盖章"},
    [ADVICE_WHOLE] = {"part of what is shown is not covered by the seal: do not rely on that part; "
                      "ask for a file sealed as a whole",
                      "有部分可见内容不在签章保护之内，该部分不能采信；请索取整份盖章的文件"},
    [ADVICE_NO_SEAL] = {"ask the sender for the sealed file; a scan, a printout or a picture of a "
                        "seal has no effect",
                        "请向发件人索取已盖电子印章的文件；扫描件、打印件或印章图片没有签章效力"},
    [ADVICE_NO_DOCUMENT] =
        {"check that this is the right file: this version verifies OFD documents",
         "请确认是否选对文件：本版本验证 OFD 文件"},
    [ADVICE_PDF] = {"this version does not verify PDF documents yet; use another verifier for this "
                    "file",
                    "本版本尚不能验证 PDF 文件；请用其他验章软件验证"},
    [ADVICE_ENCRYPTED] = {"ask the sender for the file without encryption",
                          "请向发件人索取未加密的文件"},
    [ADVICE_ALGORITHM] = {"ask the unit to seal the document again with approved algorithms "
                          "(SM2, SM3)",
                          "请盖章单位改用国家密码算法（SM2、SM3）重新盖章"},
    [ADVICE_INTERNAL] = {"this seal counts within its unit only; ask for the document under the "
                         "unit's official seal",
                         "该印章仅在单位内部有效；请索取加盖单位公章的文件"},
    [ADVICE_CLOCK] = {"set this computer's clock right and verify again",
                      "请校准本机时间后再次验证"},
    [ADVICE_LIMIT] = {"the file asks for more than the limits allow; if you trust the sender, "
                      "verify again with larger limits",
                      "文件超出处理上限；如确认来源可靠，可提高上限后再次验证"},
    [ADVICE_MISSING_PART] = {"ask the sender for the complete sealed file",
                             "请向发件人索取完整的盖章文件"},
    [ADVICE_OTHER] = {"do not rely on the seal before this is cleared up with the sender",
                      "在与发件人核实清楚之前，请勿采信该签章"},
};

struct rule {
    enum es_code code;
    enum advice advice;
};

/* Codes not listed: by their group, see advice_of. */
static const struct rule rules[] = {
    {ES_V_FORMAT_UNKNOWN, ADVICE_NO_DOCUMENT},
    {ES_V_NO_SIGNATURE, ADVICE_NO_SEAL},
    {ES_V_COPY_NO_EFFECT, ADVICE_NO_SEAL},
    {ES_V_CONTAINER_UNSUPPORTED, ADVICE_ENCRYPTED},
    {ES_V_PDF_ENCRYPTED, ADVICE_ENCRYPTED},
    {ES_V_LEGACY_FORM, ADVICE_NOT_IN_FORCE},
    {ES_V_VERSION_UNKNOWN, ADVICE_OTHER},
    {ES_V_RANGE_ENTRY_UNPROTECTED, ADVICE_WHOLE},
    {ES_V_RANGE_ENTRY_EXTRA, ADVICE_WHOLE},
    {ES_V_RANGE_ENTRY_POINT_OPEN, ADVICE_WHOLE},
    {ES_V_RANGE_EXTERNAL_RESOURCE, ADVICE_WHOLE},
    {ES_V_RANGE_ANNOTATION_OPEN, ADVICE_WHOLE},
    {ES_V_RANGE_OTHER_DOCUMENT, ADVICE_WHOLE},
    {ES_V_RANGE_VERSION_OVERRIDE, ADVICE_WHOLE},
    {ES_V_SIGNATURE_MISSING_PART, ADVICE_MISSING_PART},
    {ES_V_SIGNER_CERT_MISSING, ADVICE_MISSING_PART},
    {ES_V_MAKER_CERT_MISSING, ADVICE_TRUST},
    {ES_V_MAKER_UNTRUSTED, ADVICE_TRUST},
    {ES_V_CERT_CHAIN_INCOMPLETE, ADVICE_TRUST},
    {ES_V_CERT_ROOT_UNTRUSTED, ADVICE_TRUST},
    {ES_V_ALGORITHM_UNSUPPORTED, ADVICE_ALGORITHM},
    {ES_V_DIGEST_WEAK, ADVICE_ALGORITHM},
    {ES_V_SIGNATURE_ALGORITHM_WEAK, ADVICE_ALGORITHM},
    {ES_V_ALGORITHM_NOT_APPROVED, ADVICE_ALGORITHM},
    {ES_V_ALGORITHM_MISMATCH, ADVICE_FORGED},
    {ES_V_SIGNATURE_DUPLICATED, ADVICE_FORGED},
    {ES_V_INTERNAL_ONLY, ADVICE_INTERNAL},
    {ES_V_SIGNER_NOT_IN_SEAL, ADVICE_FORGED},
    {ES_V_SEAL_SIGNATURE_INVALID, ADVICE_FORGED},
    {ES_V_SEAL_COPY_MISMATCH, ADVICE_FORGED},
    {ES_V_MAKER_BLOCKED, ADVICE_FORGED},
    {ES_V_MAKER_OUT_OF_SCOPE, ADVICE_FORGED},
    {ES_V_STAMP_IMAGE_MISMATCH, ADVICE_FORGED},
    {ES_V_CERT_SIGNATURE_INVALID, ADVICE_FORGED},
    {ES_V_CERT_CONSTRAINTS, ADVICE_FORGED},
    {ES_V_CERT_KEY_USAGE, ADVICE_FORGED},
    {ES_V_CERT_EXPLICIT_CURVE, ADVICE_FORGED},
    {ES_V_USE_RECORD_MISMATCH, ADVICE_FORGED},
    {ES_V_REVOCATION_UNAVAILABLE, ADVICE_REVOCATION},
    {ES_V_REVOCATION_STALE, ADVICE_REVOCATION},
    {ES_V_REVOCATION_UNTRUSTED, ADVICE_REVOCATION},
    {ES_V_SEAL_EXPIRED_NO_POE, ADVICE_PROOF},
    {ES_V_CERT_EXPIRED_NO_POE, ADVICE_PROOF},
    {ES_V_CERT_REVOKED_NO_POE, ADVICE_PROOF},
    {ES_V_CA_REVOKED_NO_POE, ADVICE_PROOF},
    {ES_V_SEAL_STATE_NO_POE, ADVICE_PROOF},
    {ES_V_TIME_CLAIMED_ONLY, ADVICE_PROOF},
    {ES_V_TIME_STAMP_IGNORED, ADVICE_PROOF},
    {ES_V_TIME_IN_FUTURE, ADVICE_NOT_IN_FORCE},
    {ES_V_TIME_ORDER_VIOLATION, ADVICE_FORGED},
    {ES_V_CLOCK_UNRELIABLE, ADVICE_CLOCK},
    {ES_V_SEAL_STATE_UNKNOWN, ADVICE_STATE},
    {ES_V_SEAL_STATE_UNAVAILABLE, ADVICE_STATE},
    {ES_V_SEAL_STATE_STALE, ADVICE_STATE},
    {ES_V_STATUS_PROOF_INVALID, ADVICE_STATE},
    {ES_V_STATUS_LOG_FORK, ADVICE_STATE},
    {ES_V_STATUS_UNWITNESSED, ADVICE_STATE},
    {ES_V_STATUS_SOURCES_DISAGREE, ADVICE_STATE},
    {ES_V_SEAL_NOT_YET_VALID, ADVICE_NOT_IN_FORCE},
    {ES_V_SEAL_EXPIRED_AT_SIGNING, ADVICE_NOT_IN_FORCE},
    {ES_V_CERT_NOT_YET_VALID_AT_SIGNING, ADVICE_NOT_IN_FORCE},
    {ES_V_CERT_EXPIRED_AT_SIGNING, ADVICE_NOT_IN_FORCE},
    {ES_V_CERT_REVOKED_AT_SIGNING, ADVICE_NOT_IN_FORCE},
    {ES_V_SEAL_SUSPENDED_AT_SIGNING, ADVICE_NOT_IN_FORCE},
    {ES_V_SEAL_CANCELLED_AT_SIGNING, ADVICE_NOT_IN_FORCE},
    {ES_V_SEAL_SUPERSEDED_AT_SIGNING, ADVICE_NOT_IN_FORCE},
    {ES_V_SEAL_NOT_ACTIVE_AT_SIGNING, ADVICE_NOT_IN_FORCE},
    {ES_V_SEAL_INVALIDATED, ADVICE_NOT_IN_FORCE},
    {ES_V_LIMIT_EXCEEDED, ADVICE_LIMIT},
    {ES_V_PAGE_COUNT_CHANGED, ADVICE_ORIGINAL},
};

static enum advice advice_of(const struct es_report *report, enum es_code code)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].code == code)
            return rules[i].advice;
    }
    /* What else makes invalid up to the signature's own codes is a file other than the sealed. */
    if (es_policy_effect(report->policy, code) == ES_EFFECT_INVALID &&
        code <= ES_V_SIGNED_ATTRIBUTES_INVALID)
        return ADVICE_ORIGINAL;
    return ADVICE_OTHER;
}

const char *es_report_advice(const struct es_report *report, bool zh)
{
    const struct es_finding *lead = es_report_lead(report);

    if (report->outcome == ES_OUTCOME_VALID)
        return NULL;
    if (strcmp(report->type, "pdf") == 0 && report->signature_count == 0)
        return texts[ADVICE_PDF][zh];
    return texts[lead == NULL ? ADVICE_OTHER : advice_of(report, lead->code)][zh];
}
