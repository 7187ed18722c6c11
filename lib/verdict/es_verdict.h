/*
 * What a check found: codes, sub-results and the list of findings that every parser and
 * verifier fills. It knows no format and draws no conclusion; lib/report judges.
 */
#ifndef ES_VERDICT_H
#define ES_VERDICT_H

#include "es_base.h"

/** Verdict codes of codes.def; 0 is none. */
enum es_code {
    ES_V_NONE = 0,
#define ES_CODE(symbol, number, id, standard, assured, strict, zh, en) symbol = number,
#include "codes.def"
#undef ES_CODE
};

/** Outcome of a signature or a document. A report nobody filled never reads as valid. */
enum es_outcome {
    ES_OUTCOME_UNKNOWN = 0,
    ES_OUTCOME_VALID,
    ES_OUTCOME_INVALID,
    ES_OUTCOME_INDETERMINATE
};

/** Effect of a code under a policy, weakest first. */
enum es_effect {
    ES_EFFECT_NOTE = 0,
    ES_EFFECT_WARNING,
    ES_EFFECT_INDETERMINATE,
    ES_EFFECT_INVALID
};

/** Sub-results, in the order of the report. */
enum es_check {
    ES_CHECK_FORMAT = 0,
    ES_CHECK_PROTECTION_RANGE,
    ES_CHECK_DOCUMENT_INTEGRITY,
    ES_CHECK_SIGNATURE,
    ES_CHECK_SIGNER_IN_SEAL,
    ES_CHECK_SEAL_SIGNATURE,
    ES_CHECK_MAKER_TRUSTED,
    ES_CHECK_MAKER_CERT_CHAIN,
    ES_CHECK_SIGNER_CERT_CHAIN,
    ES_CHECK_SIGNER_CERT_TIME,
    ES_CHECK_SIGNER_CERT_REVOCATION,
    ES_CHECK_TIME_STAMP,
    ES_CHECK_SEAL_VALIDITY_AT_SIGNING,
    ES_CHECK_SEAL_STATE_AT_SIGNING,
    ES_CHECK_USE_RECORD,
    ES_CHECK_PRESENTATION,
    ES_CHECK_COUNT
};

/** Result of one check. SKIPPED: rests on data that is not proved. */
enum es_result { ES_RESULT_UNKNOWN = 0, ES_RESULT_PASS, ES_RESULT_FAIL, ES_RESULT_SKIPPED };

#define ES_POLICY_STANDARD 0
#define ES_POLICY_ASSURED 1
#define ES_POLICY_STRICT 2

struct es_code_info {
    enum es_code code;
    const char *id;
    enum es_effect effect[3]; /* by ES_POLICY_… */
    const char *zh;
    const char *en;
};
/** NULL when code (or id) is not in codes.def. */
const struct es_code_info *es_code_info(enum es_code code);
const struct es_code_info *es_code_by_id(const char *id);
/** Rows of codes.def in file order, 0 to es_code_count() - 1. */
size_t es_code_count(void);
const struct es_code_info *es_code_at(size_t row);
/** Row of a code of codes.def; es_code_count() for any other value. */
size_t es_code_row(enum es_code code);
/**
 * Name of the index-th {…} in the texts of a code; the empty span when there are no more. Both
 * languages have the same names in the same order (a test holds that).
 */
struct es_span es_code_placeholder(const struct es_code_info *info, size_t index);
const char *es_check_name(enum es_check check); /* "format", … as in the report JSON */
/** Words for people: "time stamp", "时间戳". */
const char *es_check_text(enum es_check check, bool zh);
/** Words for a seal's state: "cancelled" gives "cancelled", "注销"; unknown ones as they are. */
const char *es_state_text(const char *state, bool zh);
const char *es_outcome_name(enum es_outcome outcome); /* "unknown", "valid", … */
const char *es_result_name(enum es_result result);    /* "unknown", "pass", "fail", "skipped" */

#define ES_FINDING_VALUES 2

/** One finding. Texts live in the arena of the list. Values fill the {…} of the code's text. */
struct es_finding {
    enum es_code code;
    enum es_check check;
    const char *where;                    /* place in the file or seal, "" when none */
    const char *value[ES_FINDING_VALUES]; /* NULL when not given */
    struct es_finding *next;
    uint64_t hash;            /* of code, check, where and values: repeats are found by it */
    struct es_finding *chain; /* next in its bucket */
};

/**
 * Findings in the order they were made. A repeated finding (same code, check, where, values) is
 * kept once. Values and places are escaped for showing and cut to 256 characters when added.
 */
struct es_findings {
    struct es_arena *arena; /* the caller's; must outlive the list */
    struct es_finding *first;
    struct es_finding *last;
    size_t count; /* different findings made; may exceed those kept, see ES_FINDINGS_MAX */
    bool lost;    /* a finding could not be kept (out of memory): nothing may read as valid */
    size_t kept;  /* in the list */
    struct es_finding **buckets; /* ES_FINDINGS_BUCKETS of them, in the arena; NULL: none yet */
    uint16_t seen[256];          /* by the code's low byte: a bit for each check it was made in */
};

/* Beyond so many, a finding whose code was already found in its check is counted, not kept. */
#define ES_FINDINGS_MAX 4096
#define ES_FINDINGS_BUCKETS 256
#define ES_FINDING_CHARS 256 /* longest value or place, in characters */

void es_findings_init(struct es_findings *list, struct es_arena *arena);
/** Add. where and values may be NULL. list may be NULL: then nothing happens. */
void es_finding_add(struct es_findings *list, enum es_check check, enum es_code code,
                    const char *where, const char *value);
void es_finding_add2(struct es_findings *list, enum es_check check, enum es_code code,
                     const char *where, const char *value1, const char *value2);
/** The same with a value of bytes that may be anything. */
void es_finding_add_span(struct es_findings *list, enum es_check check, enum es_code code,
                         const char *where, struct es_span value);
/** Append all of from to list. */
void es_findings_join(struct es_findings *list, const struct es_findings *from);
bool es_findings_have(const struct es_findings *list, enum es_code code);
/**
 * Text of a finding in one language (zh true or false), {…} filled in, appended to out. A state, a
 * subject or a check given as a value reads in that language; a value without {…} stands in
 * brackets at the end; a {…} without value is left out.
 */
void es_finding_text(const struct es_finding *finding, bool zh, struct es_buf *out);

#endif
