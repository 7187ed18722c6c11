/*
 * Property P2 of verification.md 8: remove, rename, repeat, exchange, cut or add any entry, never a
 * valid that speaks for changed content.
 */
#include "speaks.h"

struct fixture {
    struct world w;
    struct good good;
};

/* Verify a changed package; a verdict valid must speak for what was signed. Returns the outcome. */
static enum es_outcome judge(struct fixture *f, const struct pkg *pkg, const char *what,
                             const char *name)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT((size_t) 1 << 26);
    struct es_report report;
    enum es_outcome outcome;
    const char *why = NULL;

    pkg_write(pkg, &zip);
    world_verify(&f->w, es_buf_span(&zip), ES_POLICY_ASSURED, &report);
    outcome = report.outcome;
    if (outcome == ES_OUTCOME_VALID)
        why = speaks_for_changed(&f->good, es_buf_span(&zip), &report);
    es_report_clear(&report);
    if (why != NULL)
        fail_msg("%s %s: %s", what, name, why);
    return outcome;
}

static void must_not_be_valid(struct fixture *f, const struct pkg *pkg, const char *what,
                              const char *name)
{
    if (judge(f, pkg, what, name) == ES_OUTCOME_VALID)
        fail_msg("%s %s: still valid", what, name);
}

/* Run change() over a copy of the package, once for each entry. */
static void each_entry(struct fixture *f, const char *what, bool never_valid,
                       void (*change)(struct pkg *pkg, size_t index))
{
    for (size_t i = 0; i < f->good.entries.count; i++) {
        const char *name = f->good.entries.entries[i].name;
        struct pkg pkg = {0};

        pkg_copy(&f->good.entries, &pkg);
        change(&pkg, i);
        if (never_valid)
            must_not_be_valid(f, &pkg, what, name);
        else
            (void) judge(f, &pkg, what, name);
        pkg_clear(&pkg);
    }
}

static void remove_it(struct pkg *pkg, size_t index)
{
    pkg_remove(pkg, pkg->entries[index].name);
}

static void removing_any_entry_is_noticed(void **state)
{
    each_entry(*state, "removed", true, remove_it);
}

static void append_x(struct pkg *pkg, size_t index)
{
    char name[256];

    (void) snprintf(name, sizeof name, "%sx", pkg->entries[index].name);
    pkg_rename(pkg, pkg->entries[index].name, name);
}

static void renaming_any_entry_is_noticed(void **state)
{
    each_entry(*state, "renamed", true, append_x);
}

static void change_case(struct pkg *pkg, size_t index)
{
    char *name = pkg->entries[index].name;

    for (; *name != 0; name++)
        if (*name >= 'a' && *name <= 'z')
            *name = (char) (*name - 32);
}

/* Paths resolve without regard to case, with a warning: the content then is the same. */
static void another_case_of_a_name_leaves_the_content(void **state)
{
    each_entry(*state, "in capitals", false, change_case);
}

static void move_to_root(struct pkg *pkg, size_t index)
{
    const char *slash = strrchr(pkg->entries[index].name, '/');
    char name[256];

    (void) snprintf(name, sizeof name, "%s", slash == NULL ? "a/OFD.xml" : slash + 1);
    pkg_rename(pkg, pkg->entries[index].name, name);
}

static void moving_any_entry_leaves_the_content(void **state)
{
    each_entry(*state, "moved", false, move_to_root);
}

static void repeat_it(struct pkg *pkg, size_t index)
{
    const struct es_span bytes = es_buf_span(&pkg->entries[index].bytes);
    ES_AUTO(es_buf) copy = ES_BUF_INIT(bytes.len + 1);

    es_buf_put_span(&copy, bytes);
    pkg_add(pkg, pkg->entries[index].name, copy.ptr, copy.len);
}

static void repeating_any_entry_is_noticed(void **state)
{
    each_entry(*state, "repeated", true, repeat_it);
}

static void cut_it(struct pkg *pkg, size_t index)
{
    pkg->entries[index].bytes.len--;
}

static void empty_it(struct pkg *pkg, size_t index)
{
    es_buf_reset(&pkg->entries[index].bytes);
}

static void lengthen_it(struct pkg *pkg, size_t index)
{
    es_buf_put_byte(&pkg->entries[index].bytes, ' ');
}

static void cutting_or_emptying_any_entry_is_noticed(void **state)
{
    struct fixture *f = *state;

    each_entry(f, "cut", true, cut_it);
    each_entry(f, "emptied", true, empty_it);
}

/*
 * A blank behind the list, which no seal protects, changes nothing. Behind the signature value it
 * is a listed deviation (formats.md 5.2: surplus bytes behind the outer SEQUENCE).
 */
static void lengthening_any_entry_is_noticed(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->good.entries.count; i++) {
        const char *name = f->good.entries.entries[i].name;
        bool list = strcmp(name, "Doc_0/Signs/Signatures.xml") == 0;
        struct pkg pkg = {0};

        pkg_copy(&f->good.entries, &pkg);
        lengthen_it(&pkg, i);
        if (list)
            expect_pkg(&f->w, &pkg, ES_OUTCOME_VALID, "!form_deviation");
        else if (strstr(name, "SignedValue.dat") != NULL)
            expect_pkg(&f->w, &pkg, ES_OUTCOME_VALID, "form_deviation");
        else
            must_not_be_valid(f, &pkg, "lengthened", name);
        pkg_clear(&pkg);
    }
}

static void exchanging_any_two_entries_is_noticed(void **state)
{
    struct fixture *f = *state;
    const struct pkg *all = &f->good.entries;

    for (size_t i = 0; i < all->count; i++) {
        for (size_t k = i + 1; k < all->count; k++) {
            struct pkg pkg = {0};
            struct es_buf bytes;

            if (es_span_equal(es_buf_span(&all->entries[i].bytes),
                              es_buf_span(&all->entries[k].bytes)))
                continue;
            pkg_copy(all, &pkg);
            bytes = pkg.entries[i].bytes;
            pkg.entries[i].bytes = pkg.entries[k].bytes;
            pkg.entries[k].bytes = bytes;
            must_not_be_valid(f, &pkg, "exchanged", all->entries[i].name);
            pkg_clear(&pkg);
        }
    }
}

static void adding_an_entry_speaks_for_what_was_signed(void **state)
{
    static const char *const names[] = {"x",
                                        "Doc_0/Pages/Page_3/Content.xml",
                                        "Doc_0/Pages/Page_0/PageRes.xml",
                                        "Doc_1/Document.xml",
                                        "Doc_0/Signs/Sign_1/Signature.xml",
                                        "Doc_0/Res/extra.png",
                                        "Doc_0/Doc_0/Document.xml",
                                        "Pages/Page_0/Content.xml",
                                        "Document.xml",
                                        "Doc_0/Pages/Pages/Page_0/Content.xml",
                                        "Res/image.png",
                                        "Doc_0/image.png",
                                        "Doc_0/Signs/Doc_0/Document.xml",
                                        "OFDEntries.xml",
                                        "Doc_0/Versions.xml"};
    struct fixture *f = *state;
    const struct pkg_entry *page = pkg_find(&f->good.entries, "Doc_0/Pages/Page_1/Content.xml");

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct pkg pkg = {0};

        pkg_copy(&f->good.entries, &pkg);
        pkg_add(&pkg, names[i], page->bytes.ptr, page->bytes.len);
        (void) judge(f, &pkg, "added", names[i]);
        pkg_clear(&pkg);
    }
}

/* Entries of another document, sealed by the same seal, in place of ours. */
static void entries_of_another_sealed_document_are_noticed(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) unsealed = ES_BUF_INIT((size_t) 1 << 24);
    ES_AUTO(es_buf) sealed = ES_BUF_INIT((size_t) 1 << 24);
    struct pkg changed = {0}, other = {0};

    pkg_copy(&f->w.document, &changed);
    pkg_replace(&changed, "Doc_0/Pages/Page_0/Content.xml", "壹佰", "玖佰");
    pkg_write(&changed, &unsealed);
    world_seal(&f->w, es_buf_span(&unsealed), es_buf_span(&f->w.seal), NULL, false, &sealed);
    pkg_read(es_buf_span(&sealed), &other);
    for (size_t i = 0; i < other.count; i++) {
        const struct pkg_entry *theirs = &other.entries[i];
        struct pkg_entry *ours = pkg_find(&f->good.entries, theirs->name);
        struct pkg pkg = {0};

        assert_non_null(ours);
        if (es_span_equal(es_buf_span(&ours->bytes), es_buf_span(&theirs->bytes)))
            continue;
        pkg_copy(&f->good.entries, &pkg);
        pkg_set(&pkg, theirs->name, theirs->bytes.ptr, theirs->bytes.len);
        must_not_be_valid(f, &pkg, "taken from another", theirs->name);
        pkg_clear(&pkg);
    }
    pkg_clear(&changed);
    pkg_clear(&other);
}

static void the_order_of_entries_does_not_matter(void **state)
{
    struct fixture *f = *state;
    struct pkg pkg = {0};

    pkg_copy(&f->good.entries, &pkg);
    for (size_t i = 0; i < pkg.count / 2; i++) {
        struct pkg_entry entry = pkg.entries[i];

        pkg.entries[i] = pkg.entries[pkg.count - 1 - i];
        pkg.entries[pkg.count - 1 - i] = entry;
    }
    assert_int_equal(judge(f, &pkg, "turned round", ""), ES_OUTCOME_VALID);
    pkg_clear(&pkg);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct es_report report;

    assert_non_null(f);
    world_new(&f->w);
    world_verify(&f->w, es_buf_span(&f->w.sealed), ES_POLICY_ASSURED, &report);
    expect_report(&report, ES_OUTCOME_VALID, "");
    good_take(&f->good, es_buf_span(&f->w.sealed), &report);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    good_clear(&f->good);
    world_clear(&f->w);
    free(f);
    return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(removing_any_entry_is_noticed),
        T(renaming_any_entry_is_noticed),
        T(another_case_of_a_name_leaves_the_content),
        T(moving_any_entry_leaves_the_content),
        T(repeating_any_entry_is_noticed),
        T(cutting_or_emptying_any_entry_is_noticed),
        T(lengthening_any_entry_is_noticed),
        T(exchanging_any_two_entries_is_noticed),
        T(adding_an_entry_speaks_for_what_was_signed),
        T(entries_of_another_sealed_document_are_noticed),
        T(the_order_of_entries_does_not_matter),
    };

    return cmocka_run_group_tests_name("attacks_container/entries", tests, NULL, NULL);
}
