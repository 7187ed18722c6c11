/* What only a folder can do wrong: modes, links in the way, full disks, leftovers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define ABC "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"

struct fixture {
    char folder[64], root[96], where[128];
    struct es_blobs *blobs;
};

static int setup(void **state)
{
    const char *base = getenv("TMPDIR");
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    (void) snprintf(f->folder, sizeof f->folder, "%.40s/es-blob-XXXXXX",
                    base == NULL || strlen(base) > 40 ? "/tmp" : base);
    assert_non_null(mkdtemp(f->folder));
    (void) snprintf(f->root, sizeof f->root, "%s/objects", f->folder);
    (void) snprintf(f->where, sizeof f->where, "folder:%s", f->root);
    assert_int_equal(es_blobs_open(f->where, &f->blobs, NULL), ES_OK);
    *state = f;
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) type;
    (void) at;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_blobs_free(f->blobs);
    assert_int_equal(nftw(f->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(f);
    return 0;
}

static const char *path_of(const struct fixture *f, const char *below)
{
    static char path[256];

    (void) snprintf(path, sizeof path, "%s/%s", f->root, below);
    return path;
}

static es_status put_abc(struct fixture *f)
{
    struct es_source source = es_source_memory(es_span_str("abc"));
    char name[ES_BLOB_NAME_LEN + 1];

    return es_blob_put(f->blobs, &source, name, NULL);
}

static es_status open_abc(struct fixture *f)
{
    ES_AUTO(es_source) source = {.fd = -1};

    return es_blob_open(f->blobs, ABC, &source, NULL);
}

static unsigned entries;
static int count_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) path;
    (void) st;
    (void) type;
    (void) at;
    entries++;
    return 0;
}

/* Everything below the root, the root included. */
static unsigned count_entries(const struct fixture *f)
{
    entries = 0;
    assert_int_equal(nftw(f->root, count_entry, 16, FTW_PHYS), 0);
    return entries;
}

static void a_path_is_needed(void **state)
{
    struct es_blobs *blobs = NULL;

    (void) state;
    assert_int_equal(es_blobs_open("folder:", &blobs, NULL), ES_E_CONFIG);
    assert_int_equal(es_blobs_open("folder", &blobs, NULL), ES_E_CONFIG);
    assert_int_equal(es_blobs_open("", &blobs, NULL), ES_E_CONFIG);
    assert_int_equal(es_blobs_open("tape:/dev/st0", &blobs, NULL), ES_E_CONFIG);
    assert_null(blobs);
}

static void a_folder_whose_parent_is_missing_is_not_made(void **state)
{
    struct fixture *f = *state;
    struct es_blobs *blobs = NULL;
    char where[256];

    (void) snprintf(where, sizeof where, "folder:%s/missing/objects", f->folder);
    assert_int_equal(es_blobs_open(where, &blobs, NULL), ES_E_WRITE);
    (void) snprintf(where, sizeof where, "%s/missing", f->folder);
    assert_int_equal(access(where, F_OK), -1);
}

static void a_file_is_no_folder_for_objects(void **state)
{
    struct fixture *f = *state;
    struct es_blobs *blobs = NULL;
    char where[256];

    assert_int_equal(es_file_write(path_of(f, "file"), es_span_str("x"), 0600, false, NULL), ES_OK);
    (void) snprintf(where, sizeof where, "folder:%s/file", f->root);
    assert_int_equal(es_blobs_open(where, &blobs, NULL), ES_E_IO);
}

static void files_are_0600_and_folders_0700(void **state)
{
    static const char *const paths[] = {"", "66", "66/c7", "66/c7/" ABC};
    struct fixture *f = *state;
    struct stat st;

    assert_int_equal(put_abc(f), ES_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(stat(path_of(f, paths[i]), &st), 0);
        assert_int_equal(st.st_mode & 07777, i == 3 ? 0600 : 0700);
    }
    assert_int_equal(count_entries(f), 4);
}

static void a_link_in_the_place_of_an_object_is_refused(void **state)
{
    struct fixture *f = *state;
    char elsewhere[128];
    bool found;

    (void) snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", f->folder);
    assert_int_equal(es_file_write(elsewhere, es_span_str("abc"), 0600, false, NULL), ES_OK);
    assert_int_equal(put_abc(f), ES_OK);
    assert_int_equal(unlink(path_of(f, "66/c7/" ABC)), 0);
    assert_int_equal(symlink(elsewhere, path_of(f, "66/c7/" ABC)), 0);
    assert_int_equal(open_abc(f), ES_E_INTEGRITY);
    assert_int_equal(put_abc(f), ES_E_INTEGRITY);
    assert_int_equal(es_blob_exists(f->blobs, ABC, &found, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_blob_remove(f->blobs, ABC, NULL), ES_OK);
    assert_int_equal(access(elsewhere, F_OK), 0);
    assert_int_equal(put_abc(f), ES_OK);
}

static void a_link_in_the_place_of_a_level_is_refused(void **state)
{
    struct fixture *f = *state;
    char elsewhere[128];
    bool found;

    (void) snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", f->folder);
    assert_int_equal(mkdir(elsewhere, 0700), 0);
    assert_int_equal(symlink(elsewhere, path_of(f, "66")), 0);
    assert_int_equal(put_abc(f), ES_E_INTEGRITY);
    assert_int_equal(open_abc(f), ES_E_INTEGRITY);
    assert_int_equal(es_blob_exists(f->blobs, ABC, &found, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_blob_remove(f->blobs, ABC, NULL), ES_E_INTEGRITY);
    assert_int_equal(rmdir(elsewhere), 0); /* nothing came there */
}

static void a_pipe_or_folder_in_the_place_of_an_object_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir(path_of(f, "66"), 0700), 0);
    assert_int_equal(mkdir(path_of(f, "66/c7"), 0700), 0);
    assert_int_equal(mkfifo(path_of(f, "66/c7/" ABC), 0600), 0);
    assert_int_equal(open_abc(f), ES_E_INTEGRITY);
    assert_int_equal(put_abc(f), ES_E_INTEGRITY);
    assert_int_equal(unlink(path_of(f, "66/c7/" ABC)), 0);
    assert_int_equal(mkdir(path_of(f, "66/c7/" ABC), 0700), 0);
    assert_int_equal(open_abc(f), ES_E_INTEGRITY);
    assert_int_equal(es_blob_remove(f->blobs, ABC, NULL), ES_E_WRITE);
}

static void a_file_longer_than_any_object_is_refused_unread(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(put_abc(f), ES_OK);
    assert_int_equal(truncate(path_of(f, "66/c7/" ABC), (off_t) ES_BLOB_MAX + 1), 0);
    assert_int_equal(open_abc(f), ES_E_INTEGRITY);
}

static void a_write_that_fails_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    static uint8_t big[100000];
    struct es_source source = es_source_memory(es_span_of(big, sizeof big));
    char name[ES_BLOB_NAME_LEN + 1] = "unchanged";
    struct rlimit before, small;
    es_status status;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 65536, .rlim_max = before.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    status = es_blob_put(f->blobs, &source, name, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, ES_E_WRITE);
    assert_string_equal(name, "unchanged");
    assert_int_equal(count_entries(f), 1);
    assert_int_equal(es_blob_put(f->blobs, &source, name, NULL), ES_OK);
}

static void without_unnamed_files_a_hidden_name_serves(void **state)
{
    struct fixture *f = *state;
    struct es_source source = es_source_memory(es_span_str("abc"));
    int root = open(f->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char name[ES_BLOB_NAME_LEN + 1];
    struct blob_temp temp;

    assert_int_equal(blob_temp_open_named(&temp, root, NULL), ES_OK);
    assert_int_equal(count_entries(f), 2);
    assert_int_equal(blob_temp_fill(&temp, &source, name, NULL), ES_OK);
    assert_string_equal(name, ABC);
    assert_int_equal(blob_temp_link(&temp, root, name, NULL), ES_OK);
    assert_int_equal(blob_temp_link(&temp, root, name, NULL), ES_E_EXISTS);
    blob_temp_clear(&temp);
    assert_int_equal(count_entries(f), 2);
    assert_int_equal(access(path_of(f, ABC), F_OK), 0);
    assert_int_equal(blob_temp_open_named(&temp, root, NULL), ES_OK);
    blob_temp_clear(&temp);
    assert_int_equal(count_entries(f), 2);
    (void) close(root);
}

static void a_folder_that_was_removed_takes_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(rmdir(f->root), 0);
    assert_int_equal(put_abc(f), ES_E_WRITE);
    assert_int_equal(open_abc(f), ES_E_ABSENT);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_needed),
        CASE(a_folder_whose_parent_is_missing_is_not_made),
        CASE(a_file_is_no_folder_for_objects),
        CASE(files_are_0600_and_folders_0700),
        CASE(a_link_in_the_place_of_an_object_is_refused),
        CASE(a_link_in_the_place_of_a_level_is_refused),
        CASE(a_pipe_or_folder_in_the_place_of_an_object_is_refused),
        CASE(a_file_longer_than_any_object_is_refused_unread),
        CASE(a_write_that_fails_leaves_nothing),
        CASE(without_unnamed_files_a_hidden_name_serves),
        CASE(a_folder_that_was_removed_takes_nothing),
    };

    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
