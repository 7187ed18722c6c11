/* Policies are read strictly, and a checkpoint is worth what the policy's keys say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_log_proof.h"

/* SPEC GM/T 0003.5: the points of d = 1 (G itself) and of the standard's example key. */
#define POINT_G                                                                                    \
    "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"                           \
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
#define POINT_EXAMPLE                                                                              \
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"                           \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"

static es_status parse(const char *text, struct es_log_policy **out, struct es_error *err)
{
    return es_log_policy_parse(es_span_str(text), out, err);
}

static void assert_refused(const char *text, es_status status, const char *message)
{
    struct es_log_policy *policy = NULL;
    struct es_error err = {ES_OK, ""};

    assert_int_equal(parse(text, &policy, &err), status);
    assert_null(policy);
    assert_string_equal(err.text, message);
}

static void what_is_not_of_the_form_is_refused_by_line(void **state)
{
    (void) state;
    assert_refused("# logs\nlogs a " POINT_G, ES_E_FORMAT,
                   "line 2: a line begins with log, witness or quorum");
    assert_refused("log a", ES_E_FORMAT, "line 1: a log has an origin and a key");
    assert_refused("log a " POINT_G " b", ES_E_FORMAT, "line 1: a log has an origin and a key");
    assert_refused("witness w", ES_E_FORMAT, "line 1: a witness has a name and a key");
    assert_refused("log a 04", ES_E_FORMAT, "line 1: key of 2 hex digits, it must have 130");
    assert_refused("\n\nquorum 1 W", ES_E_FORMAT,
                   "line 3: a quorum is written: quorum N of NAME ...");
}

static void a_key_that_is_no_sound_point_is_refused(void **state)
{
    struct es_log_policy *policy = NULL;
    char text[] = "log a " POINT_G;

    (void) state;
    text[sizeof text - 2] = '1';
    assert_int_equal(parse(text, &policy, NULL), ES_E_RANGE);
    text[sizeof text - 2] = 'x';
    assert_int_equal(parse(text, &policy, NULL), ES_E_FORMAT);
    assert_null(policy);
}

static void what_stands_there_twice_is_refused(void **state)
{
    (void) state;
    assert_refused("log a " POINT_G "\nlog a " POINT_EXAMPLE, ES_E_FORMAT,
                   "line 2: log a stands there twice");
    assert_refused("witness w " POINT_G "\nwitness w " POINT_EXAMPLE, ES_E_FORMAT,
                   "line 2: witness w stands there twice");
    assert_refused("witness v " POINT_G "\nwitness w " POINT_G, ES_E_FORMAT,
                   "line 2: two witnesses have the same key");
    assert_refused("witness v " POINT_G "\nquorum 1 of v\nquorum 1 of v", ES_E_FORMAT,
                   "line 3: a second quorum");
}

static void a_quorum_that_cannot_be_met_or_leaves_one_out_is_refused(void **state)
{
    static const char unknown[] =
        "line 2: the quorum names a witness that is not known before it, or one twice";

    (void) state;
    assert_refused("witness v " POINT_G "\nquorum 1 of v v", ES_E_FORMAT, unknown);
    assert_refused("witness v " POINT_G "\nquorum 1 of w", ES_E_FORMAT, unknown);
    assert_refused("witness v " POINT_G "\nquorum 2 of v", ES_E_FORMAT, "line 2: quorum 2 of 1");
    assert_refused("witness v " POINT_G "\nquorum 0 of v", ES_E_FORMAT,
                   "line 2: quorum must be from 1 to 99");
    assert_refused("witness v " POINT_G "\nquorum 100 of v", ES_E_FORMAT,
                   "line 2: quorum must be from 1 to 99");
    assert_refused("witness v " POINT_G "\nquorum -1 of v", ES_E_FORMAT,
                   "line 2: quorum is no number");
    assert_refused("witness v " POINT_G "\nwitness w " POINT_EXAMPLE "\nquorum 1 of v", ES_E_FORMAT,
                   "witness w is not in the quorum");
}

static void a_policy_that_is_too_long_is_refused(void **state)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(100000);
    struct es_log_policy *policy = NULL;

    (void) state;
    for (size_t i = 0; i < ES_LOG_POLICY_MAX; i++)
        es_buf_put_byte(&text, '\n');
    assert_int_equal(es_log_policy_parse(es_buf_span(&text), &policy, NULL), ES_OK);
    assert_int_equal(es_log_policy_count(policy), 0);
    es_log_policy_free(policy);
    policy = NULL;
    es_buf_put_byte(&text, '\n');
    assert_int_equal(es_log_policy_parse(es_buf_span(&text), &policy, NULL), ES_E_LIMIT);
    assert_null(policy);
}

static void logs_are_found_with_the_witnesses_of_the_file(void **state)
{
    ES_AUTO_PTR(es_log_policy) policy = NULL;
    const struct es_log_trust *trust;

    (void) state;
    assert_int_equal(parse("# whom we believe\r\n"
                           "log seal.example.cn/audit/1  " POINT_G " # until 2030\r\n"
                           "\tlog seal.example.cn/status/1 " POINT_EXAMPLE "\n"
                           "witness w1 " POINT_G "\nwitness w2 " POINT_EXAMPLE "\n"
                           "quorum 1 of w2 w1",
                           &policy, NULL),
                     ES_OK);
    assert_int_equal(es_log_policy_count(policy), 2);
    assert_null(es_log_policy_find(policy, es_span_str("seal.example.cn/status/2")));
    trust = es_log_policy_find(policy, es_span_str("seal.example.cn/status/1"));
    assert_ptr_equal(trust, es_log_policy_at(policy, 1));
    assert_null(es_log_policy_at(policy, 2));
    assert_string_equal(trust->origin, "seal.example.cn/status/1");
    assert_int_equal(es_pubkey_point(trust->key).ptr[1], 0x09);
    assert_int_equal(trust->witness_count, 2);
    assert_string_equal(trust->witnesses[1].name, "w2");
    assert_int_equal(es_pubkey_point(trust->witnesses[0].key).ptr[1], 0x32);
    assert_int_equal(trust->quorum, 1);
}

static void a_line_for_a_key_is_read_back(void **state)
{
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO_PTR(es_log_policy) policy = NULL;
    ES_AUTO(es_buf) text = ES_BUF_INIT(1000);
    const uint8_t one[32] = {[31] = 1};

    (void) state;
    assert_int_equal(es_key_from_number(one, &key, NULL), ES_OK);
    assert_int_equal(es_log_policy_line("log", "a b", es_key_public(key), &text, NULL),
                     ES_E_FORMAT);
    assert_int_equal(text.len, 0);
    assert_int_equal(es_log_policy_line("log", "a/audit/1", es_key_public(key), &text, NULL),
                     ES_OK);
    assert_string_equal(es_buf_cstr(&text), "log a/audit/1 " POINT_G "\n");
    assert_int_equal(es_log_policy_parse(es_buf_span(&text), &policy, NULL), ES_OK);
    assert_non_null(es_log_policy_find(policy, es_span_str("a/audit/1")));
}

/* ---- judging ---- */

#define WITNESSES 3

struct fixture {
    struct es_key *log, *key[WITNESSES];
    struct es_log_witness witness[WITNESSES];
    struct es_log_trust trust;
    struct es_buf text;
};

static int setup(void **state)
{
    static const char *const names[WITNESSES] = {"w1", "w2", "w3"};
    struct fixture *f = calloc(1, sizeof *f);
    const struct es_log_hash root = {{1}};
    uint8_t number[32] = {0};

    assert_non_null(f);
    *state = f;
    number[31] = 100;
    assert_int_equal(es_key_from_number(number, &f->log, NULL), ES_OK);
    for (size_t i = 0; i < WITNESSES; i++) {
        number[31] = (uint8_t) (i + 1);
        assert_int_equal(es_key_from_number(number, &f->key[i], NULL), ES_OK);
        f->witness[i] = (struct es_log_witness){names[i], es_key_public(f->key[i])};
    }
    f->trust = (struct es_log_trust){"a/audit/1", es_key_public(f->log), f->witness, WITNESSES, 2};
    es_buf_init(&f->text, ES_CHECKPOINT_MAX);
    assert_int_equal(es_checkpoint_sign("a/audit/1", 7, &root, f->log, &f->text, NULL), ES_OK);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_key_free(f->log);
    for (size_t i = 0; i < WITNESSES; i++)
        es_key_free(f->key[i]);
    es_buf_clear(&f->text);
    free(f);
    return 0;
}

static void cosign(struct fixture *f, size_t i, uint64_t time_s)
{
    struct es_checkpoint checkpoint;

    assert_int_equal(es_checkpoint_parse(es_buf_span(&f->text), &checkpoint, NULL), ES_OK);
    assert_int_equal(
        es_checkpoint_cosign(&checkpoint, f->witness[i].name, time_s, f->key[i], &f->text, NULL),
        ES_OK);
    es_checkpoint_clear(&checkpoint);
}

static struct es_checkpoint_facts judge(struct fixture *f)
{
    struct es_checkpoint checkpoint;
    struct es_checkpoint_facts facts;

    assert_int_equal(es_checkpoint_parse(es_buf_span(&f->text), &checkpoint, NULL), ES_OK);
    assert_int_equal(es_checkpoint_judge(&checkpoint, &f->trust, &facts, NULL), ES_OK);
    es_checkpoint_clear(&checkpoint);
    return facts;
}

static void a_checkpoint_of_another_log_or_key_is_not_the_logs(void **state)
{
    struct fixture *f = *state;

    assert_true(judge(f).signed_by_log);
    f->trust.origin = "a/audit/2";
    assert_false(judge(f).signed_by_log);
    f->trust.origin = "a/audit/1";
    f->trust.key = es_key_public(f->key[0]);
    assert_false(judge(f).signed_by_log);
}

static void a_quorum_has_signed_when_its_last_line_was_made(void **state)
{
    struct fixture *f = *state;
    struct es_checkpoint_facts facts;

    cosign(f, 0, 5000);
    facts = judge(f);
    assert_int_equal(facts.witnesses, 1);
    assert_false(facts.quorum);
    assert_int_equal(facts.witnessed_s, 0);
    cosign(f, 1, 3000);
    cosign(f, 2, 4000);
    facts = judge(f);
    assert_int_equal(facts.witnesses, 3);
    assert_true(facts.quorum);
    assert_int_equal(facts.witnessed_s, 4000);
    assert_false(facts.wrong_witness);
}

static void without_a_quorum_there_is_no_time(void **state)
{
    struct fixture *f = *state;

    cosign(f, 0, 5000);
    f->trust.quorum = 0;
    assert_true(judge(f).quorum);
    assert_int_equal(judge(f).witnessed_s, 0);
}

static void one_witness_twice_does_not_count_as_two(void **state)
{
    struct fixture *f = *state;

    cosign(f, 0, 5000);
    cosign(f, 0, 5001);
    assert_int_equal(judge(f).witnesses, 0);
    assert_false(judge(f).quorum);
    assert_true(judge(f).wrong_witness);
}

static void a_known_witness_with_a_wrong_line_is_told(void **state)
{
    struct fixture *f = *state;
    size_t at;

    cosign(f, 0, 5000);
    cosign(f, 1, 5000);
    at = f->text.len - 40; /* inside the last signature */
    f->text.ptr[at] = f->text.ptr[at] == 'A' ? 'B' : 'A';
    assert_true(judge(f).wrong_witness);
    assert_int_equal(judge(f).witnesses, 1);
    f->trust.witness_count = 1; /* nobody knows the second now */
    assert_false(judge(f).wrong_witness);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_of_the_form_is_refused_by_line),
        cmocka_unit_test(a_key_that_is_no_sound_point_is_refused),
        cmocka_unit_test(what_stands_there_twice_is_refused),
        cmocka_unit_test(a_quorum_that_cannot_be_met_or_leaves_one_out_is_refused),
        cmocka_unit_test(a_policy_that_is_too_long_is_refused),
        cmocka_unit_test(logs_are_found_with_the_witnesses_of_the_file),
        cmocka_unit_test(a_line_for_a_key_is_read_back),
        CASE(a_checkpoint_of_another_log_or_key_is_not_the_logs),
        CASE(a_quorum_has_signed_when_its_last_line_was_made),
        CASE(without_a_quorum_there_is_no_time),
        CASE(one_witness_twice_does_not_count_as_two),
        CASE(a_known_witness_with_a_wrong_line_is_told),
    };

    return cmocka_run_group_tests_name("log/policy", tests, NULL, NULL);
}
