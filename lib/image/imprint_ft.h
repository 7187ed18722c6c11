/*
 * One FreeType library of our own, which notes when memory ran out, so that this is told from
 * "not a font". Include it before es_base.h: FreeType names functions that are refused there.
 */
#ifndef ES_IMPRINT_FT_H
#define ES_IMPRINT_FT_H

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_MODULE_H

#include "es_base.h"

struct es_ft {
    struct FT_MemoryRec_ memory;
    FT_Library library;
    bool nomem;
};
/** ft must stay where it is until it is cleared. */
ES_CHECKED es_status es_ft_init(struct es_ft *ft, struct es_error *err);
void es_ft_clear(struct es_ft *ft);
/** What a FreeType failure means: ES_E_NOMEM when memory ran out, else `otherwise`. */
es_status es_ft_failed(const struct es_ft *ft, es_status otherwise, const char *what,
                       struct es_error *err);
#endif
