/* What a disk may hold after a power cut in the middle of a trace. */
#ifndef IMAGE_H
#define IMAGE_H

#include "trace_vfs.h"

/** Repeatable numbers for one image. */
struct dice {
    uint64_t state;
};
uint64_t dice_roll(struct dice *dice, uint64_t below);

/**
 * Write into folder (which exists) the files as a cut after the first cut operations may leave
 * them: everything up to a file's last sync, and of what came later each operation whole, torn at
 * 512 or 4096 bytes, or not at all, in its order or in another.
 * @return 0, or -1 when a file cannot be written
 */
int image_write(const struct trace *trace, size_t cut, struct dice *dice, const char *folder);

#endif
