/*
 * The journal of signed checkpoints: the memory that a restored database does not have. One JSON
 * line a checkpoint, written by one write() with O_APPEND and synced before anything is published.
 *
 * A last line without its end was never synced, so never published; it is cut off when the journal
 * is opened for appending. Whoever appends holds a lock on the file. After a failed write or sync
 * nothing is appended by this process: what the disk has of the line is not known.
 */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_ (2 * ES_CHECKPOINT_MAX)
#define PIECE 65536

/* ---- reading ---- */

struct reader {
    es_status (*each)(void *ctx, const struct es_journal_line *line, struct es_error *err);
    void *ctx;
    uint64_t number, end; /* lines read, bytes of whole lines */
};

static es_status parse_line(struct reader *r, struct es_span text, struct es_error *err)
{
    static const char *const members[] = {"t", "log", "note", NULL};
    ES_AUTO_PTR(es_json) json = NULL;
    struct es_journal_line line = {.line = text};
    const char *note = NULL;
    int64_t t = 0;

    ES_TRY(es_json_parse(text, LINE_MAX_, &json, err));
    ES_TRY(es_json_only(es_json_root(json), members, err));
    ES_TRY(es_json_int(es_json_root(json), "t", &t, err));
    ES_TRY(es_json_text(es_json_root(json), "log", &line.log, err));
    ES_TRY(es_json_text(es_json_root(json), "note", &note, err));
    ES_ENSURE(t >= 0, err, ES_E_FORMAT, "a time below zero");
    line.t_ms = (uint64_t) t;
    line.note = es_span_str(note);
    return r->each(r->ctx, &line, err);
}

static es_status take_line(struct reader *r, struct es_span text, struct es_error *err)
{
    es_status status = parse_line(r, text, err);

    r->number++;
    r->end += text.len + 1;
    return status == ES_OK ? ES_OK
                           : es_error_at(err, status == ES_E_LIMIT ? ES_E_FORMAT : status,
                                         "journal: line %llu", (unsigned long long) r->number);
}

/* Whole lines of what is read so far; the rest stays in the buffer. */
static es_status take_lines(struct reader *r, struct es_buf *text, struct es_error *err)
{
    struct es_span rest = es_buf_span(text);

    for (;;) {
        size_t end = es_span_find(rest, '\n');

        if (end == rest.len)
            break;
        ES_TRY(take_line(r, es_span_sub(rest, 0, end), err));
        rest = es_span_sub(rest, end + 1, rest.len);
    }
    ES_ENSURE(rest.len <= LINE_MAX_, err, ES_E_FORMAT, "journal: line %llu is too long",
              (unsigned long long) r->number + 1);
    if (rest.len > 0)
        memmove(text->ptr, rest.ptr, rest.len);
    text->len = rest.len;
    return ES_OK;
}

static es_status read_lines(int fd, struct reader *r, bool *torn, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(LINE_MAX_ + PIECE);

    for (;;) {
        uint8_t *room = es_buf_reserve(&text, PIECE);
        ssize_t got;

        if (room == NULL)
            return es_buf_check(&text, err);
        got = read(fd, room, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        ES_ENSURE(got >= 0, err, ES_E_IO, "journal: %s", strerror(errno));
        if (got == 0)
            break;
        text.len += (size_t) got;
        ES_TRY(take_lines(r, &text, err));
    }
    *torn = text.len > 0;
    return ES_OK;
}

es_status es_journal_each(const char *path, bool *torn,
                          es_status (*each)(void *ctx, const struct es_journal_line *line,
                                            struct es_error *err),
                          void *ctx, struct es_error *err)
{
    struct reader r = {.each = each, .ctx = ctx};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ignored = false;
    es_status status;

    ES_ENSURE(fd >= 0 || errno != ENOENT, err, ES_E_ABSENT, "journal %s is not there", path);
    ES_ENSURE(fd >= 0, err, ES_E_IO, "journal %s: %s", path, strerror(errno));
    status = read_lines(fd, &r, torn == NULL ? &ignored : torn, err);
    (void) close(fd);
    return status;
}

/* ---- the greatest checkpoint of one origin ---- */

struct search {
    const char *origin;
    struct keep_checkpoint *last;
};

static es_status look(void *ctx, const struct es_journal_line *line, struct es_error *err)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};
    struct search *search = ctx;

    ES_TRY(es_checkpoint_parse(line->note, &c, err));
    if (!es_span_is(c.origin, search->origin) || c.size < search->last->size)
        return ES_OK;
    ES_ENSURE(c.size > search->last->size || es_log_hash_equal(&c.root, &search->last->root), err,
              ES_E_INTEGRITY, "two roots for size %llu", (unsigned long long) c.size);
    return keep_checkpoint_set(search->last, c.size, &c.root, line->note, err);
}

/* ---- appending ---- */

static es_status sync_folder_of(const char *path, struct es_error *err)
{
    ES_AUTO(es_buf) folder = ES_BUF_INIT(4096);
    const char *slash = strrchr(path, '/');
    const char *name;
    int fd, failed;

    if (slash == NULL)
        es_buf_put_str(&folder, ".");
    else
        es_buf_put(&folder, path, slash == path ? 1 : (size_t) (slash - path));
    name = es_buf_cstr(&folder);
    if (name == NULL)
        return es_buf_check(&folder, err);
    fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ES_ENSURE(fd >= 0, err, ES_E_WRITE, "journal: folder %s: %s", name, strerror(errno));
    failed = fsync(fd) != 0 ? errno : 0;
    (void) close(fd);
    ES_ENSURE(failed == 0, err, ES_E_WRITE, "journal: folder %s: %s", name, strerror(failed));
    return ES_OK;
}

es_status keep_journal_create(const char *path, struct es_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    int failed;

    if (fd < 0 && errno == EEXIST)
        return ES_OK;
    ES_ENSURE(fd >= 0, err, ES_E_WRITE, "journal %s: %s", path, strerror(errno));
    failed = fsync(fd) != 0 ? errno : 0;
    (void) close(fd);
    ES_ENSURE(failed == 0, err, ES_E_WRITE, "journal %s: %s", path, strerror(failed));
    return sync_folder_of(path, err);
}

static es_status cut_torn(int fd, uint64_t end, struct es_error *err)
{
    ES_ENSURE(ftruncate(fd, (off_t) end) == 0, err, ES_E_WRITE,
              "journal: cannot cut off a torn line: %s", strerror(errno));
    ES_ENSURE(fsync(fd) == 0, err, ES_E_AUDIT, "journal: sync: %s", strerror(errno));
    return ES_OK;
}

static es_status load(struct keep_journal *journal, const char *origin, struct es_error *err)
{
    struct search search = {.origin = origin, .last = &journal->last};
    struct reader r = {.each = look, .ctx = &search};
    bool torn = false;

    ES_TRY(read_lines(journal->fd, &r, &torn, err));
    if (torn)
        return cut_torn(journal->fd, r.end, err);
    /* Who wrote the last line may have died before the sync; it is published from here on. */
    ES_ENSURE(fdatasync(journal->fd) == 0, err, ES_E_AUDIT, "journal: sync: %s", strerror(errno));
    return ES_OK;
}

es_status keep_journal_open(const char *path, const char *origin, struct keep_journal *out,
                            struct es_error *err)
{
    es_status status;

    *out = (struct keep_journal){.fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC)};
    ES_ENSURE(out->fd >= 0 || errno != ENOENT, err, ES_E_ABSENT, "journal %s is not there", path);
    ES_ENSURE(out->fd >= 0, err, ES_E_WRITE, "journal %s: %s", path, strerror(errno));
    if (flock(out->fd, LOCK_EX | LOCK_NB) != 0)
        status = es_error_set(err, ES_E_CONFLICT, "journal %s: somebody else appends to it", path);
    else
        status = load(out, origin, err);
    if (status != ES_OK)
        keep_journal_clear(out);
    return status;
}

static es_status put_line(const char *log, uint64_t now_ms, struct es_span note, struct es_buf *out,
                          struct es_error *err)
{
    struct es_json_out json = {.buf = out, .comma = false};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "t", (int64_t) now_ms);
    es_json_pair_text(&json, "log", log);
    es_json_key(&json, "note");
    es_json_put_span(&json, note);
    es_json_end_object(&json);
    es_buf_put_byte(out, '\n');
    return es_buf_check(out, err);
}

/* Lines of a file that has no name any more would be gone with this process. */
static es_status check_named(int fd, struct es_error *err)
{
    struct stat st;

    ES_ENSURE(fstat(fd, &st) == 0, err, ES_E_AUDIT, "journal: %s", strerror(errno));
    ES_ENSURE(st.st_nlink > 0, err, ES_E_AUDIT, "journal: the file was removed");
    return ES_OK;
}

es_status keep_journal_append(struct keep_journal *journal, const char *log, uint64_t now_ms,
                              const struct keep_checkpoint *c, struct es_error *err)
{
    ES_AUTO(es_buf) line = ES_BUF_INIT(LINE_MAX_);
    ES_AUTO(keep_checkpoint) next = {.size = 0};
    ssize_t put;

    ES_ENSURE(!journal->failed, err, ES_E_AUDIT, "journal: it failed before");
    ES_BUG_ON(c->size < journal->last.size);
    ES_TRY(put_line(log, now_ms, es_buf_span(&c->note), &line, err));
    ES_TRY(keep_checkpoint_set(&next, c->size, &c->root, es_buf_span(&c->note), err));
    journal->failed = true; /* from here on nothing but the file decides */
    ES_TRY(check_named(journal->fd, err));
    put = write(journal->fd, line.ptr, line.len);
    ES_ENSURE(put >= 0, err, ES_E_AUDIT, "journal: %s", strerror(errno));
    ES_ENSURE((size_t) put == line.len, err, ES_E_AUDIT, "journal: %zd of %zu bytes written", put,
              line.len);
    ES_ENSURE(fdatasync(journal->fd) == 0, err, ES_E_AUDIT, "journal: sync: %s", strerror(errno));
    keep_checkpoint_clear(&journal->last);
    journal->last = next;
    next = (struct keep_checkpoint){.size = 0};
    journal->failed = false;
    return ES_OK;
}

void keep_journal_clear(struct keep_journal *journal)
{
    if (journal->fd >= 0)
        (void) close(journal->fd);
    journal->fd = -1;
    keep_checkpoint_clear(&journal->last);
}
