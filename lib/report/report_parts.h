/*
 * What the writers of reports share: which checks are required, the four facts a clerk asks for,
 * the leading reason and the words for all of it. Nothing here decides an outcome.
 */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "es_report.h"

/** Longest text from a document that is shown, in characters. */
#define ES_REPORT_CHARS 256

bool es_report_requires(const struct es_report *report, const struct es_report_signature *sig,
                        enum es_check check);

/* ---- the four facts ---- */

enum es_fact {
    ES_FACT_UNCHANGED, /* 文件未被改动 */
    ES_FACT_SEAL,      /* 印章真实 */
    ES_FACT_SIGNER,    /* 签章人可信 */
    ES_FACT_IN_FORCE,  /* 盖章时有效 */
    ES_FACT_COUNT
};
enum es_answer {
    ES_ANSWER_NONE = 0,
    ES_ANSWER_YES,
    ES_ANSWER_NO,      /* checked, and it is not so */
    ES_ANSWER_UNKNOWN, /* could not be checked */
    ES_ANSWER_UNPROVED /* a check failed, yet not one that shows the contrary */
};

/** NONE: none of its checks applies to this signature. */
enum es_answer es_report_fact(const struct es_report *report, const struct es_report_signature *sig,
                              enum es_fact fact);
/** The fact a check counts in. */
enum es_fact es_report_fact_of(enum es_check check);
const char *es_report_fact_label(enum es_fact fact, bool zh);
/** "是", "否", "无法核实", "未能证明"; "yes", "NO", "cannot be checked here", "not proved". */
const char *es_report_answer_text(enum es_answer answer, bool zh);

/* ---- reasons ---- */

/** Text of a finding; of a certificate also whose it is: "certificate had expired (signer)". */
void es_report_put_finding(const struct es_finding *finding, bool zh, struct es_buf *out);
/** The finding to name first: strongest effect, then what tells a clerk most. NULL: none. */
const struct es_finding *es_report_lead(const struct es_report *report);
/** Strongest effect among findings. */
enum es_effect es_report_worst(const struct es_report *report, const struct es_findings *findings);
bool es_report_warns(const struct es_report *report);
bool es_report_signature_warns(const struct es_report *report,
                               const struct es_report_signature *sig);
size_t es_report_count_valid(const struct es_report *report);
/** What to do next, or NULL when nothing is to be done. A constant text. */
const char *es_report_advice(const struct es_report *report, bool zh);

/* ---- sentences ---- */

/** "签章有效", "Seal valid, note", … */
const char *es_report_outcome_text(enum es_outcome outcome, bool warns, bool zh);
/** "有效", "VALID", …: one word for a column. */
const char *es_report_outcome_word(enum es_outcome outcome, bool warns, bool zh);
/** Why, in one sentence for a clerk; nothing before it and no full stop behind. */
void es_report_put_reason(const struct es_report *report, bool zh, struct es_buf *out);
/** Outcome and leading reason, for the JSON. */
void es_report_put_statement(const struct es_report *report, bool zh, struct es_buf *out);
/** "2026-03-01 16:00:00 (北京时间)". */
void es_report_put_moment(int64_t time_s, bool zh, struct es_buf *out);
/** When it was sealed and how that is known. */
void es_report_put_sealed_at(const struct es_report_signature *sig, bool zh, struct es_buf *out);
/** The seal's state when sealing and now; nothing when it is not known. */
void es_report_put_state(const struct es_report_signature *sig, bool zh, struct es_buf *out);
/** Name of the seal, else of the signer, else its id; as in the document, not escaped. */
const char *es_report_name(const struct es_report_signature *sig, bool zh);
/** Text of a document fit for a line: escaped and cut. NULL reads as "". */
void es_report_put_shown(struct es_buf *out, const char *text);
/** A text that could not be made whole fails what it was made for. */
void es_report_take(struct es_buf *out, const struct es_buf *made);
/** End of a writer: when it failed, out goes back to the start bytes it held. */
ES_CHECKED es_status es_report_written(struct es_buf *out, size_t start, struct es_error *err);
/** "", " (claimed)" or "（声称）" for what an unproved signature says of itself. */
const char *es_report_claimed(const struct es_report_signature *sig, bool zh);

#endif
