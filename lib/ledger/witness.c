/*
 * A witness and its memory. For every log of the policy there is one file, named by the SM3 of the
 * origin, that holds the greatest checkpoint signed for it with our own line. What holds:
 *
 *   - a line leaves only after the file that holds it was synced under its name;
 *   - sizes in a file never fall, and one size never gets two roots;
 *   - a file that does not carry our line is damage, never a reason to begin anew.
 *
 *     offered size        root        from, path      answer
 *     none known yet      -           0               signed
 *     below the known     -           -               behind
 *     the known           the same    -               signed again, never with an earlier time
 *     the known           another     -               fork, both checkpoints are kept
 *     above the known     -           not the known   behind
 *     above the known     -           does not hold   refused
 *     above the known     -           holds           signed
 */
#include "es_witness.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORKS_MAX 64u /* files of evidence a log, in one run */

struct memory {
    char *path;
    bool known;
    uint64_t size, time_s;
    struct es_log_hash root;
    struct es_buf note; /* as in the file: the log's line and ours */
    unsigned forks;
};

struct es_witness {
    char *name;
    struct es_witness_config config;
    int folder;           /* locked while we live */
    pthread_mutex_t lock; /* of logs */
    bool has_lock;
    struct memory *logs; /* one for each of the policy, in its order */
    size_t count;
};

void es_witness_free(struct es_witness *witness)
{
    if (witness == NULL)
        return;
    for (size_t i = 0; i < witness->count; i++) {
        free(witness->logs[i].path);
        es_buf_clear(&witness->logs[i].note);
    }
    free(witness->logs);
    free(witness->name);
    if (witness->folder >= 0)
        (void) close(witness->folder);
    if (witness->has_lock)
        (void) pthread_mutex_destroy(&witness->lock);
    free(witness);
}

void es_witness_reply_clear(struct es_witness_reply *reply)
{
    es_buf_clear(&reply->line);
    es_buf_clear(&reply->known);
    *reply = (struct es_witness_reply){.answer = ES_WITNESS_REFUSED};
}

/* ---- the memory ---- */

/* A new memory whose own name is lost at a power cut would begin anew. */
static es_status sync_parent(const struct es_witness *w, struct es_error *err)
{
    int fd = openat(w->folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0)
        (void) close(fd);
    ES_ENSURE(failed == 0, err, ES_E_WRITE, "%s/..: %s", w->config.folder, strerror(failed));
    return ES_OK;
}

static es_status lock_folder(struct es_witness *w, struct es_error *err)
{
    const char *path = w->config.folder;
    bool made = mkdir(path, 0700) == 0;

    ES_ENSURE(made || errno == EEXIST, err, ES_E_WRITE, "%s: %s", path, strerror(errno));
    w->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ES_ENSURE(w->folder >= 0, err, ES_E_IO, "%s: %s", path, strerror(errno));
    if (made)
        ES_TRY(sync_parent(w, err));
    if (flock(w->folder, LOCK_EX | LOCK_NB) == 0)
        return ES_OK;
    ES_ENSURE(errno != EWOULDBLOCK, err, ES_E_CONFLICT, "%s: another process has it open", path);
    return es_error_set(err, ES_E_IO, "%s: %s", path, strerror(errno));
}

static es_status name_file(struct es_witness *w, const char *origin, char **out,
                           struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    uint8_t hash[ES_SM3_LEN];

    ES_TRY(es_sm3(es_span_str(origin), hash, err));
    es_buf_printf(&path, "%s/", w->config.folder);
    es_buf_put_hex(&path, es_span_of(hash, sizeof hash));
    if (es_buf_cstr(&path) == NULL)
        return es_buf_check(&path, err);
    *out = strdup(es_buf_cstr(&path));
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status remember(struct memory *memory, const struct es_checkpoint *checkpoint,
                          uint64_t time_s, struct es_span note, struct es_error *err)
{
    es_buf_reset(&memory->note);
    es_buf_put_span(&memory->note, note);
    ES_TRY(es_buf_check(&memory->note, err));
    memory->known = true;
    memory->size = checkpoint->size;
    memory->root = checkpoint->root;
    memory->time_s = time_s;
    return ES_OK;
}

/* The file must hold a checkpoint of that log that we signed. */
static es_status read_note(struct es_witness *w, struct memory *memory, const char *origin,
                           struct es_span note, struct es_error *err)
{
    ES_AUTO(es_checkpoint) checkpoint = {.size = 0};
    es_status status = es_checkpoint_parse(note, &checkpoint, err);
    uint64_t time_s = 0;
    bool good = false;

    if (status != ES_OK)
        return es_error_at(err, status, "%s", memory->path);
    ES_TRY(es_checkpoint_verify_witness(&checkpoint, w->name, es_key_public(w->config.key), &good,
                                        &time_s, err));
    ES_ENSURE(good && es_span_is(checkpoint.origin, origin), err, ES_E_FORMAT,
              "%s: not a checkpoint of %s that %s signed", memory->path, origin, w->name);
    return remember(memory, &checkpoint, time_s, note, err);
}

static es_status load_log(struct es_witness *w, const char *origin, struct es_error *err)
{
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct memory *memory = &w->logs[w->count++];
    es_status status;

    es_buf_init(&memory->note, ES_CHECKPOINT_MAX);
    /* Room for every note: what is on the disk must not be forgotten for want of memory. */
    ES_ENSURE(es_buf_reserve(&memory->note, ES_CHECKPOINT_MAX) != NULL, err, ES_E_NOMEM,
              "out of memory");
    ES_TRY(name_file(w, origin, &memory->path, err));
    status = es_file_read(memory->path, &note, err);
    if (status == ES_E_ABSENT)
        return ES_OK;
    ES_ENSURE(status != ES_E_LIMIT, err, ES_E_FORMAT, "%s: longer than a checkpoint", memory->path);
    ES_TRY(status);
    return read_note(w, memory, origin, es_buf_span(&note), err);
}

static es_status open_witness(struct es_witness *w, struct es_error *err)
{
    size_t count = es_log_policy_count(w->config.logs);

    ES_ENSURE(pthread_mutex_init(&w->lock, NULL) == 0, err, ES_E_NOMEM, "no lock to be had");
    w->has_lock = true;
    w->name = strdup(w->config.name);
    w->logs = calloc(count + 1, sizeof *w->logs);
    ES_ENSURE(w->name != NULL && w->logs != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(lock_folder(w, err));
    for (size_t i = 0; i < count; i++)
        ES_TRY(load_log(w, es_log_policy_at(w->config.logs, i)->origin, err));
    if (err != NULL)
        *err = (struct es_error){.status = ES_OK};
    return ES_OK;
}

es_status es_witness_open(const struct es_witness_config *config, struct es_witness **out,
                          struct es_error *err)
{
    ES_AUTO_PTR(es_witness) w = calloc(1, sizeof *w);

    ES_ENSURE(w != NULL, err, ES_E_NOMEM, "out of memory");
    w->config = *config;
    w->folder = -1;
    ES_TRY(open_witness(w, err));
    *out = ES_TAKE(w);
    return ES_OK;
}

static struct memory *find_memory(struct es_witness *w, struct es_span origin)
{
    for (size_t i = 0; i < w->count; i++)
        if (es_span_is(origin, es_log_policy_at(w->config.logs, i)->origin))
            return &w->logs[i];
    return NULL;
}

/* ---- signing ---- */

static es_status answer(struct es_witness_reply *reply, enum es_witness_answer what,
                        const char *why)
{
    reply->answer = what;
    reply->why = why;
    return ES_OK;
}

/* Body, empty line, the log's own line: what everybody agrees on, whoever signed beside it. */
static es_status bare_note(const struct es_checkpoint *checkpoint, const struct es_pubkey *key,
                           struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) origin = ES_BUF_INIT(1024);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    uint8_t id[4];

    es_buf_put_span(&origin, checkpoint->origin);
    if (es_buf_cstr(&origin) == NULL)
        return es_buf_check(&origin, err);
    ES_TRY(es_checkpoint_key_id(es_buf_cstr(&origin), ES_CHECKPOINT_ALGORITHM, key, id, err));
    es_buf_put_span(out, checkpoint->signed_text);
    es_buf_printf(out, "\n\xe2\x80\x94 %s ", es_buf_cstr(&origin));
    for (size_t i = 0; i < checkpoint->line_count; i++) {
        const struct es_checkpoint_line *line = &checkpoint->lines[i];

        if (!es_span_equal(line->name, checkpoint->origin) || memcmp(line->key_id, id, 4) != 0)
            continue;
        es_buf_put(&sig, id, sizeof id);
        es_buf_put_span(&sig, line->sig);
    }
    ES_TRY(es_buf_check(&sig, err));
    es_buf_put_base64(out, es_buf_span(&sig));
    es_buf_put_byte(out, '\n');
    return es_buf_check(out, err);
}

static uint64_t time_for(const struct es_witness *w, const struct memory *memory)
{
    int64_t now_s = w->config.clock.now_s(w->config.clock.self);
    uint64_t time_s = now_s < 0 ? 0 : (uint64_t) now_s;

    return memory->known && time_s < memory->time_s ? memory->time_s : time_s;
}

/* The line goes out only when the file that holds it is on the disk. */
static es_status sign(struct es_witness *w, struct memory *memory,
                      const struct es_checkpoint *checkpoint, const struct es_pubkey *log_key,
                      struct es_witness_reply *reply, struct es_error *err)
{
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) line = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    uint64_t time_s = time_for(w, memory);

    ES_TRY(es_checkpoint_cosign(checkpoint, w->name, time_s, w->config.key, &line, err));
    ES_TRY(bare_note(checkpoint, log_key, &note, err));
    es_buf_put_span(&note, es_buf_span(&line));
    ES_TRY(es_buf_check(&note, err));
    ES_TRY(es_file_write(memory->path, es_buf_span(&note), 0600, true, err));
    ES_TRY(remember(memory, checkpoint, time_s, es_buf_span(&note), err));
    es_buf_put_span(&reply->line, es_buf_span(&line));
    ES_TRY(es_buf_check(&reply->line, err));
    return answer(reply, ES_WITNESS_SIGNED, NULL);
}

/* Both checkpoints, each signed by the log, in one file: proof against the log. */
static es_status keep_evidence(struct memory *memory, const struct es_checkpoint *offered,
                               const struct es_pubkey *log_key, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    ES_AUTO(es_buf) text = ES_BUF_INIT((size_t) 3 * ES_CHECKPOINT_MAX);
    es_status status;

    if (memory->forks >= FORKS_MAX)
        return ES_OK;
    es_buf_printf(&path, "%s.fork-%llu-", memory->path, (unsigned long long) offered->size);
    es_buf_put_hex(&path, es_span_of(offered->root.b, 8));
    if (es_buf_cstr(&path) == NULL)
        return es_buf_check(&path, err);
    es_buf_put_span(&text, es_buf_span(&memory->note));
    es_buf_put_byte(&text, '\n');
    ES_TRY(bare_note(offered, log_key, &text, err));
    status = es_file_write(es_buf_cstr(&path), es_buf_span(&text), 0600, false, err);
    if (status == ES_E_EXISTS)
        return ES_OK;
    memory->forks++;
    return status;
}

static bool is_empty_root(const struct es_log_hash *root)
{
    struct es_log_hash empty;

    return es_sm3(es_span_of(NULL, 0), empty.b, NULL) == ES_OK && es_log_hash_equal(root, &empty);
}

/* A checkpoint above what is known; from nothing everything follows. */
static es_status sign_newer(struct es_witness *w, struct memory *memory,
                            const struct es_checkpoint *checkpoint, const struct es_pubkey *log_key,
                            uint64_t from, const struct es_tree_path *path,
                            struct es_witness_reply *reply, struct es_error *err)
{
    bool good = true;

    if (from != memory->size)
        return answer(reply, ES_WITNESS_BEHIND, "the proof begins at another size");
    if (from > 0)
        ES_TRY(es_tree_verify_consistency(from, checkpoint->size, &memory->root, &checkpoint->root,
                                          path, &good, err));
    if (!good)
        return answer(reply, ES_WITNESS_REFUSED, "no proof that it extends what was signed");
    return sign(w, memory, checkpoint, log_key, reply, err);
}

static es_status decide(struct es_witness *w, const struct es_checkpoint *checkpoint, uint64_t from,
                        const struct es_tree_path *path, struct es_witness_reply *reply,
                        struct es_error *err)
{
    const struct es_log_trust *trust = es_log_policy_find(w->config.logs, checkpoint->origin);
    struct memory *memory = find_memory(w, checkpoint->origin);
    struct es_checkpoint_facts facts;

    if (trust == NULL || memory == NULL)
        return answer(reply, ES_WITNESS_REFUSED, "not a log of ours");
    ES_TRY(es_checkpoint_judge(checkpoint, trust, &facts, err));
    if (!facts.signed_by_log || facts.wrong_witness)
        return answer(reply, ES_WITNESS_REFUSED, "a signature does not hold");
    if (checkpoint->size > INT64_MAX)
        return answer(reply, ES_WITNESS_REFUSED, "no log has that size");
    if (checkpoint->size == 0 && !is_empty_root(&checkpoint->root))
        return answer(reply, ES_WITNESS_REFUSED, "not the root of an empty log");
    es_buf_put_span(&reply->known, es_buf_span(&memory->note));
    ES_TRY(es_buf_check(&reply->known, err));
    reply->known_size = memory->size;
    if (!memory->known || checkpoint->size > memory->size)
        return sign_newer(w, memory, checkpoint, trust->key, from, path, reply, err);
    if (checkpoint->size < memory->size)
        return answer(reply, ES_WITNESS_BEHIND, "a greater size was signed");
    if (es_log_hash_equal(&checkpoint->root, &memory->root))
        return sign(w, memory, checkpoint, trust->key, reply, err);
    ES_TRY(keep_evidence(memory, checkpoint, trust->key, err));
    return answer(reply, ES_WITNESS_FORK, "another root was signed for that size");
}

es_status es_witness_sign(struct es_witness *witness, struct es_span text, uint64_t from,
                          const struct es_tree_path *path, struct es_witness_reply *reply,
                          struct es_error *err)
{
    ES_AUTO(es_checkpoint) checkpoint = {.size = 0};
    es_status status;

    *reply = (struct es_witness_reply){.answer = ES_WITNESS_REFUSED};
    es_buf_init(&reply->line, ES_CHECKPOINT_MAX);
    es_buf_init(&reply->known, ES_CHECKPOINT_MAX);
    status = es_checkpoint_parse(text, &checkpoint, err);
    if (status == ES_E_FORMAT || status == ES_E_LIMIT)
        return answer(reply, ES_WITNESS_REFUSED, "no checkpoint");
    ES_TRY(status);
    (void) pthread_mutex_lock(&witness->lock);
    status = decide(witness, &checkpoint, from, path, reply, err);
    (void) pthread_mutex_unlock(&witness->lock);
    if (status != ES_OK)
        es_witness_reply_clear(reply);
    return status;
}

es_status es_witness_known(struct es_witness *witness, struct es_span origin, struct es_buf *note,
                           struct es_error *err)
{
    struct memory *memory;
    bool known;

    (void) pthread_mutex_lock(&witness->lock);
    memory = find_memory(witness, origin);
    known = memory != NULL && memory->known;
    if (known)
        es_buf_put_span(note, es_buf_span(&memory->note));
    (void) pthread_mutex_unlock(&witness->lock);
    ES_ENSURE(known, err, ES_E_ABSENT, "nothing was signed for that log");
    return es_buf_check(note, err);
}
