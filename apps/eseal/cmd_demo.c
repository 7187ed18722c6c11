/* eseal demo tamper: change one character of the first page, so that anyone can see it refused. */
#include "cli.h"

#include "es_ofd.h"

#define PAGE_MAX ((size_t) 64 << 20)

const struct cli_option cmd_demo_tamper_options[] = {
    {"output", 'o', "FILE", false, "the changed document", "改动后的文件"},
    {NULL, 0, NULL, false, NULL, NULL}};

/* The last letter or digit before the first end tag of a TextCode becomes another one. */
static es_status change_character(struct es_buf *page, struct es_error *err)
{
    size_t at = 0;

    ES_ENSURE(es_span_search(es_buf_span(page), es_span_str("TextCode>"), &at), err, ES_E_ABSENT,
              "the first page has no text to change");
    while (at > 0 && page->ptr[at] != '<')
        at--;
    ES_ENSURE(at > 0 && page->ptr[at - 1] != '>', err, ES_E_ABSENT,
              "the first page has no text to change");
    /* The lowest bit of the last byte of a UTF-8 character leads to a neighbouring character. */
    page->ptr[at - 1] ^= 1;
    return ES_OK;
}

static es_status copy_changed(const struct es_zip *zip, const struct es_zip_entry *target,
                              struct es_span page, struct es_zip_sink sink, struct es_error *err)
{
    ES_AUTO_PTR(es_zip_writer) writer = NULL;

    ES_TRY(es_zip_writer_new(sink, 0, &writer, err));
    for (uint32_t i = 0; i < es_zip_count(zip); i++) {
        const struct es_zip_entry *entry = es_zip_at(zip, i);

        ES_TRY(entry == target ? es_zip_writer_put(writer, entry->name, page, true, err)
                               : es_zip_writer_copy(writer, zip, entry, err));
    }
    return es_zip_writer_finish(writer, err);
}

es_status cmd_demo_tamper(struct cli *cli, struct es_error *err)
{
    const struct es_ofd_limits limits = es_ofd_limits_default();
    ES_AUTO(es_source) src = {.fd = -1};
    ES_AUTO_PTR(es_ofd) ofd = NULL;
    ES_AUTO(es_buf) page = ES_BUF_INIT(PAGE_MAX);
    ES_AUTO(es_outfile) out = {.fd = -1};
    const struct es_zip_entry *entry;
    const char *path = NULL;

    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(cli_source(cli->args[0], limits.zip.file_max, &src, err));
    ES_TRY(es_ofd_open(&src, &limits, NULL, &ofd, err));
    ES_ENSURE(es_ofd_page_count(ofd) > 0, err, ES_E_ABSENT, "the document has no pages");
    entry = es_zip_find(es_ofd_zip(ofd), es_span_str(es_ofd_page(ofd, 1)->entry));
    ES_ENSURE(entry != NULL, err, ES_E_ABSENT, "the first page is missing");
    ES_TRY(es_zip_read(es_ofd_zip(ofd), entry, &page, err));
    ES_TRY(change_character(&page, err));
    ES_TRY(es_outfile_open(&out, path, 0644, cli->force, err));
    ES_TRY(copy_changed(es_ofd_zip(ofd), entry, es_buf_span(&page), es_zip_sink_file(&out), err));
    ES_TRY(es_outfile_commit(&out, err));
    CLI_SAY(cli, "one character of page 1 changed: %s", "已改动第 1 页一个字:%s", path);
    return cli_answer(cli, "output", path, err);
}
