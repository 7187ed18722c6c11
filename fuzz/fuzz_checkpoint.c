/*
 * Checkpoints. Properties: what is parsed has the body that its own fields render; nothing verifies
 * under a key that did not sign; a line of ours added to it is found again and holds.
 */
#include "es_log_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct es_key *our_key(void)
{
    const uint8_t number[32] = {[31] = 9};
    struct es_key *key = NULL;

    ES_BUG_ON(es_key_from_number(number, &key, NULL) != ES_OK);
    return key;
}

/* Fields to text and back to the signed bytes. */
static void check_body(const struct es_checkpoint *checkpoint)
{
    ES_AUTO(es_buf) origin = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_CHECKPOINT_MAX);

    es_buf_put_span(&origin, checkpoint->origin);
    if (es_checkpoint_body(es_buf_cstr(&origin), checkpoint->size, &checkpoint->root, &body,
                           NULL) == ES_OK)
        ES_BUG_ON(!es_span_equal(es_buf_span(&body), checkpoint->signed_text));
    ES_BUG_ON(checkpoint->line_count == 0 || checkpoint->line_count > ES_CHECKPOINT_LINES_MAX);
}

/* Signing takes milliseconds: only now and then. */
static void check_line(struct es_span text, const struct es_checkpoint *checkpoint)
{
    ES_AUTO_PTR(es_key) key = our_key();
    ES_AUTO(es_buf) more = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_checkpoint) again = {.size = 0};
    uint64_t time_s = 0;
    bool good = true;

    ES_BUG_ON(es_checkpoint_verify(checkpoint, es_key_public(key), &good, NULL) != ES_OK || good);
    es_buf_put_span(&more, text);
    if (es_checkpoint_cosign(checkpoint, "fuzz.example/w", 77, key, &more, NULL) != ES_OK ||
        checkpoint->line_count == ES_CHECKPOINT_LINES_MAX)
        return;
    ES_BUG_ON(es_checkpoint_parse(es_buf_span(&more), &again, NULL) != ES_OK);
    ES_BUG_ON(es_checkpoint_verify_witness(&again, "fuzz.example/w", es_key_public(key), &good,
                                           &time_s, NULL) != ES_OK);
    ES_BUG_ON(!good || time_s != 77);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_span text = es_span_of(data, size);
    struct es_checkpoint checkpoint;

    if (es_checkpoint_parse(text, &checkpoint, NULL) != ES_OK)
        return 0;
    check_body(&checkpoint);
    if (size % 16 == 0)
        check_line(text, &checkpoint);
    es_checkpoint_clear(&checkpoint);
    return 0;
}
