/* What the tests of keys share: a fresh store (ESEAL_STORE_URL, else a new SQLite file), a master
 * key, a clock, and a look at the table past the keyring. */
#ifndef ES_KEYRING_TEST_H
#define ES_KEYRING_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_keyring.h"

#define TEST_CREATED_S 1772352000

struct world {
    char folder[256];
    char path[300]; /* of the SQLite file; empty for another store */
    struct es_store *store;
    struct es_secret master, other;
    int64_t now_s;
    struct es_clock clock;
    struct es_random random;
    struct es_keyring *keyring; /* open, after world_keys */
};

/** For cmocka: a world without keys, and one with keys created and opened. */
int world_setup(void **state);
int world_setup_keys(void **state);
int world_teardown(void **state);
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
#define WITH_KEYS(test) cmocka_unit_test_setup_teardown(test, world_setup_keys, world_teardown)

/** A statement without values, as owner of the tables. */
void world_run(struct world *w, const char *sql);
/** How many rows the table has. */
int64_t world_count(struct world *w);
/** One row's wrapped key and its time; the length is returned. */
size_t world_row(struct world *w, int64_t purpose, int64_t version, uint8_t out[128],
                 int64_t *created_ms);
/** Replace a row's wrapped key. */
void world_put(struct world *w, int64_t purpose, int64_t version, struct es_span wrapped);
/** Open anew under a master. */
es_status world_open(struct world *w, const struct es_secret *master);

#endif
