/*
 * Who may do what: the roles, the permission matrix and the separation of duties. Data and pure
 * functions: no I/O, no clock, no memory of their own, any thread. Who a person is, which roles an
 * account holds and which unit stands below which is the business of those who keep accounts and
 * the tree of organisations; they bring it here as facts.
 *
 * Three questions, in this order:
 *
 *     may these roles stand together in one account?     es_rights_check_roles    at every grant
 *     may an account with these roles do this here?      es_rights_may            at every call
 *     may this person do it after what it did before?    es_duty_may              on one record
 *
 * A call needs "yes" from the last two. What an application does for a named person must be allowed
 * to that person as well: ask twice.
 */
#ifndef ES_RIGHTS_H
#define ES_RIGHTS_H

#include "es_base.h"

/* ---- roles ---------------------------------------------------------------------------------- */

/** Numbers are stable: they stand in records. */
enum es_role {
    ES_ROLE_APPLICANT = 0, /* acts through handler (units) or as holder (persons): no rights */
    ES_ROLE_HANDLER,
    ES_ROLE_HOLDER,
    ES_ROLE_CUSTODIAN,
    ES_ROLE_CENTRAL_ADMIN,
    ES_ROLE_USE_APPLICANT, /* any member of the holder: requests use, verifies, sees its own */
    ES_ROLE_USE_APPROVER,
    ES_ROLE_SIGNER,
    ES_ROLE_REVIEWER,
    ES_ROLE_ISSUER_OFFICER,
    ES_ROLE_MAKER_OPERATOR,
    ES_ROLE_FILING_OFFICER,
    ES_ROLE_SUPERVISOR,
    ES_ROLE_POLICE,
    ES_ROLE_CRYPTO_AUTH,
    ES_ROLE_AUDITOR,
    ES_ROLE_SYS_ADMIN,
    ES_ROLE_SEC_ADMIN,
    ES_ROLE_APP,
    ES_ROLE_PUBLIC /* everybody, also without an account; give it to every caller */
};
#define ES_ROLES 20

/** A set of roles, one bit each. */
typedef uint32_t es_role_set;
#define ES_ROLE_BIT(role) ((es_role_set) 1u << (role))
#define ES_ROLES_ALL ((ES_ROLE_BIT(ES_ROLES - 1) << 1) - 1u)

/** "issuer_officer"; NULL when not a role. Static text. */
const char *es_role_name(int role);
const char *es_role_text_zh(int role);
const char *es_role_text_en(int role);
/** Number of a name, -1 when not known. */
int es_role_by_name(const char *name);

/* ---- the matrix ----------------------------------------------------------------------------- */

/** The rows of the matrix. Numbers are stable. */
enum es_action {
    ES_ACTION_SUBMIT_APPLICATION = 0,
    ES_ACTION_CHECK_MATERIALS,     /* and compare the imprint */
    ES_ACTION_APPROVE_APPLICATION, /* and cancellation */
    ES_ACTION_CONFIRM_IMPRINT,
    ES_ACTION_MAKE,
    ES_ACTION_FILE,
    ES_ACTION_ENABLE, /* and name the custodian */
    ES_ACTION_REPORT_LOSS,
    ES_ACTION_SUSPEND_RESUME,
    ES_ACTION_MARK_INVALID,
    ES_ACTION_PUBLISH_NOTICE,
    ES_ACTION_GRANT_USE,
    ES_ACTION_REQUEST_USE,
    ES_ACTION_APPROVE_USE,
    ES_ACTION_SIGN,
    ES_ACTION_CHANGE_PASSWORD,
    ES_ACTION_RESET_PASSWORD,
    ES_ACTION_VERIFY,       /* and public status */
    ES_ACTION_READ_RECORDS, /* use log, process records */
    ES_ACTION_PROFILES,     /* and trust lists */
    ES_ACTION_ACCOUNTS,     /* and roles */
    ES_ACTION_OPERATE       /* backup, upgrade */
};
#define ES_ACTIONS 22
#define ES_ACTION_BIT(action) ((uint32_t) 1u << (action))

/** "mark_invalid"; NULL when not an action. */
const char *es_action_name(int action);
/** The words of the matrix: "mark invalid". */
const char *es_action_text_en(int action);
const char *es_action_text_zh(int action);
/** Number of a name, -1 when not known. */
int es_action_by_name(const char *name);

/** What is done about the thing of the action. */
enum es_verb {
    ES_VERB_NONE = 0, /* in a cell: nothing is allowed */
    ES_VERB_DO,       /* C: create, do */
    ES_VERB_APPROVE,  /* A */
    ES_VERB_READ      /* R */
};

/**
 * The small print of a cell. It is met when the facts of the case hold the bit of the same name,
 * ES_FACT(ES_ONLY_…).
 */
enum es_only {
    ES_ONLY_ALWAYS = 0,
    ES_ONLY_SUSPEND,     /* (suspend): the act suspends and does not resume */
    ES_ONLY_ORDER,       /* order: a written order is on file */
    ES_ONLY_MAKING_UNIT, /* (making unit): the actor's body made the seal */
    ES_ONLY_PERSON_SEAL, /* (duty/personal): a duty or personal seal, the actor's own */
    ES_ONLY_ON_BEHALF,   /* *: for a named person, or under a standing approval */
    ES_ONLY_STANDING,    /* * (standing approval): under a standing approval */
    ES_ONLY_APPLY,       /* apply: the act is an application, the outcome others decide */
    ES_ONLY_FIRST,       /* A1: the first of two approvals */
    ES_ONLY_SECOND,      /* A2: the second, the first being given */
    ES_ONLY_AGGREGATE,   /* agg.: numbers, no single record */
    ES_ONLY_CASE,        /* case: records of an open case */
    ES_ONLY_OWN_RECORDS, /* own: records of the actor's own acts */
    ES_ONLY_CA_PRODUCTS, /* (CA, products): the parts on certification bodies and products */
    ES_ONLY_DRAFT,       /* draft: without effect until approved */
    ES_ONLY_TWO_PERSONS  /* (two persons): a second person has agreed */
};
#define ES_FACT(only) (1u << (only))
#define ES_FACT_FOR_PERSON ES_FACT(ES_ONLY_ON_BEHALF)
#define ES_FACT_STANDING ES_FACT(ES_ONLY_STANDING) /* also meets ES_ONLY_ON_BEHALF */

struct es_cell {
    uint8_t verb; /* enum es_verb */
    bool own;     /* S: own seal or own subtree only */
    uint8_t only; /* enum es_only */
};

/** Cell of role and action, as in the matrix; the empty cell for numbers out of range. */
struct es_cell es_rights_cell(int role, int action);
/** Append the cell as the matrix writes it: "–", "C S (suspend)", "C*", "R agg.". */
void es_rights_put_cell(struct es_buf *out, struct es_cell cell);

/** Where the thing lies that is acted on, seen from the actor in this role. */
enum es_place {
    ES_PLACE_OUTSIDE = 0, /* outside the region or the bodies the role was granted for: R-015 */
    ES_PLACE_SERVED,      /* inside, but of another unit */
    ES_PLACE_OWN          /* own seal, own unit or its subtree */
};

/** The case. The zero value is the least favourable one. */
struct es_scope {
    enum es_place place;
    uint32_t facts; /* bits ES_FACT(…) that hold; what is not set does not hold */
};

/** From the least to the nearest to yes: the best one over the roles is told. */
enum es_right {
    ES_RIGHT_NO_ROLE = 0, /* no role of the set has that in the matrix */
    ES_RIGHT_OUTSIDE,     /* one has it, but not for this place */
    ES_RIGHT_CONDITION,   /* one has it here, but its small print is not met: see missing */
    ES_RIGHT_YES
};
struct es_decision {
    enum es_right right;
    int role;             /* the one that decided; -1 with ES_RIGHT_NO_ROLE */
    enum es_only missing; /* with ES_RIGHT_CONDITION */
};

/**
 * May an account with these roles do that in this case?
 *
 * Each role is judged by itself and the best answer counts; roles do not complete each other. A
 * cell with S asks for ES_PLACE_OWN. The others ask for ES_PLACE_SERVED or more, because an
 * administration acts in its subtree only; but verifying, the public's rights, the
 * auditor's reading and the operation of the machines are not bound to a place.
 *
 * @param roles   those the place is true for: what was granted for different units or regions is
 *                asked separately; bits that are no role give nothing
 * @param action  enum es_action; others give ES_RIGHT_NO_ROLE
 * @param verb    must equal the verb of the cell: whoever may do does not thereby approve or read
 */
struct es_decision es_rights_may(es_role_set roles, int action, enum es_verb verb,
                                 struct es_scope scope);

/** Everything the roles of a set have in the matrix for an action, apart from places and facts. */
bool es_rights_has(es_role_set roles, int action, enum es_verb verb);

/** Why not, for people: "outside the region or unit of the role". */
const char *es_right_text_en(enum es_right right);
const char *es_right_text_zh(enum es_right right);
/** The small print, for people: "under a standing approval only". */
const char *es_only_text_en(enum es_only only);
const char *es_only_text_zh(enum es_only only);

/* ---- static separation: roles of one account ------------------------------------------------ */

/** May not stand together: the auditor with any other role; sys_admin and sec_admin with each other
 *  and with any role but public. Symmetric; a role agrees with itself. R-025; S-10, S-11. */
bool es_roles_conflict(int a, int b);

/**
 * Check the roles of one account, before a grant and whenever an account is read.
 *
 * @return ES_OK        also for the empty set
 *         ES_E_DENIED  two of them may not stand together; the message names the first such pair
 *         ES_E_RANGE   a bit is set that is no role
 */
ES_CHECKED es_status es_rights_check_roles(es_role_set roles, struct es_error *err);

/* ---- dynamic separation: what one person did on one record ----------------------------------- */

/** A duty is part of one application or of one use. */
enum es_duty {
    ES_DUTY_SUBMIT = 0, /* and confirm the imprint: the applicant's side */
    ES_DUTY_CHECK,
    ES_DUTY_APPROVE,
    ES_DUTY_MAKE,
    ES_DUTY_REQUEST_USE,
    ES_DUTY_APPROVE_USE,
    ES_DUTY_SIGN
};
#define ES_DUTIES 7
const char *es_duty_name(int duty); /* "check"; NULL when not a duty */

/** What was done on a record. person is the person's id in the register, not the account's: two
 *  accounts of one person are one person. For an application the person it acted for. */
struct es_act {
    const char *person;
    enum es_duty duty;
};

struct es_duty_rules {
    bool split_use;   /* the profile separates request, approval and signing of a use wholly */
    bool person_seal; /* a duty or personal seal and its holder: may request and sign (GD 14) */
};

/**
 * May this person take on a duty after the acts of the record so far?
 *
 * On one application nobody has two of submit, check, approve, make. On one use nobody requests and
 * approves; with split_use nobody has two of request, approve, sign, save that with person_seal
 * request and sign may be one person's. The same duty again is allowed. Acts of the other kind
 * of record do not count.
 *
 * @param acts    count acts, any order; may be NULL when count is 0
 * @param person  1 byte or more; nobody (NULL, "") is refused, here and in acts, because then
 *                nothing can be said of persons
 * @param err     on refusal names both duties, not the person
 * @return ES_OK
 *         ES_E_DENIED  the person has a duty that excludes this one
 *         ES_E_RANGE   no such duty, or nobody
 */
ES_CHECKED es_status es_duty_may(const struct es_act *acts, size_t count, const char *person,
                                 enum es_duty duty, struct es_duty_rules rules,
                                 struct es_error *err);

#endif
