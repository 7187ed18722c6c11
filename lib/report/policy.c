/*
 * Policies: JSON files with strict members. A file starts from one of the three built-in ones
 * ("base") and changes what it names. What proves a document changed or forged (effect I under
 * standard) stays I, and what tells that nothing was checked never goes below N: no file can make
 * such a document valid.
 */
#include "builtin_policies.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_report.h"

#define POLICY_FILE_MAX (256 * 1024)
#define AGE_MAX_S (100LL * 366 * 86400)

static const char *const member_names[] = {"id",
                                           "version",
                                           "base",
                                           "effects",
                                           "time",
                                           "state",
                                           "revocation_max_age",
                                           "revocation_after_proof",
                                           "state_max_age",
                                           "time_conflict_after",
                                           NULL};

static int find_builtin(const char *name)
{
    for (int i = 0; i < ES_BUILTIN_POLICY_COUNT; i++) {
        if (strcmp(es_builtin_policies[i].name, name) == 0)
            return i;
    }
    return -1;
}

/* ---- values of members ---- */

/* Position of a member's text in a list of words. */
static es_status read_word(es_json_node root, const char *name, const char *const *words, int *out,
                           struct es_error *err)
{
    const char *text = NULL;

    ES_TRY(es_json_text(root, name, &text, err));
    for (*out = 0; words[*out] != NULL; ++*out) {
        if (strcmp(words[*out], text) == 0)
            return ES_OK;
    }
    return es_error_set(err, ES_E_CONFIG, "\"%s\" has a value that is not known", name);
}

/* "24h": a count and one of s m h d. */
static es_status read_age(es_json_node root, const char *name, int64_t *out, struct es_error *err)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const char *text = NULL;
    int64_t count = 0;
    size_t digits = 0;

    if (es_json_member(root, name) == NULL)
        return ES_OK;
    ES_TRY(es_json_text(root, name, &text, err));
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 10; digits++)
        count = count * 10 + (text[digits] - '0');
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (text[digits] != units[i].letter || text[digits + 1] != '\0')
            continue;
        *out = count * units[i].seconds;
        ES_ENSURE(count > 0 && *out <= AGE_MAX_S, err, ES_E_CONFIG,
                  "\"%s\" is out of range, allowed are 1s to 36600d", name);
        return ES_OK;
    }
    return es_error_set(err, ES_E_CONFIG, "\"%s\" is to be like \"24h\" (units s m h d)", name);
}

static es_status read_id(es_json_node root, char out[65], struct es_error *err)
{
    const char *text = NULL;
    size_t len = 0;

    ES_TRY(es_json_text(root, "id", &text, err));
    len = strlen(text);
    ES_ENSURE(len >= 1 && len <= 64 &&
                  strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len,
              err, ES_E_CONFIG, "\"id\" is to be 1 to 64 of a-z 0-9 . _ -");
    memcpy(out, text, len + 1);
    return ES_OK;
}

static es_status read_version(es_json_node root, uint32_t *out, struct es_error *err)
{
    int64_t version = 0;

    ES_TRY(es_json_int(root, "version", &version, err));
    ES_ENSURE(version >= 1 && version <= INT32_MAX, err, ES_E_CONFIG,
              "\"version\" is to be 1 or more");
    *out = (uint32_t) version;
    return ES_OK;
}

/* ---- effects ---- */

static bool read_letter(const char *text, enum es_effect *out)
{
    static const char letters[] = "-WNI"; /* in the order of enum es_effect */
    const char *at = text == NULL || strlen(text) != 1 ? NULL : strchr(letters, text[0]);

    if (at != NULL)
        *out = (enum es_effect)(at - letters);
    return at != NULL;
}

/* The mildest effect a file may give. */
static enum es_effect floor_of(const struct es_code_info *info)
{
    switch (info->code) {
    case ES_V_FORMAT_UNKNOWN:
    case ES_V_NO_SIGNATURE:
    case ES_V_LEGACY_FORM:
    case ES_V_LIMIT_EXCEEDED:
    case ES_V_CHECK_NOT_RUN:
    case ES_V_POLICY_INVALID:
        return ES_EFFECT_INDETERMINATE;
    default:
        return info->effect[ES_POLICY_STANDARD] == ES_EFFECT_INVALID ? ES_EFFECT_INVALID
                                                                     : ES_EFFECT_NOTE;
    }
}

static es_status read_effect(struct es_policy *policy, const char *id, es_json_node value,
                             struct es_error *err)
{
    const struct es_code_info *info = es_code_by_id(id);
    enum es_effect effect = ES_EFFECT_NOTE;

    ES_ENSURE(info != NULL, err, ES_E_CONFIG, "\"effects\" names a code that is not known: %.64s",
              es_text_clean(es_span_str(id)) ? id : "?");
    ES_ENSURE(read_letter(es_json_string(value), &effect), err, ES_E_CONFIG,
              "effect of %s is to be \"I\", \"N\", \"W\" or \"-\"", id);
    ES_ENSURE(effect >= floor_of(info), err, ES_E_CONFIG, "effect of %s may not be milder than %c",
              id, "-WNI"[floor_of(info)]);
    policy->effects[es_code_row(info->code)] = effect;
    return ES_OK;
}

static es_status read_effects(struct es_policy *policy, es_json_node root, struct es_error *err)
{
    es_json_node effects = es_json_member(root, "effects");

    if (effects == NULL)
        return ES_OK;
    ES_ENSURE(es_json_is_object(effects), err, ES_E_CONFIG, "\"effects\" is to be an object");
    ES_ENSURE(es_json_size(effects) <= es_code_count(), err, ES_E_CONFIG,
              "\"effects\" names more codes than there are");
    for (size_t i = 0; i < es_json_size(effects); i++) {
        const char *id = NULL;
        es_json_node value = es_json_member_at(effects, i, &id);

        ES_TRY(read_effect(policy, id, value, err));
    }
    return ES_OK;
}

static es_status start_effects(struct es_policy *policy, struct es_error *err)
{
    policy->effects = (enum es_effect *) calloc(es_code_count(), sizeof *policy->effects);
    ES_ENSURE(policy->effects != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < es_code_count(); i++)
        policy->effects[i] = es_code_at(i)->effect[policy->base];
    return ES_OK;
}

/* ---- files ---- */

static es_status read_rules(struct es_policy *policy, es_json_node root, struct es_error *err)
{
    static const char *const times[] = {"claimed", "until_event", "proof", NULL};
    static const char *const states[] = {"if_given", "required", "log", NULL};
    int word = 0;

    if (es_json_member(root, "time") != NULL) {
        ES_TRY(read_word(root, "time", times, &word, err));
        policy->time_trust = (enum es_time_trust) word;
    }
    if (es_json_member(root, "state") != NULL) {
        ES_TRY(read_word(root, "state", states, &word, err));
        policy->state_required = word >= 1;
        policy->state_by_log = word == 2;
    }
    if (es_json_member(root, "revocation_after_proof") != NULL)
        ES_TRY(es_json_bool(root, "revocation_after_proof", &policy->revocation_after_proof, err));
    ES_TRY(read_age(root, "revocation_max_age", &policy->revocation_max_age_s, err));
    ES_TRY(read_age(root, "state_max_age", &policy->state_max_age_s, err));
    return read_age(root, "time_conflict_after", &policy->conflict_s, err);
}

/* Rules of the built-in policy a file starts from; the built-in files themselves are complete. */
static es_status start_rules(struct es_policy *policy, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;

    ES_TRY(es_json_parse(es_builtin_policies[policy->base].bytes, POLICY_FILE_MAX, &json, err));
    return read_rules(policy, es_json_root(json), err);
}

static es_status read_policy(struct es_span bytes, bool builtin, struct es_policy *policy,
                             struct es_error *err)
{
    static const char *const bases[] = {"standard", "assured", "strict", NULL};
    ES_AUTO_PTR(es_json) json = NULL;
    es_json_node root = NULL;

    ES_TRY(es_json_parse(bytes, POLICY_FILE_MAX, &json, err));
    root = es_json_root(json);
    ES_TRY(es_json_only(root, member_names, err));
    ES_TRY(read_id(root, policy->id, err));
    ES_ENSURE(builtin || find_builtin(policy->id) < 0, err, ES_E_CONFIG,
              "\"id\" is that of a built-in policy");
    ES_TRY(read_version(root, &policy->version, err));
    ES_TRY(read_word(root, "base", bases, &policy->base, err));
    ES_TRY(start_effects(policy, err));
    ES_TRY(start_rules(policy, err));
    ES_TRY(read_effects(policy, root, err));
    ES_TRY(read_rules(policy, root, err));
    return es_sm3(bytes, policy->sm3, err);
}

static es_status load_bytes(struct es_span bytes, bool builtin, const char *name,
                            struct es_policy *out, struct es_error *err)
{
    ES_AUTO(es_policy) policy = {0};
    es_status status = read_policy(bytes, builtin, &policy, err);

    if (status == ES_E_FORMAT || status == ES_E_LIMIT) {
        status = ES_E_CONFIG;
        if (err != NULL)
            err->status = ES_E_CONFIG;
    }
    if (status != ES_OK)
        return es_error_at(err, status, "policy %s", name);
    *out = policy;
    policy = (struct es_policy){0};
    return ES_OK;
}

es_status es_policy_load(const char *name_or_path, struct es_policy *out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(POLICY_FILE_MAX);
    int builtin = find_builtin(name_or_path);
    es_status status = ES_OK;

    if (builtin >= 0)
        return load_bytes(es_builtin_policies[builtin].bytes, true, name_or_path, out, err);
    status = es_file_read(name_or_path, &bytes, err);
    if (status != ES_OK)
        return es_error_at(err, status, "policy (built in are standard, assured, strict)");
    return load_bytes(es_buf_span(&bytes), false, name_or_path, out, err);
}

void es_policy_clear(struct es_policy *policy)
{
    free(policy->effects);
    *policy = (struct es_policy){0};
}

enum es_effect es_policy_effect(const struct es_policy *policy, enum es_code code)
{
    const struct es_code_info *info = es_code_info(code);

    if (info == NULL) /* not a code of ours: whatever it meant, it is no reason to trust */
        return ES_EFFECT_INDETERMINATE;
    if (policy->effects == NULL)
        return info->effect[policy->base];
    return policy->effects[es_code_row(code)];
}
