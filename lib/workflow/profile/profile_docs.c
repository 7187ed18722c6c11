/* The table of parameters as documents: JSON Schema of a file, Markdown for people. */
#include "profile_internal.h"

#define ID_PATTERN "^[a-z0-9._-]{1,64}$"

/* ---- JSON Schema, two spaces a level, so that it reads as a file ---- */

static void put_words_enum(const struct es_profile_param_info *info, struct es_buf *out)
{
    es_buf_put_str(out, "\"enum\": [");
    for (size_t i = 0; info->words[i].id != NULL; i++)
        es_buf_printf(out, "%s\"%s\"", i > 0 ? ", " : "", info->words[i].id);
    es_buf_put_byte(out, ']');
}

static void put_units_pattern(unsigned units, struct es_buf *out)
{
    static const char *const names[] = {[ES_PERIOD_HOURS] = "h",
                                        [ES_PERIOD_DAYS] = "d",
                                        [ES_PERIOD_WORKING_DAYS] = "wd",
                                        [ES_PERIOD_MONTHS] = "m"};
    const char *bar = "";

    es_buf_put_str(out, "\"pattern\": \"^(none|[1-9][0-9]{0,3}(");
    for (unsigned i = ES_PERIOD_HOURS; i <= ES_PERIOD_MONTHS; i++) {
        if ((units & 1u << i) == 0)
            continue;
        es_buf_printf(out, "%s%s", bar, names[i]);
        bar = "|";
    }
    es_buf_put_str(out, "))$\"");
}

static void put_value_schema(const struct es_profile_param_info *info, struct es_buf *out)
{
    switch (info->type) {
    case ES_PROFILE_BOOL:
        es_buf_put_str(out, "{\"type\": \"boolean\"}");
        return;
    case ES_PROFILE_WORD:
        es_buf_put_byte(out, '{');
        put_words_enum(info, out);
        es_buf_put_byte(out, '}');
        return;
    case ES_PROFILE_SET:
        es_buf_put_str(out, "{\"type\": \"array\", \"uniqueItems\": true, ");
        es_buf_put_str(out, info->not_empty ? "\"minItems\": 1, \"items\": {" : "\"items\": {");
        put_words_enum(info, out);
        es_buf_put_str(out, "}}");
        return;
    case ES_PROFILE_PERIOD:
        es_buf_put_str(out, "{\"type\": \"string\", ");
        put_units_pattern(info->units, out);
        es_buf_put_byte(out, '}');
        return;
    }
}

static void put_rule_schema(const struct es_profile_param_info *info, struct es_buf *out)
{
    es_buf_printf(out, "        \"%s\": {\n          \"description\": \"%s (%s); tighter: %s\",\n",
                  info->id, info->en, info->basis, es_profile_tighter_name(info->tighter));
    es_buf_put_str(out, "          \"$ref\": \"#/$defs/rule\",\n"
                        "          \"properties\": {\"value\": ");
    put_value_schema(info, out);
    es_buf_put_str(out, "}\n        }");
}

static void put_defs(struct es_buf *out)
{
    es_buf_printf(out,
                  "  \"$defs\": {\n"
                  "    \"text\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": %d},\n"
                  "    \"both\": {\n"
                  "      \"type\": \"object\",\n"
                  "      \"required\": [\"en\", \"zh\"],\n"
                  "      \"additionalProperties\": false,\n"
                  "      \"properties\": {\"en\": {\"$ref\": \"#/$defs/text\"}, "
                  "\"zh\": {\"$ref\": \"#/$defs/text\"}}\n"
                  "    },\n"
                  "    \"date\": {\"type\": \"string\", "
                  "\"pattern\": \"^(none|[0-9]{4}-[0-9]{2}-[0-9]{2})$\"},\n",
                  ES_PROFILE_TEXT_MAX);
    es_buf_printf(out,
                  "    \"rule\": {\n"
                  "      \"type\": \"object\",\n"
                  "      \"required\": [\"value\"],\n"
                  "      \"anyOf\": [{\"required\": [\"cites\"], "
                  "\"properties\": {\"cites\": {\"minItems\": 1}}}, {\"required\": [\"ours\"]}],\n"
                  "      \"additionalProperties\": false,\n"
                  "      \"properties\": {\n"
                  "        \"value\": true,\n"
                  "        \"cites\": {\"type\": \"array\", \"maxItems\": %d, "
                  "\"uniqueItems\": true,\n"
                  "          \"items\": {\"type\": \"string\", "
                  "\"pattern\": \"^[A-Z0-9]{1,8} [0-9A-Za-z().\\\\-/]{1,24}$\"}},\n"
                  "        \"ours\": {\"$ref\": \"#/$defs/both\"}\n"
                  "      }\n    }\n  }\n}\n",
                  ES_PROFILE_CITES_MAX);
}

static void put_head_schema(struct es_buf *out)
{
    es_buf_put_str(out, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                        "  \"title\": \"eseal policy profile\",\n"
                        "  \"type\": \"object\",\n"
                        "  \"required\": [\"v\", \"id\", \"version\", \"title\", \"publisher\", "
                        "\"start\", \"end\", \"regulations\", \"rules\"],\n"
                        "  \"additionalProperties\": false,\n"
                        "  \"properties\": {\n"
                        "    \"v\": {\"const\": 1},\n"
                        "    \"id\": {\"type\": \"string\", \"pattern\": \"" ID_PATTERN "\"},\n"
                        "    \"version\": {\"type\": \"integer\", \"minimum\": 1, "
                        "\"maximum\": 2147483647},\n"
                        "    \"title\": {\"$ref\": \"#/$defs/text\"},\n"
                        "    \"publisher\": {\"$ref\": \"#/$defs/text\"},\n"
                        "    \"interpreter\": {\"$ref\": \"#/$defs/text\"},\n"
                        "    \"draft\": {\"type\": \"boolean\"},\n"
                        "    \"start\": {\"$ref\": \"#/$defs/date\"},\n"
                        "    \"end\": {\"$ref\": \"#/$defs/date\"},\n"
                        "    \"note\": {\"$ref\": \"#/$defs/both\"},\n");
    es_buf_printf(out,
                  "    \"extends\": {\n"
                  "      \"type\": \"object\",\n"
                  "      \"required\": [\"id\", \"version\"],\n"
                  "      \"additionalProperties\": false,\n"
                  "      \"properties\": {\n"
                  "        \"id\": {\"type\": \"string\", \"pattern\": \"" ID_PATTERN "\"},\n"
                  "        \"version\": {\"type\": \"integer\", \"minimum\": 1, "
                  "\"maximum\": 2147483647}\n"
                  "      }\n    },\n"
                  "    \"regulations\": {\n"
                  "      \"type\": \"object\",\n"
                  "      \"maxProperties\": %d,\n"
                  "      \"propertyNames\": {\"pattern\": \"^[A-Z0-9]{1,8}$\"},\n"
                  "      \"additionalProperties\": {\"$ref\": \"#/$defs/text\"}\n    },\n",
                  ES_PROFILE_REGULATIONS_MAX);
}

void es_profile_put_schema(struct es_buf *out)
{
    put_head_schema(out);
    es_buf_put_str(out, "    \"rules\": {\n      \"type\": \"object\",\n"
                        "      \"additionalProperties\": false,\n      \"properties\": {\n");
    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        put_rule_schema(es_profile_param_info((enum es_profile_param) i), out);
        es_buf_put_str(out, i + 1 < ES_PROFILE_PARAM_COUNT ? ",\n" : "\n");
    }
    es_buf_put_str(out, "      }\n    }\n  },\n"
                        "  \"if\": {\"not\": {\"required\": [\"extends\"]}},\n"
                        "  \"then\": {\"properties\": {\"rules\": {\"required\": [\n");
    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++)
        es_buf_printf(out, "    \"%s\"%s\n", es_profile_param_info((enum es_profile_param) i)->id,
                      i + 1 < ES_PROFILE_PARAM_COUNT ? "," : "");
    es_buf_put_str(out, "  ]}}},\n");
    put_defs(out);
}

/* ---- Markdown ---- */

static void put_allowed(const struct es_profile_param_info *info, struct es_buf *out)
{
    static const char *const names[] = {"none", "h", "d", "wd", "m"};

    switch (info->type) {
    case ES_PROFILE_BOOL:
        es_buf_put_str(out, "`true`, `false`");
        return;
    case ES_PROFILE_WORD:
    case ES_PROFILE_SET:
        es_buf_put_str(out, info->type == ES_PROFILE_WORD ? "one of " : "list of ");
        for (size_t i = 0; info->words[i].id != NULL; i++)
            es_buf_printf(out, "%s`%s` %s", i > 0 ? ", " : "", info->words[i].id,
                          info->words[i].zh);
        return;
    case ES_PROFILE_PERIOD:
        es_buf_put_str(out, "period in");
        for (unsigned i = ES_PERIOD_HOURS; i <= ES_PERIOD_MONTHS; i++) {
            if ((info->units & 1u << i) != 0)
                es_buf_printf(out, " `%s`", names[i]);
        }
        es_buf_put_str(out, ", or `none`");
        return;
    }
}

void es_profile_put_markdown(struct es_buf *out)
{
    es_buf_put_str(out, "| parameter | meaning | values | tighter | requirements |\n"
                        "|---|---|---|---|---|\n");
    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        const struct es_profile_param_info *info = es_profile_param_info((enum es_profile_param) i);

        es_buf_printf(out, "| `%s` | %s %s | ", info->id, info->en, info->zh);
        put_allowed(info, out);
        es_buf_printf(out, " | %s | %s |\n", es_profile_tighter_name(info->tighter), info->basis);
    }
}
