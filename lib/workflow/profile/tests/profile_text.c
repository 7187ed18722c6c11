/* Texts of profiles for tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile_text.h"

void put_plain_value(const struct es_profile_param_info *info, struct es_buf *out)
{
    switch (info->type) {
    case ES_PROFILE_BOOL:
        es_buf_put_str(out, "false");
        return;
    case ES_PROFILE_WORD:
        es_buf_printf(out, "\"%s\"", info->words[0].id);
        return;
    case ES_PROFILE_SET:
        es_buf_printf(out, "[\"%s\"]", info->words[0].id);
        return;
    case ES_PROFILE_PERIOD:
        es_buf_put_str(out, "\"none\"");
        return;
    }
}

static void put_rules(const struct profile_text *text, struct es_buf *out)
{
    const char *comma = "";

    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        const struct es_profile_param_info *info = es_profile_param_info((enum es_profile_param) i);
        bool named = text->param != NULL && strcmp(text->param, info->id) == 0;

        if (named ? text->rule == NULL : text->extends != NULL)
            continue;
        es_buf_printf(out, "%s\"%s\":", comma, info->id);
        if (named) {
            es_buf_put_str(out, text->rule);
        } else {
            es_buf_put_str(out, "{\"value\":");
            put_plain_value(info, out);
            es_buf_put_str(out, ",\"cites\":[\"T 1\"]}");
        }
        comma = ",";
    }
}

void put_profile(const struct profile_text *text, struct es_buf *out)
{
    const char *head = text->head;

    if (head == NULL)
        head = text->extends == NULL
                   ? "\"v\":1,\"id\":\"parent\",\"version\":3,\"title\":\"T\",\"publisher\":\"P\","
                     "\"start\":\"2026-01-01\",\"end\":\"none\",\"regulations\":{\"T\":\"Text\"}"
                   : "\"v\":1,\"id\":\"child\",\"version\":1,\"title\":\"T\",\"publisher\":\"P\","
                     "\"start\":\"2026-02-01\",\"end\":\"none\",\"regulations\":{}";
    es_buf_printf(out, "{%s,", head);
    if (text->extends != NULL)
        es_buf_printf(out, "\"extends\":%s,", text->extends);
    es_buf_put_str(out, "\"rules\":{");
    put_rules(text, out);
    es_buf_put_str(out, "}}");
    assert_int_equal(out->failed, ES_OK);
}

es_status load_text(const char *text, const struct es_profile *const *known, size_t count,
                    struct es_profile **out, struct es_error *err)
{
    return es_profile_load(es_span_str(text), known, count, out, err);
}

es_status load_made(const struct profile_text *text, const struct es_profile *const *known,
                    size_t count, struct es_profile **out, struct es_error *err)
{
    ES_AUTO(es_buf) file = ES_BUF_INIT(1 << 20);

    put_profile(text, &file);
    return es_profile_load(es_buf_span(&file), known, count, out, err);
}
