/* FreeType with memory functions that remember their failures. */
#include "imprint_ft.h"

static void *ft_alloc(FT_Memory memory, long size)
{
    struct es_ft *ft = memory->user;
    void *p = malloc(size > 0 ? (size_t) size : 1);

    ft->nomem = ft->nomem || p == NULL;
    return p;
}

static void ft_free(FT_Memory memory, void *p)
{
    (void) memory;
    free(p);
}

static void *ft_realloc(FT_Memory memory, long old_size, long size, void *p)
{
    struct es_ft *ft = memory->user;
    void *q = realloc(p, size > 0 ? (size_t) size : 1);

    (void) old_size;
    ft->nomem = ft->nomem || q == NULL;
    return q;
}

es_status es_ft_failed(const struct es_ft *ft, es_status otherwise, const char *what,
                       struct es_error *err)
{
    if (ft->nomem)
        return es_error_set(err, ES_E_NOMEM, "no memory for %s", what);
    return es_error_set(err, otherwise, "%s", what);
}

es_status es_ft_init(struct es_ft *ft, struct es_error *err)
{
    *ft = (struct es_ft){.memory = {ft, ft_alloc, ft_free, ft_realloc}};
    if (FT_New_Library(&ft->memory, &ft->library) != 0) {
        ft->library = NULL;
        return es_ft_failed(ft, ES_E_INTERNAL, "FreeType", err);
    }
    FT_Add_Default_Modules(ft->library); /* tells nothing of what it could not add */
    return ft->nomem ? es_ft_failed(ft, ES_E_NOMEM, "FreeType", err) : ES_OK;
}

void es_ft_clear(struct es_ft *ft)
{
    if (ft->library != NULL)
        FT_Done_Library(ft->library);
    ft->library = NULL;
}
