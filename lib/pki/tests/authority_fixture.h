/*
 * What the tests of SignedData, time stamps and the authority share: keys from fixed numbers,
 * certificates made with them, the openssl program as a second opinion, and the sample documents.
 */
#ifndef ES_AUTHORITY_FIXTURE_H
#define ES_AUTHORITY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "es_pki.h"

#define T_2026 1767225600 /* 2026-01-01T00:00:00Z */
#define DAY 86400
#define YEAR (365 * DAY)

static inline void must(es_status status, const struct es_error *err)
{
    if (status != ES_OK)
        fail_msg("%s: %s", es_status_name(status), err->text);
}

static inline struct es_key *key_of(uint8_t number)
{
    uint8_t d[32];
    struct es_key *key = NULL;
    struct es_error err = {0};

    for (size_t i = 0; i < sizeof d; i++)
        d[i] = (uint8_t) (number + 3 * i);
    must(es_key_from_number(d, &key, &err), &err);
    return key;
}

/** A certificate and its key. */
struct identity {
    struct es_key *key;
    struct es_cert *cert;
};

static inline struct es_cert_template template_of(const char *name, enum es_cert_use use,
                                                  const uint8_t *serial)
{
    return (struct es_cert_template){.common_name = name,
                                     .organisation = "测试机构",
                                     .organisation_id = "91110000100000000X",
                                     .unit = "unit",
                                     .country = "CN",
                                     .serial = es_span_of(serial, 1),
                                     .not_before_s = T_2026 - YEAR,
                                     .not_after_s = T_2026 + 3 * YEAR,
                                     .use = use};
}

static inline struct es_cert *issue(const struct es_cert_template *tpl, const struct es_key *key,
                                    const struct identity *issuer)
{
    struct es_buf der = ES_BUF_INIT(65536);
    struct es_cert *cert = NULL;
    struct es_error err = {0};

    must(es_cert_issue(tpl, es_key_public(key), issuer->cert, issuer->key, &der, &err), &err);
    must(es_cert_decode(es_buf_span(&der), &cert, &err), &err);
    es_buf_clear(&der);
    return cert;
}

/** issuer NULL: a self-signed certificate. */
static inline struct identity identity_of(const char *name, enum es_cert_use use, uint8_t serial,
                                          const struct identity *issuer)
{
    struct es_cert_template tpl = template_of(name, use, &serial);
    struct identity id = {.key = key_of(serial)};
    struct identity self = {.key = id.key};

    id.cert = issue(&tpl, id.key, issuer ? issuer : &self);
    return id;
}

static inline void identity_clear(struct identity *id)
{
    es_cert_free(id->cert);
    es_key_free(id->key);
}

/* ---- files and programs ---- */

static inline void put_file(const char *path, struct es_span bytes)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static inline void put_pem(const char *path, const char *label, struct es_span der)
{
    struct es_buf text = ES_BUF_INIT(1 << 20);

    es_buf_printf(&text, "-----BEGIN %s-----\n", label);
    es_buf_put_base64(&text, der);
    es_buf_printf(&text, "\n-----END %s-----\n", label);
    for (size_t i = strlen(label) + 17; i + 64 < text.len - strlen(label) - 16; i += 65)
        es_buf_insert(&text, i + 64, "\n", 1);
    put_file(path, es_buf_span(&text));
    es_buf_clear(&text);
}

/** Output of a command; its exit code in *code. */
static inline struct es_buf run(const char *command, int *code)
{
    struct es_buf out = ES_BUF_INIT(64 << 20);
    char chunk[4096];
    size_t len;
    int status;
    FILE *pipe = popen(command, "r");

    assert_non_null(pipe);
    while ((len = fread(chunk, 1, sizeof chunk, pipe)) > 0)
        es_buf_put(&out, chunk, len);
    status = pclose(pipe);
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    assert_int_equal(out.failed, ES_OK);
    return out;
}

/** Run a command in folder and demand exit 0; give what it printed. */
static inline struct es_buf run_good(const char *folder, const char *command)
{
    char line[2048];
    struct es_buf out;
    int code = -1;

    snprintf(line, sizeof line, "cd '%s' && %s 2>&1", folder, command);
    out = run(line, &code);
    if (code != 0)
        fail_msg("%s: exit %d: %s", command, code, es_buf_cstr(&out));
    return out;
}

static inline void run_quiet(const char *folder, const char *command)
{
    struct es_buf out = run_good(folder, command);

    es_buf_clear(&out);
}

static inline void assert_says(struct es_buf *out, const char *text)
{
    if (!strstr(es_buf_cstr(out), text))
        fail_msg("\"%s\" is not in: %s", text, es_buf_cstr(out));
}

static inline bool have_openssl(void)
{
    return system("openssl version >/dev/null 2>&1") == 0;
}

/** Path of a sample, or skip the test. */
static inline void sample_path(char *path, size_t len, const char *name)
{
    const char *folder = getenv("ESEAL_SAMPLES"), *spec = getenv("ESEAL_SPEC");

    if (folder)
        snprintf(path, len, "%s/%s", folder, name);
    else
        snprintf(path, len, "%s/../samples/%s", spec ? spec : ".", name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: samples absent\n");
        skip();
    }
}

/** An entry of a sample package. */
static inline struct es_buf sample_entry(const char *name, const char *entry)
{
    char path[1024], command[2200];
    struct es_buf out;
    int code = -1;

    sample_path(path, sizeof path, name);
    snprintf(command, sizeof command, "unzip -p '%s' '%s'", path, entry);
    out = run(command, &code);
    assert_true(code == 0 || code == 1); /* 1: warnings */
    assert_true(out.len > 0);
    return out;
}

#endif
