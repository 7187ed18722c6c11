/*
 * Opening a container: the order of the checks, and what they share. Each step leaves findings;
 * a step fails only when the container cannot be read at all, passes a limit or the machine
 * fails.
 */
#include "zip_parts.h"

#define MIB (UINT64_C(1) << 20)

struct es_zip_limits es_zip_limits_default(void)
{
    return (struct es_zip_limits){.file_max = 1024 * MIB,
                                  .entry_max = 256 * MIB,
                                  .total_max = 4096 * MIB,
                                  .ratio_max = 200,
                                  .entries_max = 20000};
}

void zip_note(struct zip_check *check, enum es_code code, const char *where, const char *value)
{
    es_finding_add(check->findings, ES_CHECK_FORMAT, code, where, value);
}

es_status zip_malformed(struct zip_check *check, const char *where, struct es_error *err,
                        const char *text)
{
    zip_note(check, ES_V_CONTAINER_MALFORMED, where, NULL);
    return es_error_set(err, ES_E_FORMAT, "%s", text);
}

es_status zip_over_limit(struct zip_check *check, const char *where, const char *what,
                         struct es_error *err)
{
    zip_note(check, ES_V_LIMIT_EXCEEDED, where, what);
    return es_error_set(err, ES_E_LIMIT, "container passes the limit %s", what);
}

static es_status run_checks(struct zip_check *check, struct es_error *err)
{
    struct es_zip *zip = check->zip;

    if (zip->src.len > zip->limits.file_max)
        return zip_over_limit(check, NULL, "file_size", err);
    ES_TRY(zip_find_end(check, err));
    ES_TRY(zip_read_dir(check, err));
    for (uint32_t i = 0; i < zip->count; i++)
        ES_TRY(zip_check_local(check, &zip->entries[i], err));
    ES_TRY(zip_check_layout(check, err));
    ES_TRY(zip_build_index(check, err));
    ES_ENSURE(!check->unsupported, err, ES_E_UNSUPPORTED,
              "container has encrypted entries or an unknown compression");
    return ES_OK;
}

es_status es_zip_open(const struct es_source *src, const struct es_zip_limits *limits,
                      struct es_findings *findings, struct es_zip **out, struct es_error *err)
{
    ES_AUTO_PTR(es_zip) zip = calloc(1, sizeof *zip);
    struct zip_check check = {.zip = zip, .findings = findings};
    es_status status;

    ES_ENSURE(zip != NULL, err, ES_E_NOMEM, "out of memory");
    es_arena_init(&zip->arena, 0);
    zip->src = *src;
    zip->limits = *limits;
    if (zip->limits.ratio_max == 0)
        zip->limits.ratio_max = 1;
    ES_TRY(zip_work_new(&zip->work, err));
    status = run_checks(&check, err);
    zip_name_done(&check);
    ES_TRY(status);
    *out = ES_TAKE(zip);
    return ES_OK;
}

void es_zip_free(struct es_zip *zip)
{
    if (zip == NULL)
        return;
    zip_work_free(zip->work);
    free(zip->dir_copy);
    es_arena_clear(&zip->arena);
    free(zip);
}

uint32_t es_zip_count(const struct es_zip *zip)
{
    return zip->count;
}

const struct es_zip_entry *es_zip_at(const struct es_zip *zip, uint32_t index)
{
    ES_BUG_ON(index >= zip->count);
    return &zip->entries[index];
}
