/*
 * Policies: which logs and witnesses to believe. Reading is strict, because a slip here is believed
 * for years: nothing twice, no witness outside the quorum, no key under two names (it would count
 * as two), every key a sound one.
 */
#include "es_log_proof.h"

#include "log_internal.h"

#define LOGS_MAX 64u
#define WITNESSES_MAX (ES_CHECKPOINT_LINES_MAX - 1u) /* beside the log's own line */
#define WORDS_MAX (WITNESSES_MAX + 4u)

struct es_log_policy {
    struct es_arena arena;
    struct es_log_trust logs[LOGS_MAX];
    size_t log_count;
    struct es_log_witness witnesses[WITNESSES_MAX];
    bool in_quorum[WITNESSES_MAX];
    size_t witness_count;
    size_t quorum;
    bool has_quorum;
    struct es_pubkey *keys[LOGS_MAX + WITNESSES_MAX]; /* owned */
    size_t key_count;
};

void es_log_policy_free(struct es_log_policy *policy)
{
    if (policy == NULL)
        return;
    for (size_t i = 0; i < policy->key_count; i++)
        es_pubkey_free(policy->keys[i]);
    es_arena_clear(&policy->arena);
    free(policy);
}

/* ---- words ---- */

struct words {
    struct es_span word[WORDS_MAX];
    size_t count;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Words of a line, up to one that begins with "#". */
static es_status split(struct es_span line, struct words *out, struct es_error *err)
{
    size_t at = 0;

    out->count = 0;
    while (at < line.len) {
        size_t start = at;

        if (is_blank(line.ptr[at])) {
            at++;
            continue;
        }
        if (line.ptr[at] == '#')
            break;
        while (at < line.len && !is_blank(line.ptr[at]))
            at++;
        ES_ENSURE(out->count < WORDS_MAX, err, ES_E_LIMIT, "more than %u words", WORDS_MAX);
        out->word[out->count++] = es_span_sub(line, start, at - start);
    }
    return ES_OK;
}

static es_status check_name(struct es_span name, struct es_error *err)
{
    ES_ENSURE(name.len > 0 && name.len <= 255 && es_text_clean(name) &&
                  es_span_find(name, ' ') == name.len && name.ptr[0] != '#',
              err, ES_E_FORMAT, "name of %zu bytes, allowed are 255 of clean text without spaces",
              name.len);
    return ES_OK;
}

/* ---- lines ---- */

static es_status read_key(struct es_log_policy *policy, struct es_span hex,
                          const struct es_pubkey **out, struct es_error *err)
{
    ES_AUTO(es_buf) point = ES_BUF_INIT(ES_SM2_POINT_LEN);
    struct es_pubkey *key = NULL;

    ES_ENSURE(hex.len == 2 * ES_SM2_POINT_LEN, err, ES_E_FORMAT,
              "key of %zu hex digits, it must have %d", hex.len, 2 * ES_SM2_POINT_LEN);
    ES_TRY(es_hex_decode(hex, &point, err));
    ES_TRY(es_pubkey_sm2(es_buf_span(&point), &key, err));
    policy->keys[policy->key_count++] = key;
    *out = key;
    return ES_OK;
}

static es_status keep_name(struct es_log_policy *policy, struct es_span name, const char **out,
                           struct es_error *err)
{
    ES_TRY(check_name(name, err));
    *out = es_arena_text(&policy->arena, name);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status read_log(struct es_log_policy *policy, const struct words *words,
                          struct es_error *err)
{
    struct es_log_trust *log = &policy->logs[policy->log_count];

    ES_ENSURE(words->count == 3, err, ES_E_FORMAT, "a log has an origin and a key");
    ES_ENSURE(policy->log_count < LOGS_MAX, err, ES_E_LIMIT, "more than %u logs", LOGS_MAX);
    ES_ENSURE(es_log_policy_find(policy, words->word[1]) == NULL, err, ES_E_FORMAT,
              "log %.*s stands there twice", ES_SPAN_ARG(words->word[1]));
    ES_TRY(keep_name(policy, words->word[1], &log->origin, err));
    ES_TRY(read_key(policy, words->word[2], &log->key, err));
    policy->log_count++;
    return ES_OK;
}

static size_t find_witness(const struct es_log_policy *policy, struct es_span name)
{
    size_t i = 0;

    while (i < policy->witness_count && !es_span_is(name, policy->witnesses[i].name))
        i++;
    return i;
}

static es_status read_witness(struct es_log_policy *policy, const struct words *words,
                              struct es_error *err)
{
    struct es_log_witness *witness = &policy->witnesses[policy->witness_count];

    ES_ENSURE(words->count == 3, err, ES_E_FORMAT, "a witness has a name and a key");
    ES_ENSURE(policy->witness_count < WITNESSES_MAX, err, ES_E_LIMIT, "more than %u witnesses",
              WITNESSES_MAX);
    ES_ENSURE(find_witness(policy, words->word[1]) == policy->witness_count, err, ES_E_FORMAT,
              "witness %.*s stands there twice", ES_SPAN_ARG(words->word[1]));
    ES_TRY(keep_name(policy, words->word[1], &witness->name, err));
    ES_TRY(read_key(policy, words->word[2], &witness->key, err));
    for (size_t i = 0; i < policy->witness_count; i++)
        ES_ENSURE(!es_span_equal(es_pubkey_point(policy->witnesses[i].key),
                                 es_pubkey_point(witness->key)),
                  err, ES_E_FORMAT, "two witnesses have the same key");
    policy->witness_count++;
    return ES_OK;
}

static es_status read_count(struct es_span text, size_t *out, struct es_error *err)
{
    *out = 0;
    for (size_t i = 0; i < text.len && i < 3; i++) {
        ES_ENSURE(text.ptr[i] >= '0' && text.ptr[i] <= '9', err, ES_E_FORMAT,
                  "quorum is no number");
        *out = *out * 10 + (size_t) (text.ptr[i] - '0');
    }
    ES_ENSURE(text.len > 0 && text.len <= 2 && *out > 0, err, ES_E_FORMAT,
              "quorum must be from 1 to 99");
    return ES_OK;
}

/* Names are looked up where they stand, so witnesses come before the quorum. */
static es_status read_quorum(struct es_log_policy *policy, const struct words *words,
                             struct es_error *err)
{
    ES_ENSURE(!policy->has_quorum, err, ES_E_FORMAT, "a second quorum");
    ES_ENSURE(words->count > 3 && es_span_is(words->word[2], "of"), err, ES_E_FORMAT,
              "a quorum is written: quorum N of NAME ...");
    ES_TRY(read_count(words->word[1], &policy->quorum, err));
    for (size_t i = 3; i < words->count; i++) {
        size_t at = find_witness(policy, words->word[i]);

        ES_ENSURE(at < policy->witness_count && !policy->in_quorum[at], err, ES_E_FORMAT,
                  "the quorum names a witness that is not known before it, or one twice");
        policy->in_quorum[at] = true;
    }
    ES_ENSURE(policy->quorum <= words->count - 3, err, ES_E_FORMAT, "quorum %zu of %zu",
              policy->quorum, words->count - 3);
    policy->has_quorum = true;
    return ES_OK;
}

static es_status read_line(struct es_log_policy *policy, struct es_span line, struct es_error *err)
{
    struct words words;

    ES_TRY(split(line, &words, err));
    if (words.count == 0)
        return ES_OK;
    if (es_span_is(words.word[0], "log"))
        return read_log(policy, &words, err);
    if (es_span_is(words.word[0], "witness"))
        return read_witness(policy, &words, err);
    ES_ENSURE(es_span_is(words.word[0], "quorum"), err, ES_E_FORMAT,
              "a line begins with log, witness or quorum");
    return read_quorum(policy, &words, err);
}

static es_status read_lines(struct es_log_policy *policy, struct es_span text, struct es_error *err)
{
    for (unsigned number = 1; text.len > 0; number++) {
        size_t end = es_span_find(text, '\n');
        es_status status = read_line(policy, es_span_sub(text, 0, end), err);

        if (status != ES_OK)
            return es_error_at(err, status, "line %u", number);
        text = es_span_sub(text, end + 1, text.len);
    }
    for (size_t i = 0; i < policy->witness_count; i++)
        ES_ENSURE(!policy->has_quorum || policy->in_quorum[i], err, ES_E_FORMAT,
                  "witness %s is not in the quorum", policy->witnesses[i].name);
    for (size_t i = 0; i < policy->log_count; i++)
        es_log_policy_witnesses(policy, &policy->logs[i]);
    return ES_OK;
}

es_status es_log_policy_parse(struct es_span text, struct es_log_policy **out, struct es_error *err)
{
    ES_AUTO_PTR(es_log_policy) policy = NULL;

    ES_ENSURE(text.len <= ES_LOG_POLICY_MAX, err, ES_E_LIMIT, "policy of %zu bytes, allowed are %d",
              text.len, ES_LOG_POLICY_MAX);
    policy = calloc(1, sizeof *policy);
    ES_ENSURE(policy != NULL, err, ES_E_NOMEM, "out of memory");
    es_arena_init(&policy->arena, (size_t) 2 * ES_LOG_POLICY_MAX);
    ES_TRY(read_lines(policy, text, err));
    *out = ES_TAKE(policy);
    return ES_OK;
}

/* ---- asking ---- */

size_t es_log_policy_count(const struct es_log_policy *policy)
{
    return policy->log_count;
}

const struct es_log_trust *es_log_policy_at(const struct es_log_policy *policy, size_t index)
{
    return index < policy->log_count ? &policy->logs[index] : NULL;
}

const struct es_log_trust *es_log_policy_find(const struct es_log_policy *policy,
                                              struct es_span origin)
{
    for (size_t i = 0; i < policy->log_count; i++)
        if (es_span_is(origin, policy->logs[i].origin))
            return &policy->logs[i];
    return NULL;
}

void es_log_policy_witnesses(const struct es_log_policy *policy, struct es_log_trust *out)
{
    out->witnesses = policy->witnesses;
    out->witness_count = policy->witness_count;
    out->quorum = policy->quorum;
}

es_status es_log_policy_line(const char *word, const char *name, const struct es_pubkey *key,
                             struct es_buf *out, struct es_error *err)
{
    ES_TRY(check_name(es_span_str(name), err));
    es_buf_printf(out, "%s %s ", word, name);
    es_buf_put_hex(out, es_pubkey_point(key));
    es_buf_put_byte(out, '\n');
    return es_buf_check(out, err);
}
