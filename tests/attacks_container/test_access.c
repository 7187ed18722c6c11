/*
 * verification.md 9.2 xml-02, xml-03: whatever a document says, nothing outside it is touched. A
 * listener on loopback counts connections, a watch counts openings of a file; both stay at zero
 * while the document is verified and prepared for sealing.
 */
#include "attack.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

struct traps {
    struct world w;
    int listener, watch;
    unsigned port;
    char file[32];
};

/* %s: an address. Put in front of the root element, or inside it. */
static const char *const prologs[] = {
    "<!DOCTYPE x SYSTEM \"%s\">",
    "<!DOCTYPE x PUBLIC \"-//x\" \"%s\">",
    "<!DOCTYPE x [<!ENTITY i SYSTEM \"%s\">]>",
    "<!DOCTYPE x [<!ENTITY %% p SYSTEM \"%s\"> %%p;]>",
    "<!DOCTYPE x [<!NOTATION n SYSTEM \"%s\">]>",
    "<?xml-stylesheet type=\"text/xsl\" href=\"%s\"?>",
    "<?xml-model href=\"%s\"?>",
};
static const char *const insides[] = {
    "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"%s\" parse=\"text\"/>",
    "<x xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
    "xsi:schemaLocation=\"urn:x %s\"/>",
    "<ofd:PageRes>%s</ofd:PageRes>",
    "<ofd:Action Event=\"DO\"><ofd:URI URI=\"%s\"/></ofd:Action>",
    "<ofd:MediaFile>%s</ofd:MediaFile>",
    "<ofd:FileLoc>%s</ofd:FileLoc>",
    "<ofd:SchemaLoc>%s</ofd:SchemaLoc>",
};
static const char *const entries[] = {
    "OFD.xml",
    DOCUMENT,
    PAGE,
    "Doc_0/PublicRes.xml",
    "Doc_0/Annots/Page_0/Annotation.xml",
    "Doc_0/Attachs/Attachments.xml",
    "Doc_0/Tags/CustomTags.xml",
    LIST,
    SIGNATURE,
};

/* ---- traps ---- */

static void listen_on_loopback(struct traps *t)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;

    t->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(t->listener >= 0);
    assert_int_equal(bind(t->listener, (struct sockaddr *) &at, sizeof at), 0);
    assert_int_equal(listen(t->listener, 16), 0);
    assert_int_equal(getsockname(t->listener, (struct sockaddr *) &at, &len), 0);
    t->port = ntohs(at.sin_port);
}

static void watch_a_file(struct traps *t)
{
    int fd;

    (void) snprintf(t->file, sizeof t->file, "/tmp/eseal-trap-XXXXXX");
    fd = mkstemp(t->file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "secret", 6), 6);
    assert_int_equal(close(fd), 0);
    t->watch = inotify_init1(IN_NONBLOCK);
    assert_true(t->watch >= 0);
    assert_true(inotify_add_watch(t->watch, t->file, IN_OPEN | IN_ACCESS) >= 0);
}

/* How often the traps were touched since the last call. */
static int touches(struct traps *t)
{
    char events[4096];
    int count = 0, fd;

    while ((fd = accept(t->listener, NULL, NULL)) >= 0) {
        (void) close(fd);
        count++;
    }
    while (read(t->watch, events, sizeof events) > 0)
        count++;
    return count;
}

static int setup(void **state)
{
    struct traps *t = calloc(1, sizeof *t);

    assert_non_null(t);
    world_new(&t->w);
    listen_on_loopback(t);
    watch_a_file(t);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct traps *t = *state;

    (void) close(t->listener);
    (void) close(t->watch);
    (void) unlink(t->file);
    world_clear(&t->w);
    free(t);
    return 0;
}

/* ---- tests ---- */

static void prepare(struct world *w, struct es_span bytes)
{
    const struct es_source src = es_source_memory(bytes);
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_place place = {.mode = ES_PLACE_POINT, .pages = "1", .x_mm = 20, .y_mm = 20};
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_signing) signing = NULL;
    struct es_sign_request request = {
        .signer = w->certs[WHO_SIGNER], .places = &place, .place_count = 1, .time_s = WORLD_SIGN_S};

    assert_int_equal(es_seal_decode(es_buf_span(&w->seal), ES_CHECK_FORMAT, "", NULL, &seal, NULL),
                     ES_OK);
    request.seal = seal;
    if (es_ofd_prepare(&src, &limits, &request, &signing, NULL) != ES_OK)
        assert_null(signing);
}

static void verify_and_prepare(struct traps *t, const struct pkg *pkg, const char *entry,
                               const char *text)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);
    struct es_report report;
    int count;

    pkg_write(pkg, &zip);
    world_verify(&t->w, es_buf_span(&zip), ES_POLICY_ASSURED, &report);
    es_report_clear(&report);
    prepare(&t->w, es_buf_span(&zip));
    count = touches(t);
    if (count != 0)
        fail_msg("%s in %s: touched %d times", text, entry, count);
}

/* Text with the address filled in, before or behind what is there. */
static void try_text(struct traps *t, const char *entry, const char *form, const char *address,
                     bool prolog)
{
    const char *from = prolog ? "<ofd:" : "</ofd:";
    struct attack a = {.w = &t->w};
    char *text = NULL, *to = NULL;

    /* Forms are our own, see above; they hold one %s. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    assert_true(asprintf(&text, form, address) > 0);
#pragma GCC diagnostic pop
    assert_true(asprintf(&to, "%s%s", text, from) > 0);
    zip_build_init(&a.zip);
    attack_change(&a, entry, from, to);
    verify_and_prepare(t, &a.pkg, entry, text);
    attack_clear(&a);
    free(text);
    free(to);
}

static void try_all(struct traps *t, const char *const *forms, size_t count, bool prolog)
{
    char http[64], file[64];

    (void) snprintf(http, sizeof http, "http://127.0.0.1:%u/x", t->port);
    (void) snprintf(file, sizeof file, "file://%s", t->file);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof entries / sizeof entries[0]; k++) {
            try_text(t, entries[k], forms[i], http, prolog);
            try_text(t, entries[k], forms[i], file, prolog);
            try_text(t, entries[k], forms[i], t->file, prolog);
        }
    }
}

static void the_traps_work(void **state)
{
    struct traps *t = *state;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t) t->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(100);

    assert_int_equal(connect(fd, (struct sockaddr *) &to, sizeof to), 0);
    (void) close(fd);
    assert_int_equal(es_file_read(t->file, &bytes, NULL), ES_OK);
    assert_true(touches(t) >= 2);
    assert_int_equal(touches(t), 0);
}

static void nothing_in_front_of_a_document_is_followed(void **state)
{
    try_all(*state, prologs, sizeof prologs / sizeof prologs[0], true);
}

static void nothing_inside_a_document_is_followed(void **state)
{
    try_all(*state, insides, sizeof insides / sizeof insides[0], false);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_traps_work),
        T(nothing_in_front_of_a_document_is_followed),
        T(nothing_inside_a_document_is_followed),
    };

    return cmocka_run_group_tests_name("attacks_container/access", tests, NULL, NULL);
}
