/*
 * Codes: what a number that names an organisation, a person, a place or a seal must look like, and
 * the tables of kinds, reasons, states and application types that everything else refers to.
 * Facts: codes.md; where the text says "ours", that is our proposal and no norm.
 *
 * Pure functions and constant data: no I/O, no clock, no memory taken, any thread. Left out: the
 * giving out of numbers (the store), the full table of divisions (data of a deployment), who may
 * use a reason and with what materials (policy profile), which step follows which (es_machine.h).
 *
 * Letters are upper case ASCII; nothing is folded, trimmed or repaired. Errors say which byte
 * (counted from 1) or part is wrong and what was asked for; those of the identity number never show
 * any of it. A span may hold any bytes, also NUL.
 */
#ifndef ES_CODES_H
#define ES_CODES_H

#include "es_base.h"
#include "es_state.h"

/** What is odd about a code that is taken all the same: bits of a mask. */
enum es_code_warning {
    ES_CODE_WARN_CHECKSUM = 1,     /* "checksum" */
    ES_CODE_WARN_ORG_CHECKSUM = 2, /* "org_checksum" */
    ES_CODE_WARN_DIVISION = 4,     /* "division_unknown" */
};
/** Name of one bit; NULL when it is none. */
const char *es_code_warning_name(unsigned warning);

/* ---- administrative divisions (GB/T 2260; codes.md 3) -------------------------------------- */

#define ES_DIVISION_LEN 6

/** A province, by its two digits. */
struct es_province {
    uint8_t number; /* 11 .. 82 */
    const char *zh, *en;
};
size_t es_province_count(void);
const struct es_province *es_province_at(size_t i); /* i below the count */
const struct es_province *es_province_by_number(unsigned number);

/**
 * The deployment's table: was this code ever valid? division has six digits and a NUL. A null
 * pointer to a set, wherever one is taken, stands for a deployment without a table: then form and
 * province alone count.
 */
struct es_division_set {
    bool (*known)(void *self, const char *division);
    void *self;
};

/**
 * Six digits, a province of the list, and no county below a prefecture of 00. 100000 is the State
 * itself, as in the credit codes of central bodies (11100000000013338W).
 * @return ES_OK, ES_E_FORMAT not six digits, ES_E_RANGE no such province or level, or not in known
 */
ES_CHECKED es_status es_division_check(struct es_span division, const struct es_division_set *known,
                                       struct es_error *err);

/* ---- unified social credit code (GB 32100-2015; codes.md 5.1) ------------------------------- */

#define ES_USCC_LEN 18
#define ES_ORG_CODE_LEN 9

enum es_uscc_mode {
    ES_USCC_STRICT = 0,
    ES_USCC_LENIENT /* a wrong check character is a warning: some were registered so */
};

struct es_uscc {
    char text[ES_USCC_LEN + 1];
    char pair[3];                       /* registering authority and category: "91" */
    char division[ES_DIVISION_LEN + 1]; /* bytes 3 to 8 */
    char org_code[ES_ORG_CODE_LEN + 1]; /* bytes 9 to 17 */
    unsigned warnings;                  /* enum es_code_warning */
};

/**
 * Check and split a credit code. Unknown first pairs are taken. The organisation code within is
 * checked too, but its check character only warns (ES_CODE_WARN_ORG_CHECKSUM), as does a division
 * that es_division_check does not take (ES_CODE_WARN_DIVISION).
 *
 * @param out  may be NULL; written on success only
 * @return ES_OK
 *         ES_E_FORMAT    not 18 bytes of 0-9 A-Z without I, O, S, V, Z; bytes 3 to 8 no digits
 *         ES_E_MISMATCH  wrong check character, ES_USCC_STRICT only
 */
ES_CHECKED es_status es_uscc_check(struct es_span code, enum es_uscc_mode mode,
                                   const struct es_division_set *known, struct es_uscc *out,
                                   struct es_error *err);
/** The check character of the first 17. ES_E_FORMAT as above. */
ES_CHECKED es_status es_uscc_compute(struct es_span first17, char *out, struct es_error *err);

/* ---- organisation code (GB 11714; codes.md 5.2) --------------------------------------------- */

/**
 * Nine bytes without a hyphen: eight of 0-9 A-Z and the check character 0-9 or X.
 * @return ES_OK, ES_E_FORMAT, ES_E_MISMATCH wrong check character
 */
ES_CHECKED es_status es_org_code_check(struct es_span code, struct es_error *err);

/* ---- ISO 7064 MOD 37,36 (GB/T 17710; codes.md 5.3) ------------------------------------------ */

/**
 * Check character of 1 to 64 bytes of 0-9 A-Z. Every change of one character is found, and every
 * swap of neighbours but those of one pair in 630 (tests/test_codes_mod3736.c says which).
 */
ES_CHECKED es_status es_mod3736_compute(struct es_span text, char *out, struct es_error *err);
/** The last byte is the check character of those before: ES_E_FORMAT, ES_E_MISMATCH. */
ES_CHECKED es_status es_mod3736_check(struct es_span text, struct es_error *err);

/* ---- citizen identity number (GB 11643; codes.md 5.4) ---------------------------------------- */

#define ES_IDENTITY_LEN 18

/**
 * 17 digits and a check character 0-9 or X; bytes 7 to 14 are a date of birth from 1800-01-01 to
 * the day of now_s at China standard time. The first six digits are not compared with a table: they
 * may be withdrawn, or stand for no place (residence permits). Errors show nothing of the number.
 * @return ES_OK, ES_E_FORMAT, ES_E_RANGE the date, ES_E_MISMATCH the check character
 */
ES_CHECKED es_status es_identity_check(struct es_span number, int64_t now_s, struct es_error *err);

/* ---- seal codes (codes.md 1 and 2; R-057) -----------------------------------------------------
 */

/** A seal code is opaque to everything but its scheme: 1..64 bytes of [0-9A-Z-]. */
#define ES_SEAL_CODE_MAX 64
#define ES_ES24_LEN 24
#define ES_ES24_STABLE_LEN 22
#define ES_ES24_SEQUENCE_MAX 999999999999u
#define ES_ES24_GENERATION_MAX 35

/** What a code says. What a scheme does not hold is empty or -1. */
struct es_seal_code {
    char text[ES_SEAL_CODE_MAX + 1];
    char stable[ES_SEAL_CODE_MAX + 1]; /* names the seal through renewals; else equal to text */
    char division[ES_DIVISION_LEN + 1];
    int kind;         /* codes.md 4.3, 1 .. 99; also one a deployment has added */
    int year;         /* 2000 .. 2099 */
    int64_t sequence; /* 0 .. ES_ES24_SEQUENCE_MAX */
    int generation;   /* 0 .. ES_ES24_GENERATION_MAX */
    unsigned warnings;
};

/** What a new code is made of. es24 takes division to generation, ga13 sequence and range. */
struct es_seal_code_parts {
    struct es_span division;
    unsigned kind, year;  /* 1 .. 99, 2000 .. 2099 */
    uint64_t sequence;    /* from one allocator that never gives a number twice */
    unsigned generation;  /* 0 for a new seal */
    uint64_t range_first; /* ga13: the thirteen-digit numbers the police gave out; the code is */
    uint64_t range_last;  /* range_first + sequence, and not past range_last */
};

struct es_seal_code_scheme {
    const char *id;      /* as in a policy profile: "es24", "ga13", "ga14", "opaque" */
    const char *pattern; /* POSIX extended regular expression: the form without the check */
    /** Is it a code of this scheme? *warnings gets bits of es_code_warning; may be NULL. */
    es_status (*check)(struct es_span code, const struct es_division_set *known, unsigned *warnings,
                       struct es_error *err);
    /** Check and split; out is written on success only. */
    es_status (*parse)(struct es_span code, const struct es_division_set *known,
                       struct es_seal_code *out, struct es_error *err);
    /** Make one; NULL: codes of this scheme are only taken over. ES_E_CONFLICT: used up. */
    es_status (*make)(const struct es_seal_code_parts *parts, const struct es_division_set *known,
                      char out[ES_SEAL_CODE_MAX + 1], struct es_error *err);
};
size_t es_seal_code_scheme_count(void);
const struct es_seal_code_scheme *es_seal_code_scheme_at(size_t i);
const struct es_seal_code_scheme *es_seal_code_scheme_by_id(struct es_span id);

/**
 * es24, ours: DDDDDD division, KK kind, YY year, 12 digits of sequence, V generation (0-9 A-Z), C
 * check character (MOD 37,36). The stable identity is the code without V and C. The same parts give
 * the same code; different parts give different codes.
 *
 * make:  ES_E_FORMAT, ES_E_RANGE division, kind, year or generation (also not in known);
 *        ES_E_CONFLICT the sequence has passed twelve digits
 * parse: ES_E_FORMAT, ES_E_RANGE division (form and province; not in known warns) or kind 00,
 *        ES_E_MISMATCH check character
 */
ES_CHECKED es_status es_es24_make(const struct es_seal_code_parts *parts,
                                  const struct es_division_set *known,
                                  char out[ES_SEAL_CODE_MAX + 1], struct es_error *err);
ES_CHECKED es_status es_es24_parse(struct es_span code, const struct es_division_set *known,
                                   struct es_seal_code *out, struct es_error *err);
/** The code of the next generation of the same seal; ES_E_CONFLICT after Z. */
ES_CHECKED es_status es_es24_next(struct es_span code, char out[ES_SEAL_CODE_MAX + 1],
                                  struct es_error *err);

/* ---- classes and kinds of seals (codes.md 4.3) -----------------------------------
 */

enum es_seal_class {
#define ES_SEAL_CLASS(symbol, number, id, zh, en) ES_CLASS_##symbol = (number),
#include "codes/classes.def"
#undef ES_SEAL_CLASS
};
struct es_seal_class_row {
    enum es_seal_class number;
    const char *id, *zh, *en;
};
size_t es_seal_class_count(void);
const struct es_seal_class_row *es_seal_class_at(size_t i);
const struct es_seal_class_row *es_seal_class_by_number(unsigned number);
const struct es_seal_class_row *es_seal_class_by_id(struct es_span id);

enum es_seal_kind {
#define ES_SEAL_KIND(symbol, code, id, klass, gb, parent, zh, en) ES_KIND_##symbol = (code),
#include "codes/kinds.def"
#undef ES_SEAL_KIND
};
/** Values of the type field of GB/T 38540 that a kind may have: bits. */
enum es_seal_gb_type { ES_GB_UNIT = 1, ES_GB_PERSON = 2, ES_GB_EITHER = 3 };
struct es_seal_kind_row {
    enum es_seal_kind code; /* two digits in es24 */
    const char *id;
    enum es_seal_class klass;
    enum es_seal_gb_type gb_types;
    bool needs_parent; /* must point to the organisation whose legal name heads it */
    const char *zh, *en;
};
/** The kinds every deployment has; a policy profile may add rows of its own. */
size_t es_seal_kind_count(void);
const struct es_seal_kind_row *es_seal_kind_at(size_t i);
const struct es_seal_kind_row *es_seal_kind_by_code(unsigned code);
const struct es_seal_kind_row *es_seal_kind_by_id(struct es_span id);

/* ---- application types (codes.md 8) -------------------------------------------------------------
 */

enum es_application_type {
#define ES_APPLICATION_TYPE(symbol, number, id, zh, en) ES_APPLICATION_##symbol = (number),
#include "codes/applications.def"
#undef ES_APPLICATION_TYPE
};
struct es_application_type_row {
    enum es_application_type number; /* ours, never reused */
    const char *id, *zh, *en;
};
size_t es_application_type_count(void);
const struct es_application_type_row *es_application_type_at(size_t i);
const struct es_application_type_row *es_application_type_by_number(unsigned number);
const struct es_application_type_row *es_application_type_by_id(struct es_span id);

/* ---- states of a seal (codes.md 6)
 * --------------------------------------------------------------- */

/** What verifying says of a signature made while the seal was in a state. */
enum es_state_meaning {
    ES_STATE_SILENT, /* such a seal does not sign and is not published */
    ES_STATE_VALID,
    ES_STATE_INVALID,
    ES_STATE_INVALID_BACK /* also of signatures made before, back to invalid_from */
};
/** Task codes of the national platform (interfaces.md 3.2). */
enum es_national_task {
    ES_NATIONAL_NONE = 0,
    ES_NATIONAL_RENEW = 108,
    ES_NATIONAL_RELEASE = 207,
    ES_NATIONAL_REVOKE = 209
};
struct es_seal_state_row {
    enum es_seal_status status; /* number and id are those of es_state.h */
    const char *id;
    bool may_sign;
    enum es_state_meaning meaning;
    int national_status; /* sealStatus: 0 valid, 1 invalid; -1: not told */
    const char *zh, *en;
};
size_t es_seal_state_count(void);
const struct es_seal_state_row *es_seal_state_at(size_t i);
const struct es_seal_state_row *es_seal_state_by_number(unsigned status);
const struct es_seal_state_row *es_seal_state_by_id(struct es_span id);

/**
 * Messages the national platform gets when a seal comes into a state by an application of a type,
 * in order, ES_NATIONAL_NONE behind them. superseded: 108 for renew; 209 (old object) and then 207
 * (successor) for the others, so the successor's own active sends nothing more.
 */
void es_national_tasks(enum es_seal_status status, enum es_application_type type,
                       enum es_national_task out[2]);
/** invalidType of a 209: 2 lost or stolen, else 0 by an authority, 1 by the owner. */
int es_national_invalid_type(unsigned reason, bool by_authority);

/* ---- reasons (codes.md 7)
 * ---------------------------------------------------- */

enum es_reason {
#define ES_REASON(symbol, n, id, zh, en, articles, on, crl, published, back, notice)               \
    ES_REASON_##symbol = (n),
#include "codes/reasons.def"
#undef ES_REASON
};
#define ES_CRL_NONE (-1)
struct es_reason_row {
    enum es_reason n; /* stands in the logs; never reused */
    const char *id, *zh, *en;
    const char *articles; /* "GD 18; SC 22(3)" */
    uint32_t on;          /* bit 1u << enum es_application_type for each it may be given with */
    int crl;              /* RFC 5280 reason of a certificate revoked with it, or ES_CRL_NONE */
    bool published;       /* in the status log as it is, else as 0 (audit-log.md 2.2) */
    bool may_lie_back;    /* invalid_from may lie before the decision */
    const char *notice;   /* article that asks for a public notice, or NULL; R-080 */
};
size_t es_reason_count(void);
const struct es_reason_row *es_reason_at(size_t i);
const struct es_reason_row *es_reason_by_number(unsigned n);
const struct es_reason_row *es_reason_by_id(struct es_span id);
/** False also for numbers that no row has. */
bool es_reason_applies(unsigned n, enum es_application_type type);
/** The number as the public status log shows it: n or 0. */
unsigned es_reason_published(unsigned n);

#endif
