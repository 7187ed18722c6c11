/*
 * The keeper's thread: takes the seat when it is free, sequences while it has it, and watches what
 * others do while it has not.
 *
 *     no seat   --take_seat-->  rounds            --store lost-->  no seat
 *               --taken------>  watch, try again  --row refused, journal failed-->  stopped
 *
 * Every way into the seat goes through the start check, so after a lost connection or an unknown
 * outcome the head is read again before anything else is done.
 */
#include "keep.h"

#define RETRY_MS 250u
#define IDLE_MS 1000u    /* between looks for work that nobody told of */
#define POLL_LEAST_MS 2u /* other processes add on PostgreSQL without telling */
#define POLL_MOST_MS 50u

/* ---- the seat ---- */

static void alarm_once(struct es_ledger *ledger, const struct es_error *err)
{
    bool told;

    (void) pthread_mutex_lock(&ledger->lock);
    told = ledger->unavailable;
    ledger->unavailable = true;
    (void) pthread_mutex_unlock(&ledger->lock);
    if (!told)
        keep_alarm(&ledger->config, "audit_unavailable", "%s: %s", ledger->origin, err->text);
}

void keep_leave_seat(struct es_ledger *ledger)
{
    struct keep_seat *seat = &ledger->seat;

    keep_journal_clear(&seat->journal);
    es_session_free(seat->session);
    seat->session = NULL;
    seat->tiles_valid = false;
    (void) pthread_mutex_lock(&ledger->lock);
    ledger->sequencing = false;
    (void) pthread_mutex_unlock(&ledger->lock);
}

struct any_row {
    int64_t log_id;
    bool found;
};

static es_status take_any(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    struct any_row *any = ctx;

    any->found = true;
    return keep_no_row(ctx, columns, count, err);
}

static es_status find_signed(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct any_row *any = ctx;
    const struct es_value value = es_value_int(any->log_id);

    any->found = false;
    return es_tx_query(tx, "SELECT 1 FROM log_checkpoint WHERE log_id = $1 LIMIT 1", &value, 1,
                       take_any, any, err);
}

/* A journal that is not there is made only for a log of which nothing was signed yet. */
static es_status open_journal(struct es_ledger *ledger, struct es_error *err)
{
    const struct es_ledger_config *config = &ledger->config;
    struct any_row any = {.log_id = ledger->log_id};
    es_status status = keep_journal_open(config->journal, ledger->origin, &ledger->seat.journal,
                                         err);

    if (status == ES_E_CONFLICT && err != NULL) /* the lock of the store is ours, this one is not */
        alarm_once(ledger, err);
    if (status == ES_E_AUDIT) /* a sync that failed is never tried again by this process */
        keep_stop(ledger, KEEP_DEAD, "journal_failed", err == NULL ? "" : err->text);
    if (status != ES_E_ABSENT)
        return status;
    ES_TRY(es_session_read(ledger->seat.session, find_signed, &any, err));
    ES_ENSURE(!any.found, err, ES_E_CONFIG,
              "journal %s is not there, but checkpoints of %s were signed", config->journal,
              ledger->origin);
    ES_TRY(keep_journal_create(config->journal, err));
    return keep_journal_open(config->journal, ledger->origin, &ledger->seat.journal, err);
}

static es_status sit_down(struct es_ledger *ledger, struct es_error *err)
{
    ES_TRY(open_journal(ledger, err));
    ES_TRY(keep_start_check(ledger, err));
    ES_TRY(keep_publish(ledger, err));
    return keep_watch(ledger, true, err);
}

es_status keep_take_seat(struct es_ledger *ledger, struct es_error *err)
{
    es_status status;

    ES_TRY(es_session_open(ledger->config.store, ES_AS_SEQUENCER, ledger->log_id,
                           &ledger->seat.session, err));
    status = sit_down(ledger, err);
    if (status != ES_OK) {
        keep_leave_seat(ledger);
        return status;
    }
    (void) pthread_mutex_lock(&ledger->lock);
    ledger->sequencing = true;
    ledger->unavailable = false;
    (void) pthread_mutex_unlock(&ledger->lock);
    return ES_OK;
}

struct freeze {
    int64_t log_id;
    const char *why;
};

static es_status set_frozen(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct freeze *freeze = ctx;

    return keep_head_set_state(tx, freeze->log_id, "frozen", freeze->why, err);
}

void keep_freeze(struct es_ledger *ledger, const char *code, const char *why)
{
    struct freeze freeze = {ledger->log_id, why};
    struct es_error err = {0};

    if (ledger->seat.session != NULL &&
        es_session_write(ledger->seat.session, set_frozen, &freeze, &err) != ES_OK)
        keep_alarm(&ledger->config, code, "%s: the store could not be told: %s", ledger->origin,
                   err.text);
    keep_stop(ledger, KEEP_FROZEN, code, why);
}

/* ---- when something fails ---- */

/* What the store says is wrong for good; everything else is tried again from the start check. */
static void handle_trouble(struct es_ledger *ledger, es_status status, const struct es_error *err)
{
    char why[KEEP_WHY_MAX];

    switch (status) {
    case ES_E_FROZEN:
        keep_stop(ledger, KEEP_FROZEN, keep_code(err->text), err->text);
        break;
    case ES_E_INTEGRITY:
    case ES_E_MISMATCH:
    case ES_E_EXISTS:
    case ES_E_FORMAT:
    case ES_E_CONFIG:
        (void) snprintf(why, sizeof why, "integrity: %.180s", err->text);
        keep_freeze(ledger, "integrity", why);
        break;
    case ES_E_AUDIT: /* the journal: it was told, and this process is through with it */
        break;
    default:
        alarm_once(ledger, err);
    }
    keep_leave_seat(ledger);
}

/* ---- waiting ---- */

static bool is_stopping(struct es_ledger *ledger)
{
    bool stopping;

    (void) pthread_mutex_lock(&ledger->lock);
    stopping = ledger->stopping;
    (void) pthread_mutex_unlock(&ledger->lock);
    return stopping;
}

/* True when somebody told of work. */
static bool wait_for_work(struct es_ledger *ledger, unsigned timeout_ms)
{
    bool woken;

    (void) pthread_mutex_lock(&ledger->lock);
    woken = keep_wait_flag(&ledger->wake, &ledger->lock, &ledger->woken, timeout_ms);
    ledger->woken = false;
    (void) pthread_mutex_unlock(&ledger->lock);
    return woken;
}

static es_status peek(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct any_row *any = ctx;
    const struct es_value value = es_value_int(any->log_id);

    any->found = false;
    return es_tx_query(tx, "SELECT 1 FROM log_outbox WHERE log_id = $1 LIMIT 1", &value, 1,
                       take_any, any, err);
}

/* Wait until there is something for a round: told, found, or due by time. */
static es_status await_round(struct es_ledger *ledger, struct es_error *err)
{
    bool alone = strcmp(es_store_driver(ledger->config.store), "sqlite") == 0;
    struct any_row any = {.log_id = ledger->log_id};
    unsigned wait_ms = alone ? IDLE_MS : POLL_LEAST_MS;

    while (!wait_for_work(ledger, wait_ms) && !keep_duty(ledger)) {
        ES_TRY(es_session_read(ledger->seat.session, peek, &any, err));
        if (any.found)
            break;
        if (!alone)
            wait_ms = wait_ms * 2 < POLL_MOST_MS ? wait_ms * 2 : POLL_MOST_MS;
    }
    return ES_OK;
}

/* ---- the thread ---- */

static void sequence_once(struct es_ledger *ledger)
{
    struct es_error err = {0};
    bool more = false;
    es_status status = keep_round(ledger, false, &more, &err);

    if (status == ES_OK && more)
        status = keep_publish(ledger, &err);
    else if (status == ES_OK)
        status = await_round(ledger, &err);
    if (status != ES_OK) {
        handle_trouble(ledger, status, &err);
        (void) wait_for_work(ledger, RETRY_MS);
    }
}

/* Without the seat: try for it when we may, and look what others signed. */
static void follow_once(struct es_ledger *ledger, uint64_t *seen)
{
    struct es_error err = {0};
    es_status status = ES_E_CONFLICT;

    if (ledger->config.key != NULL)
        status = keep_take_seat(ledger, &err);
    if (status == ES_OK)
        return;
    if (status != ES_E_CONFLICT)
        handle_trouble(ledger, status, &err);
    if (keep_watch(ledger, false, &err) != ES_OK)
        alarm_once(ledger, &err);
    if (es_store_wait(ledger->config.store, ledger->channel, seen, RETRY_MS, &err) != ES_OK)
        (void) wait_for_work(ledger, RETRY_MS);
}

/* The end in order: what is on its way, and WRITER_STOP of our own. */
static void finish(struct es_ledger *ledger)
{
    struct es_error err = {0};
    bool more = true;

    while (more) {
        es_status status = keep_round(ledger, true, &more, &err);

        if (status == ES_OK && more)
            status = keep_publish(ledger, &err);
        if (status != ES_OK) {
            keep_alarm(&ledger->config, "audit_unavailable", "%s: %s", ledger->origin, err.text);
            return;
        }
    }
}

void *keep_main(void *arg)
{
    struct es_ledger *ledger = arg;
    uint64_t seen = 0;

    while (!is_stopping(ledger)) {
        if (keep_mode(ledger) != KEEP_SERVING)
            (void) wait_for_work(ledger, IDLE_MS);
        else if (ledger->seat.session != NULL)
            sequence_once(ledger);
        else
            follow_once(ledger, &seen);
    }
    if (ledger->seat.session != NULL && keep_mode(ledger) == KEEP_SERVING)
        finish(ledger);
    keep_leave_seat(ledger);
    return NULL;
}
