/*
 * Property P5 of verification.md 8: the order in which trust and evidence came does not matter.
 */
#include "same_report.h"

#include <sys/stat.h>
#include <unistd.h>

#define FILES 4

/* ---- trust ---- */

static void put_file(const char *root, const char *folder, const char *name, struct es_span bytes)
{
    char path[512];
    FILE *file;

    (void) snprintf(path, sizeof path, "%s/%s", root, folder);
    (void) mkdir(path, 0700);
    (void) snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *root, const char *folder, const char *name)
{
    char path[512];

    (void) snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
    assert_int_equal(unlink(path), 0);
}

static void remove_folders(const char *root, const char *folder)
{
    char path[512];

    (void) snprintf(path, sizeof path, "%s/%s", root, folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(root), 0);
}

/* Two lists of one date: the second names a certificate that has no part in this. */
static void make_crls(struct world *w, struct es_buf *crls)
{
    struct es_revoked item = {
        .serial = w->certs[WHO_OTHER]->serial, .time_s = WORLD_SIGN_S, .reason = 1};

    for (size_t i = 0; i < 2; i++)
        assert_int_equal(es_crl_make(w->certs[WHO_ROOT], w->keys[WHO_ROOT], &item, i, 1 + i,
                                     w->now_s - 3600, w->now_s + 86400, &crls[i], NULL),
                         ES_OK);
}

static void add_part(struct world *w, const struct es_buf *crls, struct es_trust *trust, int part)
{
    const struct es_maker_entry maker = {.cert = w->certs[WHO_MAKER], .regions = "", .kinds = ""};
    es_status status = ES_OK;

    if (part == 0)
        status = es_trust_add_cert(trust, ES_TRUST_ROOT, w->certs[WHO_ROOT], NULL);
    else if (part == 1)
        status = es_trust_add_cert(trust, ES_TRUST_TSA, w->certs[WHO_TSA], NULL);
    else if (part == 2)
        status = es_trust_add_maker(trust, &maker, NULL);
    else if (part == 3)
        status = es_trust_add_cert(trust, ES_TRUST_ROOT, w->certs[WHO_STRANGER_MAKER], NULL);
    else
        status = es_trust_add_crl(trust, es_buf_span(&crls[part - 4]), NULL);
    assert_int_equal(status, ES_OK);
}

static void the_order_of_trust_does_not_matter(void **state)
{
    static const int orders[][6] = {{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 4, 0, 5, 2, 1},
                                    {4, 3, 1, 2, 5, 0}, {2, 5, 4, 1, 0, 3}, {1, 0, 4, 2, 3, 5}};
    struct world *w = *state;
    struct es_buf crls[2] = {ES_BUF_INIT(65536), ES_BUF_INIT(65536)};
    ES_AUTO(es_buf) first = ES_BUF_INIT(1u << 26);

    make_crls(w, crls);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        ES_AUTO_PTR(es_trust) trust = NULL;

        assert_int_equal(es_trust_new(&trust, NULL), ES_OK);
        for (size_t k = 0; k < 6; k++)
            add_part(w, crls, trust, orders[i][k]);
        if (i == 0)
            report_of(w, es_buf_span(&w->sealed), trust, NULL, &first);
        same_again(w, es_buf_span(&w->sealed), trust, NULL, &first, "order of trust");
    }
    es_buf_clear(&crls[0]);
    es_buf_clear(&crls[1]);
}

static void the_names_of_trust_files_do_not_matter(void **state)
{
    static const char *const names[][4] = {
        {"a", "b", "c", "d"}, {"d", "c", "b", "a"}, {"b", "d", "a", "c"}};
    struct world *w = *state;
    ES_AUTO(es_buf) first = ES_BUF_INIT(1u << 26);

    for (size_t i = 0; i < 3; i++) {
        static const enum world_who who[] = {WHO_ROOT, WHO_STRANGER_MAKER, WHO_OTHER, WHO_SIGNER};
        ES_AUTO_PTR(es_trust) trust = NULL;
        char root[] = "/tmp/eseal-trust-XXXXXX", name[32];

        assert_non_null(mkdtemp(root));
        for (size_t k = 0; k < FILES; k++) {
            (void) snprintf(name, sizeof name, "%s.cer", names[i][k]);
            put_file(root, "roots", name, w->certs[who[k]]->der);
        }
        assert_int_equal(es_trust_load(root, &trust, NULL), ES_OK);
        for (size_t k = 0; k < FILES; k++) {
            (void) snprintf(name, sizeof name, "%s.cer", names[i][k]);
            remove_file(root, "roots", name);
        }
        remove_folders(root, "roots");
        if (i == 0)
            report_of(w, es_buf_span(&w->sealed), trust, NULL, &first);
        same_again(w, es_buf_span(&w->sealed), trust, NULL, &first, "names of trust files");
    }
}

/* ---- evidence ---- */

static void the_order_of_state_answers_does_not_matter(void **state)
{
    static const struct es_state_event active = {
        .status = ES_STATUS_ACTIVE, .effective_s = WORLD_FROM_S, .known_s = WORLD_FROM_S};
    struct world *w = *state;
    ES_AUTO(es_buf) other = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) first = ES_BUF_INIT(1u << 26);

    world_make_seal(w, ES_SEAL_2020, WHO_MAKER, NULL, NULL, &other);
    for (int i = 0; i < 2; i++) {
        ES_AUTO_PTR(es_state_source) states = NULL;

        assert_int_equal(es_state_source_new(&states, NULL), ES_OK);
        world_add_state(w, states, es_buf_span(i == 0 ? &other : &w->seal), &active, 1);
        world_add_state(w, states, es_buf_span(i == 0 ? &w->seal : &other), &active, 1);
        if (i == 0)
            report_of(w, es_buf_span(&w->sealed), NULL, states, &first);
        same_again(w, es_buf_span(&w->sealed), NULL, states, &first, "order of state answers");
    }
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    world_new(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world_clear(*state);
    free(*state);
    return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_order_of_trust_does_not_matter),
        T(the_names_of_trust_files_do_not_matter),
        T(the_order_of_state_answers_does_not_matter),
    };

    return cmocka_run_group_tests_name("attacks_container/order", tests, NULL, NULL);
}
