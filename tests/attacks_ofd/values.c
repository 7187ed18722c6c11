/* Attacks that exchange signatures, seals and stamps, or change the list of signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builders.h"

/* ---- parts of another document ---- */

/* Another document with another amount, sealed with the same seal. */
static void build_other(struct scene *s, struct pkg *other)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);
    ES_AUTO(es_buf) sealed = ES_BUF_INIT(1u << 24);
    struct pkg changed = {0};

    pkg_copy(&s->w->document, &changed);
    pkg_replace(&changed, PAGE_1, "壹佰", "玖佰");
    pkg_write(&changed, &zip);
    world_seal(s->w, es_buf_span(&zip), es_buf_span(&s->w->seal), NULL, false, &sealed);
    pkg_read(es_buf_span(&sealed), other);
    pkg_clear(&changed);
}

static void take(struct scene *s, struct pkg *from, const char *name)
{
    const struct pkg_entry *entry = pkg_find(from, name);

    assert_non_null(entry);
    pkg_set(&s->pkg, name, entry->bytes.ptr, entry->bytes.len);
}

void signs_of_another(struct scene *s)
{
    struct pkg other = {0};

    build_sealed(s);
    build_other(s, &other);
    take(s, &other, LIST_XML);
    take(s, &other, SIGN_0 "Signature.xml");
    take(s, &other, SIGN_0 "Seal.esl");
    take(s, &other, SIGN_0 "SignedValue.dat");
    pkg_clear(&other);
}

void value_of_another(struct scene *s)
{
    struct pkg other = {0};

    build_sealed(s);
    build_other(s, &other);
    take(s, &other, SIGN_0 "SignedValue.dat");
    pkg_clear(&other);
}

/* ---- stamps ---- */

/* "from|to" in Signature.xml. */
void stamp_moved(struct scene *s)
{
    char from[128];
    const char *bar = strchr(s->arg, '|');

    assert_non_null(bar);
    (void) snprintf(from, sizeof from, "%.*s", (int) (bar - s->arg), s->arg);
    build_sealed(s);
    pkg_replace(&s->pkg, SIGN_0 "Signature.xml", from, bar + 1);
}

void stamp_unseen(struct scene *s)
{
    char xml[256];

    (void) snprintf(xml, sizeof xml, "<ofd:StampAnnot ID=\"900\" %s/>", s->arg);
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){.stamps = xml});
}

/* ---- repeated ---- */

#define ENTRY(id, folder)                                                                          \
    "<ofd:Signature ID=\"" id "\" Type=\"Seal\" BaseLoc=\"/" folder "Signature.xml\"/>"

void value_listed_twice(struct scene *s)
{
    build_sealed(s);
    pkg_replace(&s->pkg, LIST_XML, "</ofd:Signatures>", ENTRY("77", SIGN_0) "</ofd:Signatures>");
}

void signature_folder_copied(struct scene *s)
{
    static const char *const names[] = {"Signature.xml", "Seal.esl", "SignedValue.dat"};

    build_sealed(s);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char from[64], to[64];
        const struct pkg_entry *entry;

        (void) snprintf(from, sizeof from, SIGN_0 "%s", names[i]);
        (void) snprintf(to, sizeof to, SIGN_1 "%s", names[i]);
        entry = pkg_find(&s->pkg, from);
        assert_non_null(entry);
        pkg_add(&s->pkg, to, entry->bytes.ptr, entry->bytes.len);
    }
    pkg_replace(&s->pkg, LIST_XML, "</ofd:Signatures>", ENTRY("77", SIGN_1) "</ofd:Signatures>");
}

/* ---- seals ---- */

static void make_finer(struct es_seal_info *info, void *ctx)
{
    (void) ctx;
    info->name = "示例省人民政府";
    info->picture.width_mm = 60;
    info->picture.height_mm = 60;
}

void finer_seal_file(struct scene *s)
{
    ES_AUTO(es_buf) finer = ES_BUF_INIT(ES_SEAL_DER_MAX);

    world_make_seal(s->w, ES_SEAL_2020, WHO_MAKER, make_finer, NULL, &finer);
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){.seal_file = es_buf_span(&finer)});
}

void property_info_of(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){.property_info = s->arg});
}

/* ---- types ---- */

void type_changed(struct scene *s)
{
    build_sealed(s);
    pkg_replace(&s->pkg, LIST_XML, "Type=\"Seal\"", "Type=\"Sign\"");
}

void type_changed_seal_cancelled(struct scene *s)
{
    static const struct es_state_event events[] = {
        {.status = ES_STATUS_ACTIVE, .effective_s = WORLD_FROM_S, .known_s = WORLD_FROM_S},
        {.status = ES_STATUS_CANCELLED,
         .reason = 1,
         .effective_s = WORLD_SIGN_S - DAY_S,
         .known_s = WORLD_SIGN_S - DAY_S},
    };

    type_changed(s);
    know_events(s, events, 2);
}

/* A value without seal where a stamp is drawn: nothing says whose picture that is. */
void sign_value_with_stamp(struct scene *s)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    uint8_t digest[ES_SM3_LEN];
    struct es_error err = {0};

    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg,
                   &(struct lax){.type = "Sign",
                                 .stamps = "<ofd:StampAnnot ID=\"900\" PageRef=\"1\" "
                                           "Boundary=\"120 200 42 42\"/>"});
    must_ok(es_sm3(es_buf_span(&pkg_find(&s->pkg, SIGN_0 "Signature.xml")->bytes), digest, &err),
            &err);
    must_ok(es_cms_sign(s->w->keys[WHO_SIGNER], s->w->certs[WHO_SIGNER],
                        es_span_of(digest, sizeof digest), WORLD_SIGN_S, &der, &err),
            &err);
    pkg_set(&s->pkg, SIGN_0 "SignedValue.dat", der.ptr, der.len);
}

/* ---- several seals ---- */

void second_seal(struct scene *s)
{
    const struct es_place place = {.mode = ES_PLACE_POINT, .pages = "2", .x_mm = 20, .y_mm = 20};
    ES_AUTO(es_buf) twice = ES_BUF_INIT(1u << 24);

    world_seal(s->w, es_buf_span(&s->w->sealed), es_buf_span(&s->w->seal), &place, false, &twice);
    pkg_read(es_buf_span(&twice), &s->pkg);
}

/* The first Signature element leaves the list. */
void first_seal_dropped(struct scene *s)
{
    const char *text, *from, *to;
    char element[512];

    second_seal(s);
    text = es_buf_cstr(&pkg_find(&s->pkg, LIST_XML)->bytes);
    assert_non_null(text);
    from = strstr(text, "<ofd:Signature ");
    assert_non_null(from);
    to = strstr(from, "/>");
    assert_non_null(to);
    (void) snprintf(element, sizeof element, "%.*s", (int) (to + 2 - from), from);
    pkg_replace(&s->pkg, LIST_XML, element, "");
}

void lock_then_append(struct scene *s)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);
    ES_AUTO(es_buf) locked = ES_BUF_INIT(1u << 24);

    pkg_write(&s->w->document, &zip);
    world_seal(s->w, es_buf_span(&zip), es_buf_span(&s->w->seal), NULL, true, &locked);
    pkg_read(es_buf_span(&locked), &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){0});
}
