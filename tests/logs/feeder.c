/*
 * feeder FOLDER: a status log kept for a test that tells it what happens, a line of standard
 * input each, over the store ESEAL_STORE_URL names or a SQLite file. Answers a line each:
 *
 *   clock MS                            the clock of the log          ok
 *   state KEY STATUS REASON EFFECTIVE   a change, not waited for      ok, or the error's name
 *   wait                                for the last change           size N
 *   prove KEY FILE                      its seal-status proof         ok, or the error's name
 *   export NAME                         close, bundle into NAME       ok
 *   policy                              whom to believe               log ORIGIN KEY
 *
 * Keys are 64 hex digits; all seals are good from 5 ms to 9 000 000 000 000 ms.
 */
#include "es_ledger_read.h"
#include "keep_fixture.h"

struct feeder {
    struct keep_fixture log;
    struct es_ticket *last;
};

static void say_status(es_status status)
{
    (void) printf("%s\n", status == ES_OK ? "ok" : es_status_name(status));
}

static struct es_log_hash read_key(const char *text)
{
    struct es_log_hash key;

    for (size_t i = 0; i < sizeof key.b; i++) {
        unsigned byte = 0;

        assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
        key.b[i] = (uint8_t) byte;
    }
    return key;
}

static void add_state(struct feeder *f, const char *line)
{
    struct es_status_event event = {.valid_from_ms = 5, .valid_until_ms = 9000000000000};
    struct es_ticket *ticket = NULL;
    unsigned long long effective_ms = 0;
    unsigned status = 0, reason = 0;
    char key[65];
    es_status added;

    assert_int_equal(sscanf(line, "%64s %u %u %llu", key, &status, &reason, &effective_ms), 4);
    event.map_key = read_key(key);
    event.status = (uint8_t) status;
    event.reason = (uint8_t) reason;
    event.effective_ms = effective_ms;
    added = keep_add_state(&f->log, &event, &ticket, NULL);
    if (added == ES_OK) {
        es_ticket_free(f->last);
        f->last = ticket;
    }
    say_status(added);
}

static void wait_last(struct feeder *f)
{
    struct es_log_place place = {0};

    assert_int_equal(es_ledger_wait(f->log.ledger, f->last, KEEP_TIMEOUT_MS, &place, NULL), ES_OK);
    (void) printf("size %llu\n", (unsigned long long) place.size);
}

static void prove(struct feeder *f, const char *line)
{
    ES_AUTO(es_buf) proof = ES_BUF_INIT(ES_STATUS_PROOF_MAX);
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    char key[65], path[512];
    struct es_log_hash hash;
    es_status status;

    assert_int_equal(sscanf(line, "%64s %511s", key, path), 2);
    hash = read_key(key);
    assert_int_equal(es_log_reader_open(f->log.store, ES_LOG_STATUS, 0, &reader, NULL), ES_OK);
    status = es_log_prove_status(reader, &hash, 0, &proof, NULL);
    if (status == ES_OK)
        status = es_file_write(path, es_buf_span(&proof), 0600, true, NULL);
    say_status(status);
}

static void export(struct feeder *f, const char *folder)
{
    const struct es_log_export options = {.journal = f->log.journal};
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    uint64_t entries = 0;

    keep_close(&f->log);
    assert_int_equal(es_log_reader_open(f->log.store, ES_LOG_STATUS, 0, &reader, NULL), ES_OK);
    say_status(es_log_export(reader, folder, &options, &entries, NULL));
}

static void tell_policy(struct feeder *f)
{
    ES_AUTO(es_buf) line = ES_BUF_INIT(4096);

    assert_int_equal(
        es_log_policy_line("log", KEEP_HOST "/status/1", es_key_public(f->log.key), &line, NULL),
        ES_OK);
    (void) printf("%.*s", ES_SPAN_ARG(es_buf_span(&line)));
}

static void obey(struct feeder *f, char *line)
{
    char *rest = strchr(line, ' ');

    line[strcspn(line, "\n")] = '\0';
    if (rest != NULL)
        *rest++ = '\0';
    if (strcmp(line, "wait") == 0) {
        wait_last(f);
    } else if (strcmp(line, "policy") == 0) {
        tell_policy(f);
    } else if (strcmp(line, "clock") == 0) {
        assert_non_null(rest);
        atomic_store(&f->log.now_ms, strtoll(rest, NULL, 10));
        say_status(ES_OK);
    } else if (strcmp(line, "state") == 0) {
        add_state(f, rest);
    } else if (strcmp(line, "prove") == 0) {
        prove(f, rest);
    } else {
        assert_string_equal(line, "export");
        export(f, rest);
    }
}

int main(int argc, char **argv)
{
    struct feeder f = {.last = NULL};
    char line[1024];

    if (argc != 2)
        return 64;
    keep_fixture_at(&f.log, ES_LOG_STATUS, argv[1], true);
    atomic_store(&f.log.now_ms, 1772323200000);
    keep_open(&f.log);
    (void) setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL)
        obey(&f, line);
    es_ticket_free(f.last);
    keep_fixture_close(&f.log);
    return 0;
}
