/* Property: lines of a journal that is read are lines of the file, in order; what follows the last
 * line end is torn, and a journal cut there reads the same. */
#include <stdlib.h>
#include <unistd.h>

#include "es_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
    struct es_span rest;
    size_t lines;
};

static es_status next_line(void *ctx, const struct es_journal_line *line, struct es_error *err)
{
    struct walk *walk = ctx;

    (void) err;
    ES_BUG_ON(walk->rest.len <= line->line.len || walk->rest.ptr[line->line.len] != '\n');
    ES_BUG_ON(!es_span_equal(es_span_sub(walk->rest, 0, line->line.len), line->line));
    walk->rest = es_span_sub(walk->rest, line->line.len + 1, walk->rest.len);
    walk->lines++;
    return ES_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/fuzz-journal-XXXXXX";
    struct walk walk = {.rest = es_span_of(data, size)}, again;
    bool torn = false;
    int fd = mkstemp(path);

    ES_BUG_ON(fd < 0 || write(fd, data, size) != (ssize_t) size);
    if (es_journal_each(path, &torn, next_line, &walk, NULL) == ES_OK) {
        ES_BUG_ON(torn != (walk.rest.len > 0));
        ES_BUG_ON(ftruncate(fd, (off_t) (size - walk.rest.len)) != 0);
        again = (struct walk){.rest = es_span_of(data, size - walk.rest.len)};
        ES_BUG_ON(es_journal_each(path, &torn, next_line, &again, NULL) != ES_OK);
        ES_BUG_ON(torn || again.lines != walk.lines);
    }
    (void) close(fd);
    (void) unlink(path);
    return 0;
}
