/*
 * XML of real packages. All parses but what is listed: custom tags with an empty or unbound
 * prefix, and empty parts of one broken package. Packages are read through lib/zip here, by the
 * test only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_xml.h"
#include "es_zip.h"

static const char *const malformed[] = {
    "signed/baiwang-bker-clt3.ofd!Doc_0/Tags/Tag_kj.xml",
    "signed/ceb-receipt-raw64.ofd!Doc_0/Tags/CustomTag.xml",
    "signed/tax-guizhou-special-2022.ofd!Doc_0/Tags/CustomTag.xml",
    "signed/tax-jiangsu-2020.ofd!Doc_0/Tags/CustomTag.xml",
    "signed/tax-sichuan-special-2022.ofd!Doc_0/Tags/CustomTag.xml",
    "signed/tax-zhejiang-2020.ofd!Doc_0/Tags/CustomTag.xml",
};

struct walk {
    const char *folder;
    size_t documents, refused, empty;
};

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        if (strcmp(malformed[i], name) == 0)
            return true;
    return false;
}

static es_status ignore_start(void *ctx, const char *name, const char *uri,
                              const struct es_xml_attr *attrs, struct es_error *err)
{
    (void) name;
    (void) uri;
    (void) attrs;
    (void) err;
    (*(size_t *) ctx)++;
    return ES_OK;
}

static es_status ignore_end(void *ctx, const char *name, struct es_error *err)
{
    (void) ctx;
    (void) name;
    (void) err;
    return ES_OK;
}

static void check_document(struct walk *walk, const char *name, struct es_span doc)
{
    const struct es_xml_handler handler = {.start = ignore_start, .end = ignore_end};
    struct es_xml_limits limits = es_xml_limits_default();
    ES_AUTO(es_arena) arena = {0};
    struct es_xml_node *root = NULL;
    struct es_error err = {0};
    es_status status = es_xml_parse(doc, &limits, &arena, &root, &err);
    size_t count = 0;

    walk->documents++;
    walk->empty += doc.len == 0;
    walk->refused += status != ES_OK;
    if (doc.len == 0 || is_listed(name))
        assert_int_equal(status, ES_E_FORMAT);
    else if (status != ES_OK)
        fail_msg("%s: %s", name, err.text);
    assert_int_equal(es_xml_scan(doc, &limits, &handler, &count, NULL), status);
}

static bool is_xml(const char *name)
{
    size_t len = strlen(name);

    return len >= 4 && strcmp(name + len - 4, ".xml") == 0;
}

static void check_package(struct walk *walk, const char *package, const struct es_zip *zip)
{
    char name[1024];

    for (uint32_t i = 0; i < es_zip_count(zip); i++) {
        const struct es_zip_entry *entry = es_zip_at(zip, i);
        ES_AUTO(es_buf) doc = ES_BUF_INIT(1 << 26);

        if (!is_xml(entry->name))
            continue;
        assert_int_equal(es_zip_read(zip, entry, &doc, NULL), ES_OK);
        (void) snprintf(name, sizeof name, "%s/%s!%s", walk->folder, package, entry->name);
        check_document(walk, name, es_buf_span(&doc));
    }
}

static const char *samples(void)
{
    const char *path = getenv("ESEAL_SAMPLES");

    return path != NULL ? path : ES_SOURCE_ROOT "/../shared/samples";
}

static es_status check_file(void *ctx, const char *name, struct es_error *err)
{
    struct es_zip_limits limits = es_zip_limits_default();
    struct walk *walk = ctx;
    ES_AUTO(es_source) src = {.fd = -1};
    ES_AUTO_PTR(es_zip) zip = NULL;
    char path[1024];

    (void) snprintf(path, sizeof path, "%s/%s/%s", samples(), walk->folder, name);
    ES_TRY(es_source_open(&src, path, 0, err));
    if (es_zip_open(&src, &limits, NULL, &zip, NULL) == ES_OK)
        check_package(walk, name, zip);
    return ES_OK;
}

static void xml_of_real_packages_parses(void **state)
{
    static const char *const folders[] = {"signed", "unsigned"};
    struct walk walk = {0};

    (void) state;
    for (size_t i = 0; i < 2; i++) {
        char path[1024];

        walk.folder = folders[i];
        (void) snprintf(path, sizeof path, "%s/%s", samples(), folders[i]);
        if (es_dir_each(path, check_file, &walk, NULL) != ES_OK) {
            print_message("skipped: samples absent\n");
            skip();
        }
    }
    assert_int_equal(walk.documents, 1104);
    assert_int_equal(walk.empty, 12);
    assert_int_equal(walk.refused, 12 + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(xml_of_real_packages_parses)};

    return cmocka_run_group_tests_name("xml/samples", tests, NULL, NULL);
}
