/*
 * The soft provider: a folder with one encrypted file a key, NAME.key, mode 0600. A file that
 * others may read is refused, none is ever overwritten but by a change of PIN, which replaces it
 * whole. Nothing is cached: an open key lives in OpenSSL until it is closed.
 */
#include "crypto_internal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#define KEY_FILE_MAX (16 * 1024)
#define PATH_BYTES_MAX 4096
#define LABELS_MAX (1024 * 1024)
#define SUFFIX ".key"

struct soft_keys {
    char *folder;
};

static es_status path_of(const struct soft_keys *soft, const char *label, struct es_buf *path,
                         struct es_error *err)
{
    ES_TRY(es_label_check(label, err));
    es_buf_printf(path, "%s/%s" SUFFIX, soft->folder, label);
    ES_ENSURE(es_buf_cstr(path) != NULL, err, ES_E_LIMIT, "path of the key is too long");
    return es_buf_check(path, err);
}

/* ---- reading a file ---- */

static es_status check_mode(int fd, struct es_error *err)
{
    struct stat st;

    ES_ENSURE(fstat(fd, &st) == 0, err, ES_E_IO, "key file: %s", strerror(errno));
    ES_ENSURE((st.st_mode & 077) == 0, err, ES_E_DENIED,
              "key file has mode %03o and is open to others, 600 is right",
              (unsigned) (st.st_mode & 0777));
    return ES_OK;
}

static es_status read_source(const struct es_source *src, struct es_buf *out, struct es_error *err)
{
    uint8_t *at;

    ES_TRY(check_mode(src->fd, err));
    at = es_buf_reserve(out, (size_t) src->len);
    ES_TRY(es_buf_check(out, err));
    ES_TRY(es_source_read(src, 0, at, (size_t) src->len, err));
    out->len += (size_t) src->len;
    return ES_OK;
}

static es_status read_file(const struct soft_keys *soft, const char *label, struct es_buf *out,
                           struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(PATH_BYTES_MAX);
    struct es_source src = {.fd = -1};
    es_status status;

    ES_TRY(path_of(soft, label, &path, err));
    status = es_source_open(&src, es_buf_cstr(&path), KEY_FILE_MAX, err);
    if (status == ES_E_ABSENT)
        return es_error_set(err, ES_E_ABSENT, "no key has the label \"%s\"", label);
    if (status == ES_OK)
        status = read_source(&src, out, err);
    es_source_clear(&src);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "key \"%s\"", label);
}

static es_status load(const struct soft_keys *soft, const char *label, const struct es_secret *pin,
                      EVP_PKEY **out, struct es_error *err)
{
    ES_AUTO(es_buf) pem = ES_BUF_INIT(KEY_FILE_MAX);
    es_status status;

    ES_TRY(read_file(soft, label, &pem, err));
    status = es_keyfile_decode(es_buf_span(&pem), pin, out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "key \"%s\"", label);
}

static es_status store(const struct soft_keys *soft, const char *label, EVP_PKEY *pkey,
                       const struct es_secret *pin, bool replace, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(PATH_BYTES_MAX);
    ES_AUTO(es_buf) pem = ES_BUF_INIT(KEY_FILE_MAX);
    es_status status;

    ES_TRY(path_of(soft, label, &path, err));
    ES_TRY(es_keyfile_encode(pkey, pin, &pem, err));
    status = es_file_write(es_buf_cstr(&path), es_buf_span(&pem), 0600, replace, err);
    if (status == ES_E_EXISTS)
        return es_error_set(err, status, "there is a key \"%s\" already; keys are never replaced",
                            label);
    return status;
}

/* ---- the table of functions ---- */

static es_status soft_open(void *self, const char *label, const struct es_secret *pin, void **key,
                           struct es_error *err)
{
    EVP_PKEY *pkey = NULL;

    ES_TRY(load(self, label, pin, &pkey, err));
    *key = pkey;
    return ES_OK;
}

/* The label in a file's name, or the empty span. */
static struct es_span label_in(const char *name)
{
    size_t len = strlen(name);
    size_t suffix = strlen(SUFFIX);

    if (len <= suffix || strcmp(name + len - suffix, SUFFIX) != 0)
        return (struct es_span){0};
    return es_span_of(name, len - suffix);
}

struct labels {
    struct es_buf text; /* each with its NUL */
    size_t count;
};

static es_status collect(void *ctx, const char *name, struct es_error *err)
{
    struct labels *labels = ctx;
    struct es_span label = label_in(name);
    size_t start = labels->text.len;

    if (label.len == 0)
        return ES_OK;
    es_buf_put_span(&labels->text, label);
    es_buf_put_byte(&labels->text, '\0');
    ES_TRY(es_buf_check(&labels->text, err));
    if (es_label_check((const char *) labels->text.ptr + start, NULL) == ES_OK)
        labels->count++;
    else
        labels->text.len = start; /* not a file of ours */
    return ES_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static es_status each_sorted(const struct labels *labels,
                             es_status (*each)(void *ctx, const char *label, struct es_error *err),
                             void *ctx, struct es_error *err)
{
    const char *at = (const char *) labels->text.ptr;
    const char **sorted = calloc(labels->count + 1, sizeof(*sorted));
    es_status status = ES_OK;

    ES_ENSURE(sorted != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < labels->count; i++) {
        sorted[i] = at;
        at += strlen(at) + 1;
    }
    qsort(sorted, labels->count, sizeof(*sorted), by_bytes);
    for (size_t i = 0; i < labels->count && status == ES_OK; i++)
        status = each(ctx, sorted[i], err);
    free(sorted);
    return status;
}

/* Files are named LABEL.key, so the order of files is not that of labels. */
static es_status soft_list(void *self,
                           es_status (*each)(void *ctx, const char *label, struct es_error *err),
                           void *ctx, struct es_error *err)
{
    const struct soft_keys *soft = self;
    struct labels labels = {.text = ES_BUF_INIT(LABELS_MAX)};
    es_status status = es_dir_each(soft->folder, collect, &labels, err);

    if (status == ES_OK)
        status = each_sorted(&labels, each, ctx, err);
    es_buf_clear(&labels.text);
    return status;
}

static const struct es_key_ops soft_ops = {
    .abi = ES_KEY_OPS_ABI,
    .name = "soft",
    .open = soft_open,
    .public_key = es_evp_public_key,
    .sign = es_evp_sign,
    .list = soft_list,
    .close = es_evp_close,
};

/* ---- the folder ---- */

static es_status prepare_folder(const char *folder, struct es_error *err)
{
    struct stat st;

    ES_ENSURE(mkdir(folder, 0700) == 0 || errno == EEXIST, err, ES_E_WRITE, "folder of keys %s: %s",
              folder, strerror(errno));
    ES_ENSURE(stat(folder, &st) == 0, err, ES_E_IO, "folder of keys %s: %s", folder,
              strerror(errno));
    ES_ENSURE(S_ISDIR(st.st_mode), err, ES_E_CONFIG, "%s is not a folder", folder);
    ES_ENSURE((st.st_mode & 022) == 0, err, ES_E_DENIED,
              "folder of keys %s has mode %03o: others may write, 700 is right", folder,
              (unsigned) (st.st_mode & 0777));
    return ES_OK;
}

es_status es_soft_keys_open(const char *folder, struct es_key_provider *out, struct es_error *err)
{
    struct soft_keys *soft = NULL;

    *out = (struct es_key_provider){0};
    ES_ENSURE(folder != NULL && folder[0] != '\0', err, ES_E_USAGE, "no folder of keys named");
    ES_ENSURE(es_soft_library_good(OpenSSL_version_num()), err, ES_E_CRYPTO,
              "%s may not hold soft keys, from 3.0.22 and below 3.2 is right", es_crypto_library());
    ES_TRY(prepare_folder(folder, err));
    soft = calloc(1, sizeof(*soft));
    ES_ENSURE(soft != NULL, err, ES_E_NOMEM, "out of memory");
    soft->folder = strdup(folder);
    if (soft->folder == NULL) {
        free(soft);
        return es_error_set(err, ES_E_NOMEM, "out of memory");
    }
    *out = (struct es_key_provider){.ops = &soft_ops, .self = soft};
    return ES_OK;
}

void es_soft_keys_close(struct es_key_provider *provider)
{
    struct soft_keys *soft = provider->self;

    if (soft != NULL) {
        free(soft->folder);
        free(soft);
    }
    *provider = (struct es_key_provider){0};
}

static es_status soft_of(const struct es_key_provider *provider, struct soft_keys **out,
                         struct es_error *err)
{
    ES_ENSURE(provider->ops == &soft_ops, err, ES_E_UNSUPPORTED,
              "only soft keys can be managed here");
    *out = provider->self;
    return ES_OK;
}

es_status es_soft_key_new(const struct es_key_provider *provider, const char *label,
                          const struct es_secret *pin, struct es_error *err)
{
    ES_OSSL(EVP_PKEY) pkey = NULL;
    struct soft_keys *soft = NULL;

    ES_TRY(soft_of(provider, &soft, err));
    ES_TRY(es_label_check(label, err));
    ES_TRY(es_pin_check(pin, err));
    ES_TRY(es_evp_generate(&pkey, err));
    ES_TRY(es_evp_check_pair(pkey, err));
    return store(soft, label, pkey, pin, false, err);
}

es_status es_soft_key_change_pin(const struct es_key_provider *provider, const char *label,
                                 const struct es_secret *old_pin, const struct es_secret *new_pin,
                                 struct es_error *err)
{
    ES_OSSL(EVP_PKEY) pkey = NULL;
    struct soft_keys *soft = NULL;

    ES_TRY(soft_of(provider, &soft, err));
    ES_TRY(es_pin_check(new_pin, err));
    ES_TRY(load(soft, label, old_pin, &pkey, err));
    return store(soft, label, pkey, new_pin, true, err);
}

es_status es_soft_key_export(const struct es_key_provider *provider, const char *label,
                             struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) pem = ES_BUF_INIT(KEY_FILE_MAX);
    struct soft_keys *soft = NULL;

    ES_TRY(soft_of(provider, &soft, err));
    ES_TRY(read_file(soft, label, &pem, err));
    es_buf_put_span(out, es_buf_span(&pem));
    return es_buf_check(out, err);
}
