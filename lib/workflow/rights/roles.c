/*
 * Roles and which of them may not stand together in one account. Three administrators
 * share nothing with each other nor with the business; the auditor shares nothing with anybody.
 */
#include "es_rights.h"

#include <string.h>

static const struct {
    const char *name, *zh, *en;
} roles[ES_ROLES] = {
    [ES_ROLE_APPLICANT] = {"applicant", "申请人", "applicant"},
    [ES_ROLE_HANDLER] = {"handler", "经办人", "handler of a unit"},
    [ES_ROLE_HOLDER] = {"holder", "持有人", "holder of the seal"},
    [ES_ROLE_CUSTODIAN] = {"custodian", "印章保管人", "custodian"},
    [ES_ROLE_CENTRAL_ADMIN] = {"central_admin", "集中式管理员", "administrator of central use"},
    [ES_ROLE_USE_APPLICANT] = {"use_applicant", "用印申请人", "applicant for a use"},
    [ES_ROLE_USE_APPROVER] = {"use_approver", "用印审批人", "approver of a use"},
    [ES_ROLE_SIGNER] = {"signer", "签章人", "signer"},
    [ES_ROLE_REVIEWER] = {"reviewer", "审核员", "reviewer"},
    [ES_ROLE_ISSUER_OFFICER] = {"issuer_officer", "制发部门人员", "issuing officer"},
    [ES_ROLE_MAKER_OPERATOR] = {"maker_operator", "制章员", "maker"},
    [ES_ROLE_FILING_OFFICER] = {"filing_officer", "备案员", "filing officer"},
    [ES_ROLE_SUPERVISOR] = {"supervisor", "综合管理部门", "competent department"},
    [ES_ROLE_POLICE] = {"police", "公安机关", "police"},
    [ES_ROLE_CRYPTO_AUTH] = {"crypto_auth", "密码管理部门", "cryptography authority"},
    [ES_ROLE_AUDITOR] = {"auditor", "审计员", "auditor"},
    [ES_ROLE_SYS_ADMIN] = {"sys_admin", "系统管理员", "system administrator"},
    [ES_ROLE_SEC_ADMIN] = {"sec_admin", "安全管理员", "security administrator"},
    [ES_ROLE_APP] = {"app", "业务系统", "business system"},
    [ES_ROLE_PUBLIC] = {"public", "公众", "public"},
};

static bool is_role(int role)
{
    return role >= 0 && role < ES_ROLES;
}

const char *es_role_name(int role)
{
    return is_role(role) ? roles[role].name : NULL;
}

const char *es_role_text_zh(int role)
{
    return is_role(role) ? roles[role].zh : NULL;
}

const char *es_role_text_en(int role)
{
    return is_role(role) ? roles[role].en : NULL;
}

int es_role_by_name(const char *name)
{
    for (int role = 0; role < ES_ROLES; role++)
        if (name != NULL && strcmp(roles[role].name, name) == 0)
            return role;
    return -1;
}

/* SPEC requirements 2.5; security S-10, S-11: what an administrator of machines or of accounts may
 * have beside it is what everybody has. */
static bool excludes(int role, int other)
{
    if (role == ES_ROLE_AUDITOR)
        return true;
    return (role == ES_ROLE_SYS_ADMIN || role == ES_ROLE_SEC_ADMIN) && other != ES_ROLE_PUBLIC;
}

bool es_roles_conflict(int a, int b)
{
    if (!is_role(a) || !is_role(b) || a == b)
        return false;
    return excludes(a, b) || excludes(b, a);
}

es_status es_rights_check_roles(es_role_set set, struct es_error *err)
{
    ES_ENSURE((set & ~ES_ROLES_ALL) == 0, err, ES_E_RANGE, "role set %08x holds what is no role",
              (unsigned) set);
    for (int a = 0; a < ES_ROLES; a++)
        for (int b = a + 1; b < ES_ROLES; b++)
            ES_ENSURE((set & ES_ROLE_BIT(a)) == 0 || (set & ES_ROLE_BIT(b)) == 0 ||
                          !es_roles_conflict(a, b),
                      err, ES_E_DENIED, "%s and %s may not be one account's roles", roles[a].name,
                      roles[b].name);
    return ES_OK;
}
