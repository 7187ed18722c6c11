/* What is read as text for S3: the address, the credentials, pages of names, codes of errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "s3.h"

#include <sys/stat.h>
#include <unistd.h>

#define NAME1 "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
#define NAME2 "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
#define KEY1 "66/c7/" NAME1
#define KEY2 "de/be/" NAME2
#define LIST(inside)                                                                               \
    "<?xml version=\"1.0\"?><ListBucketResult "                                                    \
    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inside "</ListBucketResult>"
#define ENTRY(key) "<Contents><Key>" key "</Key><Size>3</Size></Contents>"
#define LAST "<IsTruncated>false</IsTruncated>"
#define MORE "<IsTruncated>true</IsTruncated>"
#define TOKEN(t) "<NextContinuationToken>" t "</NextContinuationToken>"

/* ---- the address ---- */

static void the_address_is_taken_apart(void **state)
{
    struct s3 s3 = {0};

    (void) state;
    assert_int_equal(s3_where_parse(es_span_str("https://s3.example.cn:9000/seal-blobs/a/B_1?"
                                                "region=cn-north-1"),
                                    &s3, NULL),
                     ES_OK);
    assert_string_equal(s3.origin, "https://s3.example.cn:9000");
    assert_string_equal(s3.host, "s3.example.cn:9000");
    assert_string_equal(s3.bucket, "seal-blobs");
    assert_string_equal(s3.prefix, "a/B_1/");
    assert_string_equal(s3.region, "cn-north-1");
}

static void prefix_and_port_may_be_left_out(void **state)
{
    static const char *const wheres[] = {"https://h/bkt?region=r", "https://h/bkt/?region=r"};
    struct s3 s3 = {0};

    (void) state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(s3_where_parse(es_span_str(wheres[i]), &s3, NULL), ES_OK);
        assert_string_equal(s3.prefix, "");
    }
    assert_int_equal(s3_where_parse(es_span_str("http://[::1]:9/bkt/p/?region=r"), &s3, NULL),
                     ES_OK);
    assert_string_equal(s3.origin, "http://[::1]:9");
    assert_string_equal(s3.prefix, "p/");
}

static void addresses_of_any_other_form_are_refused(void **state)
{
    static const char *const wheres[] = {
        "",
        "h/bkt?region=r",
        "ftp://h/bkt?region=r",
        "http://h/bkt?region=r", /* http, and not this machine */
        "http://10.0.0.1/bkt?region=r",
        "http://127.0.0.1.example.com/bkt?region=r",
        "http://0.0.0.0/bkt?region=r",
        "https:///bkt?region=r",
        "https://user@h/bkt?region=r",
        "https://user:pw@h/bkt?region=r",
        "https://H/bkt?region=r",
        "https://h h/bkt?region=r",
        "https://h%2f/bkt?region=r",
        "https://h:/bkt?region=r",
        "https://h:0/bkt?region=r",
        "https://h:65536/bkt?region=r",
        "https://h:443/bkt?region=r",
        "http://127.0.0.1:80/bkt?region=r",
        "https://h:99999999999999999999/bkt?region=r",
        "https://h:1x/bkt?region=r",
        "https://[::1/bkt?region=r",
        "https://[::1]x/bkt?region=r",
        "https://[/bkt?region=r",
        "https://h/?region=r",
        "https://h?region=r",
        "https://h/b?region=r",
        "https://h/Bkt?region=r",
        "https://h/..?region=r",
        "https://h/.../x?region=r",
        "https://h/bkt//x?region=r",
        "https://h/bkt//?region=r",
        "https://h/bkt/../x?region=r",
        "https://h/bkt/./x?region=r",
        "https://h/bkt/a b?region=r",
        "https://h/bkt/a%20b?region=r",
        "https://h/bkt",
        "https://h/bkt?",
        "https://h/bkt?region=",
        "https://h/bkt?region=r&x=y",
        "https://h/bkt?Region=r",
        "https://h/bkt?region=r#f",
        "https://h/bkt?region=abcdefghijklmnopqrstuvwxyz0123456",
    };
    struct s3 s3 = {0};

    (void) state;
    for (size_t i = 0; i < sizeof wheres / sizeof wheres[0]; i++) {
        if (s3_where_parse(es_span_str(wheres[i]), &s3, NULL) != ES_E_CONFIG)
            fail_msg("taken: %s", wheres[i]);
    }
}

static void parts_longer_than_their_room_are_refused(void **state)
{
    char where[1024], many[512];
    struct s3 s3 = {0};

    (void) state;
    memset(many, 'a', sizeof many);
    for (unsigned len = 200; len < 400; len++) {
        (void) snprintf(where, sizeof where, "https://%.*s/bkt?region=r", (int) len, many);
        assert_int_equal(s3_where_parse(es_span_str(where), &s3, NULL),
                         len <= S3_HOST_MAX ? ES_OK : ES_E_CONFIG);
        (void) snprintf(where, sizeof where, "https://h/bkt/%.*s?region=r", (int) len, many);
        assert_int_equal(s3_where_parse(es_span_str(where), &s3, NULL),
                         len <= S3_PREFIX_MAX ? ES_OK : ES_E_CONFIG);
        (void) snprintf(where, sizeof where, "https://h/%.*s?region=r", (int) len, many);
        assert_int_equal(s3_where_parse(es_span_str(where), &s3, NULL), ES_E_CONFIG);
    }
}

/* ---- the credentials ---- */

static es_status read_credentials(const char *text, size_t len, unsigned mode, struct s3 *s3,
                                  struct es_error *err)
{
    const char *base = getenv("TMPDIR");
    char path[96];
    es_status status;
    int fd;

    (void) snprintf(path, sizeof path, "%.40s/es-blob-XXXXXX",
                    base == NULL || strlen(base) > 40 ? "/tmp" : base);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    assert_int_equal(fchmod(fd, (mode_t) mode), 0);
    (void) close(fd);
    status = s3_credentials_read(path, s3, err);
    (void) unlink(path);
    return status;
}

static void two_lines_are_read_with_any_line_end(void **state)
{
    static const char *const texts[] = {"AK\nse/cr+et", "AK\nse/cr+et\n", "AK\r\nse/cr+et\r\n"};

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        struct s3 s3 = {0};

        assert_int_equal(read_credentials(texts[i], strlen(texts[i]), 0600, &s3, NULL), ES_OK);
        assert_int_equal(s3.access_len, 2);
        assert_memory_equal(s3.credentials.ptr, "AK", 2);
        assert_int_equal(s3.secret_len, 8);
        assert_memory_equal(s3.credentials.ptr + s3.secret_off, "se/cr+et", 8);
        es_secret_clear(&s3.credentials);
    }
}

static void credentials_of_any_other_form_are_refused_and_not_quoted(void **state)
{
    static const char *const texts[] = {"",
                                        "AK",
                                        "AK\n",
                                        "\nsecretword\n",
                                        "AK\nsecretword\nmore\n",
                                        "AK\nsecretword\n\n",
                                        "A K\nsecretword\n",
                                        "A/K\nsecretword\n",
                                        "A,K\nsecretword\n",
                                        "AK\nsecret word\n",
                                        "AK\nsecretword\x01\n"};

    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct s3 s3 = {0};
        struct es_error err = {0};

        assert_int_equal(read_credentials(texts[i], strlen(texts[i]), 0600, &s3, &err),
                         ES_E_CONFIG);
        assert_null(strstr(err.text, "secretword"));
        es_secret_clear(&s3.credentials);
    }
}

static void credentials_that_others_may_read_are_refused(void **state)
{
    static const unsigned modes[] = {0640, 0604, 0610, 0601, 0620};

    (void) state;
    for (size_t i = 0; i < 5; i++) {
        struct s3 s3 = {0};

        assert_int_equal(read_credentials("AK\nsecret\n", 10, modes[i], &s3, NULL), ES_E_CONFIG);
        es_secret_clear(&s3.credentials);
    }
}

static void credentials_without_end_or_file_are_refused(void **state)
{
    char text[2000];
    struct s3 s3 = {0};

    (void) state;
    memset(text, 'A', sizeof text);
    text[10] = '\n';
    assert_int_equal(read_credentials(text, sizeof text, 0600, &s3, NULL), ES_E_CONFIG);
    es_secret_clear(&s3.credentials);
    assert_int_equal(s3_credentials_read("/nonexistent/file", &s3, NULL), ES_E_CONFIG);
    es_secret_clear(&s3.credentials);
    assert_int_equal(s3_credentials_read("/", &s3, NULL), ES_E_CONFIG);
    es_secret_clear(&s3.credentials);
}

/* ---- pages of names ---- */

struct paged {
    struct s3_page *page;
    struct es_error err;
};

static int setup_page(void **state)
{
    struct paged *p = calloc(1, sizeof *p);

    assert_non_null(p);
    p->page = calloc(1, sizeof *p->page);
    assert_non_null(p->page);
    *state = p;
    return 0;
}

static int teardown_page(void **state)
{
    struct paged *p = *state;

    es_buf_clear(&p->page->names);
    free(p->page);
    free(p);
    return 0;
}

static es_status read_page(struct paged *p, const char *xml, const char *prefix)
{
    return s3_page_read(es_span_str(xml), prefix, p->page, &p->err);
}

static void names_of_a_page_are_read(void **state)
{
    struct paged *p = *state;

    assert_int_equal(read_page(p, LIST(ENTRY(KEY1) ENTRY(KEY2) MORE TOKEN("a&amp;b/=")), ""),
                     ES_OK);
    assert_true(es_span_is(es_buf_span(&p->page->names), NAME1 NAME2));
    assert_int_equal(p->page->keys, 2);
    assert_true(p->page->more);
    assert_string_equal(p->page->token, "a&b/=");
    p->page->last[0] = '\0';
    assert_int_equal(read_page(p, LIST(LAST ENTRY("p%2Fq/" KEY2)), "p/q/"), ES_OK);
    assert_true(es_span_is(es_buf_span(&p->page->names), NAME2));
    assert_false(p->page->more);
}

static void keys_that_are_no_objects_are_left_out(void **state)
{
    static const char *const pages[] = {
        LIST(LAST ENTRY("")),
        LIST(LAST ENTRY(NAME1)),
        LIST(LAST ENTRY("66/c8/" NAME1)),
        LIST(LAST ENTRY("/" KEY1)),
        LIST(LAST ENTRY(KEY1 "x")),
        LIST(LAST ENTRY(KEY1 "%00")),
        LIST(LAST ENTRY(KEY1 "%")),
        LIST(LAST ENTRY(KEY1 "%6")),
        LIST(LAST ENTRY("%zz" KEY1)),
        LIST(LAST ENTRY("q/" KEY1)),
        LIST(LAST "<Contents><Owner><Key>" KEY1 "</Key></Owner></Contents>"),
        LIST(LAST "<CommonPrefixes><Key>" KEY1 "</Key></CommonPrefixes>"),
    };
    struct paged *p = *state;

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (read_page(p, pages[i], "") != ES_OK || p->page->names.len != 0)
            fail_msg("page %zu", i);
    }
}

static void pages_that_are_no_listing_are_refused(void **state)
{
    static const char *const pages[] = {
        "",
        "not xml",
        "<html><IsTruncated>false</IsTruncated></html>",
        LIST(""),
        LIST(ENTRY(KEY1)),
        LIST(LAST LAST),
        LIST("<IsTruncated>maybe</IsTruncated>"),
        LIST("<IsTruncated></IsTruncated>"),
        LIST(MORE),
        LIST(MORE TOKEN("")),
        LIST(MORE TOKEN("a") TOKEN("b")),
        LIST("<X>" LAST "</X>"),
        LIST(LAST ENTRY(KEY2) ENTRY(KEY1)),
        LIST(LAST ENTRY(KEY1) ENTRY(KEY1)),
        "<?xml version=\"1.0\"?><ListBucketResult>" LAST,
    };
    struct paged *p = *state;

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        p->page->last[0] = '\0';
        if (read_page(p, pages[i], "") != ES_E_FORMAT)
            fail_msg("page %zu: %s", i, p->err.text);
    }
}

static void names_rise_from_page_to_page(void **state)
{
    struct paged *p = *state;

    assert_int_equal(read_page(p, LIST(ENTRY(KEY2) MORE TOKEN("t")), ""), ES_OK);
    assert_int_equal(read_page(p, LIST(ENTRY(KEY2) MORE TOKEN("t")), ""), ES_E_FORMAT);
    assert_int_equal(read_page(p, LIST(ENTRY(KEY1) MORE TOKEN("t")), ""), ES_E_FORMAT);
}

static void tokens_and_keys_without_end_are_refused(void **state)
{
    struct paged *p = *state;
    char long_text[5001], xml[6000];

    memset(long_text, 'a', sizeof long_text);
    long_text[5000] = '\0';
    (void) snprintf(xml, sizeof xml, LIST(MORE TOKEN("%.2048s")), long_text);
    assert_int_equal(read_page(p, xml, ""), ES_OK);
    assert_int_equal(strlen(p->page->token), S3_TOKEN_MAX);
    (void) snprintf(xml, sizeof xml, LIST(MORE TOKEN("%.2049s")), long_text);
    assert_int_equal(read_page(p, xml, ""), ES_E_FORMAT);
    (void) snprintf(xml, sizeof xml, LIST(LAST ENTRY("%s")), long_text);
    assert_int_equal(read_page(p, xml, ""), ES_E_LIMIT);
}

static void entities_and_deep_trees_are_refused(void **state)
{
    struct paged *p = *state;

    assert_int_equal(
        read_page(p, "<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult>&a;</ListBucketResult>",
                  ""),
        ES_E_DTD);
    assert_int_equal(
        read_page(p, "<a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a>", ""),
        ES_E_LIMIT);
}

/* ---- codes of errors ---- */

static void the_code_of_an_error_is_read_and_never_more(void **state)
{
    static const struct {
        const char *xml, *code;
    } cases[] = {
        {"<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>m</Message></Error>",
         "SlowDown"},
        {"<Error><Message>m</Message><Code>NoSuchKey</Code></Error>", "NoSuchKey"},
        {"<Error><Code>with blank</Code></Error>", ""},
        {"<Error><Code>\xe7\xa0\x81</Code></Error>", ""},
        {"<Error><Code></Code></Error>", ""},
        {"<Error><Code>Cut", ""},
        {"<Error><Code>Whole</Code>", ""},
        {"<Other><Code>SlowDown</Code></Other>", ""},
        {"<Error><X><Code>SlowDown</Code></X></Error>", ""},
        {"<html>502</html>", ""},
        {"", ""},
        {"<Error><Code>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "</Code></Error>",
         ""},
    };
    char code[65];

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(code, 'x', sizeof code);
        s3_error_code(es_span_str(cases[i].xml), code);
        assert_string_equal(code, cases[i].code);
    }
}

int main(void)
{
#define PAGE(name) cmocka_unit_test_setup_teardown(name, setup_page, teardown_page)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_address_is_taken_apart),
        cmocka_unit_test(prefix_and_port_may_be_left_out),
        cmocka_unit_test(addresses_of_any_other_form_are_refused),
        cmocka_unit_test(parts_longer_than_their_room_are_refused),
        cmocka_unit_test(two_lines_are_read_with_any_line_end),
        cmocka_unit_test(credentials_of_any_other_form_are_refused_and_not_quoted),
        cmocka_unit_test(credentials_that_others_may_read_are_refused),
        cmocka_unit_test(credentials_without_end_or_file_are_refused),
        PAGE(names_of_a_page_are_read),
        PAGE(keys_that_are_no_objects_are_left_out),
        PAGE(pages_that_are_no_listing_are_refused),
        PAGE(names_rise_from_page_to_page),
        PAGE(tokens_and_keys_without_end_are_refused),
        PAGE(entities_and_deep_trees_are_refused),
        cmocka_unit_test(the_code_of_an_error_is_read_and_never_more),
    };

    return cmocka_run_group_tests_name("s3_text", tests, NULL, NULL);
}
