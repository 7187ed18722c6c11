/*
 * A trust from a folder:
 *
 *     DIR/roots  intermediates  tsa       certificates, PEM (any number a file) or DER
 *     DIR/makers                          the same, NAME.json beside NAME.pem says more
 *     DIR/crls   ocsp                     one a file, DER or PEM
 *
 * Each folder may be missing. README* and what is no regular file is passed over; any other file
 * that does not decode is an error that names it. Nothing is fetched from anywhere.
 */
#include "trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_MAX_LEN 4096

struct loader {
    struct es_trust *trust;
    const char *folder;
    const char *part; /* "roots", … */
    enum es_trust_kind kind;
    es_status (*take)(struct loader *loader, const char *name, struct es_span bytes,
                      struct es_error *err);
    struct es_maker_entry entry; /* of the file being read */
    struct ptr_list read;        /* names of the JSON files read, sorted */
};

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* ---- files ---- */

static es_status path_of(const struct loader *l, const char *name, struct es_buf *path,
                         struct es_error *err)
{
    es_buf_printf(path, "%s/%s%s%s", l->folder, l->part, name ? "/" : "", name ? name : "");
    ES_TRY(es_buf_check(path, err));
    ES_ENSURE(es_buf_cstr(path) != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static bool is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static es_status load_file(void *ctx, const char *name, struct es_error *err)
{
    struct loader *l = ctx;
    ES_AUTO(es_buf) path = ES_BUF_INIT(PATH_MAX_LEN);
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_TRUST_FILE_MAX);
    es_status status;

    if (strncmp(name, "README", 6) == 0 || ends_with(name, ".json"))
        return ES_OK;
    ES_TRY(path_of(l, name, &path, err));
    if (!is_regular((const char *) path.ptr))
        return ES_OK;
    status = es_file_read((const char *) path.ptr, &bytes, err);
    if (status == ES_OK)
        status = l->take(l, name, es_buf_span(&bytes), err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s/%s", l->part, name);
}

/* ---- what files hold ---- */

static es_status add_cert(void *ctx, struct es_cert *cert, struct es_error *err)
{
    const struct loader *l = ctx;

    return es_trust_add_cert(l->trust, l->kind, cert, err);
}

static es_status take_certs(struct loader *l, const char *name, struct es_span bytes,
                            struct es_error *err)
{
    (void) name;
    return es_cert_each(bytes, add_cert, l, err);
}

static es_status take_crl(struct loader *l, const char *name, struct es_span bytes,
                          struct es_error *err)
{
    (void) name;
    return es_trust_add_crl(l->trust, bytes, err);
}

static es_status take_ocsp(struct loader *l, const char *name, struct es_span bytes,
                           struct es_error *err)
{
    (void) name;
    return es_trust_add_ocsp(l->trust, bytes, err);
}

/* ---- makers ---- */

/* NAME.pem, NAME.crt, NAME.der, … -> NAME.json */
static size_t stem_len(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && dot != name ? (size_t) (dot - name) : strlen(name);
}

static es_status note_read(struct loader *l, const char *json_name, struct es_error *err)
{
    char *name = strdup(json_name);
    es_status status;

    ES_ENSURE(name != NULL, err, ES_E_NOMEM, "out of memory");
    status = ptr_list_insert(&l->read, name, by_text, err);
    if (status != ES_OK)
        free(name);
    return status;
}

static es_status load_entry(struct loader *l, const char *name, struct es_maker_entry *entry,
                            struct maker_texts *texts, struct es_error *err)
{
    ES_AUTO(es_buf) json_name = ES_BUF_INIT(PATH_MAX_LEN);
    ES_AUTO(es_buf) path = ES_BUF_INIT(PATH_MAX_LEN);
    ES_AUTO(es_buf) text = ES_BUF_INIT(MAKER_JSON_MAX);
    es_status status;

    es_buf_put(&json_name, name, stem_len(name));
    es_buf_put_str(&json_name, ".json");
    ES_ENSURE(es_buf_cstr(&json_name) != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(path_of(l, (const char *) json_name.ptr, &path, err));
    status = es_file_read((const char *) path.ptr, &text, err);
    if (status == ES_E_ABSENT)
        return ES_OK;
    if (status == ES_OK)
        status = note_read(l, (const char *) json_name.ptr, err);
    if (status == ES_OK)
        status = maker_entry_read(es_buf_span(&text), entry, texts, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", (const char *) json_name.ptr);
}

static es_status add_maker(void *ctx, struct es_cert *cert, struct es_error *err)
{
    struct loader *l = ctx;

    l->entry.cert = cert;
    return es_trust_add_maker(l->trust, &l->entry, err);
}

static es_status take_makers(struct loader *l, const char *name, struct es_span bytes,
                             struct es_error *err)
{
    struct maker_texts texts = {ES_BUF_INIT(MAKER_JSON_MAX), ES_BUF_INIT(MAKER_JSON_MAX)};
    es_status status;

    l->entry = (struct es_maker_entry){0};
    status = load_entry(l, name, &l->entry, &texts, err);
    if (status == ES_OK)
        status = es_cert_each(bytes, add_maker, l, err);
    es_buf_clear(&texts.regions);
    es_buf_clear(&texts.kinds);
    return status;
}

/* Facts without a certificate are a slip of the pen that must not pass unseen. */
static es_status check_json(void *ctx, const char *name, struct es_error *err)
{
    const struct loader *l = ctx;
    size_t at;

    if (!ends_with(name, ".json"))
        return ES_OK;
    at = ptr_list_find(&l->read, name, by_text);
    ES_ENSURE(at < l->read.count && strcmp(l->read.at[at], name) == 0, err, ES_E_CONFIG,
              "%s/%s: no certificate stands beside it", l->part, name);
    return ES_OK;
}

/* ---- all of it ---- */

static es_status load_part(struct loader *l, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(PATH_MAX_LEN);
    const char *text;
    struct stat st;
    es_status status;

    ES_TRY(path_of(l, NULL, &path, err));
    text = (const char *) path.ptr;
    if (stat(text, &st) != 0 && errno == ENOENT)
        return ES_OK;
    status = es_dir_each(text, load_file, l, err);
    if (status == ES_OK && l->take == take_makers)
        status = es_dir_each(text, check_json, l, err);
    return status;
}

es_status es_trust_load(const char *folder, struct es_trust **out, struct es_error *err)
{
    ES_AUTO_PTR(es_trust) trust = NULL;
    const struct loader parts[] = {
        {.part = "roots", .kind = ES_TRUST_ROOT, .take = take_certs},
        {.part = "intermediates", .kind = ES_TRUST_INTERMEDIATE, .take = take_certs},
        {.part = "tsa", .kind = ES_TRUST_TSA, .take = take_certs},
        {.part = "makers", .kind = ES_TRUST_MAKER, .take = take_makers},
        {.part = "crls", .take = take_crl},
        {.part = "ocsp", .take = take_ocsp},
    };
    struct stat st;
    es_status status;

    *out = NULL;
    ES_ENSURE(stat(folder, &st) == 0 && S_ISDIR(st.st_mode), err, ES_E_ABSENT,
              "no trust folder \"%s\"", folder);
    ES_TRY(es_trust_new(&trust, err));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct loader loader = parts[i];

        loader.trust = trust;
        loader.folder = folder;
        status = load_part(&loader, err);
        for (size_t k = 0; k < loader.read.count; k++)
            free(loader.read.at[k]);
        free(loader.read.at);
        ES_TRY(status);
    }
    *out = ES_TAKE(trust);
    return ES_OK;
}
