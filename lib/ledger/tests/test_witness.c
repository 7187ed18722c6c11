/* A witness never signs two roots for one size, nor a smaller size than before; what it signed it
 * remembers, and a damaged memory is no new beginning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "es_http.h"
#include "es_witness.h"

#define LEAVES 64
#define TREES 2 /* the second is a fork from FORK_AT on */
#define FORK_AT 20
#define ORIGIN "seal.example.cn/audit/1"
#define NAME "witness.example.org/w1"

struct fixture {
    char folder[128], memory[160];
    struct es_key *log_key, *key;
    struct es_log_policy *policy;
    struct es_log_hash hash[TREES][LEAVES];
    int64_t now_s;
    struct es_witness_config config;
    struct es_witness *witness;
    struct es_witness_reply reply;
    struct es_log_witness known_as;
};

/* ---- a log with a fork ---- */

static void make_key(uint8_t number, struct es_key **out)
{
    const uint8_t d[32] = {[31] = number};

    assert_int_equal(es_key_from_number(d, out, NULL), ES_OK);
}

static void make_trees(struct fixture *f)
{
    for (unsigned tree = 0; tree < TREES; tree++)
        for (unsigned i = 0; i < LEAVES; i++) {
            const uint8_t leaf[2] = {(uint8_t) i, (uint8_t) (i >= FORK_AT ? tree : 0)};

            assert_int_equal(es_leaf_hash(es_span_of(leaf, 2), &f->hash[tree][i], NULL), ES_OK);
        }
}

static void root_of(struct fixture *f, unsigned tree, uint64_t size, struct es_log_hash *out)
{
    struct es_tree_leaves leaves = {f->hash[tree], LEAVES};
    struct es_tree_source source = es_tree_source_leaves(&leaves);

    assert_int_equal(es_tree_root_of(&source, size, out, NULL), ES_OK);
}

static void make_note(struct fixture *f, unsigned tree, uint64_t size, struct es_buf *out)
{
    struct es_log_hash root;

    es_buf_init(out, ES_CHECKPOINT_MAX);
    root_of(f, tree, size, &root);
    assert_int_equal(es_checkpoint_sign(ORIGIN, size, &root, f->log_key, out, NULL), ES_OK);
}

static void make_path(struct fixture *f, unsigned tree, uint64_t from, uint64_t to,
                      struct es_tree_path *out)
{
    struct es_tree_leaves leaves = {f->hash[tree], LEAVES};
    struct es_tree_source source = es_tree_source_leaves(&leaves);

    out->count = 0;
    if (from > 0 && from <= to)
        assert_int_equal(es_tree_consistency(&source, from, to, out, NULL), ES_OK);
}

/* ---- fixture ---- */

static void make_policy(struct fixture *f)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4096);

    assert_int_equal(es_log_policy_line("log", ORIGIN, es_key_public(f->log_key), &text, NULL),
                     ES_OK);
    assert_int_equal(
        es_log_policy_line("log", "other.cn/audit/1", es_key_public(f->log_key), &text, NULL),
        ES_OK);
    assert_int_equal(es_log_policy_parse(es_buf_span(&text), &f->policy, NULL), ES_OK);
}

static void open_witness(struct fixture *f)
{
    assert_int_equal(es_witness_open(&f->config, &f->witness, NULL), ES_OK);
}

static void reopen(struct fixture *f)
{
    es_witness_free(f->witness);
    f->witness = NULL;
    open_witness(f);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *base = getenv("TMPDIR");

    assert_non_null(f);
    *state = f;
    (void) snprintf(f->folder, sizeof f->folder, "%s/eseal-witness-XXXXXX",
                    base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(f->folder));
    (void) snprintf(f->memory, sizeof f->memory, "%s/memory", f->folder);
    make_key(1, &f->log_key);
    make_key(2, &f->key);
    make_policy(f);
    make_trees(f);
    f->now_s = 1767225600;
    f->config = (struct es_witness_config){.name = NAME,
                                           .key = f->key,
                                           .logs = f->policy,
                                           .folder = f->memory,
                                           .clock = es_clock_fixed(&f->now_s)};
    f->known_as = (struct es_log_witness){NAME, es_key_public(f->key)};
    open_witness(f);
    return 0;
}

static es_status remove_file(void *ctx, const char *name, struct es_error *err)
{
    char path[512];

    (void) err;
    (void) snprintf(path, sizeof path, "%s/%s", (const char *) ctx, name);
    if (unlink(path) != 0) {
        assert_int_equal(es_dir_each(path, remove_file, path, NULL), ES_OK);
        assert_int_equal(rmdir(path), 0);
    }
    return ES_OK;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_witness_reply_clear(&f->reply);
    es_witness_free(f->witness);
    es_log_policy_free(f->policy);
    es_key_free(f->log_key);
    es_key_free(f->key);
    assert_int_equal(es_dir_each(f->folder, remove_file, f->folder, NULL), ES_OK);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

/* ---- offering ---- */

static enum es_witness_answer offer(struct fixture *f, unsigned tree, uint64_t from, uint64_t size)
{
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path path;

    make_note(f, tree, size, &note);
    make_path(f, tree, from, size, &path);
    es_witness_reply_clear(&f->reply);
    assert_int_equal(es_witness_sign(f->witness, es_buf_span(&note), from, &path, &f->reply, NULL),
                     ES_OK);
    assert_true((f->reply.answer == ES_WITNESS_SIGNED) == (f->reply.line.len > 0));
    return f->reply.answer;
}

/* Time of the line that was just given, which must hold for that checkpoint. */
static uint64_t line_time(struct fixture *f, unsigned tree, uint64_t size)
{
    ES_AUTO(es_buf) text = {0};
    struct es_checkpoint checkpoint;
    uint64_t time_s = 0;
    bool good = false;

    make_note(f, tree, size, &text);
    es_buf_put_span(&text, es_buf_span(&f->reply.line));
    assert_int_equal(es_checkpoint_parse(es_buf_span(&text), &checkpoint, NULL), ES_OK);
    assert_int_equal(
        es_checkpoint_verify_witness(&checkpoint, NAME, f->known_as.key, &good, &time_s, NULL),
        ES_OK);
    assert_true(good);
    es_checkpoint_clear(&checkpoint);
    return time_s;
}

static uint64_t known_size(struct fixture *f)
{
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct es_checkpoint checkpoint;
    uint64_t size;

    assert_int_equal(es_witness_known(f->witness, es_span_str(ORIGIN), &note, NULL), ES_OK);
    assert_int_equal(es_checkpoint_parse(es_buf_span(&note), &checkpoint, NULL), ES_OK);
    assert_int_equal(checkpoint.line_count, 2); /* the log's and ours */
    size = checkpoint.size;
    es_checkpoint_clear(&checkpoint);
    return size;
}

/* ---- refusals ---- */

static void assert_refused(struct fixture *f, struct es_span note, const char *why)
{
    const struct es_tree_path none = {.count = 0};

    es_witness_reply_clear(&f->reply);
    assert_int_equal(es_witness_sign(f->witness, note, 0, &none, &f->reply, NULL), ES_OK);
    assert_int_equal(f->reply.answer, ES_WITNESS_REFUSED);
    assert_string_equal(f->reply.why, why);
    assert_int_equal(f->reply.line.len, 0);
}

static void what_is_no_checkpoint_of_ours_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = {0};
    ES_AUTO(es_buf) other = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct es_log_hash root;
    size_t at;

    assert_refused(f, es_span_str(""), "no checkpoint");
    assert_refused(f, es_span_str("seal\n5\n"), "no checkpoint");
    root_of(f, 0, 5, &root);
    assert_int_equal(es_checkpoint_sign("x/audit/1", 5, &root, f->log_key, &other, NULL), ES_OK);
    assert_refused(f, es_buf_span(&other), "not a log of ours");
    es_buf_reset(&other);
    assert_int_equal(es_checkpoint_sign(ORIGIN, 5, &root, f->key, &other, NULL), ES_OK);
    assert_refused(f, es_buf_span(&other), "a signature does not hold");
    make_note(f, 0, 5, &note);
    at = note.len - 20;
    note.ptr[at] = note.ptr[at] == 'A' ? 'B' : 'A';
    assert_refused(f, es_buf_span(&note), "a signature does not hold");
    es_buf_reset(&other);
    assert_int_equal(es_checkpoint_sign(ORIGIN, 0, &root, f->log_key, &other, NULL), ES_OK);
    assert_refused(f, es_buf_span(&other), "not the root of an empty log");
    assert_int_equal(es_witness_known(f->witness, es_span_str(ORIGIN), &other, NULL), ES_E_ABSENT);
}

static void a_size_no_log_can_have_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    const struct es_log_hash root = {{1}};

    assert_int_equal(
        es_checkpoint_sign(ORIGIN, (uint64_t) INT64_MAX + 1, &root, f->log_key, &note, NULL),
        ES_OK);
    assert_refused(f, es_buf_span(&note), "no log has that size");
}

static void a_smaller_size_is_behind_and_told_the_greatest(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(offer(f, 0, 0, 10), ES_WITNESS_SIGNED);
    assert_int_equal(offer(f, 0, 0, 9), ES_WITNESS_BEHIND);
    assert_int_equal(f->reply.known_size, 10);
    assert_true(f->reply.known.len > 0);
    assert_int_equal(offer(f, 0, 0, 0), ES_WITNESS_BEHIND);
    assert_int_equal(known_size(f), 10);
}

static void a_proof_from_another_size_is_behind(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(offer(f, 0, 3, 10), ES_WITNESS_BEHIND); /* it knows none yet */
    assert_int_equal(f->reply.known_size, 0);
    assert_int_equal(f->reply.known.len, 0);
    assert_int_equal(offer(f, 0, 0, 10), ES_WITNESS_SIGNED);
    assert_int_equal(offer(f, 0, 9, 12), ES_WITNESS_BEHIND);
    assert_int_equal(offer(f, 0, 0, 12), ES_WITNESS_BEHIND);
    assert_int_equal(known_size(f), 10);
}

static void without_a_proof_that_holds_nothing_is_signed(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path path;

    assert_int_equal(offer(f, 0, 0, 30), ES_WITNESS_SIGNED);
    assert_int_equal(offer(f, 1, 30, 40), ES_WITNESS_REFUSED); /* of the fork */
    make_note(f, 0, 40, &note);
    make_path(f, 0, 30, 40, &path);
    path.hash[0].b[0] ^= 1;
    es_witness_reply_clear(&f->reply);
    assert_int_equal(es_witness_sign(f->witness, es_buf_span(&note), 30, &path, &f->reply, NULL),
                     ES_OK);
    assert_int_equal(f->reply.answer, ES_WITNESS_REFUSED);
    assert_string_equal(f->reply.why, "no proof that it extends what was signed");
    assert_int_equal(known_size(f), 30);
}

/* Syncs of one folder, counted on their way to the system. */
static struct {
    const char *path; /* NULL: none is watched */
    unsigned count;
} watched;

int fsync(int fd)
{
    char link[64], path[512];
    ssize_t len;

    (void) snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path);
    if (len > 0 && watched.path != NULL &&
        es_span_is(es_span_of((const uint8_t *) path, (size_t) len), watched.path))
        watched.count++;
    return (int) syscall(SYS_fsync, fd);
}

static void a_new_memory_is_synced_under_its_name(void **state)
{
    struct fixture *f = *state;
    char *real = realpath(f->folder, NULL);

    assert_non_null(real);
    es_witness_free(f->witness);
    f->witness = NULL;
    assert_int_equal(rmdir(f->memory), 0);
    watched.path = real;
    watched.count = 0;
    open_witness(f);
    watched.path = NULL;
    free(real);
    assert_true(watched.count > 0);
}

/* ---- forks ---- */

static es_status count_evidence(void *ctx, const char *name, struct es_error *err)
{
    (void) err;
    *(unsigned *) ctx += strstr(name, ".fork-") != NULL;
    return ES_OK;
}

static es_status read_evidence(void *ctx, const char *name, struct es_error *err)
{
    struct fixture *f = ctx;
    ES_AUTO(es_buf) text = ES_BUF_INIT(65536);
    ES_AUTO(es_buf) first = {0};
    ES_AUTO(es_buf) second = {0};
    char path[512];

    (void) err;
    if (strstr(name, ".fork-") == NULL)
        return ES_OK;
    (void) snprintf(path, sizeof path, "%s/%s", f->memory, name);
    assert_int_equal(es_file_read(path, &text, NULL), ES_OK);
    make_note(f, 0, 30, &first);
    make_note(f, 1, 30, &second);
    /* The bodies; signatures are made anew each time. */
    assert_true(es_span_search(es_buf_span(&text), es_span_sub(es_buf_span(&first), 0, 72), NULL));
    assert_true(es_span_search(es_buf_span(&text), es_span_sub(es_buf_span(&second), 0, 72), NULL));
    return ES_OK;
}

static void another_root_for_a_size_is_kept_as_evidence_and_not_signed(void **state)
{
    struct fixture *f = *state;
    unsigned count = 0;

    assert_int_equal(offer(f, 0, 0, 30), ES_WITNESS_SIGNED);
    assert_int_equal(offer(f, 1, 30, 30), ES_WITNESS_FORK);
    assert_int_equal(f->reply.known_size, 30);
    assert_int_equal(offer(f, 1, 30, 30), ES_WITNESS_FORK);
    assert_int_equal(es_dir_each(f->memory, count_evidence, &count, NULL), ES_OK);
    assert_int_equal(count, 1);
    assert_int_equal(es_dir_each(f->memory, read_evidence, f, NULL), ES_OK);
    assert_int_equal(offer(f, 0, 30, 30), ES_WITNESS_SIGNED); /* the first root is still ours */
}

/* ---- signing ---- */

static void what_extends_is_signed(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(offer(f, 0, 0, 0), ES_WITNESS_SIGNED);
    assert_int_equal(offer(f, 0, 0, 5), ES_WITNESS_SIGNED);
    assert_int_equal(line_time(f, 0, 5), f->now_s);
    for (uint64_t size = 6; size <= LEAVES; size += 7)
        assert_int_equal(offer(f, 0, known_size(f), size), ES_WITNESS_SIGNED);
}

static void the_same_again_is_signed_again_never_with_an_earlier_time(void **state)
{
    struct fixture *f = *state;
    const int64_t start = f->now_s;

    assert_int_equal(offer(f, 0, 0, 5), ES_WITNESS_SIGNED);
    f->now_s = start + 60;
    assert_int_equal(offer(f, 0, 5, 5), ES_WITNESS_SIGNED);
    assert_int_equal(line_time(f, 0, 5), start + 60);
    f->now_s = start - 3600;
    assert_int_equal(offer(f, 0, 5, 5), ES_WITNESS_SIGNED);
    assert_int_equal(line_time(f, 0, 5), start + 60);
    reopen(f);
    assert_int_equal(offer(f, 0, 5, 9), ES_WITNESS_SIGNED);
    assert_int_equal(line_time(f, 0, 9), start + 60);
}

/* Both trees offered at random: one history comes out, whoever wins at the fork. */
static void no_order_of_offers_gives_two_roots_or_a_falling_size(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 11, last = 0;
    int tree_of[LEAVES + 1];
    struct es_random random = es_random_seeded(&seed);

    memset(tree_of, -1, sizeof tree_of);
    for (unsigned round = 0; round < 300; round++) {
        uint8_t draw[3];
        unsigned tree;
        uint64_t size, from;

        assert_int_equal(random.fill(random.self, draw, sizeof draw, NULL), ES_OK);
        tree = draw[0] & 1;
        size = last + draw[1] % 6;
        size = size > 2 ? size - 2 : 1;
        from = (draw[2] & 3) != 0 ? last : draw[2] % LEAVES;
        if (size > LEAVES)
            break;
        if (offer(f, tree, from, size) != ES_WITNESS_SIGNED)
            continue;
        assert_true(size >= last);
        last = size;
        assert_true(size <= FORK_AT || tree_of[size] < 0 || tree_of[size] == (int) tree);
        tree_of[size] = (int) tree;
        for (uint64_t i = FORK_AT + 1; i <= LEAVES; i++)
            assert_true(tree_of[i] < 0 || tree_of[i] == tree_of[size] || size <= FORK_AT);
        if (draw[2] % 16 == 0)
            reopen(f);
    }
    assert_true(last > FORK_AT);
}

struct contender {
    struct fixture *f;
    unsigned tree;
    unsigned signed_count;
};

static void *contend(void *ctx)
{
    struct contender *c = ctx;
    ES_AUTO(es_buf) note = {0};
    const struct es_tree_path none = {.count = 0};

    make_note(c->f, c->tree, 30, &note);
    for (unsigned i = 0; i < 20; i++) {
        struct es_witness_reply reply;

        if (es_witness_sign(c->f->witness, es_buf_span(&note), 0, &none, &reply, NULL) == ES_OK)
            c->signed_count += reply.answer == ES_WITNESS_SIGNED;
        es_witness_reply_clear(&reply);
    }
    return NULL;
}

static void threads_that_offer_both_roots_get_only_one_signed(void **state)
{
    struct fixture *f = *state;
    struct contender contender[4];
    pthread_t thread[4];
    unsigned signed_for[TREES] = {0, 0};

    for (unsigned i = 0; i < 4; i++) {
        contender[i] = (struct contender){.f = f, .tree = i % 2};
        assert_int_equal(pthread_create(&thread[i], NULL, contend, &contender[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        signed_for[contender[i].tree] += contender[i].signed_count;
    }
    assert_true((signed_for[0] == 0) != (signed_for[1] == 0));
    assert_int_equal(signed_for[0] + signed_for[1], 40);
}

/* ---- the memory ---- */

static void file_of(struct fixture *f, const char *origin, char path[512])
{
    uint8_t hash[ES_SM3_LEN];
    char hex[65];

    assert_int_equal(es_sm3(es_span_str(origin), hash, NULL), ES_OK);
    es_hex_encode(es_span_of(hash, sizeof hash), hex);
    (void) snprintf(path, 512, "%s/%s", f->memory, hex);
}

static void what_was_signed_is_remembered(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(offer(f, 0, 0, 30), ES_WITNESS_SIGNED);
    reopen(f);
    assert_int_equal(known_size(f), 30);
    assert_int_equal(offer(f, 1, 0, 30), ES_WITNESS_FORK);
    assert_int_equal(offer(f, 0, 0, 29), ES_WITNESS_BEHIND);
    assert_int_equal(offer(f, 0, 30, 31), ES_WITNESS_SIGNED);
}

static void a_line_that_cannot_be_kept_is_not_given(void **state)
{
    struct fixture *f = *state;
    const struct es_tree_path none = {.count = 0};
    ES_AUTO(es_buf) note = {0};
    char moved[200];

    make_note(f, 0, 30, &note);
    (void) snprintf(moved, sizeof moved, "%s/moved", f->folder);
    assert_int_equal(rename(f->memory, moved), 0);
    assert_int_equal(es_witness_sign(f->witness, es_buf_span(&note), 0, &none, &f->reply, NULL),
                     ES_E_WRITE);
    assert_int_equal(f->reply.line.len, 0);
    assert_int_equal(f->reply.answer, ES_WITNESS_REFUSED);
    assert_int_equal(rename(moved, f->memory), 0);
    assert_int_equal(offer(f, 1, 0, 30), ES_WITNESS_SIGNED); /* nothing was signed before */
}

static void only_one_process_has_the_memory(void **state)
{
    struct fixture *f = *state;
    struct es_witness *second = NULL;

    assert_int_equal(es_witness_open(&f->config, &second, NULL), ES_E_CONFLICT);
    assert_null(second);
}

static void assert_damaged(struct fixture *f, const char *path, struct es_span content)
{
    struct es_witness *witness = NULL;

    assert_int_equal(es_file_write(path, content, 0600, true, NULL), ES_OK);
    assert_int_equal(es_witness_open(&f->config, &witness, NULL), ES_E_FORMAT);
    assert_null(witness);
}

static void a_damaged_memory_is_no_new_beginning(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) good = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) bare = {0};
    char path[512], other[512];

    assert_int_equal(offer(f, 0, 0, 30), ES_WITNESS_SIGNED);
    file_of(f, ORIGIN, path);
    file_of(f, "other.cn/audit/1", other);
    assert_int_equal(es_file_read(path, &good, NULL), ES_OK);
    es_witness_free(f->witness);
    f->witness = NULL;
    for (size_t len = 0; len < good.len; len += 7)
        assert_damaged(f, path, es_span_sub(es_buf_span(&good), 0, len));
    make_note(f, 0, 20, &bare);
    assert_damaged(f, path, es_buf_span(&bare)); /* without our line */
    assert_int_equal(es_file_write(path, es_buf_span(&good), 0600, true, NULL), ES_OK);
    assert_damaged(f, other, es_buf_span(&good)); /* of another log */
    assert_int_equal(unlink(other), 0);
    good.ptr[24] ^= 1; /* inside the size line */
    assert_damaged(f, path, es_buf_span(&good));
    good.ptr[24] ^= 1;
    assert_int_equal(es_file_write(path, es_buf_span(&good), 0600, true, NULL), ES_OK);
    open_witness(f);
    assert_int_equal(known_size(f), 30);
}

/* ---- over HTTP ---- */

struct served {
    struct fixture *f;
    struct es_http_server *server;
    char url[64];
    unsigned tree, asked;
};

static void serve(struct fixture *f, struct served *s)
{
    uint16_t port = 0;

    *s = (struct served){.f = f};
    assert_int_equal(es_http_serve("127.0.0.1", 0, 65536, es_witness_handle, f->witness, &s->server,
                                   &port, NULL),
                     ES_OK);
    (void) snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u/", port);
}

static es_status prove(void *ctx, uint64_t from, uint64_t to, struct es_tree_path *out,
                       struct es_error *err)
{
    struct served *s = ctx;

    (void) err;
    s->asked++;
    make_path(s->f, s->tree, from, to, out);
    return ES_OK;
}

static es_status ask(struct served *s, unsigned tree, uint64_t size, struct es_buf *line)
{
    ES_AUTO(es_buf) note = {0};

    s->tree = tree;
    make_note(s->f, tree, size, &note);
    return es_witness_ask(s->url, &s->f->known_as, es_buf_span(&note), prove, s, line, NULL);
}

static void a_log_gets_its_line_over_http_with_the_proof_it_wants(void **state)
{
    struct fixture *f = *state;
    struct served s;
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);

    serve(f, &s);
    assert_int_equal(es_witness_ask_known(s.url, ORIGIN, &note, NULL), ES_E_ABSENT);
    es_buf_init(&f->reply.line, ES_CHECKPOINT_MAX);
    assert_int_equal(ask(&s, 0, 10, &f->reply.line), ES_OK);
    assert_int_equal(s.asked, 0);
    assert_int_equal(line_time(f, 0, 10), f->now_s);
    es_buf_reset(&f->reply.line);
    assert_int_equal(ask(&s, 0, 33, &f->reply.line), ES_OK);
    assert_int_equal(s.asked, 1);
    assert_int_equal(line_time(f, 0, 33), f->now_s);
    assert_int_equal(known_size(f), 33);
    assert_int_equal(es_witness_ask_known(s.url, ORIGIN, &note, NULL), ES_OK);
    assert_true(es_span_starts(es_buf_span(&note), ORIGIN "\n33\n"));
    es_http_server_free(s.server);
}

static void what_a_witness_does_not_sign_gives_no_line_over_http(void **state)
{
    struct fixture *f = *state;
    struct served s;
    ES_AUTO(es_buf) line = ES_BUF_INIT(ES_CHECKPOINT_MAX);

    serve(f, &s);
    assert_int_equal(offer(f, 0, 0, 30), ES_WITNESS_SIGNED);
    assert_int_equal(ask(&s, 1, 30, &line), ES_E_INTEGRITY);
    assert_int_equal(ask(&s, 0, 29, &line), ES_E_CONFLICT);
    assert_int_equal(ask(&s, 1, 40, &line), ES_E_DENIED);
    f->known_as.key = es_key_public(f->log_key); /* a witness of another key */
    assert_int_equal(ask(&s, 0, 31, &line), ES_E_MISMATCH);
    assert_int_equal(line.len, 0);
    es_http_server_free(s.server);
    assert_int_equal(ask(&s, 0, 31, &line), ES_E_UNREACHABLE);
}

static void assert_status(struct served *s, const char *path, const char *type, const char *body,
                          const char *expected)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(65536);
    struct es_error err = {.status = ES_OK};
    char url[200];

    (void) snprintf(url, sizeof url, "%s%s", s->url, path);
    assert_int_equal(es_http_post(url, type, es_span_str(body), NULL, 5000, &out, &err),
                     ES_E_UNREACHABLE);
    if (strstr(err.text, expected) == NULL)
        fail_msg("%s: %s", path, err.text);
}

static void requests_that_are_none_are_answered_with_an_error(void **state)
{
    static const char sign[] = "v1/witness/checkpoint", json[] = "application/json";
    struct fixture *f = *state;
    struct served s;

    serve(f, &s);
    assert_status(&s, "v1/witness/other", json, "{}", "404");
    assert_status(&s, sign, "text/plain", "{}", "400");
    assert_status(&s, sign, json, "", "422");
    assert_status(&s, sign, json, "{}", "422");
    assert_status(&s, sign, json, "{\"v\":2,\"checkpoint\":\"\",\"from\":0,\"path\":[]}", "422");
    assert_status(&s, sign, json, "{\"v\":1,\"checkpoint\":\"\",\"from\":-1,\"path\":[]}", "422");
    assert_status(&s, sign, json, "{\"v\":1,\"checkpoint\":\"\",\"from\":0,\"path\":[\"AA==\"]}",
                  "422");
    assert_status(&s, sign, json, "{\"v\":1,\"checkpoint\":\"\",\"from\":0,\"path\":[],\"x\":1}",
                  "422");
    assert_status(&s, "v1/witness/known", json, "{\"v\":1}", "422");
    es_http_server_free(s.server);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(what_is_no_checkpoint_of_ours_is_refused),
        CASE(a_size_no_log_can_have_is_refused),
        CASE(a_smaller_size_is_behind_and_told_the_greatest),
        CASE(a_proof_from_another_size_is_behind),
        CASE(without_a_proof_that_holds_nothing_is_signed),
        CASE(a_new_memory_is_synced_under_its_name),
        CASE(another_root_for_a_size_is_kept_as_evidence_and_not_signed),
        CASE(what_extends_is_signed),
        CASE(the_same_again_is_signed_again_never_with_an_earlier_time),
        CASE(no_order_of_offers_gives_two_roots_or_a_falling_size),
        CASE(threads_that_offer_both_roots_get_only_one_signed),
        CASE(what_was_signed_is_remembered),
        CASE(a_line_that_cannot_be_kept_is_not_given),
        CASE(only_one_process_has_the_memory),
        CASE(a_damaged_memory_is_no_new_beginning),
        CASE(a_log_gets_its_line_over_http_with_the_proof_it_wants),
        CASE(what_a_witness_does_not_sign_gives_no_line_over_http),
        CASE(requests_that_are_none_are_answered_with_an_error),
    };

    return cmocka_run_group_tests_name("ledger/witness", tests, NULL, NULL);
}
