/* Arenas: blocks of growing size, handed out from the front, freed all at once. */
#include "es_base.h"

#include <stdarg.h>

#define BLOCK_MIN 4096u
#define BLOCK_MAX (256u * 1024u)

struct es_arena_block {
    struct es_arena_block *next;
    size_t cap;
    size_t used;
    max_align_t data[];
};

void es_arena_init(struct es_arena *arena, size_t max)
{
    *arena = (struct es_arena){.blocks = NULL, .used = 0, .max = max};
}

void es_arena_clear(struct es_arena *arena)
{
    while (arena->blocks != NULL) {
        struct es_arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
}

static struct es_arena_block *new_block(struct es_arena *arena, size_t len)
{
    size_t cap = arena->blocks == NULL ? BLOCK_MIN : arena->blocks->cap * 2;
    struct es_arena_block *block;

    if (cap > BLOCK_MAX)
        cap = BLOCK_MAX;
    if (cap < len)
        cap = len;
    block = malloc(sizeof *block + cap);
    if (block == NULL)
        return NULL;
    block->cap = cap;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *es_arena_alloc(struct es_arena *arena, size_t len)
{
    const size_t align = sizeof(max_align_t);
    struct es_arena_block *block = arena->blocks;
    size_t rounded;
    uint8_t *out;

    if (len > SIZE_MAX / 4)
        return NULL;
    rounded = len == 0 ? align : (len + align - 1) / align * align;
    if (arena->max != 0 && (arena->used > arena->max || rounded > arena->max - arena->used))
        return NULL;
    if (block == NULL || block->cap - block->used < rounded)
        block = new_block(arena, rounded);
    if (block == NULL)
        return NULL;
    out = (uint8_t *) block->data + block->used;
    block->used += rounded;
    arena->used += rounded;
    memset(out, 0, rounded);
    return out;
}

char *es_arena_text(struct es_arena *arena, struct es_span s)
{
    char *out = s.len == SIZE_MAX ? NULL : es_arena_alloc(arena, s.len + 1);

    if (out != NULL && s.len > 0)
        memcpy(out, s.ptr, s.len);
    return out;
}

char *es_arena_printf(struct es_arena *arena, const char *format, ...)
{
    va_list args;
    char *out;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ES_BUG_ON(len < 0);
    out = es_arena_alloc(arena, (size_t) len + 1);
    if (out == NULL)
        return NULL;
    va_start(args, format);
    (void) vsnprintf(out, (size_t) len + 1, format, args);
    va_end(args);
    return out;
}
