/*
 * The list of findings. Everything from outside is escaped and cut when it comes in. Repeats are
 * found by hash, and the number kept is bounded, so that hostile files cost linear time and
 * bounded memory; the bound never hides a code in a check that has none of it yet.
 */
#include "es_verdict.h"

/* An escaped character takes at most 10 bytes: \u{10ffff}. */
#define SHOWN_MAX (10 * (ES_FINDING_CHARS + 8))

struct draft {
    enum es_check check;
    enum es_code code;
    const char *where;
    const char *value[ES_FINDING_VALUES];
};

void es_findings_init(struct es_findings *list, struct es_arena *arena)
{
    *list = (struct es_findings){.arena = arena};
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    if (text == NULL)
        return (hash ^ 0x100) * 1099511628211U;
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t) *text) * 1099511628211U;
    return (hash ^ 0xFF) * 1099511628211U;
}

static uint64_t hash_draft(const struct draft *draft)
{
    uint64_t hash = 14695981039346656037U;

    hash = (hash ^ (uint64_t) draft->code) * 1099511628211U;
    hash = (hash ^ (uint64_t) draft->check) * 1099511628211U;
    hash = hash_text(hash, draft->where);
    for (size_t i = 0; i < ES_FINDING_VALUES; i++)
        hash = hash_text(hash, draft->value[i]);
    return hash;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_finding(const struct es_finding *kept, const struct draft *draft, uint64_t hash)
{
    if (kept->hash != hash || kept->code != draft->code || kept->check != draft->check ||
        strcmp(kept->where, draft->where) != 0)
        return false;
    for (size_t i = 0; i < ES_FINDING_VALUES; i++) {
        if (!same_text(kept->value[i], draft->value[i]))
            return false;
    }
    return true;
}

static bool is_repeat(const struct es_findings *list, const struct draft *draft, uint64_t hash)
{
    if (list->buckets == NULL)
        return false;
    for (const struct es_finding *f = list->buckets[hash % ES_FINDINGS_BUCKETS]; f; f = f->chain) {
        if (same_finding(f, draft, hash))
            return true;
    }
    return false;
}

/* Buckets are made with the first finding: most lists stay empty. */
static bool make_buckets(struct es_findings *list)
{
    if (list->buckets == NULL)
        list->buckets = (struct es_finding **) es_arena_alloc(
            list->arena, ES_FINDINGS_BUCKETS * sizeof(struct es_finding *));
    return list->buckets != NULL;
}

static struct es_finding *copy_draft(struct es_arena *arena, const struct draft *draft)
{
    struct es_finding *copy = ES_ARENA_NEW(arena, struct es_finding);

    if (copy == NULL)
        return NULL;
    copy->code = draft->code;
    copy->check = draft->check;
    copy->where = es_arena_text(arena, es_span_str(draft->where));
    if (copy->where == NULL)
        return NULL;
    for (size_t i = 0; i < ES_FINDING_VALUES; i++) {
        if (draft->value[i] == NULL)
            continue;
        copy->value[i] = es_arena_text(arena, es_span_str(draft->value[i]));
        if (copy->value[i] == NULL)
            return NULL;
    }
    return copy;
}

static bool keep(struct es_findings *list, const struct draft *draft, uint64_t hash)
{
    struct es_finding *copy = NULL;

    if (list->arena == NULL || !make_buckets(list))
        return false;
    copy = copy_draft(list->arena, draft);
    if (copy == NULL)
        return false;
    copy->hash = hash;
    copy->chain = list->buckets[hash % ES_FINDINGS_BUCKETS];
    list->buckets[hash % ES_FINDINGS_BUCKETS] = copy;
    if (list->last == NULL)
        list->first = copy;
    else
        list->last->next = copy;
    list->last = copy;
    list->kept++;
    return true;
}

/* Texts of the draft are fit to be shown already. */
static void add_draft(struct es_findings *list, const struct draft *draft)
{
    uint64_t hash = hash_draft(draft);
    uint16_t *seen = &list->seen[(unsigned) draft->code & 0xFF];
    uint16_t bit = (uint16_t) (1U << (unsigned) draft->check);

    if (is_repeat(list, draft, hash))
        return;
    list->count++;
    if (list->kept >= ES_FINDINGS_MAX && (*seen & bit) != 0)
        return;
    *seen |= bit; /* also when it is lost: what was found stays found */
    if (!keep(list, draft, hash))
        list->lost = true;
}

static const char *shown(struct es_buf *buf, struct es_span text)
{
    es_buf_put_shown(buf, text, ES_FINDING_CHARS);
    return es_buf_cstr(buf);
}

static void add(struct es_findings *list, struct draft *draft, const struct es_span values[])
{
    ES_AUTO(es_buf) where = ES_BUF_INIT(SHOWN_MAX);
    ES_AUTO(es_buf) first = ES_BUF_INIT(SHOWN_MAX);
    ES_AUTO(es_buf) second = ES_BUF_INIT(SHOWN_MAX);
    struct es_buf *bufs[ES_FINDING_VALUES] = {&first, &second};
    bool good = true;

    if (list == NULL)
        return;
    ES_BUG_ON(es_code_info(draft->code) == NULL || (unsigned) draft->check >= ES_CHECK_COUNT);
    draft->where = shown(&where, es_span_str(draft->where));
    good = draft->where != NULL;
    for (size_t i = 0; i < ES_FINDING_VALUES; i++) {
        if (values[i].ptr == NULL)
            continue;
        draft->value[i] = shown(bufs[i], values[i]);
        good = good && draft->value[i] != NULL;
    }
    if (good)
        add_draft(list, draft);
    else
        list->lost = true;
}

void es_finding_add(struct es_findings *list, enum es_check check, enum es_code code,
                    const char *where, const char *value)
{
    es_finding_add2(list, check, code, where, value, NULL);
}

void es_finding_add2(struct es_findings *list, enum es_check check, enum es_code code,
                     const char *where, const char *value1, const char *value2)
{
    struct draft draft = {.check = check, .code = code, .where = where};
    struct es_span values[ES_FINDING_VALUES] = {
        {.ptr = (const uint8_t *) value1, .len = value1 == NULL ? 0 : strlen(value1)},
        {.ptr = (const uint8_t *) value2, .len = value2 == NULL ? 0 : strlen(value2)},
    };

    add(list, &draft, values);
}

void es_finding_add_span(struct es_findings *list, enum es_check check, enum es_code code,
                         const char *where, struct es_span value)
{
    struct draft draft = {.check = check, .code = code, .where = where};
    struct es_span values[ES_FINDING_VALUES] = {value};

    if (value.ptr == NULL) /* given, but empty */
        values[0] = es_span_of("", 0);
    add(list, &draft, values);
}

void es_findings_join(struct es_findings *list, const struct es_findings *from)
{
    if (list == NULL)
        return;
    for (const struct es_finding *f = from->first; f != NULL; f = f->next) {
        struct draft draft = {.check = f->check,
                              .code = f->code,
                              .where = f->where,
                              .value = {f->value[0], f->value[1]}};

        add_draft(list, &draft);
    }
    for (size_t i = 0; i < sizeof list->seen / sizeof list->seen[0]; i++)
        list->seen[i] |= from->seen[i];
    list->count += from->count - from->kept;
    list->lost = list->lost || from->lost;
}

bool es_findings_have(const struct es_findings *list, enum es_code code)
{
    return es_code_info(code) != NULL && list->seen[(unsigned) code & 0xFF] != 0;
}
