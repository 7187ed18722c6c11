/*
 * The permission matrix (requirements 2.5), a row an action, a cell a role; cells left out are
 * empty. The test reads the matrix from the requirements and compares cell by cell.
 */
#include "es_rights.h"

#include <string.h>

#define CELL(what, in_own, small_print)                                                            \
    {                                                                                              \
        .verb = (what), .own = (in_own), .only = (small_print)                                     \
    }
#define DO CELL(ES_VERB_DO, false, ES_ONLY_ALWAYS)
#define DO_OWN CELL(ES_VERB_DO, true, ES_ONLY_ALWAYS)
#define DO_ONLY(small_print) CELL(ES_VERB_DO, false, small_print)
#define DO_OWN_ONLY(small_print) CELL(ES_VERB_DO, true, small_print)
#define APPROVE CELL(ES_VERB_APPROVE, false, ES_ONLY_ALWAYS)
#define APPROVE_OWN CELL(ES_VERB_APPROVE, true, ES_ONLY_ALWAYS)
#define APPROVE_ONLY(small_print) CELL(ES_VERB_APPROVE, false, small_print)
#define READ CELL(ES_VERB_READ, false, ES_ONLY_ALWAYS)
#define READ_OWN CELL(ES_VERB_READ, true, ES_ONLY_ALWAYS)
#define READ_ONLY(small_print) CELL(ES_VERB_READ, false, small_print)

static const struct es_cell matrix[ES_ACTIONS][ES_ROLES] = {
    [ES_ACTION_SUBMIT_APPLICATION] = {[ES_ROLE_HANDLER] = DO_OWN,
                                      [ES_ROLE_HOLDER] = DO_OWN,
                                      [ES_ROLE_APP] = DO_ONLY(ES_ONLY_ON_BEHALF)},
    [ES_ACTION_CHECK_MATERIALS] = {[ES_ROLE_REVIEWER] = DO,
                                   [ES_ROLE_ISSUER_OFFICER] = READ,
                                   [ES_ROLE_SUPERVISOR] = READ,
                                   [ES_ROLE_POLICE] = READ,
                                   [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_APPROVE_APPLICATION] = {[ES_ROLE_ISSUER_OFFICER] = APPROVE_OWN,
                                       [ES_ROLE_SUPERVISOR] = READ,
                                       [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_CONFIRM_IMPRINT] =
        {[ES_ROLE_HANDLER] = DO_OWN, [ES_ROLE_HOLDER] = DO_OWN, [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_MAKE] = {[ES_ROLE_MAKER_OPERATOR] = DO, [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_FILE] = {[ES_ROLE_FILING_OFFICER] = DO,
                        [ES_ROLE_SUPERVISOR] = READ,
                        [ES_ROLE_POLICE] = APPROVE,
                        [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_ENABLE] =
        {[ES_ROLE_HOLDER] = DO_OWN, [ES_ROLE_CENTRAL_ADMIN] = DO_OWN, [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_REPORT_LOSS] = {[ES_ROLE_HANDLER] = DO_OWN,
                               [ES_ROLE_HOLDER] = DO_OWN,
                               [ES_ROLE_CUSTODIAN] = DO_OWN,
                               [ES_ROLE_CENTRAL_ADMIN] = DO_OWN,
                               [ES_ROLE_REVIEWER] = DO,
                               [ES_ROLE_ISSUER_OFFICER] = DO_OWN,
                               [ES_ROLE_POLICE] = DO,
                               [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_SUSPEND_RESUME] = {[ES_ROLE_HOLDER] = DO_OWN,
                                  [ES_ROLE_CUSTODIAN] = DO_OWN_ONLY(ES_ONLY_SUSPEND),
                                  [ES_ROLE_CENTRAL_ADMIN] = DO_OWN,
                                  [ES_ROLE_ISSUER_OFFICER] = APPROVE_OWN,
                                  [ES_ROLE_FILING_OFFICER] = DO,
                                  [ES_ROLE_POLICE] = DO_ONLY(ES_ONLY_ORDER),
                                  [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_MARK_INVALID] = {[ES_ROLE_FILING_OFFICER] = DO_ONLY(ES_ONLY_MAKING_UNIT),
                                [ES_ROLE_SUPERVISOR] = APPROVE,
                                [ES_ROLE_POLICE] = DO_ONLY(ES_ONLY_ORDER),
                                [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_PUBLISH_NOTICE] = {[ES_ROLE_FILING_OFFICER] = DO,
                                  [ES_ROLE_SUPERVISOR] = APPROVE,
                                  [ES_ROLE_POLICE] = APPROVE,
                                  [ES_ROLE_AUDITOR] = READ,
                                  [ES_ROLE_PUBLIC] = READ},
    [ES_ACTION_GRANT_USE] =
        {[ES_ROLE_HOLDER] = DO_OWN, [ES_ROLE_CENTRAL_ADMIN] = DO_OWN, [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_REQUEST_USE] = {[ES_ROLE_HANDLER] = DO_OWN,
                               [ES_ROLE_HOLDER] = DO_OWN,
                               [ES_ROLE_CUSTODIAN] = DO_OWN,
                               [ES_ROLE_USE_APPLICANT] = DO_OWN,
                               [ES_ROLE_SIGNER] = DO_OWN,
                               [ES_ROLE_AUDITOR] = READ,
                               [ES_ROLE_APP] = DO_ONLY(ES_ONLY_ON_BEHALF)},
    [ES_ACTION_APPROVE_USE] = {[ES_ROLE_USE_APPROVER] = APPROVE_OWN, [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_SIGN] = {[ES_ROLE_HOLDER] = DO_OWN_ONLY(ES_ONLY_PERSON_SEAL),
                        [ES_ROLE_CUSTODIAN] = DO_OWN,
                        [ES_ROLE_SIGNER] = DO_OWN,
                        [ES_ROLE_AUDITOR] = READ,
                        [ES_ROLE_APP] = DO_ONLY(ES_ONLY_STANDING)},
    [ES_ACTION_CHANGE_PASSWORD] = {[ES_ROLE_HOLDER] = DO_OWN, [ES_ROLE_CUSTODIAN] = DO_OWN},
    [ES_ACTION_RESET_PASSWORD] = {[ES_ROLE_HANDLER] = DO_ONLY(ES_ONLY_APPLY),
                                  [ES_ROLE_HOLDER] = DO_ONLY(ES_ONLY_APPLY),
                                  [ES_ROLE_CUSTODIAN] = DO_ONLY(ES_ONLY_APPLY),
                                  [ES_ROLE_REVIEWER] = APPROVE_ONLY(ES_ONLY_FIRST),
                                  [ES_ROLE_ISSUER_OFFICER] = APPROVE_ONLY(ES_ONLY_SECOND),
                                  [ES_ROLE_AUDITOR] = READ},
    [ES_ACTION_VERIFY] = {[ES_ROLE_HANDLER] = DO,
                          [ES_ROLE_HOLDER] = DO,
                          [ES_ROLE_CUSTODIAN] = DO,
                          [ES_ROLE_CENTRAL_ADMIN] = DO,
                          [ES_ROLE_USE_APPLICANT] = DO,
                          [ES_ROLE_USE_APPROVER] = DO,
                          [ES_ROLE_SIGNER] = DO,
                          [ES_ROLE_REVIEWER] = DO,
                          [ES_ROLE_ISSUER_OFFICER] = DO,
                          [ES_ROLE_MAKER_OPERATOR] = DO,
                          [ES_ROLE_FILING_OFFICER] = DO,
                          [ES_ROLE_SUPERVISOR] = DO,
                          [ES_ROLE_POLICE] = DO,
                          [ES_ROLE_CRYPTO_AUTH] = DO,
                          [ES_ROLE_AUDITOR] = DO,
                          [ES_ROLE_SYS_ADMIN] = DO,
                          [ES_ROLE_SEC_ADMIN] = DO,
                          [ES_ROLE_APP] = DO,
                          [ES_ROLE_PUBLIC] = DO},
    [ES_ACTION_READ_RECORDS] = {[ES_ROLE_HANDLER] = READ_OWN,
                                [ES_ROLE_HOLDER] = READ_OWN,
                                [ES_ROLE_CUSTODIAN] = READ_OWN,
                                [ES_ROLE_CENTRAL_ADMIN] = READ_OWN,
                                [ES_ROLE_USE_APPLICANT] = READ_ONLY(ES_ONLY_OWN_RECORDS),
                                [ES_ROLE_USE_APPROVER] = READ_OWN,
                                [ES_ROLE_SIGNER] = READ_OWN,
                                [ES_ROLE_SUPERVISOR] = READ_ONLY(ES_ONLY_AGGREGATE),
                                [ES_ROLE_POLICE] = READ_ONLY(ES_ONLY_CASE),
                                [ES_ROLE_AUDITOR] = READ,
                                [ES_ROLE_APP] = READ_ONLY(ES_ONLY_OWN_RECORDS)},
    [ES_ACTION_PROFILES] = {[ES_ROLE_SUPERVISOR] = APPROVE,
                            [ES_ROLE_CRYPTO_AUTH] = APPROVE_ONLY(ES_ONLY_CA_PRODUCTS),
                            [ES_ROLE_AUDITOR] = READ,
                            [ES_ROLE_SEC_ADMIN] = DO_ONLY(ES_ONLY_DRAFT)},
    [ES_ACTION_ACCOUNTS] =
        {[ES_ROLE_AUDITOR] = READ, [ES_ROLE_SEC_ADMIN] = DO_ONLY(ES_ONLY_TWO_PERSONS)},
    [ES_ACTION_OPERATE] = {[ES_ROLE_AUDITOR] = READ, [ES_ROLE_SYS_ADMIN] = DO},
};

static const struct {
    const char *name, *en, *zh;
} actions[ES_ACTIONS] = {
    [ES_ACTION_SUBMIT_APPLICATION] = {"submit_application", "submit application", "提交申请"},
    [ES_ACTION_CHECK_MATERIALS] = {"check_materials", "check materials, compare imprint",
                                   "审核材料、比对印模"},
    [ES_ACTION_APPROVE_APPLICATION] = {"approve_application", "approve application / cancellation",
                                       "审批申请、注销"},
    [ES_ACTION_CONFIRM_IMPRINT] = {"confirm_imprint", "confirm imprint", "确认印模"},
    [ES_ACTION_MAKE] = {"make", "make", "制作"},
    [ES_ACTION_FILE] = {"file", "file, receipts", "备案、回执"},
    [ES_ACTION_ENABLE] = {"enable", "enable, name custodian", "启用、指定保管人"},
    [ES_ACTION_REPORT_LOSS] = {"report_loss", "report loss", "挂失"},
    [ES_ACTION_SUSPEND_RESUME] = {"suspend_resume", "suspend / resume", "停用、恢复"},
    [ES_ACTION_MARK_INVALID] = {"mark_invalid", "mark invalid", "标识为无效"},
    [ES_ACTION_PUBLISH_NOTICE] = {"publish_notice", "publish notice", "公示"},
    [ES_ACTION_GRANT_USE] = {"grant_use", "grant use rights", "授予用印权限"},
    [ES_ACTION_REQUEST_USE] = {"request_use", "request use", "申请用印"},
    [ES_ACTION_APPROVE_USE] = {"approve_use", "approve use", "审批用印"},
    [ES_ACTION_SIGN] = {"sign", "sign", "签章"},
    [ES_ACTION_CHANGE_PASSWORD] = {"change_password", "change password", "修改口令"},
    [ES_ACTION_RESET_PASSWORD] = {"reset_password", "reset password", "重置口令"},
    [ES_ACTION_VERIFY] = {"verify", "verify, public status", "验章、公开状态查询"},
    [ES_ACTION_READ_RECORDS] = {"read_records", "use log, process records", "用印日志、过程记录"},
    [ES_ACTION_PROFILES] = {"profiles", "profiles, trust lists", "政策配置、信任列表"},
    [ES_ACTION_ACCOUNTS] = {"accounts", "accounts, roles", "账户、角色"},
    [ES_ACTION_OPERATE] = {"operate", "backup, upgrade", "备份、升级"},
};

static bool is_action(int action)
{
    return action >= 0 && action < ES_ACTIONS;
}

const char *es_action_name(int action)
{
    return is_action(action) ? actions[action].name : NULL;
}

const char *es_action_text_en(int action)
{
    return is_action(action) ? actions[action].en : NULL;
}

const char *es_action_text_zh(int action)
{
    return is_action(action) ? actions[action].zh : NULL;
}

int es_action_by_name(const char *name)
{
    for (int action = 0; action < ES_ACTIONS; action++)
        if (name != NULL && strcmp(actions[action].name, name) == 0)
            return action;
    return -1;
}

struct es_cell es_rights_cell(int role, int action)
{
    if (role < 0 || role >= ES_ROLES || !is_action(action))
        return (struct es_cell){0};
    return matrix[action][role];
}
