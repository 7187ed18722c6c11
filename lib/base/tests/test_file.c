/*
 * Files: sources and their ranges, output that appears whole or not at all, nothing left behind.
 * Each test works in a fresh folder, which must hold only what the test expects at its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_base.h"

static int rename_errno; /* what renameat2 fails with; 0: it works */
int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);

int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    if (rename_errno == 0)
        return __real_renameat2(from_fd, from, to_fd, to, flags);
    errno = rename_errno;
    return -1;
}

struct fixture {
    char folder[64];
    char path[96];
    struct es_buf names; /* of the folder, each behind a blank */
};

static es_status add_name(void *ctx, const char *name, struct es_error *err)
{
    struct fixture *f = ctx;

    es_buf_printf(&f->names, " %s", name);
    return es_buf_check(&f->names, err);
}

/* Hidden files would escape es_dir_each, but a temporary name begins like its target. */
static void assert_folder_holds(struct fixture *f, const char *names)
{
    es_buf_reset(&f->names);
    assert_int_equal(es_dir_each(f->folder, add_name, f, NULL), ES_OK);
    assert_string_equal(es_buf_cstr(&f->names), names);
}

static void assert_file_holds(const char *path, const char *text)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(1000);

    assert_int_equal(es_file_read(path, &buf, NULL), ES_OK);
    assert_true(es_span_is(es_buf_span(&buf), text));
}

static es_status write_text(const char *path, const char *text, bool force)
{
    return es_file_write(path, es_span_str(text), 0644, force, NULL);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    (void) snprintf(f->folder, sizeof f->folder, "/tmp/eseal-test-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return -1;
    (void) snprintf(f->path, sizeof f->path, "%s/out", f->folder);
    es_buf_init(&f->names, 1000);
    rename_errno = 0;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    (void) unlink(f->path);
    (void) rmdir(f->path);
    if (rmdir(f->folder) != 0)
        return -1; /* something was left */
    es_buf_clear(&f->names);
    free(f);
    return 0;
}

/* ---- sources ---- */

static void ranges_outside_a_source_are_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_source) file = {.fd = -1};
    struct es_source memory = es_source_memory(es_span_str("0123456789"));
    const struct es_source *both[] = {&file, &memory};
    uint8_t out[16];

    assert_int_equal(write_text(f->path, "0123456789", false), ES_OK);
    assert_int_equal(es_source_open(&file, f->path, 0, NULL), ES_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(es_source_read(both[i], 0, out, 11, NULL), ES_E_IO);
        assert_int_equal(es_source_read(both[i], 10, out, 1, NULL), ES_E_IO);
        assert_int_equal(es_source_read(both[i], 11, out, 0, NULL), ES_E_IO);
        assert_int_equal(es_source_read(both[i], UINT64_MAX, out, 1, NULL), ES_E_IO);
        assert_int_equal(es_source_read(both[i], 5, out, SIZE_MAX, NULL), ES_E_IO);
    }
}

static void ranges_inside_a_source_are_read(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_source) file = {.fd = -1};
    struct es_source memory = es_source_memory(es_span_str("0123456789"));
    const struct es_source *both[] = {&file, &memory};
    uint8_t out[16];

    assert_int_equal(write_text(f->path, "0123456789", false), ES_OK);
    assert_int_equal(es_source_open(&file, f->path, 10, NULL), ES_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(both[i]->len, 10);
        assert_int_equal(es_source_read(both[i], 7, out, 3, NULL), ES_OK);
        assert_memory_equal(out, "789", 3);
        assert_int_equal(es_source_read(both[i], 0, out, 10, NULL), ES_OK);
        assert_memory_equal(out, "0123456789", 10);
        assert_int_equal(es_source_read(both[i], 10, NULL, 0, NULL), ES_OK);
    }
}

static void a_source_that_became_shorter_is_told(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_source) file = {.fd = -1};
    uint8_t out[16];

    assert_int_equal(write_text(f->path, "0123456789", false), ES_OK);
    assert_int_equal(es_source_open(&file, f->path, 0, NULL), ES_OK);
    assert_int_equal(truncate(f->path, 4), 0);
    assert_int_equal(es_source_read(&file, 0, out, 10, NULL), ES_E_IO);
    assert_int_equal(es_source_read(&file, 0, out, 4, NULL), ES_OK);
}

static void what_is_no_regular_file_is_no_source(void **state)
{
    struct fixture *f = *state;
    struct es_source src;
    struct es_error err = {0};

    assert_int_equal(es_source_open(&src, f->path, 0, &err), ES_E_ABSENT);
    assert_int_equal(src.fd, -1);
    assert_non_null(strstr(err.text, f->path));
    assert_int_equal(es_source_open(&src, f->folder, 0, NULL), ES_E_IO);
    assert_int_equal(src.fd, -1);
    assert_int_equal(mkfifo(f->path, 0600), 0);
    assert_int_equal(es_source_open(&src, f->path, 0, NULL), ES_E_IO); /* and does not wait */
    assert_int_equal(src.fd, -1);
}

static void a_source_past_its_maximum_is_refused(void **state)
{
    struct fixture *f = *state;
    struct es_source src;

    assert_int_equal(write_text(f->path, "0123456789", false), ES_OK);
    assert_int_equal(es_source_open(&src, f->path, 9, NULL), ES_E_LIMIT);
    assert_int_equal(src.fd, -1);
}

/* ---- whole files ---- */

static void a_file_past_the_buffer_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) buf = ES_BUF_INIT(9);
    struct es_error err = {0};

    assert_int_equal(write_text(f->path, "0123456789", false), ES_OK);
    assert_int_equal(es_file_read(f->path, &buf, &err), ES_E_LIMIT);
    assert_non_null(strstr(err.text, f->path));
}

static void what_cannot_be_read_is_told(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) buf = ES_BUF_INIT(100);
    char below[128];

    assert_int_equal(es_file_read(f->path, &buf, NULL), ES_E_ABSENT);
    assert_int_equal(es_file_read(f->folder, &buf, NULL), ES_E_IO);
    assert_int_equal(write_text(f->path, "x", false), ES_OK);
    (void) snprintf(below, sizeof below, "%s/below", f->path);
    assert_int_equal(es_file_read(below, &buf, NULL), ES_E_ABSENT);
}

static void a_hyphen_reads_standard_input(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) buf = ES_BUF_INIT(100);
    int saved = dup(STDIN_FILENO), fd;

    assert_int_equal(write_text(f->path, "piped", false), ES_OK);
    fd = open(f->path, O_RDONLY);
    assert_true(saved >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(es_file_read("-", &buf, NULL), ES_OK);
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    (void) close(saved);
    (void) close(fd);
    assert_true(es_span_is(es_buf_span(&buf), "piped"));
}

/* ---- output ---- */

static void an_existing_file_is_not_replaced_without_force(void **state)
{
    struct fixture *f = *state;
    struct es_error err = {0};

    assert_int_equal(write_text(f->path, "first", false), ES_OK);
    assert_int_equal(es_file_write(f->path, es_span_str("second"), 0644, false, &err), ES_E_EXISTS);
    assert_non_null(strstr(err.text, "--force replaces it"));
    assert_file_holds(f->path, "first");
    assert_folder_holds(f, " out");
}

static void with_force_an_existing_file_is_replaced_whole(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(write_text(f->path, "first and long", false), ES_OK);
    assert_int_equal(write_text(f->path, "second", true), ES_OK);
    assert_file_holds(f->path, "second");
    assert_folder_holds(f, " out");
}

static void the_old_file_stands_until_the_new_one_is_complete(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_outfile) out = {.fd = -1};
    ES_AUTO(es_source) reader = {.fd = -1};
    char text[3];

    assert_int_equal(write_text(f->path, "old", false), ES_OK);
    assert_int_equal(es_source_open(&reader, f->path, 0, NULL), ES_OK);
    assert_int_equal(es_outfile_open(&out, f->path, 0644, true, NULL), ES_OK);
    assert_int_equal(es_outfile_write(&out, es_span_str("ne"), NULL), ES_OK);
    assert_file_holds(f->path, "old");
    assert_int_equal(es_outfile_write(&out, es_span_str("w"), NULL), ES_OK);
    assert_int_equal(out.len, 3);
    assert_int_equal(es_outfile_commit(&out, NULL), ES_OK);
    assert_file_holds(f->path, "new");
    /* who has the old one open goes on reading it */
    assert_int_equal(es_source_read(&reader, 0, text, 3, NULL), ES_OK);
    assert_memory_equal(text, "old", 3);
}

static void without_commit_nothing_is_left(void **state)
{
    struct fixture *f = *state;
    struct es_outfile out;

    assert_int_equal(es_outfile_open(&out, f->path, 0644, false, NULL), ES_OK);
    assert_int_equal(es_outfile_write(&out, es_span_str("half"), NULL), ES_OK);
    es_outfile_clear(&out);
    es_outfile_clear(&out);
    assert_folder_holds(f, "");
}

static void a_file_that_appears_meanwhile_is_not_replaced(void **state)
{
    struct fixture *f = *state;
    struct es_outfile out;

    assert_int_equal(es_outfile_open(&out, f->path, 0644, false, NULL), ES_OK);
    assert_int_equal(write_text(f->path, "other", false), ES_OK);
    assert_int_equal(es_outfile_commit(&out, NULL), ES_E_EXISTS);
    es_outfile_clear(&out);
    assert_file_holds(f->path, "other");
    assert_folder_holds(f, " out");
}

static void two_writers_do_not_disturb_each_other(void **state)
{
    struct fixture *f = *state;
    struct es_outfile a, b;

    assert_int_equal(es_outfile_open(&a, f->path, 0644, true, NULL), ES_OK);
    assert_int_equal(es_outfile_open(&b, f->path, 0644, true, NULL), ES_OK);
    assert_int_equal(es_outfile_write(&a, es_span_str("from a"), NULL), ES_OK);
    assert_int_equal(es_outfile_write(&b, es_span_str("from b"), NULL), ES_OK);
    assert_int_equal(es_outfile_commit(&b, NULL), ES_OK);
    assert_int_equal(es_outfile_commit(&a, NULL), ES_OK);
    es_outfile_clear(&a);
    es_outfile_clear(&b);
    assert_file_holds(f->path, "from a");
    assert_folder_holds(f, " out");
}

static void a_missing_folder_is_told(void **state)
{
    struct fixture *f = *state;
    char path[128];

    (void) snprintf(path, sizeof path, "%s/none/out", f->folder);
    assert_int_equal(write_text(path, "x", false), ES_E_WRITE);
    assert_int_equal(write_text(path, "x", true), ES_E_WRITE);
    (void) snprintf(path, sizeof path, "%s/none/", f->folder);
    assert_int_equal(write_text(path, "x", false), ES_E_WRITE);
    assert_folder_holds(f, "");
}

static void a_folder_is_never_replaced(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_int_equal(write_text(f->path, "x", false), ES_E_EXISTS);
    assert_int_equal(write_text(f->path, "x", true), ES_E_WRITE);
    assert_folder_holds(f, " out");
}

static void a_link_to_nowhere_is_not_followed(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(symlink("nowhere", f->path), 0);
    assert_int_equal(write_text(f->path, "x", false), ES_E_EXISTS);
    assert_folder_holds(f, " out");
    assert_int_equal(write_text(f->path, "x", true), ES_OK);
    assert_folder_holds(f, " out");
    assert_file_holds(f->path, "x");
}

static void a_failed_rename_leaves_the_target_and_nothing_else(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(write_text(f->path, "old", false), ES_OK);
    rename_errno = EIO;
    assert_int_equal(write_text(f->path, "new", true), ES_E_WRITE);
    assert_file_holds(f->path, "old");
    assert_folder_holds(f, " out");
}

static void file_systems_without_exclusive_rename_work_too(void **state)
{
    struct fixture *f = *state;

    rename_errno = EINVAL;
    assert_int_equal(write_text(f->path, "first", false), ES_OK);
    assert_file_holds(f->path, "first");
    assert_folder_holds(f, " out");
}

static void nor_do_they_replace_what_appears_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct es_outfile out;

    assert_int_equal(es_outfile_open(&out, f->path, 0644, false, NULL), ES_OK);
    assert_int_equal(write_text(f->path, "other", false), ES_OK);
    rename_errno = ENOSYS;
    assert_int_equal(es_outfile_commit(&out, NULL), ES_E_EXISTS);
    es_outfile_clear(&out);
    assert_file_holds(f->path, "other");
    assert_folder_holds(f, " out");
}

static unsigned mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777u;
}

static void the_mode_is_the_one_asked_for_less_the_umask(void **state)
{
    struct fixture *f = *state;
    mode_t before = umask(022);

    assert_int_equal(es_file_write(f->path, es_span_str("x"), 0600, true, NULL), ES_OK);
    assert_int_equal(mode_of(f->path), 0600);
    assert_int_equal(es_file_write(f->path, es_span_str("x"), 0644, true, NULL), ES_OK);
    assert_int_equal(mode_of(f->path), 0644);
    (void) umask(077);
    assert_int_equal(es_file_write(f->path, es_span_str("x"), 0644, true, NULL), ES_OK);
    assert_int_equal(mode_of(f->path), 0600);
    (void) umask(before);
}

static void a_hyphen_writes_to_standard_output(void **state)
{
    struct fixture *f = *state;
    int saved = dup(STDOUT_FILENO);
    int fd = open(f->path, O_WRONLY | O_CREAT, 0600);
    es_status status;

    assert_true(saved >= 0 && fd >= 0);
    (void) fflush(stdout);
    assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    status = write_text("-", "to stdout", false);
    assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
    (void) close(saved);
    (void) close(fd);
    assert_int_equal(status, ES_OK);
    assert_file_holds(f->path, "to stdout");
}

static void a_closed_output_is_told(void **state)
{
    struct fixture *f = *state;
    struct es_outfile out;
    int fds[2];

    (void) f;
    assert_int_equal(pipe(fds), 0);
    (void) close(fds[0]);
    assert_int_equal(es_outfile_open(&out, f->path, 0644, false, NULL), ES_OK);
    assert_int_equal(dup2(fds[1], out.fd), out.fd);
    assert_int_equal(es_outfile_write(&out, es_span_str("x"), NULL), ES_E_WRITE);
    es_outfile_clear(&out);
    (void) close(fds[1]);
    assert_folder_holds(f, "");
}

/* ---- folders ---- */

static es_status stop_at_b(void *ctx, const char *name, struct es_error *err)
{
    int *count = ctx;

    (*count)++;
    ES_ENSURE(strcmp(name, "b") != 0, err, ES_E_RANGE, "stopped at b");
    return ES_OK;
}

static void names_come_sorted_without_hidden_ones(void **state)
{
    static const char *const names[] = {"b", "a", ".hidden", "C", "\xe7\xab\xa0", "aa"};
    struct fixture *f = *state;
    char path[128];
    int count = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void) snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        assert_int_equal(write_text(path, "", false), ES_OK);
    }
    assert_folder_holds(f, " C a aa b \xe7\xab\xa0");
    assert_int_equal(es_dir_each(f->folder, stop_at_b, &count, NULL), ES_E_RANGE);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void) snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        (void) unlink(path);
    }
}

static void a_folder_that_is_none_is_told(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(es_dir_each(f->path, add_name, f, NULL), ES_E_ABSENT);
    assert_int_equal(write_text(f->path, "", false), ES_OK);
    assert_int_equal(es_dir_each(f->path, add_name, f, NULL), ES_E_ABSENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ranges_outside_a_source_are_refused),
        TEST(ranges_inside_a_source_are_read),
        TEST(a_source_that_became_shorter_is_told),
        TEST(what_is_no_regular_file_is_no_source),
        TEST(a_source_past_its_maximum_is_refused),
        TEST(a_file_past_the_buffer_is_refused),
        TEST(what_cannot_be_read_is_told),
        TEST(a_hyphen_reads_standard_input),
        TEST(an_existing_file_is_not_replaced_without_force),
        TEST(with_force_an_existing_file_is_replaced_whole),
        TEST(the_old_file_stands_until_the_new_one_is_complete),
        TEST(without_commit_nothing_is_left),
        TEST(a_file_that_appears_meanwhile_is_not_replaced),
        TEST(two_writers_do_not_disturb_each_other),
        TEST(a_missing_folder_is_told),
        TEST(a_folder_is_never_replaced),
        TEST(a_link_to_nowhere_is_not_followed),
        TEST(a_failed_rename_leaves_the_target_and_nothing_else),
        TEST(file_systems_without_exclusive_rename_work_too),
        TEST(nor_do_they_replace_what_appears_meanwhile),
        TEST(the_mode_is_the_one_asked_for_less_the_umask),
        TEST(a_hyphen_writes_to_standard_output),
        TEST(a_closed_output_is_told),
        TEST(names_come_sorted_without_hidden_ones),
        TEST(a_folder_that_is_none_is_told),
    };

    (void) signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
