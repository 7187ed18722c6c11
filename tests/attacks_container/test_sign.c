/* The same hostile files offered for sealing: refused, with the code the table names. */
#include "attack.h"

static void prepare_case(struct world *w, const struct attack_case *c)
{
    struct attack a;
    const struct es_span bytes = attack_build(&a, w, c);
    const struct es_source src = es_source_memory(bytes);
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_place place = {.mode = ES_PLACE_POINT, .pages = "1", .x_mm = 20, .y_mm = 20};
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_signing) signing = NULL;
    struct es_error err = {0};
    struct es_sign_request request = {
        .signer = w->certs[WHO_SIGNER], .places = &place, .place_count = 1, .time_s = WORLD_SIGN_S};
    es_status status;

    assert_int_equal(es_seal_decode(es_buf_span(&w->seal), ES_CHECK_FORMAT, "", NULL, &seal, &err),
                     ES_OK);
    request.seal = seal;
    status = es_ofd_prepare(&src, &limits, &request, &signing, &err);
    if (status != c->sign)
        fail_msg("sealing says %s (%s), expected %s", es_status_name(status), err.text,
                 es_status_name(c->sign));
    if (status != ES_OK)
        assert_null(signing);
    attack_clear(&a);
}

int main(void)
{
    static const struct attack_table *const tables[] = {&attack_zip_names,
                                                        &attack_zip_layout,
                                                        &attack_zip_contents,
                                                        &attack_zip_bombs,
                                                        &attack_xml_files,
                                                        &attack_xml_signature,
                                                        NULL};

    return attack_run("attacks_container/sign", tables, prepare_case);
}
