/*
 * Judging one case by the matrix. Every role is judged by itself; what one role has and another
 * one's place or facts would meet does not add up to a right.
 */
#include "es_rights.h"

static const struct {
    const char *mark, *en, *zh;
} onlys[] = {
    [ES_ONLY_ALWAYS] = {"", "always", "无附加条件"},
    [ES_ONLY_SUSPEND] = {" (suspend)", "to suspend only", "仅限停用"},
    [ES_ONLY_ORDER] = {" order", "by a written order only", "仅依书面要求"},
    [ES_ONLY_MAKING_UNIT] = {" (making unit)", "as the unit that made the seal only",
                             "仅限制作管理单位"},
    [ES_ONLY_PERSON_SEAL] = {" (duty/personal)", "with a duty or personal seal of one's own only",
                             "仅限本人的职务章或个人印章"},
    [ES_ONLY_ON_BEHALF] = {"*", "for a named person or under a standing approval only",
                           "仅限代指定人员或在常设授权下"},
    [ES_ONLY_STANDING] = {"* (standing approval)", "under a standing approval only",
                          "仅限在常设授权下"},
    [ES_ONLY_APPLY] = {" apply", "by application only", "仅限提出申请"},
    [ES_ONLY_FIRST] = {"1", "as the first of two approvals only", "仅限第一道审批"},
    [ES_ONLY_SECOND] = {"2", "as the second of two approvals only", "仅限第二道审批"},
    [ES_ONLY_AGGREGATE] = {" agg.", "as aggregated numbers only", "仅限汇总数据"},
    [ES_ONLY_CASE] = {" case", "for an open case only", "仅限已立案事项"},
    [ES_ONLY_OWN_RECORDS] = {" own", "records of one's own acts only", "仅限本方记录"},
    [ES_ONLY_CA_PRODUCTS] = {" (CA, products)", "on certification bodies and products only",
                             "仅限认证机构与密码产品"},
    [ES_ONLY_DRAFT] = {" draft", "as a draft only", "仅限草案"},
    [ES_ONLY_TWO_PERSONS] = {" (two persons)", "with a second person only", "须双人办理"},
};

static const struct {
    const char *en, *zh;
} rights[] = {
    [ES_RIGHT_NO_ROLE] = {"none of the roles may do that", "所有角色均无此权限"},
    [ES_RIGHT_OUTSIDE] = {"outside the unit or region of the role", "超出角色所辖单位或区域"},
    [ES_RIGHT_CONDITION] = {"a condition of the right is not met", "未满足权限的附加条件"},
    [ES_RIGHT_YES] = {"allowed", "允许"},
};

const char *es_right_text_en(enum es_right right)
{
    return (unsigned) right <= ES_RIGHT_YES ? rights[right].en : NULL;
}

const char *es_right_text_zh(enum es_right right)
{
    return (unsigned) right <= ES_RIGHT_YES ? rights[right].zh : NULL;
}

const char *es_only_text_en(enum es_only only)
{
    return (unsigned) only <= ES_ONLY_TWO_PERSONS ? onlys[only].en : NULL;
}

const char *es_only_text_zh(enum es_only only)
{
    return (unsigned) only <= ES_ONLY_TWO_PERSONS ? onlys[only].zh : NULL;
}

void es_rights_put_cell(struct es_buf *out, struct es_cell cell)
{
    static const char *const verbs[] = {"–", "C", "A", "R"};

    ES_BUG_ON(cell.verb > ES_VERB_READ || cell.only > ES_ONLY_TWO_PERSONS);
    es_buf_printf(out, "%s%s%s", verbs[cell.verb], cell.own ? " S" : "", onlys[cell.only].mark);
}

/* What is not bound to a place: what everybody has, reading as auditor, running the machines. */
static bool everywhere(int role, int action)
{
    return role == ES_ROLE_PUBLIC || role == ES_ROLE_AUDITOR || action == ES_ACTION_VERIFY ||
           action == ES_ACTION_OPERATE;
}

static bool reaches(struct es_cell cell, int role, int action, enum es_place place)
{
    if (cell.own)
        return place == ES_PLACE_OWN;
    return place == ES_PLACE_OWN || place == ES_PLACE_SERVED || everywhere(role, action);
}

static bool met(enum es_only only, uint32_t facts)
{
    if (only == ES_ONLY_ALWAYS)
        return true;
    if (only == ES_ONLY_ON_BEHALF)
        return (facts & (ES_FACT_FOR_PERSON | ES_FACT_STANDING)) != 0;
    return (facts & ES_FACT(only)) != 0;
}

static struct es_decision judge(int role, int action, enum es_verb verb, struct es_scope scope)
{
    struct es_cell cell = es_rights_cell(role, action);
    enum es_only only = (enum es_only) cell.only;

    if (cell.verb == ES_VERB_NONE || cell.verb != verb)
        return (struct es_decision){.right = ES_RIGHT_NO_ROLE, .role = -1};
    if (!reaches(cell, role, action, scope.place))
        return (struct es_decision){.right = ES_RIGHT_OUTSIDE, .role = role};
    if (!met(only, scope.facts))
        return (struct es_decision){.right = ES_RIGHT_CONDITION, .role = role, .missing = only};
    return (struct es_decision){.right = ES_RIGHT_YES, .role = role};
}

struct es_decision es_rights_may(es_role_set roles, int action, enum es_verb verb,
                                 struct es_scope scope)
{
    struct es_decision best = {.right = ES_RIGHT_NO_ROLE, .role = -1};

    for (int role = 0; role < ES_ROLES; role++) {
        struct es_decision one;

        if ((roles & ES_ROLE_BIT(role)) == 0)
            continue;
        one = judge(role, action, verb, scope);
        if (one.right > best.right)
            best = one;
    }
    return best;
}

bool es_rights_has(es_role_set roles, int action, enum es_verb verb)
{
    for (int role = 0; role < ES_ROLES; role++)
        if ((roles & ES_ROLE_BIT(role)) != 0 && verb != ES_VERB_NONE &&
            es_rights_cell(role, action).verb == verb)
            return true;
    return false;
}
