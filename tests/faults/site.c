/*
 * Store, keys and logs of a keeper. Master key and the logs' keys are fixed numbers: any number of
 * keepers may be started on one store, one after the other or at once.
 */
#include <signal.h>

#include "keeper.h"

#define HOST "seal.example.cn"

static es_status set_master(struct es_secret *master, struct es_error *err)
{
    const uint8_t bytes[32] = {3, 1, 4, 1, 5};

    ES_TRY(es_secret_init(master, sizeof bytes, err));
    return es_secret_set(master, es_span_of(bytes, sizeof bytes), err);
}

/* ---- what a log tells ---- */

static void die_or_go_on(void *ctx, enum es_ledger_step step)
{
    struct site *site = ctx;
    const struct keeper_options *o = site->options;

    if (o->die_at > 0 && step == o->die_step && atomic_fetch_add(&site->steps, 1) + 1 == o->die_at)
        (void) raise(SIGKILL);
}

static void print_alarm(void *ctx, const char *code, const char *text)
{
    (void) ctx;
    printf("alarm %s %s\n", code, text);
}

/* ---- opening ---- */

static es_status open_store(struct site *site, bool create, struct es_error *err)
{
    const struct es_store_options options = {
        .create = create, .vfs = faults_vfs(), .wait_ms = 10000};

    return es_store_open(site->options->url, &options, &site->store, err);
}

static es_status set_log(struct site *site, enum es_log_name name, struct es_error *err)
{
    const uint8_t number[32] = {9, 9, (uint8_t) name};
    struct log *log = &site->logs[site->log_count++];

    log->name = name;
    (void) snprintf(log->journal, sizeof log->journal, "%s%s", site->options->journal,
                    name == ES_LOG_STATUS ? ".status" : "");
    ES_TRY(es_key_from_number(number, &log->key, err));
    log->config = (struct es_ledger_config){.log = name,
                                            .host = HOST,
                                            .store = site->store,
                                            .keyring = site->keyring,
                                            .key = log->key,
                                            .journal = log->journal,
                                            .clock = es_clock_system(),
                                            .random = es_random_system(),
                                            .program = "keeper 1",
                                            .instance = site->options->instance,
                                            .alarm = print_alarm,
                                            .step = die_or_go_on,
                                            .ctx = site};
    return ES_OK;
}

static es_status open_keys_and_set_logs(struct site *site, struct es_error *err)
{
    ES_AUTO(es_secret) master = {0};

    ES_TRY(set_master(&master, err));
    ES_TRY(es_keyring_open(site->store, &master, &site->keyring, err));
    ES_TRY(set_log(site, ES_LOG_AUDIT, err));
    return site->options->status ? set_log(site, ES_LOG_STATUS, err) : ES_OK;
}

es_status site_open(struct site *site, struct es_error *err)
{
    ES_TRY(open_store(site, false, err));
    ES_TRY(open_keys_and_set_logs(site, err));
    faults_journal(site->logs[0].journal);
    for (size_t i = 0; i < site->log_count; i++)
        ES_TRY(es_ledger_open(&site->logs[i].config, &site->logs[i].ledger, err));
    return ES_OK;
}

/* ---- making ---- */

/* The records that the entries tell of: one row for each object, with the ids of its entries. */
static es_status make_table(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    if (strcmp(es_tx_driver(tx), "sqlite") == 0)
        return es_tx_script(tx,
                            "CREATE TABLE fault_change (object TEXT PRIMARY KEY, "
                            "audit_id BLOB UNIQUE, status_id BLOB UNIQUE)",
                            err);
    return es_tx_script(tx,
                        "CREATE TABLE fault_change (object TEXT PRIMARY KEY, "
                        "audit_id BYTEA UNIQUE, status_id BYTEA UNIQUE);"
                        "GRANT SELECT, INSERT ON fault_change TO eseal_service",
                        err);
}

es_status site_create(struct site *site, struct es_error *err)
{
    ES_AUTO(es_secret) master = {0};
    const struct es_clock clock = es_clock_system();
    const struct es_random random = es_random_system();

    ES_TRY(set_master(&master, err));
    ES_TRY(open_store(site, true, err));
    ES_TRY(es_store_migrate(site->store, &clock, err));
    ES_TRY(es_store_write(site->store, ES_AS_OWNER, make_table, NULL, err));
    ES_TRY(es_keyring_create(site->store, &master, &clock, &random, err));
    ES_TRY(open_keys_and_set_logs(site, err));
    for (size_t i = 0; i < site->log_count; i++)
        ES_TRY(es_ledger_create(&site->logs[i].config, err));
    return ES_OK;
}

/* ---- at work ---- */

bool site_is_dead(struct site *site, char *why, size_t room)
{
    for (size_t i = 0; i < site->log_count; i++) {
        struct es_ledger_state state;

        es_ledger_state(site->logs[i].ledger, &state);
        if (!state.frozen)
            continue;
        if (why != NULL)
            (void) snprintf(why, room, "%s", state.why);
        return true;
    }
    return false;
}

es_status site_find(struct log *log, const uint8_t id[16], bool *signed_, uint64_t *index,
                    struct es_error *err)
{
    struct es_log_place place = {0};

    *signed_ = false;
    ES_TRY(es_ledger_find(log->ledger, id, signed_, &place, err));
    *index = place.index;
    return ES_OK;
}

/* ---- closing ---- */

void site_close_logs(struct site *site)
{
    for (size_t i = 0; i < site->log_count; i++)
        es_ledger_close(ES_TAKE(site->logs[i].ledger));
}

void site_close(struct site *site)
{
    site_close_logs(site);
    for (size_t i = 0; i < site->log_count; i++)
        es_key_free(site->logs[i].key);
    es_keyring_free(site->keyring);
    es_store_free(site->store);
}
