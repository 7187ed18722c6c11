/* What several commands load: keys, passwords, certificates, seals. Secrets never come from argv.
 */
#include "cli.h"

#include "es_pki.h"
#include "es_seal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERT_FILE_MAX (256u * 1024u)
#define PASSWORD_MAX 256

/* $name/suffix, or ~/fallback/suffix */
static es_status place(const char *variable, const char *fallback, const char *suffix,
                       struct es_buf *out, struct es_error *err)
{
    const char *base = getenv(variable);
    const char *home = getenv("HOME");

    if (base != NULL && base[0] == '/') {
        es_buf_printf(out, "%s/%s", base, suffix);
    } else {
        ES_ENSURE(home != NULL && home[0] == '/', err, ES_E_CONFIG, "neither %s nor HOME is set",
                  variable);
        es_buf_printf(out, "%s/%s/%s", home, fallback, suffix);
    }
    return es_buf_check(out, err);
}

/* The folders above path, as far as they are missing: a new account has no ~/.local/state. One that
 * cannot be made shows when path is opened. */
static es_status make_parents(const char *path, struct es_error *err)
{
    char *name = strdup(path);

    ES_ENSURE(name != NULL, err, ES_E_NOMEM, "out of memory");
    for (char *slash = strchr(name + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void) mkdir(name, 0700);
        *slash = '/';
    }
    free(name);
    return ES_OK;
}

es_status cli_keys(const struct cli *cli, struct es_key_provider *out, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(4096);
    const char *folder = cli_get(cli, "keys");

    if (folder == NULL)
        folder = getenv("ESEAL_KEYS");
    if (folder == NULL) {
        ES_TRY(place("XDG_STATE_HOME", ".local/state", "eseal/keys", &path, err));
        folder = es_buf_cstr(&path);
        ES_ENSURE(folder != NULL, err, ES_E_NOMEM, "out of memory");
        ES_TRY(make_parents(folder, err));
    }
    return es_soft_keys_open(folder, out, err);
}

/* ---- passwords ---- */

static es_status ask(const struct cli *cli, bool old, bool fresh, struct es_secret *out,
                     struct es_error *err)
{
    struct es_secret again = {0};
    es_status status;

    ES_ENSURE(!cli->no_input, err, ES_E_USAGE, "a password is needed: --password-file FILE");
    status = es_secret_ask(out,
                           old     ? cli_text(cli, "old password: ", "原口令:")
                           : fresh ? cli_text(cli, "new password: ", "新口令:")
                                   : cli_text(cli, "password: ", "口令:"),
                           err);
    if (status == ES_E_ABSENT)
        return es_error_set(err, ES_E_USAGE, "no terminal to ask on; use --password-file FILE");
    ES_TRY(status);
    if (!fresh)
        return ES_OK;
    ES_TRY(es_secret_init(&again, PASSWORD_MAX, err));
    status = es_secret_ask(&again, cli_text(cli, "once more: ", "再次输入:"), err);
    if (status == ES_OK && !es_secret_equal(&again, es_span_of(out->ptr, out->len)))
        status = es_error_set(err, ES_E_USAGE, "the two passwords differ");
    es_secret_clear(&again);
    return status;
}

static es_status read_password(const struct cli *cli, const char *prefix, bool fresh,
                               struct es_secret *out, struct es_error *err)
{
    char file_option[32], fd_option[32];
    const char *file, *fd_text;
    uint32_t fd = 0;

    (void) snprintf(file_option, sizeof file_option, "%spassword-file", prefix);
    (void) snprintf(fd_option, sizeof fd_option, "%spassword-fd", prefix);
    file = cli_get(cli, file_option);
    fd_text = cli_get(cli, fd_option);
    if (fd_text != NULL) {
        ES_TRY(cli_uint(fd_option, fd_text, 0, 1023, &fd, err));
        return es_secret_read_fd(out, (int) fd, err);
    }
    if (file == NULL && prefix[0] == 0)
        file = getenv("ESEAL_PASSWORD_FILE");
    if (file != NULL)
        return es_secret_read_file(out, file, err);
    return ask(cli, strcmp(prefix, "old-") == 0, fresh, out, err);
}

es_status cli_password(const struct cli *cli, const char *prefix, bool fresh, struct es_secret *out,
                       struct es_error *err)
{
    es_status status;

    ES_TRY(es_secret_init(out, PASSWORD_MAX, err));
    status = read_password(cli, prefix, fresh, out, err);
    if (status != ES_OK)
        es_secret_clear(out);
    return status;
}

es_status cli_open_key(const struct cli *cli, const char *name, struct es_key **out,
                       struct es_error *err)
{
    struct es_key_provider provider = {0};
    ES_AUTO(es_secret) password = {0};
    es_status status;

    ES_TRY(cli_password(cli, "", false, &password, err));
    ES_TRY(cli_keys(cli, &provider, err));
    status = es_key_open(&provider, name, &password, out, err);
    es_soft_keys_close(&provider);
    return status;
}

/* ---- files ---- */

es_status cli_check_key(const struct es_cert *cert, const struct es_key *key, const char *name,
                        const char *path, struct es_error *err)
{
    ES_ENSURE(cert->key != NULL && es_pubkey_kind(cert->key) == ES_KEY_SM2 &&
                  es_span_equal(es_pubkey_point(cert->key), es_pubkey_point(es_key_public(key))),
              err, ES_E_MISMATCH, "key %s does not belong to %s", name, path);
    return ES_OK;
}

es_status cli_load_cert(const char *path, struct es_cert **out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(CERT_FILE_MAX);
    es_status status;

    ES_TRY(es_file_read(path, &bytes, err));
    status = es_cert_decode(es_buf_span(&bytes), out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

es_status cli_load_seal(const char *path, struct es_seal **out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SEAL_DER_MAX * 2);
    ES_AUTO(es_buf) plain = ES_BUF_INIT(ES_SEAL_DER_MAX);
    struct es_span der;
    es_status status;

    ES_TRY(es_file_read(path, &bytes, err));
    der = es_buf_span(&bytes);
    if (der.len > 0 && der.ptr[0] != ES_DER_SEQUENCE &&
        es_base64_decode(der, &plain, NULL, NULL) == ES_OK)
        der = es_buf_span(&plain);
    status = es_seal_decode(der, ES_CHECK_FORMAT, path, NULL, out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

/* Standard input goes into a file without a name, so that even a large one needs no memory. */
static es_status spool(uint64_t max, struct es_source *out, struct es_error *err)
{
    FILE *file = tmpfile();
    uint8_t piece[65536];
    ssize_t got = 0;
    es_status status = ES_OK;

    ES_ENSURE(file != NULL, err, ES_E_WRITE, "temporary file: %s", strerror(errno));
    while (status == ES_OK && (got = read(STDIN_FILENO, piece, sizeof piece)) > 0) {
        out->len += (uint64_t) got;
        if (out->len > max)
            status = es_error_set(err, ES_E_LIMIT, "standard input: more than %llu bytes",
                                  (unsigned long long) max);
        else if (fwrite(piece, 1, (size_t) got, file) != (size_t) got)
            status = es_error_set(err, ES_E_WRITE, "temporary file: %s", strerror(errno));
    }
    if (status == ES_OK && got < 0)
        status = es_error_set(err, ES_E_IO, "standard input: %s", strerror(errno));
    if (status == ES_OK && (fflush(file) != 0 || (out->fd = dup(fileno(file))) < 0))
        status = es_error_set(err, ES_E_WRITE, "temporary file: %s", strerror(errno));
    (void) fclose(file);
    return status;
}

es_status cli_source(const char *path, uint64_t max, struct es_source *out, struct es_error *err)
{
    if (strcmp(path, "-") != 0)
        return es_source_open(out, path, max, err);
    *out = (struct es_source){.fd = -1};
    return spool(max, out, err);
}

es_status cli_write(const struct cli *cli, const char *path, struct es_span bytes, unsigned mode,
                    struct es_error *err)
{
    return es_file_write(path, bytes, mode, cli->force, err);
}
