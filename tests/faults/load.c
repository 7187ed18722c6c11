/*
 * Writers at work, as a service does it: a row of fault_change, its audit entry and, where the
 * status log is kept, a change of state are one transaction; what the log covers by a signed
 * checkpoint is acknowledged by a line in a file.
 *
 * After an unknown outcome the writer looks for the object's row. It is tried again only when it is
 * not there, under the same object, whose key keeps a late commit and the retry apart.
 */
#include <fcntl.h>
#include <pthread.h>
#include <time.h>

#include "keeper.h"

#define WAIT_MS 15000
#define PAUSE_MS 5

struct load {
    struct site *site;
    const atomic_bool *stop;
    atomic_bool begun;
    int acks;
    uint8_t tag[8];
    atomic_uint running;
};
struct writer {
    struct load *load;
    pthread_t thread;
    bool runs;
    unsigned number, n;
    char object[64];
    uint8_t ids[LOGS_MAX][16]; /* by log, as the row in the store has them */
    struct es_ticket *tickets[LOGS_MAX];
    bool found;
};

static void pause_ms(unsigned ms)
{
    const struct timespec time = {ms / 1000, (long) (ms % 1000) * 1000000};

    (void) nanosleep(&time, NULL);
}

static void drop_tickets(struct writer *w)
{
    for (size_t i = 0; i < LOGS_MAX; i++)
        es_ticket_free(ES_TAKE(w->tickets[i]));
}

static void report(const struct writer *w, es_status status, const struct es_error *err)
{
    printf("error %s %s: %s\n", es_status_name(status), w->object, err->text);
}

/* ---- one change ---- */

static es_status add_audit(struct writer *w, struct es_tx *tx, struct es_error *err)
{
    const struct es_log_entry entry = {.type = ES_EVENT_MADE,
                                       .actor = "u-1",
                                       .object_type = "seal",
                                       .object_id = w->object,
                                       .detail = es_span_str("{\"n\":1}")};

    return es_ledger_add(w->load->site->logs[0].ledger, tx, &entry, &w->tickets[0], err);
}

/* Each seal goes from active to suspended and back. */
static es_status add_state(struct writer *w, struct es_tx *tx, struct es_error *err)
{
    struct es_status_event event = {.status = w->n % 3 == 1 ? 40 : 30,
                                    .valid_until_ms = UINT64_C(9) << 40};
    const unsigned key = w->n / 3;

    event.map_key.b[0] = (uint8_t) w->number;
    memcpy(event.map_key.b + 1, &key, sizeof key);
    memcpy(event.map_key.b + 8, w->load->tag, sizeof w->load->tag);
    return es_ledger_add_state(w->load->site->logs[1].ledger, tx, &event, &w->tickets[1], err);
}

static es_status change(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct writer *w = ctx;
    bool states = w->load->site->log_count > 1;
    struct es_value values[3] = {es_value_text(w->object)};

    drop_tickets(w); /* the function may run again */
    ES_TRY(add_audit(w, tx, err));
    values[1] = es_value_blob(es_span_of(es_ticket_entry_id(w->tickets[0]), 16));
    if (states) {
        ES_TRY(add_state(w, tx, err));
        values[2] = es_value_blob(es_span_of(es_ticket_entry_id(w->tickets[1]), 16));
    }
    return es_tx_run(tx,
                     "INSERT INTO fault_change (object, audit_id, status_id) VALUES ($1, $2, $3)",
                     values, 3, NULL, err);
}

/* ---- acknowledging ---- */

static es_status acknowledge(struct writer *w, size_t log, uint64_t index, struct es_error *err)
{
    struct ack ack = {.index = index};

    (void) snprintf(ack.log, sizeof ack.log, "%s", es_log_name_text(w->load->site->logs[log].name));
    (void) snprintf(ack.object, sizeof ack.object, "%s", w->object);
    memcpy(ack.id, w->ids[log], sizeof ack.id);
    ES_TRY(ack_write(w->load->acks, &ack, err));
    if (!atomic_exchange(&w->load->begun, true))
        printf("first\n");
    return ES_OK;
}

static es_status wait_all(struct writer *w, struct es_error *err)
{
    for (size_t i = 0; i < w->load->site->log_count; i++) {
        struct es_log_place place;

        ES_TRY(es_ledger_wait(w->load->site->logs[i].ledger, w->tickets[i], WAIT_MS, &place, err));
        memcpy(w->ids[i], es_ticket_entry_id(w->tickets[i]), 16);
        ES_TRY(acknowledge(w, i, place.index, err));
    }
    return ES_OK;
}

/* ---- after an unknown outcome ---- */

static es_status take_ids(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    struct writer *w = ctx;

    w->found = true;
    for (size_t i = 0; i < count && columns[i].kind != ES_VALUE_NULL; i++)
        ES_TRY(es_value_copy_blob(&columns[i], w->ids[i], sizeof w->ids[i], err));
    return ES_OK;
}

static es_status read_row(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct writer *w = ctx;
    const struct es_value object = es_value_text(w->object);

    w->found = false;
    return es_tx_query(tx, "SELECT audit_id, status_id FROM fault_change WHERE object = $1",
                       &object, 1, take_ids, w, err);
}

static bool is_over(struct writer *w)
{
    return atomic_load(w->load->stop) || site_is_dead(w->load->site, NULL, 0);
}

/* Until a checkpoint covers it; false: nobody will know before the next start. */
static bool await_signed(struct writer *w, size_t log)
{
    struct es_error err = {0};
    bool is_signed = false;
    uint64_t index = 0;

    while (!is_over(w)) {
        es_status status = site_find(&w->load->site->logs[log], w->ids[log], &is_signed, &index,
                                     &err);

        if (status == ES_OK && is_signed)
            return acknowledge(w, log, index, &err) == ES_OK;
        if (status == ES_E_ABSENT) {
            printf("bad: %s is stored, its entry is not\n", w->object);
            return false;
        }
        pause_ms(PAUSE_MS);
    }
    return false;
}

/* What became of the change: true when it is there and acknowledged. */
static bool resolve(struct writer *w)
{
    struct es_error err = {0};

    while (es_store_read(w->load->site->store, ES_AS_SERVICE, read_row, w, &err) != ES_OK) {
        if (is_over(w))
            return false;
        pause_ms(PAUSE_MS);
    }
    if (!w->found)
        return false;
    for (size_t i = 0; i < w->load->site->log_count; i++)
        if (!await_signed(w, i))
            return false;
    return true;
}

/* ---- threads ---- */

static bool is_uncertain(es_status status)
{
    return status == ES_E_UNKNOWN || status == ES_E_EXISTS;
}

/* One object, until it is acknowledged; false: no more can be. */
static bool write_object(struct writer *w)
{
    struct es_error err = {0};

    (void) snprintf(w->object, sizeof w->object, "%02x%02x%02x%02x-%u-%u", w->load->tag[0],
                    w->load->tag[1], w->load->tag[2], w->load->tag[3], w->number, w->n);
    while (!atomic_load(w->load->stop)) {
        es_status status = es_store_write(w->load->site->store, ES_AS_SERVICE, change, w, &err);

        if (status == ES_OK) {
            status = wait_all(w, &err);
            if (status == ES_OK)
                return true;
            report(w, status, &err);
            return resolve(w); /* it is on its way all the same */
        }
        report(w, status, &err);
        if (is_uncertain(status) && resolve(w))
            return true;
        if (site_is_dead(w->load->site, NULL, 0))
            return false;
        pause_ms(PAUSE_MS);
    }
    return false;
}

static void *write_many(void *ctx)
{
    struct writer *w = ctx;
    const struct keeper_options *o = w->load->site->options;

    while (!atomic_load(w->load->stop) && (o->entries == 0 || w->n < o->entries)) {
        if (!write_object(w))
            break;
        w->n++;
        if (o->rate > 0)
            pause_ms(o->threads * 1000 / o->rate);
    }
    drop_tickets(w);
    atomic_fetch_sub(&w->load->running, 1);
    return NULL;
}

static void watch(struct load *load)
{
    bool sequenced = false;

    while (atomic_load(&load->running) > 0) {
        struct es_ledger_state state;

        es_ledger_state(load->site->logs[0].ledger, &state);
        if (state.sequencing != sequenced)
            printf("%s\n", state.sequencing ? "sequences" : "follows");
        sequenced = state.sequencing;
        pause_ms(PAUSE_MS);
    }
}

static int finish(struct load *load)
{
    char why[200];

    if (!site_is_dead(load->site, why, sizeof why))
        return 0;
    printf("dead %s\n", why);
    return 3;
}

int load_run(struct site *site, const atomic_bool *stop)
{
    struct writer *writers = calloc(site->options->threads, sizeof *writers);
    struct load load = {.site = site, .stop = stop, .acks = STDOUT_FILENO};
    const struct es_random random = es_random_system();
    struct es_error err = {0};

    load.acks = open(site->options->acks[0], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (writers == NULL || load.acks < 0 ||
        random.fill(random.self, load.tag, sizeof load.tag, &err) != ES_OK) {
        free(writers);
        return 1;
    }
    for (unsigned i = 0; i < site->options->threads; i++) {
        writers[i] = (struct writer){.load = &load, .number = i};
        atomic_fetch_add(&load.running, 1);
        writers[i].runs = pthread_create(&writers[i].thread, NULL, write_many, &writers[i]) == 0;
        if (!writers[i].runs)
            atomic_fetch_sub(&load.running, 1);
    }
    watch(&load);
    for (unsigned i = 0; i < site->options->threads; i++)
        if (writers[i].runs)
            (void) pthread_join(writers[i].thread, NULL);
    (void) close(load.acks);
    free(writers);
    return finish(&load);
}
