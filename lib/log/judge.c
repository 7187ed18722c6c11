/*
 * What a checkpoint is worth: whether the log signed it, and how many witnesses did. Lines of keys
 * that nobody named are passed over; the line of a key that somebody named must hold.
 */
#include "es_log_proof.h"

#include "log_internal.h"

/* Whether there is a line of this name and key, good or not. */
static es_status has_line(const struct es_checkpoint *c, const struct es_log_witness *witness,
                          bool *has, struct es_error *err)
{
    uint8_t id[4];

    *has = false;
    ES_TRY(es_checkpoint_key_id(witness->name, ES_CHECKPOINT_WITNESS_ALGORITHM, witness->key, id,
                                err));
    for (size_t i = 0; i < c->line_count; i++)
        if (es_span_is(c->lines[i].name, witness->name) &&
            memcmp(c->lines[i].key_id, id, sizeof id) == 0)
            *has = true;
    return ES_OK;
}

static void insert_sorted(uint64_t *times, size_t count, uint64_t time_s)
{
    size_t at = count;

    for (; at > 0 && times[at - 1] > time_s; at--)
        times[at] = times[at - 1];
    times[at] = time_s;
}

/* The quorum had signed when as many lines as it needs had been made, the earliest first. */
static es_status judge_witnesses(const struct es_checkpoint *c, const struct es_log_trust *trust,
                                 struct es_checkpoint_facts *out, struct es_error *err)
{
    uint64_t times[ES_CHECKPOINT_LINES_MAX];

    for (size_t i = 0; i < trust->witness_count; i++) {
        const struct es_log_witness *witness = &trust->witnesses[i];
        uint64_t time_s = 0;
        bool good = false, has = false;

        ES_TRY(es_checkpoint_verify_witness(c, witness->name, witness->key, &good, &time_s, err));
        if (!good) {
            ES_TRY(has_line(c, witness, &has, err));
            out->wrong_witness = out->wrong_witness || has;
        } else if (out->witnesses < ES_CHECKPOINT_LINES_MAX) {
            insert_sorted(times, out->witnesses++, time_s);
        }
    }
    out->quorum = out->witnesses >= trust->quorum;
    if (out->quorum && trust->quorum > 0)
        out->witnessed_s = times[trust->quorum - 1];
    return ES_OK;
}

es_status es_checkpoint_judge(const struct es_checkpoint *checkpoint,
                              const struct es_log_trust *trust, struct es_checkpoint_facts *out,
                              struct es_error *err)
{
    *out = (struct es_checkpoint_facts){.signed_by_log = false};
    if (es_span_is(checkpoint->origin, trust->origin))
        ES_TRY(es_checkpoint_verify(checkpoint, trust->key, &out->signed_by_log, err));
    return judge_witnesses(checkpoint, trust, out, err);
}
