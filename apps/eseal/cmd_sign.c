/*
 * eseal sign: one document, one seal, one or more places. Whole, or cut in two (--prepare,
 * --complete) for a key that is held elsewhere.
 */
#include "cli.h"

#include "es_http.h"
#include "es_json.h"
#include "es_ofd.h"

#define PREPARED_MAX ((size_t) 256 << 20)
#define PLACES_MAX 64

const struct cli_option cmd_sign_options[] = {
    {"output", 'o', "FILE", false, "the sealed document", "盖章后的文件"},
    {"seal", 's', "FILE", false, "the seal (without it: a signature without a seal)",
     "印章文件(省略则为无印章的数字签名)"},
    {"key", 'k', "NAME", false, "the signer's key", "签章人密钥名"},
    {"cert", 0, "FILE", false, "the signer's certificate (default: the seal's only one)",
     "签章人证书(默认取印章中唯一的证书)"},
    {"page", 0, "PAGES", false, "pages such as 1,3-5,last or all (default 1)",
     "页码,如 1,3-5,last 或 all(默认 1)"},
    {"pages", 0, "PAGES", false, "the same as --page", "同 --page"},
    {"at", 0, "X,Y", true, "top left corner of the seal, mm", "印章左上角位置(毫米)"},
    {"keyword", 0, "TEXT", true, "centre the seal on a text", "以关键字为中心盖章"},
    {"nth", 0, "N|all", false, "which match of the keyword (default 1)",
     "第几处关键字,或 all(默认 1)"},
    {"offset", 0, "DX,DY", false, "move from the keyword, mm", "相对关键字的偏移(毫米)"},
    {"straddle", 0, "SIDE", false, "over the edge of the pages: left right top bottom",
     "骑缝章:left right top bottom"},
    {"along", 0, "MM", false, "where on that edge (default: middle)",
     "骑缝章在边上的位置(默认居中)"},
    {"lock", 0, NULL, false, "no further seals after this one", "锁定:此后不得再盖章"},
    {"tsa", 0, "URL", false, "get a time stamp (RFC 3161, SM3)", "加盖时间戳(RFC 3161,SM3)"},
    {"edition", 0, "YEAR", false, "2014, 2020 or 2025 (default: the seal's)",
     "签章格式 2014、2020 或 2025(默认同印章)"},
    {"time", 0, "TIME", false, "time of sealing (default: now)", "签章时间(默认当前)"},
    {"dry-run", 'n', NULL, false, "show where stamps fall, write nothing",
     "只显示盖章位置,不写文件"},
    {"prepare", 0, "FILE", false, "write the prepared sealing; the bytes to be signed go to -o",
     "写出待签数据:准备文件与 -o 待签字节"},
    {"complete", 0, "FILE", false, "finish a prepared sealing", "完成先前准备的签章"},
    {"signature", 0, "FILE", false, "with --complete: the signature (DER or 64 bytes)",
     "配合 --complete:签名值(DER 或 64 字节)"},
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},
    {"password-file", 0, "FILE", false, "password of the key", "密钥口令文件"},
    {"password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"},
    {NULL, 0, NULL, false, NULL, NULL},
};

/* ---- places ---- */

struct places {
    struct es_place list[PLACES_MAX];
    size_t count;
};

static es_status new_place(struct places *places, enum es_place_mode mode, const char *pages,
                           struct es_place **out, struct es_error *err)
{
    ES_ENSURE(places->count < PLACES_MAX, err, ES_E_USAGE, "more than %d places", PLACES_MAX);
    *out = &places->list[places->count++];
    **out = (struct es_place){.mode = mode, .pages = pages, .nth = 1, .along_mm = -1};
    return ES_OK;
}

static es_status take_keyword(const struct cli *cli, const char *word, const char *pages,
                              struct places *places, struct es_error *err)
{
    const char *nth = cli_get(cli, "nth");
    const char *offset = cli_get(cli, "offset");
    struct es_place *place = NULL;

    ES_TRY(new_place(places, ES_PLACE_KEYWORD, pages, &place, err));
    place->keyword = word;
    if (nth != NULL && strcmp(nth, "all") == 0)
        place->nth = 0;
    else if (nth != NULL)
        ES_TRY(cli_uint("--nth", nth, 1, 1000000, &place->nth, err));
    if (offset != NULL)
        ES_TRY(cli_pair("--offset", offset, -100000, 100000, &place->dx_mm, &place->dy_mm, err));
    return ES_OK;
}

static es_status take_straddle(const struct cli *cli, const char *pages, struct places *places,
                               struct es_error *err)
{
    static const char *const sides[] = {"left", "right", "top", "bottom"};
    const char *side = cli_get(cli, "straddle");
    const char *along = cli_get(cli, "along");
    struct es_place *place = NULL;
    size_t i = 0;

    if (side == NULL)
        return ES_OK;
    while (i < 4 && strcmp(side, sides[i]) != 0)
        i++;
    ES_ENSURE(i < 4, err, ES_E_USAGE, "--straddle \"%s\", allowed are left, right, top and bottom",
              side);
    ES_TRY(new_place(places, ES_PLACE_STRADDLE, pages, &place, err));
    place->side = (enum es_side) i;
    if (along != NULL)
        ES_TRY(cli_number("--along", along, 0, 100000, &place->along_mm, err));
    return ES_OK;
}

static es_status take_places(const struct cli *cli, struct places *places, struct es_error *err)
{
    const char *pages = cli_get(cli, "page") != NULL ? cli_get(cli, "page") : cli_get(cli, "pages");
    const char *text;

    for (size_t i = 0; (text = cli_get_nth(cli, "at", i)) != NULL; i++) {
        struct es_place *place = NULL;

        ES_TRY(new_place(places, ES_PLACE_POINT, pages, &place, err));
        ES_TRY(cli_pair("--at", text, -100000, 100000, &place->x_mm, &place->y_mm, err));
    }
    for (size_t i = 0; (text = cli_get_nth(cli, "keyword", i)) != NULL; i++)
        ES_TRY(take_keyword(cli, text, pages, places, err));
    ES_TRY(take_straddle(cli, pages, places, err));
    ES_ENSURE(places->count > 0 || cli_get(cli, "seal") == NULL, err, ES_E_USAGE,
              "where? --at X,Y, --keyword TEXT or --straddle SIDE");
    return ES_OK;
}

/* ---- who signs with what ---- */

struct signer {
    struct es_seal *seal;
    struct es_cert *cert;
};

static void signer_clear(struct signer *s)
{
    es_seal_free(s->seal);
    es_cert_free(s->cert);
}

static es_status load_signer(const struct cli *cli, struct signer *s, struct es_error *err)
{
    const char *seal = cli_get(cli, "seal");
    const char *cert = cli_get(cli, "cert");

    if (seal != NULL)
        ES_TRY(cli_load_seal(seal, &s->seal, err));
    if (cert != NULL)
        return cli_load_cert(cert, &s->cert, err);
    ES_ENSURE(s->seal != NULL, err, ES_E_USAGE, "--cert is missing");
    ES_ENSURE(s->seal->signer_count == 1 && s->seal->signers[0].cert.len > 0, err, ES_E_USAGE,
              "the seal lists %zu certificates; name one with --cert", s->seal->signer_count);
    return es_cert_decode(s->seal->signers[0].cert, &s->cert, err);
}

/* ---- the time stamp ---- */

static es_status get_time_stamp(const struct cli *cli, struct es_span sig_der, struct es_buf *token,
                                struct es_error *err)
{
    ES_AUTO(es_buf) request = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) response = ES_BUF_INIT(1u << 20);
    const char *url = cli_get(cli, "tsa");
    uint8_t nonce[8];
    es_status status;

    if (url == NULL)
        return ES_OK;
    ES_TRY(es_time_stamp_request(sig_der, cli->random, nonce, &request, err));
    status = es_http_post(url, "application/timestamp-query", es_buf_span(&request),
                          "application/timestamp-reply", 10000, &response, err);
    if (status != ES_OK)
        return es_error_at(err, ES_E_TIME_STAMP, "time stamp");
    status = es_time_stamp_response(es_buf_span(&response), sig_der, nonce, token, err);
    return status == ES_OK ? ES_OK : es_error_at(err, ES_E_TIME_STAMP, "time stamp");
}

/* ---- output ---- */

static void put_stamps(struct es_json_out *json, const struct es_report_stamp *stamps)
{
    es_json_key(json, "stamps");
    es_json_begin_array(json);
    for (const struct es_report_stamp *s = stamps; s != NULL; s = s->next) {
        es_json_begin_object(json);
        es_json_pair_int(json, "page", s->page);
        es_json_key(json, "x_mm");
        es_json_put_number(json, s->x_mm);
        es_json_key(json, "y_mm");
        es_json_put_number(json, s->y_mm);
        es_json_key(json, "width_mm");
        es_json_put_number(json, s->width_mm);
        es_json_key(json, "height_mm");
        es_json_put_number(json, s->height_mm);
        es_json_end_object(json);
    }
    es_json_end_array(json);
}

static es_status tell(const struct cli *cli, const struct es_signing *signing, const char *path,
                      struct es_error *err)
{
    const struct es_report_stamp *stamps = es_signing_stamps(signing);
    ES_AUTO(es_buf) out = ES_BUF_INIT((size_t) 64 << 20);
    struct es_json_out json = {.buf = &out};
    size_t count = 0;

    for (const struct es_report_stamp *s = stamps; s != NULL; s = s->next)
        count++;
    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "output", path);
        put_stamps(&json, stamps);
        es_json_end_object(&json);
        es_buf_put_byte(&out, '\n');
        ES_TRY(es_buf_check(&out, err));
        return cli_print(es_buf_span(&out), err);
    }
    for (const struct es_report_stamp *s = stamps; s != NULL && (cli->verbose || path == NULL);
         s = s->next)
        CLI_SAY(cli, "page %u: %.1f,%.1f mm, %.1f x %.1f mm",
                "第 %u 页:%.1f,%.1f 毫米,%.1f x %.1f 毫米", s->page, s->x_mm, s->y_mm, s->width_mm,
                s->height_mm);
    if (path == NULL)
        CLI_SAY(cli, "%zu stamp%s; nothing written", "共 %zu 处%s;未写文件", count,
                cli->zh || count == 1 ? "" : "s");
    else if (count == 0)
        CLI_SAY(cli, "signed: %s", "已签名:%s", path);
    else
        CLI_SAY(cli, "sealed in %zu place%s: %s", "已加盖 %zu 处%s:%s", count,
                cli->zh || count == 1 ? "" : "s", path);
    return ES_OK;
}

static es_status write_sealed(const struct cli *cli, struct es_signing *signing,
                              struct es_span sig_der, struct es_span token, const char *path,
                              struct es_error *err)
{
    ES_AUTO(es_outfile) out = {.fd = -1};

    ES_TRY(es_outfile_open(&out, path, 0644, cli->force, err));
    ES_TRY(es_signing_complete(signing, sig_der, token, es_zip_sink_file(&out), err));
    ES_TRY(es_outfile_commit(&out, err));
    return tell(cli, signing, path, err);
}

/* ---- the three ways ---- */

static es_status sign_now(const struct cli *cli, struct es_signing *signing,
                          const struct es_cert *cert, struct es_error *err)
{
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    ES_AUTO(es_buf) token = ES_BUF_INIT(1u << 20);
    ES_AUTO_PTR(es_key) key = NULL;
    const char *name = NULL, *path = NULL;

    ES_TRY(cli_need(cli, "key", &name, err));
    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(cli_open_key(cli, name, &key, err));
    ES_ENSURE(cert->key != NULL && es_pubkey_kind(cert->key) == ES_KEY_SM2 &&
                  es_span_equal(es_pubkey_point(cert->key), es_pubkey_point(es_key_public(key))),
              err, ES_E_MISMATCH, "key %s does not belong to the signer's certificate", name);
    ES_TRY(es_key_sign(key, es_signing_message(signing), &sig, err));
    ES_TRY(get_time_stamp(cli, es_buf_span(&sig), &token, err));
    return write_sealed(cli, signing, es_buf_span(&sig), es_buf_span(&token), path, err);
}

static es_status write_prepared(const struct cli *cli, const struct es_signing *signing,
                                struct es_error *err)
{
    ES_AUTO(es_buf) saved = ES_BUF_INIT(PREPARED_MAX);
    const char *path = NULL;

    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(es_signing_save(signing, &saved, err));
    ES_TRY(cli_write(cli, cli_get(cli, "prepare"), es_buf_span(&saved), 0600, err));
    ES_TRY(cli_write(cli, path, es_signing_message(signing), 0644, err));
    CLI_SAY(cli,
            "prepared: %s; sign the bytes of %s (SM2 with SM3, id 1234567812345678), "
            "then eseal sign FILE --complete",
            "已准备:%s;请对 %s 的内容签名(SM2/SM3,ID 1234567812345678),"
            "再执行 eseal sign FILE --complete",
            cli_get(cli, "prepare"), path);
    return cli_answer(cli, "prepared", cli_get(cli, "prepare"), err);
}

static es_status run_new(const struct cli *cli, const struct es_source *src, struct es_error *err)
{
    const struct es_ofd_limits limits = es_ofd_limits_default();
    ES_AUTO_PTR(es_signing) signing = NULL;
    ES_AUTO(signer) signer = {0};
    struct places places = {.count = 0};
    struct es_sign_request request = {.places = places.list, .lock = cli_has(cli, "lock")};
    int64_t now_s = cli->clock.now_s(cli->clock.self);
    int edition = 0;
    es_status status;

    ES_TRY(take_places(cli, &places, err));
    ES_TRY(load_signer(cli, &signer, err));
    ES_TRY(cli_edition(cli, ES_SEAL_EDITION_UNKNOWN, &edition, err));
    ES_TRY(cli_time(cli, "time", now_s, &request.time_s, err));
    request.edition = (enum es_seal_edition) edition;
    request.seal = signer.seal;
    request.signer = signer.cert;
    request.place_count = places.count;
    status = es_ofd_prepare(src, &limits, &request, &signing, err);
    if (status != ES_OK)
        return es_error_at(err, status, "%s", cli->args[0]);
    if (cli_has(cli, "dry-run"))
        return tell(cli, signing, NULL, err);
    return cli_has(cli, "prepare") ? write_prepared(cli, signing, err)
                                   : sign_now(cli, signing, signer.cert, err);
}

static es_status run_complete(const struct cli *cli, const struct es_source *src,
                              struct es_error *err)
{
    const struct es_ofd_limits limits = es_ofd_limits_default();
    ES_AUTO(es_buf) saved = ES_BUF_INIT(PREPARED_MAX);
    ES_AUTO(es_buf) given = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    ES_AUTO(es_buf) token = ES_BUF_INIT(1u << 20);
    ES_AUTO_PTR(es_signing) signing = NULL;
    const char *file = NULL, *path = NULL, *deviation = NULL;
    es_status status;

    ES_TRY(cli_need(cli, "signature", &file, err));
    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(es_file_read(cli_get(cli, "complete"), &saved, err));
    status = es_signing_load(src, &limits, es_buf_span(&saved), &signing, err);
    if (status != ES_OK)
        return es_error_at(err, status, "%s", cli_get(cli, "complete"));
    ES_TRY(es_file_read(file, &given, err));
    status = es_sm2_sig_normalise(es_buf_span(&given), &sig, &deviation, err);
    if (status != ES_OK)
        return es_error_at(err, status, "%s", file);
    ES_TRY(get_time_stamp(cli, es_buf_span(&sig), &token, err));
    return write_sealed(cli, signing, es_buf_span(&sig), es_buf_span(&token), path, err);
}

es_status cmd_sign(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};

    ES_ENSURE(!cli_has(cli, "prepare") || !cli_has(cli, "complete"), err, ES_E_USAGE,
              "--prepare and --complete exclude each other");
    ES_TRY(cli_source(cli->args[0], es_ofd_limits_default().zip.file_max, &src, err));
    return cli_has(cli, "complete") ? run_complete(cli, &src, err) : run_new(cli, &src, err);
}
