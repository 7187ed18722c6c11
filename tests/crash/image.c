/*
 * Making an image: for each file the operations before its last sync are done as they are; those
 * after it are at the mercy of the cache. How much arrives is drawn anew for every image: nothing,
 * all, a prefix, or any part of any of them.
 */
#include "image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct content {
    uint8_t *bytes;
    size_t len, room;
    bool exists;
};

enum mercy { NOTHING, ALL, PREFIX, SOME, SHUFFLED, MERCY_COUNT };

uint64_t dice_roll(struct dice *dice, uint64_t below)
{
    uint64_t x = (dice->state += 0x9e3779b97f4a7c15u);

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return below == 0 ? 0 : x % below;
}

static int grow(struct content *c, size_t len)
{
    if (len > c->room) {
        size_t room = len * 2;
        uint8_t *bytes = realloc(c->bytes, room);

        if (bytes == NULL)
            return -1;
        c->bytes = bytes;
        c->room = room;
    }
    if (len > c->len) {
        memset(c->bytes + c->len, 0, len - c->len);
        c->len = len;
    }
    return 0;
}

static int put(struct content *c, int64_t at, const uint8_t *bytes, size_t len)
{
    if (grow(c, (size_t) at + len) != 0)
        return -1;
    memcpy(c->bytes + at, bytes, len);
    return 0;
}

static int apply(struct content *c, const struct trace_op *op)
{
    switch (op->kind) {
    case TRACE_CREATE: /* the default VFS calls an empty file absent: nothing is cut here */
        c->exists = true;
        return 0;
    case TRACE_WRITE:
        c->exists = true;
        return put(c, op->at, op->bytes, op->len);
    case TRACE_TRUNCATE:
        if ((size_t) op->at > c->len)
            return grow(c, (size_t) op->at);
        c->len = (size_t) op->at;
        return 0;
    case TRACE_REMOVE:
        c->exists = false;
        c->len = 0;
        return 0;
    case TRACE_SYNC:
        return 0;
    }
    return 0;
}

/* Sectors of a write that arrive, others do not. */
static int apply_torn(struct content *c, const struct trace_op *op, struct dice *dice)
{
    size_t sector = dice_roll(dice, 2) == 0 ? 512 : 4096;

    for (size_t from = 0; from < op->len;) {
        size_t edge = ((size_t) op->at + from) / sector * sector + sector;
        size_t len = edge - ((size_t) op->at + from);

        len = len > op->len - from ? op->len - from : len;
        if (dice_roll(dice, 2) == 0 && put(c, op->at + (int64_t) from, op->bytes + from, len) != 0)
            return -1;
        from += len;
    }
    return 0;
}

static int apply_or_not(struct content *c, const struct trace_op *op, struct dice *dice)
{
    uint64_t luck = dice_roll(dice, 4);

    if (luck == 0)
        return 0;
    if (luck == 1 && op->kind == TRACE_WRITE && c->exists)
        return apply_torn(c, op, dice);
    return apply(c, op);
}

static void shuffle(const struct trace_op **ops, size_t count, struct dice *dice)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t) dice_roll(dice, i);
        const struct trace_op *swap = ops[i - 1];

        ops[i - 1] = ops[j];
        ops[j] = swap;
    }
}

static int apply_pending(struct content *c, const struct trace_op **ops, size_t count,
                         struct dice *dice)
{
    enum mercy mercy = (enum mercy) dice_roll(dice, MERCY_COUNT);
    size_t keep = mercy == PREFIX ? (size_t) dice_roll(dice, count + 1) : count;
    int rc = 0;

    if (mercy == NOTHING)
        return 0;
    if (mercy == SHUFFLED)
        shuffle(ops, count, dice);
    for (size_t i = 0; i < keep && rc == 0; i++) {
        if (mercy == ALL || (mercy == PREFIX && i + 1 < keep))
            rc = apply(c, ops[i]);
        else
            rc = apply_or_not(c, ops[i], dice);
    }
    return rc;
}

/* Done for sure, and what is open, for one file. */
static int build(const struct trace *trace, size_t cut, unsigned file, struct dice *dice,
                 struct content *c)
{
    const struct trace_op **pending = malloc((cut + 1) * sizeof *pending);
    size_t last_sync = 0, count = 0;
    bool synced = false;
    int rc = 0;

    if (pending == NULL)
        return -1;
    for (size_t i = 0; i < cut; i++)
        if (trace->ops[i].file == file && trace->ops[i].kind == TRACE_SYNC) {
            last_sync = i;
            synced = true;
        }
    for (size_t i = 0; i < cut && rc == 0; i++) {
        if (trace->ops[i].file != file)
            continue;
        if (synced && i < last_sync)
            rc = apply(c, &trace->ops[i]);
        else
            pending[count++] = &trace->ops[i];
    }
    if (rc == 0)
        rc = apply_pending(c, pending, count, dice);
    free(pending);
    return rc;
}

static int save(const char *folder, const char *name, const struct content *c)
{
    char path[4096];
    FILE *out;
    bool good;

    (void) snprintf(path, sizeof path, "%s/%s", folder, name);
    (void) remove(path);
    if (!c->exists)
        return 0;
    out = fopen(path, "wb");
    if (out == NULL)
        return -1;
    good = c->len == 0 || fwrite(c->bytes, 1, c->len, out) == c->len;
    return fclose(out) == 0 && good ? 0 : -1;
}

int image_write(const struct trace *trace, size_t cut, struct dice *dice, const char *folder)
{
    for (unsigned file = 0; file < trace->file_count; file++) {
        struct content c = {0};
        int rc = build(trace, cut, file, dice, &c);

        if (rc == 0)
            rc = save(folder, trace->names[file], &c);
        free(c.bytes);
        if (rc != 0)
            return -1;
    }
    return 0;
}
