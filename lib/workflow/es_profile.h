/*
 * Policy profiles: what a region's or an organisation's rules are, as data. A profile is a JSON
 * file (docs/formats/profile.md) that gives a value and a citation for every parameter of
 * profile/params.def; five are built in. No code asks which region it is: it asks a profile.
 *
 *   - no rule without a citation: an article of a declared regulation, or "ours" with the reason
 *   - a profile that extends another may only tighten it, which loading proves rule by rule
 *   - loading is strict: what is unknown, missing, doubled, too long or of a wrong type is refused
 *   - a profile out of its dates stays readable, but whoever asks by date is told so
 *
 * Leaves out: who loads which profile for whom, and what the rules do (the workflow). No I/O; a
 * loaded profile does not change and may be read by any number of threads.
 */
#ifndef ES_PROFILE_H
#define ES_PROFILE_H

#include "es_crypto.h"
#include "es_periods.h"

#define ES_PROFILE_FILE_MAX ((size_t) 256 * 1024)
#define ES_PROFILE_ID_MAX 64    /* of a-z 0-9 . _ - */
#define ES_PROFILE_TEXT_MAX 600 /* bytes of a title, publisher, note or reason */
#define ES_PROFILE_CITES_MAX 8  /* of one rule */
#define ES_PROFILE_REGULATIONS_MAX 32
#define ES_PROFILE_WORDS_MAX 32 /* of one parameter: a set is a mask */

/* ---- parameters ---------------------------------------------------------------------------- */

enum es_profile_param {
#define ES_PROFILE_PARAM(symbol, id, type, tighter, allowed, basis, en, zh) ES_PARAM_##symbol,
#include "profile/params.def"
#undef ES_PROFILE_PARAM
    ES_PROFILE_PARAM_COUNT
};

enum es_profile_type {
    ES_PROFILE_BOOL,
    ES_PROFILE_WORD,  /* one of a list */
    ES_PROFILE_SET,   /* any of a list */
    ES_PROFILE_PERIOD /* es_periods.h, or none */
};

/** What makes a value tighter than the parent's. An equal value is always allowed. */
enum es_profile_tighter {
    ES_TIGHTER_NONE,     /* nothing: the value may not change */
    ES_TIGHTER_TRUE,     /* true where the parent has false */
    ES_TIGHTER_LATER,    /* a word further down the list */
    ES_TIGHTER_SUBSET,   /* fewer things are allowed */
    ES_TIGHTER_SUPERSET, /* more things are demanded */
    ES_TIGHTER_DEADLINE, /* a period that never ends later; "none" is the loosest */
    ES_TIGHTER_WINDOW    /* a shorter period; "none" is neither tighter nor looser than one */
};

struct es_profile_word {
    const char *id;
    const char *en, *zh;
};

/** Facts about a parameter, from params.def. */
struct es_profile_param_info {
    enum es_profile_param param;
    const char *id;
    enum es_profile_type type;
    enum es_profile_tighter tighter;
    const struct es_profile_word *words; /* ended by a NULL id; NULL for bool and period */
    unsigned units;                      /* of a period: 1u << enum es_period_unit, each allowed */
    bool not_empty;                      /* of a set */
    const char *basis;                   /* requirements: "R-063" or "R-064 R-070" */
    const char *en, *zh;
};
/** param below ES_PROFILE_PARAM_COUNT. */
const struct es_profile_param_info *es_profile_param_info(enum es_profile_param param);
/** NULL when no parameter has that id. */
const struct es_profile_param_info *es_profile_param_by_id(const char *id);
/** Name of a direction of tightening, for the documents: "superset", … */
const char *es_profile_tighter_name(enum es_profile_tighter tighter);

/* ---- values -------------------------------------------------------------------------------- */

/** Only the member of the parameter's type has a meaning; the others are zero. */
struct es_profile_value {
    bool on;                 /* ES_PROFILE_BOOL */
    unsigned word;           /* ES_PROFILE_WORD: position in the parameter's words */
    uint32_t set;            /* ES_PROFILE_SET: 1u << position */
    struct es_period period; /* ES_PROFILE_PERIOD */
};
enum es_profile_order { ES_PROFILE_SAME, ES_PROFILE_TIGHTER, ES_PROFILE_LOOSER };
/** How b stands to a. LOOSER also when it is not proved to be tighter. */
enum es_profile_order es_profile_compare(enum es_profile_param param, struct es_profile_value a,
                                         struct es_profile_value b);
/** Why b is looser than a, in words; only after es_profile_compare said so. */
void es_profile_put_why(enum es_profile_param param, struct es_profile_value a,
                        struct es_profile_value b, struct es_buf *out);
/** As it stands in the file: true, "within", ["official","duty"], "24h". */
void es_profile_put_json(enum es_profile_param param, struct es_profile_value value,
                         struct es_buf *out);
/** For people: "yes", "official seals, duty seals", "3 calendar months". */
void es_profile_put_text(enum es_profile_param param, struct es_profile_value value, bool zh,
                         struct es_buf *out);

/** A value and why it is so. Texts belong to the profile. */
struct es_profile_rule {
    struct es_profile_value value;
    const char *cites[ES_PROFILE_CITES_MAX]; /* "NAT 16(1)": key of a regulation, article */
    size_t cite_count;
    const char *ours_en, *ours_zh; /* the value is our choice, and why; NULL: the cites give it */
    bool inherited;                /* stands in a parent, not in the profile's own file */
};

/* ---- profiles ------------------------------------------------------------------------------ */

struct es_profile;

/**
 * Read a profile.
 *
 * @param file   the JSON text; not kept
 * @param known  profiles that "extends" may name, beside the built-in ones (which come last); read
 *               during the call and not kept. Their chains cannot close: a parent is loaded first.
 * @param err    a refusal names the rule; a looser one also both values and why it is looser
 * @return ES_OK
 *         ES_E_CONFIG  not a sound profile, or looser than its parent
 *         ES_E_ABSENT  the parent is not known
 *         ES_E_NOMEM
 */
ES_CHECKED es_status es_profile_load(struct es_span file, const struct es_profile *const *known,
                                     size_t count, struct es_profile **out, struct es_error *err);
/** A built-in profile by its id. ES_E_ABSENT. */
ES_CHECKED es_status es_profile_load_builtin(const char *id, struct es_profile **out,
                                             struct es_error *err);
/** Ids of the built-in profiles, in order; NULL past the end. The first one is the default. */
const char *es_profile_builtin_id(size_t index);
void es_profile_free(struct es_profile *profile);
ES_DEFINE_FREE_AT(es_profile)

/** What stands above the rules. Texts belong to the profile and are clean UTF-8. */
struct es_profile_head {
    const char *id;
    uint32_t version;
    const char *title, *publisher;
    const char *interpreter;       /* NULL: the text names none */
    const char *note_en, *note_zh; /* NULL: none */
    bool draft;                    /* of a text that is not in force */
    bool has_start, has_end;
    int32_t start_day, end_day; /* es_china_day; the end is the last day in force */
    const char *parent_id;      /* NULL: stands alone */
    uint32_t parent_version;
    uint8_t sm3[ES_SM3_LEN]; /* of the file */
};
const struct es_profile_head *es_profile_head(const struct es_profile *profile);
/** Regulations the citations speak of, parents' included. */
struct es_profile_regulation {
    const char *key;   /* "NAT": 1 to 8 of A-Z 0-9 */
    const char *title; /* with number and date */
};
size_t es_profile_regulation_count(const struct es_profile *profile);
const struct es_profile_regulation *es_profile_regulation_at(const struct es_profile *profile,
                                                             size_t index);
const struct es_profile_rule *es_profile_rule(const struct es_profile *profile,
                                              enum es_profile_param param);
/* Values by type; the wrong type or a word that no list has is a bug. */
bool es_profile_is_on(const struct es_profile *profile, enum es_profile_param param);
/** Id of the word: "within". */
const char *es_profile_word(const struct es_profile *profile, enum es_profile_param param);
/** Does the set hold that word? */
bool es_profile_has(const struct es_profile *profile, enum es_profile_param param,
                    const char *word);
struct es_period es_profile_period(const struct es_profile *profile, enum es_profile_param param);

/* ---- which one applies (R-012) ------------------------------------------------------------- */

enum es_profile_when {
    ES_PROFILE_UNDATED, /* a draft without dates is in force at no time */
    ES_PROFILE_NOT_YET,
    ES_PROFILE_IN_FORCE,
    ES_PROFILE_EXPIRED
};
/** By days of China standard time, first and last day included. */
enum es_profile_when es_profile_when(const struct es_profile *profile, int64_t at_s);
struct es_profile_choice {
    const struct es_profile *profile; /* borrowed from the list */
    enum es_profile_when when;
};
/**
 * The profile for an instant among those that follow one another: the one that started last, of
 * equal starts and ids the highest version. If it has expired the answer is ES_PROFILE_EXPIRED, for
 * an alarm, and never an older one that would still run. Before the first start: the first, with
 * ES_PROFILE_NOT_YET; with no dated one: ES_PROFILE_UNDATED.
 *
 * @return ES_OK
 *         ES_E_ABSENT    count is 0
 *         ES_E_CONFLICT  two with different ids start on the same day
 */
ES_CHECKED es_status es_profile_choose(const struct es_profile *const *profiles, size_t count,
                                       int64_t at_s, struct es_profile_choice *out,
                                       struct es_error *err);

/* ---- for documents -------------------------------------------------------------------------- */

/** JSON Schema (2020-12) of a profile file, from the table of parameters. */
void es_profile_put_schema(struct es_buf *out);
/** The table of parameters and their words as Markdown. */
void es_profile_put_markdown(struct es_buf *out);

#endif
