/* Building attack files, and running tables of them. */
#include "attack.h"

struct es_span attack_build(struct attack *a, struct world *w, const struct attack_case *c)
{
    *a = (struct attack){.w = w, .c = c};
    zip_build_init(&a->zip);
    es_buf_init(&a->out, (size_t) 1 << 30);
    pkg_read(es_buf_span(&w->sealed), &a->pkg);
    c->build(a);
    if (a->out.len == 0 && a->zip.first != NULL)
        return zip_build_finish(&a->zip);
    if (a->out.len == 0)
        pkg_write(&a->pkg, &a->out);
    assert_int_equal(a->out.failed, ES_OK);
    return es_buf_span(&a->out);
}

void attack_clear(struct attack *a)
{
    pkg_clear(&a->pkg);
    zip_build_clear(&a->zip);
    es_buf_clear(&a->out);
}

/* ---- for builders ---- */

long attack_number(const char *arg)
{
    return strtol(arg, NULL, 10);
}

void attack_parts(struct attack *a)
{
    for (size_t i = 0; i < a->pkg.count; i++)
        (void) zip_build_add_bytes(&a->zip, es_span_str(a->pkg.entries[i].name),
                                   es_buf_span(&a->pkg.entries[i].bytes));
}

struct zip_build_part *attack_part(struct attack *a, const char *name)
{
    struct zip_build_part *part = a->zip.first;

    while (part != NULL && !es_span_is(part->central.name, name))
        part = part->next;
    if (part == NULL)
        fail_msg("no part %s", name);
    return part;
}

struct es_span attack_bad_page(struct attack *a)
{
    struct pkg bad = {0};
    const char *text;
    struct es_span bytes;

    pkg_copy(&a->pkg, &bad);
    pkg_replace(&bad, PAGE, "壹佰", "玖佰");
    bytes = es_buf_span(&pkg_find(&bad, PAGE)->bytes);
    text = es_arena_text(&a->zip.arena, bytes);
    assert_non_null(text);
    pkg_clear(&bad);
    return es_span_of(text, bytes.len);
}

void attack_unsealed(struct attack *a)
{
    pkg_clear(&a->pkg);
    pkg_copy(&a->w->document, &a->pkg);
}

void attack_sign(struct attack *a)
{
    const struct lax lax = {0};

    world_lax_sign(a->w, &a->pkg, &lax);
}

static bool is_signature_file(const char *entry)
{
    return strncmp(entry, "Doc_0/Signs/", 12) == 0;
}

static void begin_change(struct attack *a, const char *entry)
{
    attack_unsealed(a);
    if (is_signature_file(entry))
        attack_sign(a);
}

static void end_change(struct attack *a, const char *entry)
{
    if (!is_signature_file(entry))
        attack_sign(a);
    else if (strcmp(entry, SIGNATURE) == 0)
        world_lax_resign(a->w, &a->pkg, 0);
}

void attack_change(struct attack *a, const char *entry, const char *from, const char *to)
{
    begin_change(a, entry);
    pkg_replace(&a->pkg, entry, from, to);
    end_change(a, entry);
}

void attack_content(struct attack *a, const char *entry, struct es_span bytes)
{
    begin_change(a, entry);
    pkg_set(&a->pkg, entry, bytes.ptr, bytes.len);
    end_change(a, entry);
}

/* ---- tables ---- */

struct slot {
    struct world *w;
    const struct attack_case *c;
    void (*check)(struct world *w, const struct attack_case *c);
};

static void run_slot(void **state)
{
    struct slot *slot = *state;

    slot->check(slot->w, slot->c);
}

int attack_run(const char *group, const struct attack_table *const *tables,
               void (*check)(struct world *w, const struct attack_case *c))
{
    struct CMUnitTest tests[256] = {0};
    struct slot slots[256] = {0};
    size_t count = 0;
    struct world *w = calloc(1, sizeof *w);
    int failed;

    ES_BUG_ON(w == NULL);
    world_new(w);
    for (; *tables != NULL; tables++) {
        for (size_t i = 0; i < (*tables)->count; i++) {
            const struct attack_case *c = &(*tables)->rows[i];

            ES_BUG_ON(count == sizeof tests / sizeof tests[0]);
            slots[count] = (struct slot){.w = w, .c = c, .check = check};
            tests[count] = (struct CMUnitTest){
                .name = c->name, .test_func = run_slot, .initial_state = &slots[count]};
            count++;
        }
    }
    failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    world_clear(w);
    free(w);
    return failed;
}
