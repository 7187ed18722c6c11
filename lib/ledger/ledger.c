/*
 * A ledger as callers have it: opened, asked for its state, waited on, closed. What is opened is
 * the newest epoch; a log that is behind or forked opens frozen, so that it can be read.
 */
#include "keep.h"

#include <errno.h>
#include <stdarg.h>

#define MS_PER_S 1000u
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000
#define INSTANCE_MAX 64

/* ---- small things all files use ---- */

uint64_t keep_now_ms(const struct es_ledger_config *config)
{
    int64_t now = es_clock_ms(&config->clock);

    return now < 0 ? 0 : (uint64_t) now;
}

uint64_t keep_monotonic_ms(void)
{
    struct timespec now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * MS_PER_S + (uint64_t) now.tv_nsec / NS_PER_MS;
}

es_status keep_cond_init(pthread_cond_t *cond, struct es_error *err)
{
    pthread_condattr_t attr;
    int failed = pthread_condattr_init(&attr);

    if (failed == 0) {
        failed = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        if (failed == 0)
            failed = pthread_cond_init(cond, &attr);
        (void) pthread_condattr_destroy(&attr);
    }
    ES_ENSURE(failed == 0, err, ES_E_NOMEM, "no condition to be had: %s", strerror(failed));
    return ES_OK;
}

bool keep_wait_flag(pthread_cond_t *cond, pthread_mutex_t *lock, const bool *flag,
                    uint64_t timeout_ms)
{
    struct timespec until;

    (void) clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t) (timeout_ms / MS_PER_S);
    until.tv_nsec += (long) (timeout_ms % MS_PER_S) * NS_PER_MS;
    if (until.tv_nsec >= NS_PER_S) {
        until.tv_nsec -= NS_PER_S;
        until.tv_sec++;
    }
    while (!*flag) {
        if (pthread_cond_timedwait(cond, lock, &until) == ETIMEDOUT)
            break;
    }
    return *flag;
}

void keep_alarm(const struct es_ledger_config *config, const char *code, const char *format, ...)
{
    char text[ES_ERROR_TEXT_MAX];
    va_list args;

    if (config->alarm == NULL)
        return;
    va_start(args, format);
    (void) vsnprintf(text, sizeof text, format, args);
    va_end(args);
    config->alarm(config->ctx, code, text);
}

void keep_step(struct es_ledger *ledger, enum es_ledger_step step)
{
    if (ledger->config.step != NULL)
        ledger->config.step(ledger->config.ctx, step);
}

/* ---- state ---- */

void keep_stop(struct es_ledger *ledger, enum keep_mode mode, const char *code, const char *why)
{
    bool first;

    (void) pthread_mutex_lock(&ledger->lock);
    first = ledger->mode == KEEP_SERVING;
    if (first) {
        ledger->mode = mode;
        (void) snprintf(ledger->why, sizeof ledger->why, "%s", why);
    }
    (void) pthread_mutex_unlock(&ledger->lock);
    if (!first)
        return;
    keep_tickets_fail(ledger->tickets, why);
    keep_alarm(&ledger->config, code, "%s: %s", ledger->origin, why);
}

const char *keep_code(const char *why)
{
    static const char *const codes[] = {"log_behind", "log_fork", "integrity"};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strncmp(why, codes[i], strlen(codes[i])) == 0)
            return codes[i];
    }
    return "frozen";
}

enum keep_mode keep_mode(struct es_ledger *ledger)
{
    enum keep_mode mode;

    (void) pthread_mutex_lock(&ledger->lock);
    mode = ledger->mode;
    (void) pthread_mutex_unlock(&ledger->lock);
    return mode;
}

es_status keep_may_add(struct es_ledger *ledger, struct es_error *err)
{
    enum keep_mode mode = keep_mode(ledger); /* once set it stays, and so does why */

    ES_ENSURE(mode != KEEP_FROZEN, err, ES_E_FROZEN, "%s: %s", ledger->origin, ledger->why);
    ES_ENSURE(mode == KEEP_SERVING, err, ES_E_AUDIT, "%s: %s", ledger->origin, ledger->why);
    return ES_OK;
}

void keep_wake(struct es_ledger *ledger)
{
    (void) pthread_mutex_lock(&ledger->lock);
    ledger->woken = true;
    (void) pthread_cond_signal(&ledger->wake);
    (void) pthread_mutex_unlock(&ledger->lock);
}

es_status keep_set_newest(struct es_ledger *ledger, const struct keep_checkpoint *c,
                          struct es_error *err)
{
    es_status status = ES_OK;

    (void) pthread_mutex_lock(&ledger->lock);
    if (c->size >= ledger->newest.size)
        status = keep_checkpoint_set(&ledger->newest, c->size, &c->root, es_buf_span(&c->note),
                                     err);
    (void) pthread_mutex_unlock(&ledger->lock);
    return status;
}

void es_ledger_state(struct es_ledger *ledger, struct es_ledger_state *out)
{
    *out = (struct es_ledger_state){.epoch = ledger->epoch};
    (void) snprintf(out->origin, sizeof out->origin, "%s", ledger->origin);
    (void) pthread_mutex_lock(&ledger->lock);
    out->frozen = ledger->mode != KEEP_SERVING;
    (void) snprintf(out->why, sizeof out->why, "%s", ledger->why);
    out->size = ledger->newest.size;
    out->root = ledger->newest.root;
    out->sequencing = ledger->sequencing;
    (void) pthread_mutex_unlock(&ledger->lock);
}

es_status es_ledger_checkpoint(struct es_ledger *ledger, struct es_buf *note, struct es_error *err)
{
    uint64_t size;

    (void) pthread_mutex_lock(&ledger->lock);
    size = ledger->newest.size;
    es_buf_put_span(note, es_buf_span(&ledger->newest.note));
    (void) pthread_mutex_unlock(&ledger->lock);
    ES_ENSURE(size > 0, err, ES_E_ABSENT, "%s: nothing is signed yet", ledger->origin);
    return es_buf_check(note, err);
}

es_status es_ledger_wait(struct es_ledger *ledger, struct es_ticket *ticket, unsigned timeout_ms,
                         struct es_log_place *out, struct es_error *err)
{
    es_status status = keep_ticket_wait(ticket, timeout_ms, out, err);

    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", ledger->origin);
}

/* ---- finding an entry ---- */

struct find {
    int64_t log_id;
    const uint8_t *entry_id;
    bool in_leaf, in_checkpoint, in_outbox;
    struct es_log_place place;
};

static es_status take_leaf(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct find *find = ctx;
    int64_t index, size;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &index, err));
    find->in_leaf = true;
    find->place.index = (uint64_t) index;
    if (columns[1].kind == ES_VALUE_NULL)
        return ES_OK;
    ES_TRY(es_value_get_int(&columns[1], &size, err));
    find->in_checkpoint = true;
    find->place.size = (uint64_t) size;
    return ES_OK;
}

static es_status take_outbox(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    struct find *find = ctx;

    find->in_outbox = true;
    return keep_no_row(ctx, columns, count, err);
}

static es_status find_entry(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct find *find = ctx;
    const struct es_value values[2] = {keep_blob(find->entry_id, 16), es_value_int(find->log_id)};

    find->in_leaf = find->in_checkpoint = find->in_outbox = false;
    ES_TRY(es_tx_query(tx,
                       "SELECT idx, (SELECT min(c.size) FROM log_checkpoint c "
                       "WHERE c.log_id = log_leaf.log_id AND c.size > log_leaf.idx) "
                       "FROM log_leaf WHERE entry_id = $1 AND log_id = $2",
                       values, 2, take_leaf, find, err));
    return es_tx_query(tx, "SELECT 1 FROM log_outbox WHERE entry_id = $1 AND log_id = $2", values,
                       2, take_outbox, find, err);
}

es_status es_ledger_find(struct es_ledger *ledger, const uint8_t entry_id[16], bool *sequenced,
                         struct es_log_place *out, struct es_error *err)
{
    struct find find = {.log_id = ledger->log_id, .entry_id = entry_id};

    ES_TRY(es_store_read(ledger->config.store, ES_AS_SERVICE, find_entry, &find, err));
    ES_ENSURE(find.in_leaf || find.in_outbox, err, ES_E_ABSENT,
              "%s: no such entry, nor is it on its way", ledger->origin);
    *sequenced = find.in_checkpoint;
    if (find.in_checkpoint)
        *out = find.place;
    return ES_OK;
}

/* ---- opening ---- */

/* The caller's source of random numbers serves one thread at a time. */
static es_status fill_in_turn(void *self, uint8_t *out, size_t len, struct es_error *err)
{
    struct es_ledger *ledger = self;
    es_status status;

    (void) pthread_mutex_lock(&ledger->random_lock);
    status = ledger->random.fill(ledger->random.self, out, len, err);
    (void) pthread_mutex_unlock(&ledger->random_lock);
    return status;
}

static es_status read_head(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct es_ledger *ledger = ctx;
    struct keep_head head;

    ES_TRY(keep_head_newest(tx, ledger->config.log, &head, err));
    ledger->log_id = head.log_id;
    ledger->epoch = head.epoch;
    (void) snprintf(ledger->origin, sizeof ledger->origin, "%s", head.origin);
    (void) snprintf(ledger->channel, sizeof ledger->channel, "log_%lld", (long long) head.log_id);
    return ES_OK;
}

static es_status check_config(const struct es_ledger_config *config, struct es_error *err)
{
    struct es_span instance = es_span_str(keep_instance(config));

    ES_ENSURE(config->key == NULL || config->journal != NULL, err, ES_E_CONFIG,
              "a log is not signed without a journal");
    ES_ENSURE(instance.len > 0 && instance.len <= INSTANCE_MAX && es_text_clean(instance), err,
              ES_E_CONFIG, "instance of %zu bytes, allowed are 1 to %d without control characters",
              instance.len, INSTANCE_MAX);
    return ES_OK;
}

static es_status make_lanes(struct es_ledger *ledger, struct es_error *err)
{
    ledger->lanes = es_store_lanes(ledger->config.store);
    ledger->lane = calloc(ledger->lanes, sizeof *ledger->lane);
    ES_ENSURE(ledger->lane != NULL, err, ES_E_NOMEM, "out of memory");
    for (unsigned i = 0; i < ledger->lanes; i++)
        (void) snprintf(ledger->lane[i].writer.label, sizeof ledger->lane[i].writer.label, "%s.%u",
                        keep_instance(&ledger->config), i);
    return ES_OK;
}

static es_status ledger_new(const struct es_ledger_config *config, struct es_ledger **out,
                            struct es_error *err)
{
    struct es_ledger *ledger = calloc(1, sizeof *ledger);

    ES_ENSURE(ledger != NULL, err, ES_E_NOMEM, "out of memory");
    if (pthread_mutex_init(&ledger->lock, NULL) != 0 ||
        pthread_mutex_init(&ledger->random_lock, NULL) != 0 ||
        keep_cond_init(&ledger->wake, err) != ES_OK ||
        keep_cond_init(&ledger->beat, err) != ES_OK) {
        free(ledger);
        return es_error_set(err, ES_E_NOMEM, "out of locks");
    }
    ledger->config = *config;
    ledger->random = config->random;
    ledger->config.random = (struct es_random){.fill = fill_in_turn, .self = ledger};
    ledger->seat.journal.fd = -1;
    *out = ledger;
    return ES_OK;
}

/* Taken by somebody else, or frozen: the log is open all the same. */
static es_status first_seat(struct es_ledger *ledger, struct es_error *err)
{
    es_status status = ES_E_CONFLICT;

    (void) snprintf(ledger->seat.own.label, sizeof ledger->seat.own.label, "%s.sequencer",
                    keep_instance(&ledger->config));
    if (ledger->config.key != NULL)
        status = keep_take_seat(ledger, err);
    if (status == ES_E_FROZEN)
        keep_stop(ledger, KEEP_FROZEN, keep_code(err->text), err->text);
    if (status != ES_OK && status != ES_E_CONFLICT && status != ES_E_FROZEN)
        return status;
    return keep_watch(ledger, true, err);
}

static es_status start_threads(struct es_ledger *ledger, struct es_error *err)
{
    ledger->has_keeper = pthread_create(&ledger->keeper, NULL, keep_main, ledger) == 0;
    ES_ENSURE(ledger->has_keeper, err, ES_E_NOMEM, "no thread to be had");
    if (ledger->config.log != ES_LOG_AUDIT)
        return ES_OK;
    ledger->has_beater = pthread_create(&ledger->beater, NULL, keep_beat, ledger) == 0;
    ES_ENSURE(ledger->has_beater, err, ES_E_NOMEM, "no thread to be had");
    return ES_OK;
}

static es_status open_ledger(struct es_ledger *ledger, struct es_error *err)
{
    struct es_error mine = {0};
    es_status status;

    ES_TRY(keep_tickets_new(&ledger->tickets, err));
    ES_TRY(make_lanes(ledger, err));
    ES_TRY(es_store_read(ledger->config.store, ES_AS_SERVICE, read_head, ledger, err));
    status = first_seat(ledger, &mine);
    ES_ENSURE(status == ES_OK, err, status, "%s", mine.text);
    return start_threads(ledger, err);
}

es_status es_ledger_open(const struct es_ledger_config *config, struct es_ledger **out,
                         struct es_error *err)
{
    struct es_ledger *ledger = NULL;
    es_status status;

    ES_TRY(check_config(config, err));
    ES_TRY(ledger_new(config, &ledger, err));
    status = open_ledger(ledger, err);
    if (status != ES_OK)
        es_ledger_close(ledger);
    else
        *out = ledger;
    return status;
}

/* ---- closing ---- */

static void stop_beater(struct es_ledger *ledger)
{
    if (!ledger->has_beater)
        return;
    (void) pthread_mutex_lock(&ledger->lock);
    ledger->quiet = true;
    (void) pthread_cond_broadcast(&ledger->beat);
    (void) pthread_mutex_unlock(&ledger->lock);
    (void) pthread_join(ledger->beater, NULL);
}

static void stop_keeper(struct es_ledger *ledger)
{
    if (!ledger->has_keeper) {
        keep_leave_seat(ledger);
        return;
    }
    (void) pthread_mutex_lock(&ledger->lock);
    ledger->stopping = true;
    ledger->woken = true;
    (void) pthread_cond_broadcast(&ledger->wake);
    (void) pthread_mutex_unlock(&ledger->lock);
    (void) pthread_join(ledger->keeper, NULL);
}

void es_ledger_close(struct es_ledger *ledger)
{
    if (ledger == NULL)
        return;
    stop_beater(ledger);
    if (ledger->has_keeper && ledger->config.log == ES_LOG_AUDIT)
        keep_stop_writers(ledger);
    stop_keeper(ledger);
    if (ledger->tickets != NULL)
        keep_tickets_fail(ledger->tickets, "the ledger was closed");
    keep_tickets_free(ledger->tickets);
    ledger_tiles_clear(&ledger->seat.tiles);
    keep_checkpoint_clear(&ledger->newest);
    free(ledger->lane);
    (void) pthread_cond_destroy(&ledger->wake);
    (void) pthread_cond_destroy(&ledger->beat);
    (void) pthread_mutex_destroy(&ledger->lock);
    (void) pthread_mutex_destroy(&ledger->random_lock);
    free(ledger);
}
