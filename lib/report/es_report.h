/*
 * The report of a verification (verification.md 2, 3, 7): filled by lib/ofd, judged here under a
 * policy, written as JSON, as text for a terminal and as printable HTML, Chinese and English.
 * The zero value of an outcome is unknown; only es_report_judge makes anything valid.
 */
#ifndef ES_REPORT_H
#define ES_REPORT_H

#include "es_base.h"
#include "es_pki.h"
#include "es_verdict.h"

/* ---- policies: named, versioned JSON files, three built in (lib/report/policies/) ---- */

enum es_time_trust {
    ES_TIME_CLAIMED,     /* claimed time counts as time (standard) */
    ES_TIME_UNTIL_EVENT, /* claimed time counts while nothing has happened since (assured) */
    ES_TIME_PROOF        /* proof of existence required (strict) */
};
struct es_policy {
    char id[65];
    uint32_t version;
    uint8_t sm3[ES_SM3_LEN]; /* of the policy file's bytes */
    int base;                /* ES_POLICY_…: column of codes.def it starts from */
    enum es_effect *effects; /* by row of codes.def; owned */
    enum es_time_trust time_trust;
    bool state_required; /* no source of seal state: seal_state_unavailable */
    bool state_by_log;   /* only a proof of the status log with a witness quorum counts */
    int64_t revocation_max_age_s;
    bool revocation_after_proof;
    int64_t state_max_age_s;
    int64_t conflict_s; /* T_poe - T_claim beyond this: time_conflict */
};
/** "standard", "assured", "strict", or the path of a policy file. ES_E_CONFIG on a bad file. */
ES_CHECKED es_status es_policy_load(const char *name_or_path, struct es_policy *out,
                                    struct es_error *err);
void es_policy_clear(struct es_policy *policy);
enum es_effect es_policy_effect(const struct es_policy *policy, enum es_code code);

/* ---- the report ---- */

/** One place where a stamp is shown. */
struct es_report_stamp {
    uint32_t page; /* from 1; 0: no such page */
    double x_mm, y_mm, width_mm, height_mm;
    bool clipped;
    double clip_x_mm, clip_y_mm, clip_width_mm, clip_height_mm;
    struct es_report_stamp *next;
};

/** One signature. All texts live in the report's arena and are fit to be shown. */
struct es_report_signature {
    const char *id;
    const char *type;        /* "Seal", "Sign" */
    const char *where;       /* "Doc_0/Signs/Sign_0" */
    const char *edition;     /* "GB/T 38540-2020", "GB/T 35275-2017", "" */
    enum es_outcome outcome; /* set by es_report_judge */
    bool value_good;         /* signature value verified: what it says is more than a claim */
    bool has_claim;
    int64_t claim_s;
    bool has_proof;
    int64_t proof_s;
    const char *proof_by; /* "time-stamp" */
    bool has_seal;
    const char *seal_code, *seal_name;
    const char *seal_kind; /* the type number as text */
    int64_t seal_from_s, seal_until_s;
    uint8_t picture_sm3[ES_SM3_LEN];
    struct es_span picture;   /* bytes, for HTML; borrowed from the document or arena */
    const char *picture_type; /* "PNG", … */
    uint32_t picture_width_mm, picture_height_mm;
    const char *signer_subject, *signer_serial;
    const char *signer_name; /* CN or O, for a short line */
    const char *maker_subject;
    struct { /* seal state; NULL texts: not known */
        const char *at_signing, *known_at_signing, *now;
        int64_t since_s;
        const char *source, *checkpoint;
    } state;
    bool ran[ES_CHECK_COUNT];            /* the check was made to its end */
    bool skipped[ES_CHECK_COUNT];        /* left out because it rests on unproved data */
    bool not_applicable[ES_CHECK_COUNT]; /* e.g. seal checks for Type=Sign: result stays unknown */
    enum es_result results[ES_CHECK_COUNT]; /* set by es_report_judge */
    struct es_findings findings;
    const char **protected_entries; /* "/OFD.xml", … sorted as in References */
    size_t protected_count;
    struct es_report_stamp *stamps;
    struct es_buf evidence; /* 32-byte SM3 digests, one after the other */
    struct es_report_signature *next;
    uint32_t proof_witnesses; /* of a proof by a log */
};

struct es_report {
    struct es_arena arena;
    const char *file; /* shown name, not part of the JSON's document facts */
    uint8_t sm3[ES_SM3_LEN];
    uint64_t bytes;
    const char *type; /* "ofd", "pdf", "unknown" */
    uint32_t pages;
    const struct es_policy *policy;
    int64_t verified_at_s;
    enum es_outcome outcome;
    struct es_findings findings; /* document-level */
    bool complete;               /* the run came to its end */
    struct es_report_signature *first, *last;
    size_t signature_count;
};
void es_report_init(struct es_report *report, const struct es_policy *policy,
                    int64_t verified_at_s);
void es_report_clear(struct es_report *report);
/** New signature at the end, or NULL when out of memory. */
struct es_report_signature *es_report_add(struct es_report *report);
/**
 * Results and outcomes from findings, ran flags and policy (verification.md 2). Which checks are
 * required: all but time_stamp, use_record and those not applicable; seal_state_at_signing only
 * when the policy says so or a source was given. ES_E_NOMEM when findings were lost: then every
 * outcome is indeterminate.
 */
ES_CHECKED es_status es_report_judge(struct es_report *report, struct es_error *err);

/** Exactly the JSON of verification.md 7, one line without its end, appended to out. This and the
 *  other writers leave in out what it held when they fail: ES_E_NOMEM, ES_E_LIMIT. */
ES_CHECKED es_status es_report_json(const struct es_report *report, struct es_buf *out,
                                    struct es_error *err);
struct es_report_text_options {
    bool zh;
    bool colour;
    bool verbose; /* every sub-result and code, digests, entries */
    int width;    /* columns of the terminal, 0: 80 */
};
/** For a person at a terminal: the first line is the answer, then reasons and what to do. */
ES_CHECKED es_status es_report_text(const struct es_report *report,
                                    const struct es_report_text_options *options,
                                    struct es_buf *out, struct es_error *err);
/** One self-contained HTML page of all reports, printable, no scripts, both languages or one. */
ES_CHECKED es_status es_report_html(const struct es_report *const *reports, size_t count, bool zh,
                                    struct es_buf *out, struct es_error *err);
/** Exit code of eseal verify for one report: 0 valid, 1 invalid, 2 indeterminate. */
int es_report_exit(const struct es_report *report);

#endif
