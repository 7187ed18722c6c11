/*
 * eseal inspect: what a file says, field by field. It verifies nothing and says so first. The file
 * is recognised by its content; a part that does not decode never hides the others.
 */
#include "cli.h"
#include "es_json.h"
#include "inspect.h"

#include <string.h>

#define FILE_MAX_BYTES ((size_t) 64 << 20)
#define OUTPUT_MAX ((size_t) 1 << 30)
#define PEM_BLOCKS_MAX 1000
#define PEM_LABEL_MAX 64

const struct cli_option cmd_inspect_options[] = {{NULL, 0, NULL, false, NULL, NULL}};

static const char notice[] = "NOT VERIFIED: inspect verifies nothing; this is what the file says, "
                             "not whether it is true. 未做验证：本命令不做任何验证，"
                             "以下仅为文件所述，不代表真实有效。";

/* ---- parts by kind ---- */

es_status inspect_broken(struct inspect *in, es_status status, const struct es_error *own,
                         struct es_error *err)
{
    if (status == ES_E_NOMEM || status == ES_E_IO || status == ES_E_INTERNAL ||
        status == ES_E_CRYPTO)
        return es_error_set(err, status, "%s", own->text);
    if (status != ES_OK)
        tree_put_error(&in->tree, own);
    return ES_OK;
}

static es_status inspect_any(struct inspect *in, struct es_span bytes, struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(FILE_MAX_BYTES);
    struct es_error own = {ES_OK, ""};
    bool changed = false;
    size_t surplus = 0;
    es_status status = es_ber_to_der(bytes, &der, &changed, &surplus, &own);

    tree_put_bytes(&in->tree, W_SIZE, bytes.len);
    if (changed)
        tree_put_bool(&in->tree, W_BER, true);
    if (surplus > 0)
        tree_put_bytes(&in->tree, W_SURPLUS, surplus);
    /* What has no DER form is shown as far as it goes. */
    inspect_asn1(in, status == ES_OK && changed ? es_buf_span(&der) : bytes);
    return tree_check(&in->tree, err);
}

static es_status inspect_plain_value(struct inspect *in, struct es_span bytes)
{
    tree_put_bytes(&in->tree, W_SIZE, bytes.len);
    tree_put_hex(&in->tree, W_VALUE, bytes);
    return ES_OK;
}

es_status inspect_bytes(struct inspect *in, enum inspect_kind kind, struct es_span bytes,
                        struct es_error *err)
{
    inspect_put_kind(in, kind);
    switch (kind) {
    case INSPECT_SEAL:
        return inspect_seal(in, bytes, err);
    case INSPECT_SIGNATURE:
        return inspect_signature(in, bytes, err);
    case INSPECT_CMS:
        return inspect_cms(in, bytes, err);
    case INSPECT_CERT:
        return inspect_cert_fields(in, bytes, err);
    case INSPECT_CRL:
        return inspect_crl(in, bytes, err);
    case INSPECT_CSR:
        return inspect_csr(in, bytes, err);
    case INSPECT_TIME_STAMP_REQUEST:
        return inspect_time_stamp_request(in, bytes, err);
    case INSPECT_TIME_STAMP_RESPONSE:
        return inspect_time_stamp_response(in, bytes, err);
    case INSPECT_PRIVATE_KEY:
        tree_put_choice(&in->tree, W_NOT_SHOWN, "private keys are never shown", "私钥从不显示");
        return ES_OK;
    case INSPECT_ASN1:
        return inspect_any(in, bytes, err);
    case INSPECT_BARE_SM2:
    case INSPECT_OFD:
    case INSPECT_UNKNOWN:
        break;
    }
    return inspect_plain_value(in, bytes);
}

es_status inspect_value(struct inspect *in, struct es_span bytes, struct es_error *err)
{
    ES_AUTO(es_buf) plain = ES_BUF_INIT(FILE_MAX_BYTES);
    enum inspect_kind kind = inspect_kind_of(bytes);

    if (kind == INSPECT_UNKNOWN && bytes.len > 0 &&
        es_base64_decode(bytes, &plain, NULL, NULL) == ES_OK) {
        tree_put_bool(&in->tree, W_BASE64, true);
        bytes = es_buf_span(&plain);
        kind = inspect_kind_of(bytes);
    }
    return inspect_bytes(in, kind, bytes, err);
}

/* ---- PEM ---- */

/* Next "-----BEGIN label-----" … "-----END label-----"; false at the end. */
static bool next_block(struct es_span *rest, struct es_span *label, struct es_span *body)
{
    struct es_span dashes = es_span_str("-----");
    size_t at;

    if (!es_span_search(*rest, es_span_str("-----BEGIN "), &at))
        return false;
    *rest = es_span_sub(*rest, at + strlen("-----BEGIN "), rest->len);
    if (!es_span_search(*rest, dashes, &at) || at > PEM_LABEL_MAX)
        return false;
    *label = es_span_sub(*rest, 0, at);
    *rest = es_span_sub(*rest, at + dashes.len, rest->len);
    if (!es_span_search(*rest, es_span_str("-----END "), &at))
        at = rest->len;
    *body = es_span_sub(*rest, 0, at);
    *rest = es_span_sub(*rest, at, rest->len);
    return true;
}

static es_status inspect_block(struct inspect *in, struct es_span label, struct es_span body,
                               struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(FILE_MAX_BYTES);
    struct es_error own = {ES_OK, ""};
    es_status status;

    tree_put_span(&in->tree, W_PEM_LABEL, label);
    if (es_span_search(label, es_span_str("PRIVATE KEY"), NULL))
        return inspect_bytes(in, INSPECT_PRIVATE_KEY, es_span_of(NULL, 0), err);
    status = es_base64_decode(body, &der, NULL, &own);
    ES_TRY(inspect_broken(in, status, &own, err));
    if (status != ES_OK)
        return ES_OK;
    return inspect_bytes(in, inspect_kind_of(es_buf_span(&der)), es_buf_span(&der), err);
}

static es_status inspect_pem(struct inspect *in, struct es_span bytes, struct es_error *err)
{
    struct es_span label, body;
    size_t count = 0;

    tree_begin_list(&in->tree, W_BLOCKS, TREE_ALL);
    while (next_block(&bytes, &label, &body)) {
        ES_ENSURE(++count <= PEM_BLOCKS_MAX, err, ES_E_LIMIT, "more than %d PEM blocks",
                  PEM_BLOCKS_MAX);
        tree_begin(&in->tree, W_BLOCK);
        ES_TRY(inspect_block(in, label, body, err));
        tree_end(&in->tree);
    }
    tree_end(&in->tree);
    return tree_check(&in->tree, err);
}

/* ---- the file ---- */

static es_status inspect_whole(struct inspect *in, const char *path, struct es_span bytes,
                               struct es_error *err)
{
    ES_AUTO(es_buf) plain = ES_BUF_INIT(FILE_MAX_BYTES);
    enum inspect_kind kind = inspect_kind_of(bytes);

    if (es_span_search(bytes, es_span_str("-----BEGIN "), NULL) && kind == INSPECT_UNKNOWN)
        return inspect_pem(in, bytes, err);
    ES_ENSURE(!es_span_starts(bytes, "%PDF-"), err, ES_E_UNSUPPORTED,
              "%s: PDF documents are not read by this version", path);
    if (kind == INSPECT_UNKNOWN && es_base64_decode(bytes, &plain, NULL, NULL) == ES_OK)
        kind = inspect_kind_of(es_buf_span(&plain));
    ES_ENSURE(kind != INSPECT_UNKNOWN && kind != INSPECT_OFD, err, ES_E_FORMAT,
              "%s: no OFD, seal, signature value, certificate or other ASN.1", path);
    return inspect_value(in, bytes, err);
}

static es_status inspect_source(struct inspect *in, const char *path, const struct es_source *src,
                                struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(FILE_MAX_BYTES);
    uint8_t head[4] = {0}, *room;
    size_t len = src->len < sizeof head ? (size_t) src->len : sizeof head;

    ES_TRY(es_source_read(src, 0, head, len, err));
    if (inspect_kind_of(es_span_of(head, len)) == INSPECT_OFD) {
        inspect_put_kind(in, INSPECT_OFD);
        return inspect_ofd(in, src, err);
    }
    ES_ENSURE(src->len <= FILE_MAX_BYTES, err, ES_E_LIMIT, "%s: more than %zu bytes", path,
              FILE_MAX_BYTES);
    room = es_buf_reserve(&bytes, (size_t) src->len);
    ES_ENSURE(room != NULL || src->len == 0, err, ES_E_NOMEM, "out of memory");
    ES_TRY(es_source_read(src, 0, room, (size_t) src->len, err));
    return inspect_whole(in, path, es_span_of(room, (size_t) src->len), err);
}

static es_status inspect_path(struct inspect *in, const char *path, struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};
    ES_AUTO(es_buf) piped = ES_BUF_INIT(FILE_MAX_BYTES);

    tree_put_text(&in->tree, W_FILE, path);
    if (strcmp(path, "-") == 0) {
        ES_TRY(es_file_read(path, &piped, err));
        src = es_source_memory(es_buf_span(&piped));
    } else {
        ES_TRY(es_source_open(&src, path, 0, err));
    }
    return inspect_source(in, path, &src, err);
}

/* ---- output ---- */

static void write_text(const struct cli *cli, const struct tree *t, struct es_buf *out)
{
    const struct tree_style style = {.zh = cli->zh, .verbose = cli->verbose};

    es_buf_printf(out, cli->colour ? "\033[1;33m%s\033[0m\n" : "%s\n", notice);
    tree_write_text(t, &style, out);
}

static void write_json(const struct tree *t, struct es_buf *out)
{
    struct es_json_out json = {.buf = out};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_bool(&json, "verified", false);
    es_json_pair_text(&json, "notice", notice);
    tree_write_json(t, &json);
    es_json_end_object(&json);
    es_buf_put_byte(out, '\n');
}

es_status cmd_inspect(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(OUTPUT_MAX);
    struct inspect in = {.depth = 0};
    es_status status;

    tree_init(&in.tree);
    status = inspect_path(&in, cli->args[0], err);
    if (status == ES_OK)
        status = tree_check(&in.tree, err);
    if (status == ES_OK && cli->json)
        write_json(&in.tree, &out);
    else if (status == ES_OK)
        write_text(cli, &in.tree, &out);
    tree_clear(&in.tree);
    ES_TRY(status);
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}
