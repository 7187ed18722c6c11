/* See keep_fixture.h. Leaves are judged by es_log_verify, which is another author's arithmetic. */
#include "keep_fixture.h"

/* ---- what the ledger is given ---- */

static int64_t now_s(void *self)
{
    struct keep_fixture *f = self;
    struct es_clock clock = es_clock_system();
    long long now = atomic_load(&f->now_ms);

    return now == 0 ? clock.now_s(clock.self) : now / 1000;
}

static int64_t now_ms(void *self)
{
    struct keep_fixture *f = self;
    struct es_clock clock = es_clock_system();
    long long now = atomic_load(&f->now_ms);

    return now == 0 ? es_clock_ms(&clock) : now;
}

static void note_alarm(void *ctx, const char *code, const char *text)
{
    struct keep_fixture *f = ctx;
    size_t len;

    pthread_mutex_lock(&f->lock);
    len = strlen(f->alarms);
    (void) snprintf(f->alarms + len, sizeof f->alarms - len, "%s: %s\n", code, text);
    pthread_cond_broadcast(&f->told);
    pthread_mutex_unlock(&f->lock);
}

static void note_published(void *ctx, uint64_t size, struct es_span note)
{
    struct keep_fixture *f = ctx;

    assert_true(note.len > 0);
    pthread_mutex_lock(&f->lock);
    f->published = size;
    pthread_cond_broadcast(&f->told);
    pthread_mutex_unlock(&f->lock);
}

static es_status ask_mirror(void *ctx, struct es_buf *note, struct es_error *err)
{
    struct keep_fixture *f = ctx;

    es_buf_put_span(note, es_buf_span(&f->mirror));
    return es_buf_check(note, err);
}

static bool is_told(const struct keep_fixture *f, const char *code)
{
    char start[64];

    (void) snprintf(start, sizeof start, "%s: ", code);
    return strstr(f->alarms, start) != NULL;
}

void keep_await_alarm(struct keep_fixture *f, const char *code)
{
    pthread_mutex_lock(&f->lock);
    while (!is_told(f, code))
        pthread_cond_wait(&f->told, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

void keep_await_size(struct keep_fixture *f, uint64_t size)
{
    pthread_mutex_lock(&f->lock);
    while (f->published < size)
        pthread_cond_wait(&f->told, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

bool keep_alarmed(struct keep_fixture *f, const char *code)
{
    bool found;

    pthread_mutex_lock(&f->lock);
    found = is_told(f, code);
    pthread_mutex_unlock(&f->lock);
    return found;
}

/* ---- the store ---- */

static es_status run_script(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_script(tx, ctx, err);
}

/* What can never be deleted is deleted here by who may switch the guards off. */
static void empty_postgres(struct keep_fixture *f)
{
    static char script[] =
        "ALTER TABLE log_leaf DISABLE TRIGGER USER;"
        "ALTER TABLE log_checkpoint DISABLE TRIGGER USER;"
        "ALTER TABLE log_cosign DISABLE TRIGGER USER;"
        "TRUNCATE log_head, log_outbox, log_leaf, log_tile, log_detail, log_checkpoint, "
        "log_cosign, log_writer, map_node, map_item, store_key;"
        "ALTER TABLE log_leaf ENABLE TRIGGER USER;"
        "ALTER TABLE log_checkpoint ENABLE TRIGGER USER;"
        "ALTER TABLE log_cosign ENABLE TRIGGER USER;";

    assert_int_equal(es_store_write(f->store, ES_AS_OWNER, run_script, script, NULL), ES_OK);
}

void keep_store_open(struct keep_fixture *f)
{
    const struct es_store_options options = {.create = true};
    struct es_clock clock = es_clock_system();
    struct es_error err = {0};

    if (es_store_open(f->url, &options, &f->store, &err) != ES_OK ||
        es_store_migrate(f->store, &clock, &err) != ES_OK)
        fail_msg("%s", err.text);
    f->config.store = f->store;
}

static void open_keyring(struct keep_fixture *f, bool create)
{
    uint8_t bytes[32] = {7, 7, 7};
    ES_AUTO(es_secret) master = {0};
    struct es_clock clock = es_clock_system();
    struct es_random random = es_random_system();

    assert_int_equal(es_secret_init(&master, sizeof bytes, NULL), ES_OK);
    assert_int_equal(es_secret_set(&master, es_span_of(bytes, sizeof bytes), NULL), ES_OK);
    if (create)
        assert_int_equal(es_keyring_create(f->store, &master, &clock, &random, NULL), ES_OK);
    assert_int_equal(es_keyring_open(f->store, &master, &f->keyring, NULL), ES_OK);
    f->config.keyring = f->keyring;
}

void keep_store_close(struct keep_fixture *f)
{
    es_keyring_free(ES_TAKE(f->keyring));
    es_store_free(ES_TAKE(f->store));
}

static void set_places(struct keep_fixture *f)
{
    const char *given = getenv("ESEAL_STORE_URL");

    f->sqlite = given == NULL || strncmp(given, "sqlite:", 7) == 0;
    (void) snprintf(f->file, sizeof f->file, "%s/store.db", f->folder);
    if (f->sqlite)
        (void) snprintf(f->url, sizeof f->url, "sqlite:%s", f->file);
    else
        (void) snprintf(f->url, sizeof f->url, "%s", given);
    (void) snprintf(f->journal, sizeof f->journal, "%s/journal", f->folder);
}

void keep_fixture_at(struct keep_fixture *f, enum es_log_name log, const char *folder, bool create)
{
    uint8_t number[32] = {9, 9, (uint8_t) log};

    memset(f, 0, sizeof *f);
    (void) pthread_mutex_init(&f->lock, NULL);
    (void) pthread_cond_init(&f->told, NULL);
    es_buf_init(&f->mirror, 1 << 16);
    (void) snprintf(f->folder, sizeof f->folder, "%s", folder);
    set_places(f);
    keep_store_open(f);
    if (!f->sqlite && create)
        empty_postgres(f);
    open_keyring(f, create);
    assert_int_equal(es_key_from_number(number, &f->key, NULL), ES_OK);
    f->config = (struct es_ledger_config){.log = log,
                                          .host = KEEP_HOST,
                                          .store = f->store,
                                          .keyring = f->keyring,
                                          .key = f->key,
                                          .journal = f->journal,
                                          .clock = {.now_s = now_s, .now_ms = now_ms, .self = f},
                                          .random = es_random_system(),
                                          .program = "test 1",
                                          .mirror = ask_mirror,
                                          .published = note_published,
                                          .alarm = note_alarm,
                                          .ctx = f};
    if (create)
        assert_int_equal(es_ledger_create(&f->config, NULL), ES_OK);
}

void keep_fixture_open(struct keep_fixture *f, enum es_log_name log)
{
    const char *base = getenv("TMPDIR");
    char folder[128];

    (void) snprintf(folder, sizeof folder, "%s/eseal-keep-XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(folder));
    keep_fixture_at(f, log, folder, true);
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

void keep_fixture_close(struct keep_fixture *f)
{
    keep_close(f);
    keep_store_close(f);
    es_key_free(f->key);
    es_buf_clear(&f->mirror);
    (void) pthread_cond_destroy(&f->told);
    (void) pthread_mutex_destroy(&f->lock);
    assert_int_equal(es_dir_each(f->folder, remove_file, f->folder, NULL), ES_OK);
    assert_int_equal(rmdir(f->folder), 0);
}

void keep_open(struct keep_fixture *f)
{
    struct es_error err = {0};

    if (f->store == NULL)
        keep_store_open(f);
    if (f->keyring == NULL)
        open_keyring(f, false);
    if (es_ledger_open(&f->config, &f->ledger, &err) != ES_OK)
        fail_msg("%s", err.text);
}

void keep_close(struct keep_fixture *f)
{
    es_ledger_close(ES_TAKE(f->ledger));
}

void keep_copy_file(const char *from, const char *to)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT((size_t) 1 << 30);

    assert_int_equal(es_file_read(from, &bytes, NULL), ES_OK);
    assert_int_equal(es_file_write(to, es_buf_span(&bytes), 0600, true, NULL), ES_OK);
}

static void copy_named(struct keep_fixture *f, const char *name, const char *end, const char *place,
                       bool back)
{
    char path[256];

    (void) snprintf(path, sizeof path, "%s/%s.%s", f->folder, name, end);
    keep_copy_file(back ? path : place, back ? place : path);
}

void keep_snapshot(struct keep_fixture *f, const char *name, bool journal)
{
    keep_close(f);
    keep_store_close(f);
    copy_named(f, name, "db", f->file, false);
    if (journal)
        copy_named(f, name, "journal", f->journal, false);
}

void keep_restore(struct keep_fixture *f, const char *name, bool journal)
{
    char path[256];

    keep_close(f);
    keep_store_close(f);
    (void) snprintf(path, sizeof path, "%s-wal", f->file);
    (void) unlink(path);
    (void) snprintf(path, sizeof path, "%s-shm", f->file);
    (void) unlink(path);
    copy_named(f, name, "db", f->file, true);
    if (journal)
        copy_named(f, name, "journal", f->journal, true);
}

/* ---- entries ---- */

struct adding {
    struct keep_fixture *f;
    const struct es_log_entry *entry;
    const struct es_status_event *event;
    struct es_ticket **ticket;
};

static es_status add_in_store(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct adding *a = ctx;

    if (a->ticket != NULL)
        es_ticket_free(ES_TAKE(*a->ticket)); /* the function may run again */
    if (a->event != NULL)
        return es_ledger_add_state(a->f->ledger, tx, a->event, a->ticket, err);
    return es_ledger_add(a->f->ledger, tx, a->entry, a->ticket, err);
}

static es_status add(struct adding a, struct es_error *err)
{
    es_status status;

    if (a.ticket != NULL)
        *a.ticket = NULL;
    status = es_store_write(a.f->store, ES_AS_SERVICE, add_in_store, &a, err);
    if (status != ES_OK && a.ticket != NULL)
        es_ticket_free(ES_TAKE(*a.ticket));
    return status;
}

es_status keep_add(struct keep_fixture *f, const struct es_log_entry *entry,
                   struct es_ticket **ticket, struct es_error *err)
{
    return add((struct adding){.f = f, .entry = entry, .ticket = ticket}, err);
}

es_status keep_add_state(struct keep_fixture *f, const struct es_status_event *event,
                         struct es_ticket **ticket, struct es_error *err)
{
    return add((struct adding){.f = f, .event = event, .ticket = ticket}, err);
}

struct es_log_entry keep_login(const char *id)
{
    return (struct es_log_entry){.type = ES_EVENT_LOGIN,
                                 .actor = "u1",
                                 .role = "clerk",
                                 .object_type = "user",
                                 .object_id = id};
}

struct es_log_place keep_logged(struct keep_fixture *f, const char *id)
{
    struct es_log_entry entry = keep_login(id);
    struct es_log_place place = {0};
    struct es_ticket *ticket = NULL;
    struct es_error err = {0};

    if (keep_add(f, &entry, &ticket, &err) != ES_OK ||
        es_ledger_wait(f->ledger, ticket, KEEP_TIMEOUT_MS, &place, &err) != ES_OK)
        fail_msg("%s", err.text);
    es_ticket_free(ticket);
    return place;
}

/* ---- looking into the store ---- */

struct statement {
    const char *sql;
    const struct es_value *values;
    size_t count;
    int64_t changed, number;
};

static es_status run_statement(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct statement *s = ctx;

    return es_tx_run(tx, s->sql, s->values, s->count, &s->changed, err);
}

es_status keep_sql(struct keep_fixture *f, const char *sql, const struct es_value *values,
                   size_t count, int64_t *changed)
{
    struct statement s = {.sql = sql, .values = values, .count = count};
    es_status status = es_store_write(f->store, ES_AS_OWNER, run_statement, &s, NULL);

    if (changed != NULL)
        *changed = s.changed;
    return status;
}

static es_status take_number(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    (void) count;
    return es_value_get_int(&columns[0], ctx, err);
}

static es_status read_number(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct statement *s = ctx;

    return es_tx_query(tx, s->sql, NULL, 0, take_number, &s->number, err);
}

int64_t keep_number(struct keep_fixture *f, const char *sql)
{
    struct statement s = {.sql = sql, .number = -1};
    struct es_error err = {0};

    if (es_store_read(f->store, ES_AS_OWNER, read_number, &s, &err) != ES_OK)
        fail_msg("%s: %s", sql, err.text);
    return s.number;
}

struct wanted {
    int64_t log_id;
    uint64_t index;
    struct es_buf *out;
};

static es_status take_bytes(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct es_span bytes;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &bytes, err));
    es_buf_put_span(ctx, bytes);
    return es_buf_check(ctx, err);
}

static es_status read_leaf(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct wanted *w = ctx;
    const struct es_value values[2] = {es_value_int(w->log_id), es_value_int((int64_t) w->index)};

    es_buf_reset(w->out);
    return es_tx_query(tx, "SELECT leaf FROM log_leaf WHERE log_id = $1 AND idx = $2", values, 2,
                       take_bytes, w->out, err);
}

void keep_leaf_at(struct keep_fixture *f, uint64_t index, struct es_buf *out, struct es_leaf *leaf)
{
    struct wanted w = {keep_number(f, "SELECT max(log_id) FROM log_head"), index, out};

    assert_int_equal(es_store_read(f->store, ES_AS_SERVICE, read_leaf, &w, NULL), ES_OK);
    assert_true(out->len > 0);
    assert_int_equal(es_leaf_decode(es_buf_span(out), leaf, NULL), ES_OK);
}

/* ---- as a bundle ---- */

static es_status put_leaf(void *ctx, const struct es_value *c, size_t count, struct es_error *err)
{
    struct es_bundle_leaf leaf = {0};
    int64_t number[3];

    (void) count;
    ES_TRY(es_value_get_int(&c[0], &number[0], err));
    ES_TRY(es_value_get_blob(&c[1], &leaf.leaf, err));
    ES_TRY(es_value_copy_blob(&c[2], leaf.leaf_hash.b, sizeof leaf.leaf_hash.b, err));
    ES_TRY(es_value_get_int(&c[3], &number[1], err));
    ES_TRY(es_value_get_text(&c[4], &leaf.actor, err));
    ES_TRY(es_value_get_text(&c[5], &leaf.object_id, err));
    ES_TRY(es_value_get_int(&c[6], &number[2], err));
    leaf.index = (uint64_t) number[0];
    leaf.event_type = (uint16_t) number[1];
    leaf.event_ms = (uint64_t) number[2];
    return es_bundle_put_leaf(ctx, &leaf, err);
}

static es_status put_tile(void *ctx, const struct es_value *c, size_t count, struct es_error *err)
{
    struct es_span hashes;
    int64_t level, n;

    (void) count;
    ES_TRY(es_value_get_int(&c[0], &level, err));
    ES_TRY(es_value_get_int(&c[1], &n, err));
    ES_TRY(es_value_get_blob(&c[2], &hashes, err));
    return es_bundle_put_tile(ctx, (unsigned) level, (uint64_t) n, hashes, err);
}

static es_status put_checkpoint(void *ctx, const struct es_value *c, size_t count,
                                struct es_error *err)
{
    struct es_span note;
    int64_t t;

    (void) count;
    ES_TRY(es_value_get_int(&c[0], &t, err));
    ES_TRY(es_value_get_text(&c[1], &note, err));
    return es_bundle_put_checkpoint(ctx, (uint64_t) t, note, err);
}

struct head {
    struct es_bundle_head head;
    char origin[256], state[16];
};

static es_status take_head(void *ctx, const struct es_value *c, size_t count, struct es_error *err)
{
    struct head *h = ctx;
    struct es_span text;
    int64_t number;

    (void) count;
    ES_TRY(es_value_get_text(&c[0], &text, err));
    (void) snprintf(h->origin, sizeof h->origin, "%.*s", ES_SPAN_ARG(text));
    ES_TRY(es_value_get_text(&c[1], &text, err));
    (void) snprintf(h->state, sizeof h->state, "%.*s", ES_SPAN_ARG(text));
    ES_TRY(es_value_get_int(&c[2], &number, err));
    h->head.size = (uint64_t) number;
    ES_TRY(es_value_get_int(&c[3], &number, err));
    h->head.last_ms = (uint64_t) number;
    ES_TRY(es_value_copy_blob(&c[4], h->head.root.b, 32, err));
    ES_TRY(es_value_copy_blob(&c[5], h->head.last_hash.b, 32, err));
    h->head.origin = h->origin;
    h->head.state = h->state;
    return ES_OK;
}

struct bundling {
    struct keep_fixture *f;
    const char *folder;
    struct es_bundle_writer *writer;
    char origin[256];
};

static es_status put_line(void *ctx, const struct es_journal_line *line, struct es_error *err)
{
    struct bundling *b = ctx;
    ES_AUTO(es_checkpoint) c = {.size = 0};

    ES_TRY(es_checkpoint_parse(line->note, &c, err));
    return es_span_is(c.origin, b->origin) ? es_bundle_put_journal(b->writer, line->line, err)
                                           : ES_OK;
}

static es_status write_bundle(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct bundling *b = ctx;
    struct es_value id = es_value_int((int64_t) b->f->config.log);
    struct head h = {0};
    es_status status;

    ES_TRY(es_tx_query(tx,
                       "SELECT origin, state, size, last_ms, root, last_hash FROM log_head "
                       "WHERE log_id % 10 = $1 ORDER BY log_id DESC LIMIT 1",
                       &id, 1, take_head, &h, err));
    (void) snprintf(b->origin, sizeof b->origin, "%s", h.origin);
    id = es_value_int(
        es_log_id(b->f->config.log, (uint64_t) strtoul(strrchr(h.origin, '/') + 1, NULL, 10)));
    ES_TRY(es_bundle_open(b->folder, h.origin, &b->writer, err));
    ES_TRY(es_tx_query(tx,
                       "SELECT idx, leaf, leaf_hash, event_type, actor, object_id, event_ms "
                       "FROM log_leaf WHERE log_id = $1 ORDER BY idx",
                       &id, 1, put_leaf, b->writer, err));
    ES_TRY(es_tx_query(tx,
                       "SELECT level, n, hashes FROM log_tile WHERE log_id = $1 ORDER BY level, n",
                       &id, 1, put_tile, b->writer, err));
    ES_TRY(es_tx_query(tx,
                       "SELECT created_ms, note FROM log_checkpoint WHERE log_id = $1 "
                       "ORDER BY size",
                       &id, 1, put_checkpoint, b->writer, err));
    status = es_journal_each(b->f->journal, NULL, put_line, b, err);
    ES_TRY(status == ES_E_ABSENT ? ES_OK : status);
    return es_bundle_commit(b->writer, &h.head, err);
}

void keep_bundle(struct keep_fixture *f, const char *name)
{
    char path[256];
    struct bundling b = {.f = f, .folder = path};
    struct es_error err = {0};

    (void) snprintf(path, sizeof path, "%s/%s", f->folder, name);
    if (es_store_read(f->store, ES_AS_OWNER, write_bundle, &b, &err) != ES_OK)
        fail_msg("%s", err.text);
    es_bundle_writer_free(b.writer);
}

static void print_finding(void *ctx, const struct es_log_finding *finding)
{
    (void) ctx;
    if (!finding->notice)
        print_message("# finding %s %llu: %s\n", finding->rule, (unsigned long long) finding->index,
                      finding->text);
}

uint64_t keep_verify(struct keep_fixture *f)
{
    static atomic_uint number;
    char name[64], path[256], origin[256];
    struct es_log_trust trust = {.origin = origin, .key = es_key_public(f->key)};
    const struct es_log_verify_options options = {.trust = &trust, .found = print_finding};
    struct es_log_verify_result result = {0};
    struct es_error err = {0};

    (void) snprintf(name, sizeof name, "verify-%d-%u", (int) getpid(),
                    atomic_fetch_add(&number, 1));
    (void) snprintf(path, sizeof path, "%s/%s", f->folder, name);
    (void) snprintf(origin, sizeof origin, KEEP_HOST "/%s/%lld", es_log_name_text(f->config.log),
                    (long long) keep_number(f, f->config.log == ES_LOG_AUDIT
                                                   ? "SELECT max(epoch) FROM log_head "
                                                     "WHERE log_id % 10 = 1"
                                                   : "SELECT max(epoch) FROM log_head "
                                                     "WHERE log_id % 10 = 2"));
    keep_bundle(f, name);
    if (es_log_verify(path, &options, &result, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_int_equal(result.findings, 0);
    assert_int_equal(result.signed_size, result.entries);
    return result.entries;
}
