/*
 * What must hold when all writers are gone, however they went:
 *
 *   - the logs open, are not frozen, and what was on its way is finished
 *   - each acknowledged entry is in the log once, at its index, under a signed checkpoint
 *   - no object has two entries; each row has its entries, each entry has its row
 *   - the exported log verifies, with its journal
 */
#include <inttypes.h>
#include <time.h>

#include "keeper.h"

#define SEAT_WAIT_MS 60000
#define TAIL 20000 /* bytes of acknowledged entries that are looked at again at each start */

struct look {
    struct site *site;
    struct log *log; /* looked at */
    int64_t log_id;
    uint64_t size; /* signed */
    unsigned faults;
    uint64_t acks;
    struct es_tx *tx;
    int64_t number;
    uint64_t rows;
};

static void tell(struct look *l, const char *what, const char *text)
{
    printf("bad: %s: %s\n", what, text);
    l->faults++;
}

/* ---- settling ---- */

static bool sequences_all(struct site *site)
{
    for (size_t i = 0; i < site->log_count; i++) {
        struct es_ledger_state state;

        es_ledger_state(site->logs[i].ledger, &state);
        if (!state.sequencing)
            return false;
    }
    return true;
}

/* Take the seat, which a server may give only when it has seen the last holder go; the orderly end
 * sequences what is there. */
static bool settle(struct look *l)
{
    const struct timespec time = {0, 5000000};
    char why[200];

    for (unsigned ms = 0; ms < SEAT_WAIT_MS && !sequences_all(l->site); ms += 5) {
        if (site_is_dead(l->site, why, sizeof why)) {
            tell(l, "frozen", why);
            return false;
        }
        (void) nanosleep(&time, NULL);
    }
    if (!sequences_all(l->site))
        tell(l, "seat", "nobody sequences");
    return l->faults == 0;
}

/* ---- acknowledged entries ---- */

static es_status take_index(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct look *l = ctx;

    (void) count;
    l->rows++;
    return es_value_get_int(&columns[0], &l->number, err);
}

static es_status check_ack(void *ctx, const struct ack *ack, struct es_error *err)
{
    struct look *l = ctx;
    const struct es_value values[2] = {es_value_blob(es_span_of(ack->id, sizeof ack->id)),
                                       es_value_int(l->log_id)};

    if (strcmp(ack->log, es_log_name_text(l->log->name)) != 0)
        return ES_OK;
    l->acks++;
    l->rows = 0;
    ES_TRY(es_tx_query(l->tx, "SELECT idx FROM log_leaf WHERE entry_id = $1 AND log_id = $2",
                       values, 2, take_index, l, err));
    if (l->rows != 1)
        tell(l, l->rows == 0 ? "lost" : "doubled", ack->object);
    else if ((uint64_t) l->number != ack->index || ack->index >= l->size)
        tell(l, "not where it was acknowledged", ack->object);
    return ES_OK;
}

static es_status check_acks(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct look *l = ctx;

    l->tx = tx;
    for (size_t i = 0; i < l->site->options->ack_count; i++)
        if (access(l->site->options->acks[i], F_OK) == 0)
            ES_TRY(ack_each(l->site->options->acks[i], 0, check_ack, l, err));
    return ES_OK;
}

static es_status find_ack(void *ctx, const struct ack *ack, struct es_error *err)
{
    struct look *l = ctx;

    for (size_t i = 0; i < l->site->log_count; i++) {
        struct log *log = &l->site->logs[i];
        bool is_signed = false;
        uint64_t index = 0;

        if (strcmp(ack->log, es_log_name_text(log->name)) != 0)
            continue;
        if (site_find(log, ack->id, &is_signed, &index, err) != ES_OK || !is_signed ||
            index != ack->index)
            tell(l, "lost", ack->object);
    }
    return ES_OK;
}

void look_tail(struct site *site)
{
    struct look l = {.site = site};
    struct es_error err = {0};
    const char *path = site->options->acks[0];

    if (access(path, F_OK) == 0 && ack_each(path, TAIL, find_ack, &l, &err) != ES_OK)
        tell(&l, "could not look", err.text);
}

/* ---- entries and their changes ---- */

static es_status expect_none(struct look *l, const char *sql, const char *what, struct es_tx *tx,
                             struct es_error *err)
{
    char text[32];

    ES_TRY(es_tx_query(tx, sql, NULL, 0, take_index, l, err));
    (void) snprintf(text, sizeof text, "%" PRId64, l->number);
    if (l->number != 0)
        tell(l, what, text);
    return ES_OK;
}

/* 774 is MADE: the entries of the writers. */
static es_status check_rows(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct look *l = ctx;

    ES_TRY(expect_none(l, "SELECT count(*) FROM log_outbox", "left in the outbox", tx, err));
    ES_TRY(expect_none(l,
                       "SELECT count(*) FROM (SELECT object_id FROM log_leaf "
                       "WHERE event_type = 774 AND log_id % 10 = 1 "
                       "GROUP BY object_id HAVING count(*) > 1) d",
                       "objects with two entries", tx, err));
    ES_TRY(expect_none(l,
                       "SELECT count(*) FROM fault_change c WHERE NOT EXISTS "
                       "(SELECT 1 FROM log_leaf l WHERE l.entry_id = c.audit_id "
                       "AND l.object_id = c.object)",
                       "changes without their entry", tx, err));
    ES_TRY(expect_none(l,
                       "SELECT count(*) FROM fault_change c WHERE status_id IS NOT NULL "
                       "AND NOT EXISTS (SELECT 1 FROM log_leaf l WHERE l.entry_id = c.status_id)",
                       "changes without their status event", tx, err));
    ES_TRY(expect_none(l,
                       "SELECT count(*) FROM log_leaf l WHERE event_type = 774 "
                       "AND log_id % 10 = 1 AND NOT EXISTS "
                       "(SELECT 1 FROM fault_change c WHERE c.audit_id = l.entry_id)",
                       "entries without their change", tx, err));
    return expect_none(l,
                       "SELECT count(*) FROM log_leaf l WHERE log_id % 10 = 2 "
                       "AND entry_id IS NOT NULL AND NOT EXISTS "
                       "(SELECT 1 FROM fault_change c WHERE c.status_id = l.entry_id)",
                       "status events without their change", tx, err);
}

/* ---- the log as anyone verifies it ---- */

static void take_finding(void *ctx, const struct es_log_finding *finding)
{
    char text[280];

    (void) snprintf(text, sizeof text, "at %" PRIu64 ": %s", finding->index, finding->text);
    if (!finding->notice)
        tell(ctx, finding->rule, text);
}

static es_status verify(struct look *l, struct es_log_reader *reader,
                        struct es_log_verify_result *result, struct es_error *err)
{
    const struct es_log_trust trust = {.origin = es_log_reader_origin(reader),
                                       .key = es_key_public(l->log->key)};
    const struct es_log_verify_options options = {.trust = &trust, .found = take_finding, .ctx = l};
    char folder[512];
    const struct es_log_export export = {.journal = l->log->journal};
    uint64_t entries = 0;

    (void) snprintf(folder, sizeof folder, "%s/%s", l->site->options->folder,
                    es_log_name_text(l->log->name));
    ES_TRY(es_log_export(reader, folder, &export, &entries, err));
    ES_TRY(es_log_verify(folder, &options, result, err));
    if (result->signed_size != result->entries)
        tell(l, "entries after the last checkpoint", folder);
    return ES_OK;
}

static es_status look_at_log(struct look *l, struct es_error *err)
{
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    struct es_log_verify_result result = {0};

    ES_TRY(es_log_reader_open(l->site->store, l->log->name, 0, &reader, err));
    l->log_id = es_log_reader_id(reader);
    l->acks = 0;
    ES_TRY(verify(l, reader, &result, err));
    l->size = result.signed_size;
    ES_TRY(es_store_read(l->site->store, ES_AS_OWNER, check_acks, l, err));
    printf("%s acks %" PRIu64 " entries %" PRIu64 " checkpoints %" PRIu64 " findings %" PRIu64 "\n",
           es_log_name_text(l->log->name), l->acks, result.entries, result.checkpoints,
           result.findings);
    return ES_OK;
}

static es_status look_at_all(struct look *l, struct es_error *err)
{
    ES_TRY(es_store_read(l->site->store, ES_AS_OWNER, check_rows, l, err));
    for (size_t i = 0; i < l->site->log_count; i++) {
        l->log = &l->site->logs[i];
        ES_TRY(look_at_log(l, err));
    }
    return ES_OK;
}

int look_run(struct site *site)
{
    struct look l = {.site = site};
    struct es_error err = {0};

    if (!settle(&l))
        return 1;
    site_close_logs(site);
    if (look_at_all(&l, &err) != ES_OK)
        tell(&l, "could not look", err.text);
    return l.faults == 0 ? 0 : 1;
}
