/*
 * The master key in a file: JSON with the key of 32 bytes closed by SM4-GCM under a key derived
 * from the passphrase. The additional data name everything else in the file, so no member can be
 * changed. Rounds are bounded before they are run: a file cannot ask for an endless derivation,
 * nor for a weak one.
 */
#include "keyring_internal.h"

#include <errno.h>
#include <sys/stat.h>

#include "es_json.h"

#define ROUNDS 300000
#define ROUNDS_MIN 100000
#define ROUNDS_MAX ES_PBKDF2_ROUNDS_MAX
#define SALT_LEN 16
#define WRAPPED_LEN (MASTER_LEN + ES_GCM_TAG_LEN)
#define FILE_MAX 4096
#define TYPE "master-key"
#define KDF "pbkdf2-hmac-sm3"

struct master_file {
    int64_t rounds;
    uint8_t salt[SALT_LEN];
    uint8_t nonce[ES_GCM_NONCE_LEN];
    uint8_t wrapped[WRAPPED_LEN];
};

static es_status make_aad(const struct master_file *file, struct es_buf *out, struct es_error *err)
{
    keyring_put(out, es_span_str("eseal " TYPE));
    keyring_put_number(out, FORM);
    keyring_put(out, es_span_str(KDF));
    keyring_put_number(out, (uint64_t) file->rounds);
    keyring_put(out, es_span_of(file->salt, SALT_LEN));
    return es_buf_check(out, err);
}

/* The key under which the master lies, into pages of its own. */
static es_status derive(const struct master_file *file, const struct es_secret *passphrase,
                        struct es_secret *key, struct es_error *err)
{
    ES_TRY(es_secret_init(key, ES_SM4_KEY_LEN, err));
    ES_TRY(es_pbkdf2_sm3(es_span_of(passphrase->ptr, passphrase->len),
                         es_span_of(file->salt, SALT_LEN), (uint32_t) file->rounds, key->ptr,
                         ES_SM4_KEY_LEN, err));
    key->len = ES_SM4_KEY_LEN;
    return ES_OK;
}

/* ---- making ---- */

static es_status close_master(struct master_file *file, const struct es_secret *passphrase,
                              struct es_span master, struct es_error *err)
{
    ES_AUTO(es_secret) key = {0};
    ES_AUTO(es_buf) aad = ES_BUF_INIT(256);
    ES_AUTO(es_buf) closed = ES_BUF_INIT(WRAPPED_LEN);

    ES_TRY(make_aad(file, &aad, err));
    ES_TRY(derive(file, passphrase, &key, err));
    ES_TRY(es_sm4_gcm_seal(key.ptr, es_span_of(file->nonce, ES_GCM_NONCE_LEN), es_buf_span(&aad),
                           master, &closed, err));
    memcpy(file->wrapped, closed.ptr, WRAPPED_LEN);
    return ES_OK;
}

static es_status make_master(struct master_file *file, const struct es_secret *passphrase,
                             const struct es_random *random, struct es_error *err)
{
    ES_AUTO(es_secret) master = {0};

    *file = (struct master_file){.rounds = ROUNDS};
    ES_TRY(es_secret_init(&master, MASTER_LEN, err));
    ES_TRY(random->fill(random->self, master.ptr, MASTER_LEN, err));
    ES_TRY(random->fill(random->self, file->salt, SALT_LEN, err));
    ES_TRY(random->fill(random->self, file->nonce, ES_GCM_NONCE_LEN, err));
    return close_master(file, passphrase, es_span_of(master.ptr, MASTER_LEN), err);
}

static void put_file(const struct master_file *file, struct es_buf *out)
{
    struct es_json_out json = {.buf = out};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", FORM);
    es_json_pair_text(&json, "type", TYPE);
    es_json_pair_text(&json, "kdf", KDF);
    es_json_pair_int(&json, "rounds", file->rounds);
    es_json_pair_hex(&json, "salt", es_span_of(file->salt, SALT_LEN));
    es_json_pair_hex(&json, "nonce", es_span_of(file->nonce, ES_GCM_NONCE_LEN));
    es_json_pair_hex(&json, "wrapped", es_span_of(file->wrapped, WRAPPED_LEN));
    es_json_end_object(&json);
    es_buf_put_byte(out, '\n');
}

es_status es_master_new(const char *path, const struct es_secret *passphrase,
                        const struct es_random *random, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(FILE_MAX);
    struct master_file file;

    ES_TRY(es_pin_check(passphrase, err));
    ES_TRY(make_master(&file, passphrase, random, err));
    put_file(&file, &text);
    ES_TRY(es_buf_check(&text, err));
    return es_file_write(path, es_buf_span(&text), 0600, false, err);
}

/* ---- reading ---- */

static es_status read_private(const char *path, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};
    struct stat st;
    uint8_t *room;

    ES_TRY(es_source_open(&src, path, FILE_MAX, err));
    ES_ENSURE(fstat(src.fd, &st) == 0, err, ES_E_IO, "%s: %s", path, strerror(errno));
    ES_ENSURE((st.st_mode & 077) == 0, err, ES_E_DENIED,
              "%s has mode %03o and is open to others, 600 is right", path,
              (unsigned) (st.st_mode & 0777));
    room = es_buf_reserve(out, (size_t) src.len);
    if (room == NULL)
        return es_buf_check(out, err);
    ES_TRY(es_source_read(&src, 0, room, (size_t) src.len, err));
    out->len += (size_t) src.len;
    return ES_OK;
}

static es_status get_hex(es_json_node root, const char *name, uint8_t *out, size_t len,
                         struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(FILE_MAX);
    const char *text;

    ES_TRY(es_json_text(root, name, &text, err));
    ES_TRY(es_hex_decode(es_span_str(text), &bytes, err));
    ES_ENSURE(bytes.len == len, err, ES_E_FORMAT, "%s has %zu bytes, not %zu", name, bytes.len,
              len);
    memcpy(out, bytes.ptr, len);
    return ES_OK;
}

static es_status expect_text(es_json_node root, const char *name, const char *wanted,
                             struct es_error *err)
{
    const char *text;

    ES_TRY(es_json_text(root, name, &text, err));
    ES_ENSURE(strcmp(text, wanted) == 0, err, ES_E_FORMAT, "%s is not \"%s\"", name, wanted);
    return ES_OK;
}

static es_status get_file(es_json_node root, struct master_file *file, struct es_error *err)
{
    static const char *const members[] = {"v",    "type",  "kdf",     "rounds",
                                          "salt", "nonce", "wrapped", NULL};
    int64_t form;

    ES_TRY(es_json_only(root, members, err));
    ES_TRY(es_json_int(root, "v", &form, err));
    ES_ENSURE(form == FORM, err, ES_E_FORMAT, "v is not %d", FORM);
    ES_TRY(expect_text(root, "type", TYPE, err));
    ES_TRY(expect_text(root, "kdf", KDF, err));
    ES_TRY(es_json_int(root, "rounds", &file->rounds, err));
    ES_ENSURE(file->rounds >= ROUNDS_MIN && file->rounds <= ROUNDS_MAX, err, ES_E_FORMAT,
              "rounds are not within %d to %d", ROUNDS_MIN, ROUNDS_MAX);
    ES_TRY(get_hex(root, "salt", file->salt, SALT_LEN, err));
    ES_TRY(get_hex(root, "nonce", file->nonce, ES_GCM_NONCE_LEN, err));
    return get_hex(root, "wrapped", file->wrapped, WRAPPED_LEN, err);
}

static es_status parse_file(struct es_span text, struct master_file *file, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;

    ES_TRY(es_json_parse(text, FILE_MAX, &json, err));
    return get_file(es_json_root(json), file, err);
}

static es_status open_master(const struct master_file *file, const struct es_secret *passphrase,
                             struct es_secret *out, struct es_error *err)
{
    ES_AUTO(es_secret) key = {0};
    ES_AUTO(es_buf) aad = ES_BUF_INIT(256);
    ES_AUTO(es_buf) opened = ES_BUF_INIT(MASTER_LEN);
    es_status status;

    ES_TRY(make_aad(file, &aad, err));
    ES_TRY(derive(file, passphrase, &key, err));
    ES_TRY(es_sm4_gcm_open(key.ptr, es_span_of(file->nonce, ES_GCM_NONCE_LEN), es_buf_span(&aad),
                           es_span_of(file->wrapped, WRAPPED_LEN), &opened, err));
    status = out->ptr == NULL ? es_secret_init(out, MASTER_LEN, err) : ES_OK;
    if (status == ES_OK)
        status = es_secret_set(out, es_buf_span(&opened), err);
    es_wipe(opened.ptr, opened.len);
    return status;
}

/* Whatever is wrong with the file's content is one answer: it does not open with this. */
static es_status as_wrong(es_status status, struct es_error *err)
{
    if (status == ES_E_INTEGRITY)
        return es_error_set(err, ES_E_PIN, "passphrase is wrong, or the master key file damaged");
    if (status != ES_E_FORMAT && status != ES_E_LIMIT)
        return status;
    if (err != NULL)
        err->status = ES_E_PIN;
    return es_error_at(err, ES_E_PIN, "master key file");
}

es_status es_master_open(const char *path, const struct es_secret *passphrase,
                         struct es_secret *out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(FILE_MAX);
    struct master_file file;
    es_status status = read_private(path, &text, err);

    if (status == ES_OK)
        status = parse_file(es_buf_span(&text), &file, err);
    if (status == ES_OK)
        status = open_master(&file, passphrase, out, err);
    return as_wrong(status, err);
}
