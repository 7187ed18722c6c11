/* The table of parameters and the words their values are made of, in both languages. */
#include "es_profile.h"

/* clang-format off */
#define END {NULL, NULL, NULL}

static const struct es_profile_word class_words[] = {
    {"official", "official seals", "电子公章"},
    {"duty", "duty seals", "电子职务章"},
    {"personal", "personal seals", "电子私章(个人电子签名)"},
    {"internal", "internal-only seals", "仅用于内部业务的印章"}, END};
static const struct es_profile_word personal_words[] = {
    {"personal_seal", "personal name seals", "电子私章"},
    {"personal_signature", "personal signatures", "个人电子签名"}, END};
static const struct es_profile_word route_words[] = {
    {"issuing_then_making", "issuing department, then making unit", "制发部门,再至制作管理单位"},
    {"issuing_department", "issuing department", "制发单位"},
    {"service_body", "service body", "电子印章服务机构"}, END};
static const struct es_profile_word material_words[] = {
    {"unit_identity", "identity of the unit", "单位身份证明"},
    {"handler_identity", "identity of the handler", "经办人身份证明"},
    {"holder_identity", "identity of the holder", "持有人身份证明"},
    {"relevant_proofs", "relevant proofs", "相关证明材料"},
    {"application_approval", "proof that the application passed", "申请通过的证明材料"},
    {"founding_document", "founding document or registration certificate",
     "设立批准文件或者登记证件"},
    {"making_data", "data for making", "制作印章的数据和信息"},
    {"set_by_making_unit", "other materials set by the making unit", "制作管理单位规定的其他材料"},
    END};
static const struct es_profile_word imprint_words[] = {
    {"rules", "imprint rules", "印模规制"},
    {"rules_and_sharing", "imprint rules and data sharing", "印模规制与数据共享"},
    {"police_filing", "equal to the filing with the police", "与公安机关备案印模一致"},
    {"police_then_applicant", "police system, then applicant", "公安系统获取,无法获取的由申请人提供"},
    END};
static const struct es_profile_word link_words[] = {
    {"none", "none", "无"},
    {"province", "province's system", "省统一系统"},
    {"national", "national platform", "国家政务服务平台"},
    {"status_sharing", "sharing of status information", "状态信息共享"}, END};
static const struct es_profile_word validity_words[] = {
    {"within", "ends no later than the certificate", "不超过证书有效期"},
    {"equal", "equals the certificate's", "与证书有效期一致"}, END};
static const struct es_profile_word channel_words[] = {
    {"online", "online", "在线"},
    {"body", "at the service body", "至服务机构"}, END};
static const struct es_profile_word reason_words[] = {
    {"org_renamed", "unit changed or renamed", "单位变更、名称变更"},
    {"legal_rep_changed", "legal representative or operator changed", "法定代表人或经营者变更"},
    {"holder_renamed", "holder renamed", "持有人姓名变更"},
    {"physical_seal_changed", "physical seal changed", "实物印章变更"},
    {"seal_damaged", "seal damaged", "印章损坏"},
    {"device_damaged", "device damaged", "载体损坏"},
    {"lost", "lost", "遗失"},
    {"key_compromise", "key compromised", "签名制作数据失密"},
    {"validity_ended", "validity ended", "有效期届满"}, END};
static const struct es_profile_word cancel_words[] = {
    {"written_application", "written application", "书面申请"},
    {"identity_proof", "proof of identity", "身份证明材料"},
    {"set_by_making_unit", "as the making unit sets", "按制作管理单位要求"}, END};
static const struct es_profile_word decider_words[] = {
    {"issuing_department", "issuing department", "制发部门(单位)"},
    {"service_body", "service body", "电子印章服务机构"}, END};
static const struct es_profile_word notice_words[] = {
    {"none", "nothing", "无"},
    {"query_service", "query service", "状态查询服务"},
    {"public_notice", "public notice", "向社会公示"}, END};
static const struct es_profile_word approver_words[] = {
    {"competent_department", "competent department", "综合管理部门"},
    {"police", "police", "公安机关"}, END};
static const struct es_profile_word approval_words[] = {
    {"by_law_and_rules", "by law and the unit's rules", "依法依规章制度"},
    {"as_physical", "as for the physical seal", "与实物印章一致"}, END};
static const struct es_profile_word log_words[] = {
    {"date", "date", "用印日期"},
    {"matter", "matter", "用印事由"},
    {"approver", "approver", "批准人"},
    {"count", "number of imprints", "用印数"},
    {"approval", "approval", "审批手续"},
    {"record", "record of use", "用章记录"},
    {"registration", "registration by the holder", "使用登记"},
    {"process_information", "information of the signing process", "签章过程信息"}, END};
static const struct es_profile_word custodian_words[] = {
    {"owner_decides", "the owner decides", "所有者自定"},
    {"named", "a named person", "指定保管人"},
    {"confidential_secretary", "a confidential secretary", "原则上为机要人员"}, END};
static const struct es_profile_word mode_words[] = {
    {"decentralised", "decentralised", "分散式"},
    {"centralised", "centralised", "集中式"}, END};
static const struct es_profile_word retention_words[] = {
    {"long_term", "for a long term", "长期"},
    {"forever", "for ever", "永久"}, END};
static const struct es_profile_word split_words[] = {
    {"not_required", "not required", "不要求"},
    {"encouraged", "encouraged", "鼓励"},
    {"required", "required", "要求"}, END};
static const struct es_profile_word device_words[] = {
    {"usb_key", "smart key", "智能密码钥匙"},
    {"mobile_module", "mobile security module", "智能移动终端安全密码模块"},
    {"crypto_machine", "server crypto machine", "服务器密码机"},
    {"sign_server", "signing and verifying server", "签名验签服务器"},
    {"seal_server", "seal server", "印章服务器"}, END};
static const struct es_profile_word level_words[] = {
    {"by_law", "as the law orders", "依法律法规"},
    {"level_3_public", "level 3 or above for systems open to the public",
     "面向公众的系统三级及以上"},
    {"level_3", "level 3 or above", "三级及以上"}, END};
static const struct es_profile_word standard_words[] = {
    {"national_standards", "national standards", "国家有关标准规范"},
    {"national_seal_format", "national format of electronic seals", "国家电子印章数据格式规范"},
    {"platform_standards", "technical standards of the national platform",
     "全国一体化平台统一技术标准"},
    {"gmt_0031", "GM/T 0031", "GM/T 0031"},
    {"gat_1106", "GA/T 1106", "GA/T 1106"},
    {"gbt_33481", "GB/T 33481", "GB/T 33481"}, END};

#define UNIT(name) (1u << ES_PERIOD_##name)
#define NOTHING NULL, 0, false
#define WORDS(list) list, 0, false
#define SOME(list) list, 0, true
#define UNITS_DEADLINE NULL, UNIT(HOURS) | UNIT(DAYS) | UNIT(WORKING_DAYS), false
#define UNITS_WINDOW NULL, UNIT(DAYS) | UNIT(MONTHS), false
#define UNITS_CALENDAR NULL, UNIT(DAYS) | UNIT(MONTHS), false

static const struct es_profile_param_info params[ES_PROFILE_PARAM_COUNT] = {
#define ES_PROFILE_PARAM(symbol, id, type, tighter, allowed, basis, en, zh) \
    {ES_PARAM_##symbol, id, ES_PROFILE_##type, ES_TIGHTER_##tighter, allowed, basis, en, zh},
#include "params.def"
#undef ES_PROFILE_PARAM
};
/* clang-format on */

const struct es_profile_param_info *es_profile_param_info(enum es_profile_param param)
{
    ES_BUG_ON((unsigned) param >= ES_PROFILE_PARAM_COUNT);
    return &params[param];
}

const struct es_profile_param_info *es_profile_param_by_id(const char *id)
{
    for (size_t i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        if (strcmp(params[i].id, id) == 0)
            return &params[i];
    }
    return NULL;
}

const char *es_profile_tighter_name(enum es_profile_tighter tighter)
{
    static const char *const names[] = {"none",     "true",     "later", "subset",
                                        "superset", "deadline", "window"};

    ES_BUG_ON((unsigned) tighter >= sizeof names / sizeof names[0]);
    return names[tighter];
}
