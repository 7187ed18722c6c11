/* See same_report.h. */
#include "same_report.h"

void report_of(struct world *w, struct es_span bytes, struct es_trust *trust,
               const struct es_state_source *states, struct es_buf *json)
{
    struct es_report report;

    world_verify_with(w, bytes, ES_POLICY_ASSURED, trust, states, &report);
    es_buf_reset(json);
    assert_int_equal(es_report_json(&report, json, NULL), ES_OK);
    es_report_clear(&report);
}

void same_again(struct world *w, struct es_span bytes, struct es_trust *trust,
                const struct es_state_source *states, const struct es_buf *first, const char *what)
{
    ES_AUTO(es_buf) json = ES_BUF_INIT(1u << 26);

    report_of(w, bytes, trust, states, &json);
    if (!es_span_equal(es_buf_span(&json), es_buf_span(first)))
        fail_msg("%s: another report", what);
}
