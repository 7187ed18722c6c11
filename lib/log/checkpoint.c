/*
 * Checkpoints: three lines that are signed, an empty one, and a line for each key. Reading is
 * strict, so one text has one meaning; lines of keys that are not known are passed over.
 */
#include "es_log.h"
#include "log_internal.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */
#define WITNESS_SIG_LEN (8 + ES_SM2_RAW_LEN)

void es_checkpoint_clear(struct es_checkpoint *c)
{
    es_buf_clear(&c->text);
    es_buf_clear(&c->sigs);
    c->line_count = 0;
}

/* ---- writing ---- */

/* A name is one word of a line. */
static es_status check_name(const char *what, const char *text, struct es_error *err)
{
    struct es_span name = es_span_str(text);

    ES_ENSURE(name.len > 0 && name.len <= 255 && es_text_clean(name) &&
                  es_span_find(name, ' ') == name.len,
              err, ES_E_RANGE, "%s of %zu bytes, allowed are 255 without spaces", what, name.len);
    return ES_OK;
}

es_status es_checkpoint_body(const char *origin, uint64_t size, const struct es_log_hash *root,
                             struct es_buf *out, struct es_error *err)
{
    ES_TRY(check_name("origin", origin, err));
    es_buf_printf(out, "%s\n%llu\n", origin, (unsigned long long) size);
    es_buf_put_base64(out, log_span(root));
    es_buf_put_byte(out, '\n');
    return es_buf_check(out, err);
}

es_status es_checkpoint_key_id(const char *name, const char *algorithm, const struct es_pubkey *key,
                               uint8_t out[4], struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1024);
    uint8_t hash[ES_SM3_LEN];

    es_buf_put_str(&text, name);
    es_buf_put(&text, "\n\xff", 2);
    es_buf_put_str(&text, algorithm);
    es_buf_put_span(&text, es_pubkey_point(key));
    ES_TRY(es_buf_check(&text, err));
    ES_TRY(es_sm3(es_buf_span(&text), hash, err));
    memcpy(out, hash, 4);
    return ES_OK;
}

/* r || s over a message. */
static es_status sign_raw(struct es_key *key, struct es_span message, uint8_t raw[ES_SM2_RAW_LEN],
                          struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(256);

    ES_TRY(es_key_sign(key, message, &der, err));
    return es_sm2_sig_decode(es_buf_span(&der), raw, err);
}

static void put_line(struct es_buf *out, const char *name, const struct es_buf *blob)
{
    es_buf_printf(out, DASH "%s ", name);
    es_buf_put_base64(out, es_buf_span(blob));
    es_buf_put_byte(out, '\n');
}

es_status es_checkpoint_sign(const char *origin, uint64_t size, const struct es_log_hash *root,
                             struct es_key *key, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) blob = ES_BUF_INIT(128);
    uint8_t id[4], raw[ES_SM2_RAW_LEN];

    ES_TRY(es_checkpoint_body(origin, size, root, &body, err));
    ES_TRY(es_checkpoint_key_id(origin, ES_CHECKPOINT_ALGORITHM, es_key_public(key), id, err));
    ES_TRY(sign_raw(key, es_buf_span(&body), raw, err));
    es_buf_put(&blob, id, sizeof id);
    es_buf_put(&blob, raw, sizeof raw);
    ES_TRY(es_buf_check(&blob, err));
    es_buf_put_span(out, es_buf_span(&body));
    es_buf_put_byte(out, '\n');
    put_line(out, origin, &blob);
    return es_buf_check(out, err);
}

static es_status witness_message(const struct es_checkpoint *c, uint64_t time_s, struct es_buf *out,
                                 struct es_error *err)
{
    es_buf_printf(out, "cosignature/v1\ntime %llu\n", (unsigned long long) time_s);
    es_buf_put_span(out, c->signed_text);
    return es_buf_check(out, err);
}

es_status es_checkpoint_cosign(const struct es_checkpoint *c, const char *witness, uint64_t time_s,
                               struct es_key *key, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) message = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) blob = ES_BUF_INIT(128);
    uint8_t id[4], raw[ES_SM2_RAW_LEN];

    ES_TRY(check_name("witness", witness, err));
    ES_TRY(witness_message(c, time_s, &message, err));
    ES_TRY(es_checkpoint_key_id(witness, ES_CHECKPOINT_WITNESS_ALGORITHM, es_key_public(key), id,
                                err));
    ES_TRY(sign_raw(key, es_buf_span(&message), raw, err));
    es_buf_put(&blob, id, sizeof id);
    log_put_u64(&blob, time_s);
    es_buf_put(&blob, raw, sizeof raw);
    ES_TRY(es_buf_check(&blob, err));
    put_line(out, witness, &blob);
    return es_buf_check(out, err);
}

/* ---- reading ---- */

static bool take_line(struct es_span *in, struct es_span *line)
{
    size_t end = es_span_find(*in, '\n');

    if (end == in->len)
        return false;
    *line = es_span_sub(*in, 0, end);
    *in = es_span_sub(*in, end + 1, in->len);
    return true;
}

/* Decimal without sign, space or leading zero. */
static bool read_size(struct es_span text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > 19 || (text.ptr[0] == '0' && text.len > 1))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t) (text.ptr[i] - '0');
    }
    *out = value;
    return true;
}

static es_status read_root(struct es_span text, struct es_log_hash *out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_HASH_LEN);
    bool spaces = false;

    ES_TRY(es_base64_decode(text, &bytes, &spaces, err));
    ES_ENSURE(bytes.len == ES_LOG_HASH_LEN && !spaces, err, ES_E_FORMAT,
              "root hash of %zu bytes, it must have 32", bytes.len);
    memcpy(out->b, bytes.ptr, ES_LOG_HASH_LEN);
    return ES_OK;
}

/* "— name base64" */
static es_status read_signature(struct es_checkpoint *c, struct es_span line, struct es_error *err)
{
    struct es_checkpoint_line *out = &c->lines[c->line_count];
    struct es_span rest = es_span_sub(line, sizeof DASH - 1, line.len);
    size_t space = es_span_find(rest, ' ');
    size_t before = c->sigs.len;
    bool spaces = false;

    ES_ENSURE(es_span_starts(line, DASH) && space > 0 && space < rest.len, err, ES_E_FORMAT,
              "signature line %zu is not of the form", c->line_count + 1);
    ES_ENSURE(c->line_count < ES_CHECKPOINT_LINES_MAX, err, ES_E_LIMIT,
              "more than %d signature lines", ES_CHECKPOINT_LINES_MAX);
    out->name = es_span_sub(rest, 0, space);
    ES_ENSURE(es_text_clean(out->name), err, ES_E_FORMAT, "signature line %zu: name is not text",
              c->line_count + 1);
    ES_TRY(es_base64_decode(es_span_sub(rest, space + 1, rest.len), &c->sigs, &spaces, err));
    ES_ENSURE(!spaces && c->sigs.len - before > 4, err, ES_E_FORMAT,
              "signature line %zu is too short", c->line_count + 1);
    memcpy(out->key_id, c->sigs.ptr + before, 4);
    out->sig = es_span_of(c->sigs.ptr + before + 4, c->sigs.len - before - 4);
    c->line_count++;
    return ES_OK;
}

static es_status read_body(struct es_checkpoint *c, struct es_span *in, struct es_error *err)
{
    struct es_span origin, size, root, empty;
    const uint8_t *start = in->ptr;

    ES_ENSURE(take_line(in, &origin) && take_line(in, &size) && take_line(in, &root), err,
              ES_E_FORMAT, "checkpoint has fewer than three lines");
    c->signed_text = es_span_of(start, (size_t) (in->ptr - start));
    ES_ENSURE(origin.len > 0 && es_text_clean(origin), err, ES_E_FORMAT, "origin is not text");
    c->origin = origin;
    ES_ENSURE(read_size(size, &c->size), err, ES_E_FORMAT, "size is no decimal number");
    ES_TRY(read_root(root, &c->root, err));
    ES_ENSURE(take_line(in, &empty) && empty.len == 0, err, ES_E_FORMAT,
              "no empty line behind the root hash");
    return ES_OK;
}

static es_status parse(struct es_checkpoint *c, struct es_span text, struct es_error *err)
{
    struct es_span in, line;

    ES_ENSURE(text.len <= ES_CHECKPOINT_MAX, err, ES_E_LIMIT,
              "checkpoint of %zu bytes, allowed are %d", text.len, ES_CHECKPOINT_MAX);
    es_buf_put_span(&c->text, text);
    /* Room for all signatures at once: spans into it must not move. */
    ES_ENSURE(es_buf_reserve(&c->sigs, text.len) != NULL || text.len == 0, err, ES_E_NOMEM,
              "out of memory");
    ES_TRY(es_buf_check(&c->text, err));
    in = es_buf_span(&c->text);
    ES_TRY(read_body(c, &in, err));
    while (in.len > 0) {
        ES_ENSURE(take_line(&in, &line), err, ES_E_FORMAT, "last line has no end");
        ES_TRY(read_signature(c, line, err));
    }
    ES_ENSURE(c->line_count > 0, err, ES_E_FORMAT, "checkpoint carries no signature");
    return ES_OK;
}

es_status es_checkpoint_parse(struct es_span text, struct es_checkpoint *out, struct es_error *err)
{
    es_status status;

    *out = (struct es_checkpoint){.size = 0};
    es_buf_init(&out->text, ES_CHECKPOINT_MAX);
    es_buf_init(&out->sigs, ES_CHECKPOINT_MAX);
    status = parse(out, text, err);
    if (status != ES_OK)
        es_checkpoint_clear(out);
    return status;
}

/* ---- checking ---- */

const struct es_checkpoint_line *log_checkpoint_line(const struct es_checkpoint *c,
                                                     struct es_span name, const uint8_t id[4])
{
    const struct es_checkpoint_line *hit = NULL;

    for (size_t i = 0; i < c->line_count; i++) {
        const struct es_checkpoint_line *line = &c->lines[i];

        if (!es_span_equal(line->name, name) || memcmp(line->key_id, id, 4) != 0)
            continue;
        if (hit != NULL)
            return NULL;
        hit = line;
    }
    return hit;
}

static es_status verify_raw(const struct es_pubkey *key, struct es_span message, const uint8_t *raw,
                            bool *good, struct es_error *err)
{
    enum es_sig_answer answer = ES_SIG_UNCHECKED;
    uint8_t e[ES_SM3_LEN];

    ES_TRY(es_sm2_e(key, message, e, err));
    ES_TRY(es_sm2_verify_e(key, e, raw, &answer, err));
    *good = answer == ES_SIG_GOOD;
    return ES_OK;
}

es_status es_checkpoint_verify(const struct es_checkpoint *c, const struct es_pubkey *key,
                               bool *good, struct es_error *err)
{
    ES_AUTO(es_buf) origin = ES_BUF_INIT(1024);
    const struct es_checkpoint_line *line;
    uint8_t id[4];

    *good = false;
    es_buf_put_span(&origin, c->origin);
    if (es_buf_cstr(&origin) == NULL)
        return es_buf_check(&origin, err);
    ES_TRY(es_checkpoint_key_id(es_buf_cstr(&origin), ES_CHECKPOINT_ALGORITHM, key, id, err));
    line = log_checkpoint_line(c, c->origin, id);
    if (line == NULL || line->sig.len != ES_SM2_RAW_LEN)
        return ES_OK;
    return verify_raw(key, c->signed_text, line->sig.ptr, good, err);
}

es_status es_checkpoint_verify_witness(const struct es_checkpoint *c, const char *witness,
                                       const struct es_pubkey *key, bool *good, uint64_t *time_s,
                                       struct es_error *err)
{
    ES_AUTO(es_buf) message = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    const struct es_checkpoint_line *line;
    uint8_t id[4];

    *good = false;
    *time_s = 0;
    ES_TRY(es_checkpoint_key_id(witness, ES_CHECKPOINT_WITNESS_ALGORITHM, key, id, err));
    line = log_checkpoint_line(c, es_span_str(witness), id);
    if (line == NULL || line->sig.len != WITNESS_SIG_LEN)
        return ES_OK;
    for (size_t i = 0; i < 8; i++)
        *time_s = *time_s << 8 | line->sig.ptr[i];
    ES_TRY(witness_message(c, *time_s, &message, err));
    return verify_raw(key, es_buf_span(&message), line->sig.ptr + 8, good, err);
}
