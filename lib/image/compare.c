/*
 * The comparison of two imprints: measures, best position, difference, and one of three outcomes.
 * A person confirms; this only says what was measured.
 */
#include <math.h>

#include "compare.h"

/* SPEC seal-imprints 7.2: tolerances in millimetres. */
#define OUTER_TOLERANCE 0.3
#define BORDER_TOLERANCE 0.2
#define CENTRE_TOLERANCE 0.4
/* Our own golden pairs correlate above 0.97 and differ in 0.00001 of their ink beyond the reach
 * of an edge; an 8 of the code made a 3 differs in 0.00008 (tests/test_compare.c). Scans with
 * specks on them come out as "review", which is the side to err on. */
#define CORRELATION_MATCH 0.94
#define CORRELATION_REVIEW 0.80
#define SHARE_MATCH 0.00004
#define SHARE_REVIEW 0.05

static bool measures_agree(const struct es_imprint_comparison *c)
{
    return fabs(c->outer_a_mm - c->outer_b_mm) <= OUTER_TOLERANCE &&
           fabs(c->border_a_mm - c->border_b_mm) <= BORDER_TOLERANCE &&
           fabs(c->centre_a_mm - c->centre_b_mm) <= CENTRE_TOLERANCE;
}

static enum es_match judge(const struct es_imprint_comparison *c)
{
    if (c->correlation < CORRELATION_REVIEW || c->difference_share > SHARE_REVIEW)
        return ES_MATCH_NO;
    if (c->correlation >= CORRELATION_MATCH && c->difference_share <= SHARE_MATCH &&
        measures_agree(c))
        return ES_MATCH_YES;
    return ES_MATCH_REVIEW;
}

static es_status measure(const struct es_ink *a, const struct es_ink *b,
                         const struct es_alignment *alignment, struct es_imprint_comparison *out,
                         struct es_error *err)
{
    ES_AUTO(es_ink) upright = {0};
    struct es_ink_measures of_a, of_b;

    /* b is measured upright, so that a turned square is no larger one, but in its own scale. */
    ES_TRY(es_ink_move(a, b, alignment, false, &upright, err));
    ES_TRY(es_ink_measure(a, &of_a, err));
    ES_TRY(es_ink_measure(&upright, &of_b, err));
    out->outer_a_mm = of_a.outer_mm;
    out->outer_b_mm = of_b.outer_mm;
    out->border_a_mm = of_a.border_mm;
    out->border_b_mm = of_b.border_mm;
    out->centre_a_mm = of_a.centre_mm;
    out->centre_b_mm = of_b.centre_mm;
    return ES_OK;
}

es_status es_imprint_compare(struct es_span a, struct es_span b, uint32_t width_mm,
                             uint32_t height_mm, struct es_imprint_comparison *out,
                             struct es_buf *difference, struct es_error *err)
{
    ES_AUTO(es_ink) ink_a = {0};
    ES_AUTO(es_ink) ink_b = {0};
    ES_AUTO(es_ink) moved = {0};
    struct es_alignment alignment;

    *out = (struct es_imprint_comparison){.outcome = ES_MATCH_NO};
    ES_TRY(es_ink_read(a, width_mm, height_mm, &ink_a, err));
    ES_TRY(es_ink_read(b, width_mm, height_mm, &ink_b, err));
    ES_TRY(es_ink_align(&ink_a, &ink_b, &alignment, err));
    ES_TRY(measure(&ink_a, &ink_b, &alignment, out, err));
    ES_TRY(es_ink_move(&ink_a, &ink_b, &alignment, true, &moved, err));
    ES_TRY(es_ink_difference(&ink_a, &moved, &out->difference_share, difference, err));
    out->correlation = alignment.correlation;
    out->rotation_deg = alignment.rotation_deg;
    out->scale = alignment.scale;
    out->outcome = judge(out);
    return ES_OK;
}
