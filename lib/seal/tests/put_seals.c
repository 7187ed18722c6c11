/*
 * Write a seal and a seal signature of each edition into a folder, for check_with_openssl.sh:
 * DIR/2014.esl, DIR/2014.sig, … Keys are those of the fixture.
 */
#include "seal_fixture.h"

static const char *folder;

static void put_file(int edition, const char *kind, struct es_span bytes)
{
    char path[1024];

    (void) snprintf(path, sizeof(path), "%s/%d.%s", folder, edition, kind);
    assert_int_equal(es_file_write(path, bytes, 0644, true, NULL), ES_OK);
}

static void put_edition(struct fixture *f, enum es_seal_edition edition)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO(es_buf) tbs_der = ES_BUF_INIT(1u << 20);
    ES_AUTO(es_buf) value = ES_BUF_INIT(128);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(1u << 20);
    uint8_t hash[ES_SM3_LEN] = {0x5a};
    struct es_seal_tbs tbs = {.time_s = MADE_S,
                              .data_hash = hash,
                              .property_info = "/Doc_0/Signs/Sign_0/Signature.xml",
                              .signer = f->signer,
                              .edition = edition};

    make_seal(f, edition);
    assert_int_equal(es_seal_decode(es_buf_span(&f->out), ES_CHECK_FORMAT, "", NULL, &seal, NULL),
                     ES_OK);
    tbs.seal = seal;
    assert_int_equal(es_seal_encode_tbs(&tbs, &tbs_der, NULL), ES_OK);
    assert_int_equal(es_key_sign(f->signer_key, es_buf_span(&tbs_der), &value, NULL), ES_OK);
    assert_int_equal(es_seal_signature_assemble(es_buf_span(&tbs_der), edition, f->signer,
                                                es_buf_span(&value), es_span_of(NULL, 0), &sig,
                                                NULL),
                     ES_OK);
    put_file((int) edition, "esl", es_buf_span(&f->out));
    put_file((int) edition, "sig", es_buf_span(&sig));
}

static void seals_of_each_edition_are_written(void **state)
{
    struct fixture *f = (struct fixture *) *state;

    put_edition(f, ES_SEAL_2014);
    put_edition(f, ES_SEAL_2020);
    put_edition(f, ES_SEAL_2025);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(seals_of_each_edition_are_written, setup, teardown),
    };

    if (argc != 2) {
        (void) fprintf(stderr, "use: put_seals DIR\n");
        return 64;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
