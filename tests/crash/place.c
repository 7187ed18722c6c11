/* Folders under $TMPDIR, removed at the end. */
#include "place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void place_make(struct place *place)
{
    const char *temp = getenv("TMPDIR");

    (void) snprintf(place->root, sizeof place->root, "%s/eseal-crash-XXXXXX",
                    temp == NULL ? "/tmp" : temp);
    assert_non_null(mkdtemp(place->root));
    (void) snprintf(place->live, sizeof place->live, "%s/live", place->root);
    (void) snprintf(place->image, sizeof place->image, "%s/image", place->root);
    assert_int_equal(mkdir(place->live, 0700), 0);
    assert_int_equal(mkdir(place->image, 0700), 0);
}

static void empty(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[PLACE_MAX + 300];

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        (void) snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void) remove(path);
    }
    (void) closedir(dir);
}

void place_empty(const struct place *place)
{
    empty(place->image);
}

static int see_answer(void *ctx, int count, char **values, char **names)
{
    bool *sound = ctx;

    (void) names;
    *sound = count == 1 && values[0] != NULL && strcmp(values[0], "ok") == 0;
    return 0;
}

bool place_sound(const struct place *place, const char *name)
{
    char path[PLACE_MAX + 64];
    sqlite3 *db = NULL;
    bool sound = false;

    (void) snprintf(path, sizeof path, "%s/%s", place->image, name);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        (void) sqlite3_exec(db, "PRAGMA integrity_check(1)", see_answer, &sound, NULL);
    (void) sqlite3_close(db);
    return sound;
}

void place_remove(const struct place *place)
{
    empty(place->image);
    empty(place->live);
    (void) rmdir(place->image);
    (void) rmdir(place->live);
    (void) rmdir(place->root);
}

unsigned place_number(const char *variable, unsigned absent)
{
    const char *text = getenv(variable);
    unsigned long value = text == NULL ? 0 : strtoul(text, NULL, 10);

    return value == 0 || value > 10000000 ? absent : (unsigned) value;
}
