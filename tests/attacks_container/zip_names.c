/* verification.md 9.1 zip-01 to zip-07, zip-19: names of entries. */
#include "attack.h"

/* arg "first" or "last": where the good one stands. */
static void build_page_twice(struct attack *a)
{
    const struct es_span name = es_span_str(PAGE);
    bool good_first = strcmp(a->c->arg, "first") == 0;

    if (!good_first)
        (void) zip_build_add_bytes(&a->zip, name, attack_bad_page(a));
    attack_parts(a);
    if (good_first)
        (void) zip_build_add_bytes(&a->zip, name, attack_bad_page(a));
}

/* One more entry named arg with a changed page in it, and one named arg2. */
static void build_extra(struct attack *a)
{
    attack_parts(a);
    (void) zip_build_add_bytes(&a->zip, es_span_str(a->c->arg), attack_bad_page(a));
    if (a->c->arg2 != NULL)
        (void) zip_build_add(&a->zip, a->c->arg2, "good");
}

/* The same in front of all. */
static void build_extra_first(struct attack *a)
{
    (void) zip_build_add_bytes(&a->zip, es_span_str(a->c->arg), attack_bad_page(a));
    attack_parts(a);
}

/* Entry arg is there under the name arg2 only. */
static void build_renamed(struct attack *a)
{
    attack_parts(a);
    zip_build_rename(attack_part(a, a->c->arg), es_span_str(a->c->arg2));
}

static void build_nul_in_name(struct attack *a)
{
    attack_parts(a);
    (void) zip_build_add_bytes(&a->zip, es_span_of("OFD.xml\0.txt", 12), attack_bad_page(a));
}

static void build_long_name(struct attack *a)
{
    struct es_span zeros = zip_build_zeros(&a->zip, (size_t) attack_number(a->c->arg) + 1);
    ES_AUTO(es_buf) name = ES_BUF_INIT(zeros.len);

    for (size_t i = 0; i + 1 < zeros.len; i++)
        es_buf_put_byte(&name, 'a');
    attack_parts(a);
    (void) zip_build_add_bytes(&a->zip, es_buf_span(&name), es_span_str("x"));
}

/* Entry arg marked as what Unix calls mode arg2. */
static void build_mode(struct attack *a)
{
    struct zip_build_part *part;

    attack_parts(a);
    part = attack_part(a, a->c->arg);
    part->made_by = 3 << 8 | 20;
    part->attributes = (uint32_t) strtoul(a->c->arg2, NULL, 8) << 16;
}

static void build_untouched(struct attack *a)
{
    attack_parts(a);
}

#define BAD ES_OUTCOME_INVALID
#define GOOD ES_OUTCOME_VALID
#define DUPLICATE "container_duplicate_entry"
#define COLLISION "container_name_collision"
#define UNSAFE "container_name_unsafe"

/* clang-format off */
static const struct attack_case rows[] = {
    {"zip-00: control, the parts put together again", build_untouched, GOOD,
     "!form_deviation !container_outside_data", ES_OK, .strict = ES_OUTCOME_INDETERMINATE},
    {"zip-01: page twice, good one first", build_page_twice, BAD, DUPLICATE, ES_E_OFD, "first"},
    {"zip-01: page twice, good one last", build_page_twice, BAD, DUPLICATE, ES_E_OFD, "last"},
    {"zip-01: entry point twice", build_extra, BAD, DUPLICATE, ES_E_OFD, "OFD.xml"},
    {"zip-02: page beside another case", build_extra, BAD, COLLISION, ES_E_OFD,
     "doc_0/Pages/Page_0/Content.xml"},
    {"zip-02: another case in front", build_extra_first, BAD, COLLISION, ES_E_OFD,
     "Doc_0/Pages/Page_0/content.XML"},
    {"zip-02: entry point in another case", build_extra_first, BAD, COLLISION, ES_E_OFD, "ofd.xml"},
    {"zip-03: names equal after NFC", build_extra, BAD, COLLISION, ES_E_OFD,
     "Doc_0/Attachs/caf\xc3\xa9.txt", "Doc_0/Attachs/cafe\xcc\x81.txt"},
    {"zip-03: full-width letter", build_extra, BAD, COLLISION, ES_E_OFD,
     "Doc_0/\xef\xbc\xa4ocument.xml"},
    {"zip-03: full-width entry point", build_extra_first, BAD, COLLISION, ES_E_OFD,
     "\xef\xbc\xaf\xef\xbc\xa6\xef\xbc\xa4.xml"},
    {"zip-03: full-width slash", build_extra, BAD, UNSAFE, ES_E_OFD,
     "Doc_0\xef\xbc\x8f" "Document.xml"},
    {"zip-04: backslash as the only form", build_renamed, GOOD, "form_deviation", ES_OK,
     DOCUMENT, "Doc_0\\Document.xml", .strict = BAD},
    {"zip-04: leading slash as the only form", build_renamed, GOOD, "form_deviation", ES_OK,
     DOCUMENT, "/Doc_0/Document.xml", .strict = BAD},
    {"zip-04: backslash beside the plain form", build_extra, BAD, COLLISION, ES_E_OFD,
     "Doc_0\\Document.xml"},
    {"zip-04: leading slash beside the plain form", build_extra, BAD, COLLISION, ES_E_OFD,
     "/Doc_0/Document.xml"},
    {"zip-04: leading slash in front of the plain form", build_extra_first, BAD, COLLISION,
     ES_E_OFD, "/Doc_0/Document.xml"},
    {"zip-05: folder up and down", build_extra, BAD, UNSAFE, ES_E_OFD,
     "Doc_0/../Doc_0/Document.xml"},
    {"zip-05: folder up and down as the only form", build_renamed, BAD, UNSAFE, ES_E_OFD,
     DOCUMENT, "Doc_0/../Doc_0/Document.xml"},
    {"zip-05: dot folder", build_extra, BAD, UNSAFE, ES_E_OFD, "./OFD.xml"},
    {"zip-05: empty folder", build_extra, BAD, UNSAFE, ES_E_OFD, "Doc_0//x"},
    {"zip-05: two leading slashes", build_extra, BAD, UNSAFE, ES_E_OFD, "//Doc_0/Document.xml"},
    {"zip-06: way out of the folder", build_extra, BAD, UNSAFE, ES_E_OFD, "/../etc/x"},
    {"zip-06: way out by backslashes", build_extra, BAD, UNSAFE, ES_E_OFD, "..\\..\\etc\\x"},
    {"zip-06: drive", build_extra, BAD, UNSAFE, ES_E_OFD, "C:\\x"},
    {"zip-06: escaped way out", build_extra, BAD, UNSAFE, ES_E_OFD, "..%2fx"},
    {"zip-06: NUL in the name", build_nul_in_name, BAD, UNSAFE, ES_E_OFD},
    {"zip-06: newline in the name", build_extra, BAD, UNSAFE, ES_E_OFD, "Doc_0/a\nb"},
    {"zip-06: empty name", build_extra, BAD, UNSAFE, ES_E_OFD, ""},
    {"zip-06: name of 65535 bytes", build_long_name, BAD, UNSAFE, ES_E_OFD, "65535"},
    /* The length field wraps, so the rest of the name is not accounted for either. */
    {"zip-06: name of 70000 bytes", build_long_name, BAD, UNSAFE " container_ambiguous", ES_E_OFD,
     "70000"},
    {"zip-07: symbolic link", build_mode, BAD, UNSAFE, ES_E_OFD, PAGE, "120777"},
    {"zip-07: device", build_mode, BAD, UNSAFE, ES_E_OFD, PAGE, "020666"},
    {"zip-07: pipe", build_mode, BAD, UNSAFE, ES_E_OFD, "Doc_0/Attachs/data.txt", "010666"},
    {"zip-07: plain file with rights is nothing special", build_mode, GOOD, "!" UNSAFE, ES_OK,
     PAGE, "100755"},
    {"zip-19: file named as a folder", build_extra, BAD, COLLISION, ES_E_OFD, "Doc_0/Pages"},
    {"zip-19: folder named as a file", build_extra, BAD, COLLISION, ES_E_OFD, "OFD.xml/x"},
    {"zip-19: folder entry named as a file", build_extra, BAD, COLLISION, ES_E_OFD, "OFD.xml/"},
};
/* clang-format on */

const struct attack_table attack_zip_names = ATTACK_TABLE(rows);
