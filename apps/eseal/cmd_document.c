/* eseal document: what stands on the pages and where. */
#include "cli.h"

#include "es_json.h"
#include "es_ofd.h"

#define TEXT_MAX ((size_t) 256 << 20)

const struct cli_option cmd_document_text_options[] = {
    {"page", 0, "N", false, "one page only", "仅该页"}, {NULL, 0, NULL, false, NULL, NULL}};
const struct cli_option cmd_document_find_options[] = {
    {"page", 0, "N", false, "one page only", "仅该页"}, {NULL, 0, NULL, false, NULL, NULL}};

static es_status open_document(const char *path, struct es_source *src, struct es_ofd **out,
                               struct es_error *err)
{
    const struct es_ofd_limits limits = es_ofd_limits_default();
    es_status status;

    ES_TRY(cli_source(path, limits.zip.file_max, src, err));
    status = es_ofd_open(src, &limits, NULL, out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

static es_status take_pages(const struct cli *cli, const struct es_ofd *ofd, uint32_t *first,
                            uint32_t *last, struct es_error *err)
{
    const char *text = cli_get(cli, "page");

    *first = 1;
    *last = es_ofd_page_count(ofd);
    if (text == NULL)
        return ES_OK;
    ES_TRY(cli_uint("--page", text, 1, *last, first, err));
    *last = *first;
    return ES_OK;
}

es_status cmd_document_text(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};
    ES_AUTO_PTR(es_ofd) ofd = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(TEXT_MAX);
    ES_AUTO(es_buf) page = ES_BUF_INIT(TEXT_MAX);
    struct es_json_out json = {.buf = &out};
    uint32_t first = 0, last = 0;

    ES_TRY(open_document(cli->args[0], &src, &ofd, err));
    ES_TRY(take_pages(cli, ofd, &first, &last, err));
    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_key(&json, "pages");
        es_json_begin_array(&json);
    }
    for (uint32_t i = first; i <= last; i++) {
        es_buf_reset(&page);
        ES_TRY(es_ofd_page_text(ofd, i, &page, err));
        if (cli->json)
            es_json_put_span(&json, es_buf_span(&page));
        else
            es_buf_put_span(&out, es_buf_span(&page));
    }
    if (cli->json) {
        es_json_end_array(&json);
        es_json_end_object(&json);
        es_buf_put_byte(&out, '\n');
    }
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

struct finding {
    const struct cli *cli;
    struct es_json_out json;
    size_t count;
};

static es_status take_hit(void *ctx, const struct es_text_hit *hit, struct es_error *err)
{
    struct finding *f = ctx;

    f->count++;
    if (!f->cli->json) {
        CLI_PUT(f->cli, f->json.buf, "page %u: %.2f,%.2f mm, %.2f x %.2f mm\n",
                "第 %u 页:%.2f,%.2f 毫米,%.2f x %.2f 毫米\n", hit->page, hit->box.x, hit->box.y,
                hit->box.width, hit->box.height);
        return es_buf_check(f->json.buf, err);
    }
    es_json_begin_object(&f->json);
    es_json_pair_int(&f->json, "page", hit->page);
    es_json_key(&f->json, "x_mm");
    es_json_put_number(&f->json, hit->box.x);
    es_json_key(&f->json, "y_mm");
    es_json_put_number(&f->json, hit->box.y);
    es_json_key(&f->json, "width_mm");
    es_json_put_number(&f->json, hit->box.width);
    es_json_key(&f->json, "height_mm");
    es_json_put_number(&f->json, hit->box.height);
    es_json_end_object(&f->json);
    return es_buf_check(f->json.buf, err);
}

es_status cmd_document_find(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};
    ES_AUTO_PTR(es_ofd) ofd = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(TEXT_MAX);
    struct finding f = {.cli = cli, .json = {.buf = &out}};
    uint32_t first = 0, last = 0;

    ES_TRY(open_document(cli->args[0], &src, &ofd, err));
    ES_TRY(take_pages(cli, ofd, &first, &last, err));
    if (cli->json) {
        es_json_begin_object(&f.json);
        es_json_pair_int(&f.json, "v", 1);
        es_json_key(&f.json, "hits");
        es_json_begin_array(&f.json);
    }
    ES_TRY(es_ofd_find_text(ofd, cli->args[1], first, last, take_hit, &f, err));
    if (cli->json) {
        es_json_end_array(&f.json);
        es_json_end_object(&f.json);
        es_buf_put_byte(&out, '\n');
    }
    ES_TRY(es_buf_check(&out, err));
    cli->exit_code = f.count > 0 ? 0 : 1;
    return cli_print(es_buf_span(&out), err);
}
