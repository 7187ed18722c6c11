/*
 * Font files and their glyphs.
 */
#include "imprint_ft.h"

#include FT_OUTLINE_H
#include FT_BBOX_H

#include <sys/stat.h>
#include <unistd.h>

#include "imprint_font.h"

#define FILES_MAX 64

enum font_use { USE_ANY, USE_ASCII, USE_OTHER };
struct font_file {
    const char *path;
    enum font_use use;
    bool named;   /* by the caller: problems are errors, not reasons to try the next */
    bool useless; /* tried, and not to be had */
    FT_Face face;
    double cap_height;
};

struct es_fonts {
    struct es_arena arena;
    struct es_ft ft;
    struct font_file files[FILES_MAX];
    size_t count;
};

static const struct {
    const char *path;
    enum font_use use;
} built_in[] = {
    {"/usr/share/fonts/opentype/noto/NotoSerifCJK-Medium.ttc", USE_OTHER},
    {"/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", USE_OTHER},
    {"/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc", USE_OTHER},
    {"/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf", USE_OTHER},
    {"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", USE_OTHER},
    {"/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf", USE_ASCII},
    {"/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf", USE_ASCII},
    {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", USE_ASCII},
    {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", USE_ANY},
};

static es_status add_file(struct es_fonts *fonts, const char *path, enum font_use use, bool named,
                          struct es_error *err)
{
    ES_ENSURE(fonts->count < FILES_MAX, err, ES_E_LIMIT, "more than %d font files", FILES_MAX);
    fonts->files[fonts->count++] = (struct font_file){.path = path, .use = use, .named = named};
    return ES_OK;
}

struct folder {
    struct es_fonts *fonts;
    const char *path;
};

static bool is_font_name(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && (strcmp(name + len - 4, ".ttf") == 0 || strcmp(name + len - 4, ".ttc") == 0 ||
                       strcmp(name + len - 4, ".otf") == 0 || strcmp(name + len - 4, ".otc") == 0);
}

static es_status add_from_folder(void *ctx, const char *name, struct es_error *err)
{
    const struct folder *folder = ctx;
    char *path;

    if (!is_font_name(name))
        return ES_OK;
    path = es_arena_printf(&folder->fonts->arena, "%s/%s", folder->path, name);
    ES_ENSURE(path != NULL, err, ES_E_NOMEM, "no memory for font names");
    return add_file(folder->fonts, path, USE_ANY, false, err);
}

static es_status add_named(struct es_fonts *fonts, struct es_span name, struct es_error *err)
{
    char *path = es_arena_text(&fonts->arena, name);
    struct folder folder = {.fonts = fonts, .path = path};
    struct stat facts;

    ES_ENSURE(path != NULL, err, ES_E_NOMEM, "no memory for font names");
    ES_ENSURE(access(path, R_OK) == 0, err, ES_E_ABSENT, "no font file %s", path);
    if (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode))
        return es_dir_each(path, add_from_folder, &folder, err);
    return add_file(fonts, path, USE_ANY, true, err);
}

static es_status add_list(struct es_fonts *fonts, const char *list, struct es_error *err)
{
    struct es_span rest = es_span_str(list);

    while (rest.len > 0) {
        size_t len = es_span_find(rest, ':');

        if (len > 0)
            ES_TRY(add_named(fonts, es_span_sub(rest, 0, len), err));
        rest = es_span_sub(rest, len + 1, rest.len);
    }
    return ES_OK;
}

static es_status add_files(struct es_fonts *fonts, const char *font_file, struct es_error *err)
{
    const char *list = getenv("ESEAL_FONTS");

    if (font_file != NULL)
        return add_named(fonts, es_span_str(font_file), err);
    if (list != NULL && list[0] != '\0')
        return add_list(fonts, list, err);
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++)
        ES_TRY(add_file(fonts, built_in[i].path, built_in[i].use, false, err));
    return ES_OK;
}

es_status es_fonts_new(const char *font_file, struct es_fonts **out, struct es_error *err)
{
    ES_AUTO_PTR(es_fonts) fonts = calloc(1, sizeof *fonts);

    ES_ENSURE(fonts != NULL, err, ES_E_NOMEM, "no memory for fonts");
    es_arena_init(&fonts->arena, 1u << 20);
    ES_TRY(add_files(fonts, font_file, err));
    ES_TRY(es_ft_init(&fonts->ft, err));
    *out = ES_TAKE(fonts);
    return ES_OK;
}

void es_fonts_free(struct es_fonts *fonts)
{
    if (fonts == NULL)
        return;
    for (size_t i = 0; i < fonts->count; i++) {
        if (fonts->files[i].face != NULL)
            FT_Done_Face(fonts->files[i].face);
    }
    es_ft_clear(&fonts->ft);
    es_arena_clear(&fonts->arena);
    free(fonts);
}

/* In a collection the face with simplified forms is the one whose name ends in SC. */
static bool is_simplified(FT_Face face)
{
    size_t len = face->family_name == NULL ? 0 : strlen(face->family_name);

    return len > 3 && strcmp(face->family_name + len - 3, " SC") == 0;
}

static FT_Face open_face(struct es_fonts *fonts, const char *path)
{
    FT_Face first = NULL, face = NULL;

    if (FT_New_Face(fonts->ft.library, path, 0, &first) != 0)
        return NULL;
    if (is_simplified(first))
        return first;
    for (FT_Long i = 1; i < first->num_faces && i < 16; i++) {
        if (FT_New_Face(fonts->ft.library, path, i, &face) != 0)
            continue;
        if (is_simplified(face)) {
            FT_Done_Face(first);
            return face;
        }
        FT_Done_Face(face);
    }
    return first;
}

static bool has_outlines(FT_Face face)
{
    return FT_IS_SCALABLE(face) && !FT_HAS_COLOR(face) && face->charmap != NULL &&
           face->units_per_EM > 0;
}

static es_status load_outline(struct es_fonts *fonts, FT_Face face, FT_UInt index,
                              struct es_error *err)
{
    if (FT_Load_Glyph(face, index, FT_LOAD_NO_SCALE | FT_LOAD_NO_BITMAP) != 0 ||
        face->glyph->format != FT_GLYPH_FORMAT_OUTLINE)
        return es_ft_failed(&fonts->ft, ES_E_UNSUPPORTED, "a glyph without an outline", err);
    return ES_OK;
}

static es_status measure_caps(struct es_fonts *fonts, struct font_file *file, struct es_error *err)
{
    FT_UInt index = FT_Get_Char_Index(file->face, 'H');
    FT_BBox box;

    file->cap_height = 0.72;
    if (index == 0)
        return ES_OK;
    ES_TRY(load_outline(fonts, file->face, index, err));
    if (FT_Outline_Get_BBox(&file->face->glyph->outline, &box) == 0 && box.yMax > 0)
        file->cap_height = (double) box.yMax / file->face->units_per_EM;
    return ES_OK;
}

/* Open a file at its first use. file->useless afterwards: go on with the next. */
static es_status open_file(struct es_fonts *fonts, struct font_file *file, struct es_error *err)
{
    if (file->face != NULL || file->useless)
        return ES_OK;
    file->useless = true;
    if (!file->named && access(file->path, R_OK) != 0)
        return ES_OK;
    file->face = open_face(fonts, file->path);
    if (fonts->ft.nomem)
        return es_ft_failed(&fonts->ft, ES_E_NOMEM, file->path, err);
    if (file->face == NULL || !has_outlines(file->face)) {
        ES_ENSURE(!file->named, err, ES_E_UNSUPPORTED,
                  "%s is no font with plain outlines (colour and bitmap fonts are not used)",
                  file->path);
        return ES_OK;
    }
    file->useless = false;
    return measure_caps(fonts, file, err);
}

struct decomposer {
    struct es_path *path;
    double scale;
    struct es_point at;
    bool open;
};

static struct es_point point_of(const struct decomposer *d, const FT_Vector *v)
{
    return (struct es_point){(double) v->x * d->scale, -(double) v->y * d->scale};
}

static int on_move(const FT_Vector *to, void *user)
{
    struct decomposer *d = user;

    if (d->open)
        es_path_close(d->path);
    d->open = true;
    d->at = point_of(d, to);
    es_path_move(d->path, d->at);
    return 0;
}

static int on_line(const FT_Vector *to, void *user)
{
    struct decomposer *d = user;

    d->at = point_of(d, to);
    es_path_line(d->path, d->at);
    return 0;
}

static int on_quadratic(const FT_Vector *control, const FT_Vector *to, void *user)
{
    struct decomposer *d = user;
    struct es_point c = point_of(d, control), end = point_of(d, to);
    struct es_point c1 = {d->at.x + (c.x - d->at.x) * 2 / 3, d->at.y + (c.y - d->at.y) * 2 / 3};
    struct es_point c2 = {end.x + (c.x - end.x) * 2 / 3, end.y + (c.y - end.y) * 2 / 3};

    es_path_curve(d->path, c1, c2, end);
    d->at = end;
    return 0;
}

static int on_cubic(const FT_Vector *c1, const FT_Vector *c2, const FT_Vector *to, void *user)
{
    struct decomposer *d = user;

    d->at = point_of(d, to);
    es_path_curve(d->path, point_of(d, c1), point_of(d, c2), d->at);
    return 0;
}

/* Take the outline in the slot. Ink runs clockwise as seen, whatever the font's habit is. */
static es_status take_outline(struct es_fonts *fonts, FT_GlyphSlot slot, double scale,
                              struct es_glyph *glyph, struct es_error *err)
{
    static const FT_Outline_Funcs funcs = {on_move, on_line, on_quadratic, on_cubic, 0, 0};
    struct decomposer d = {.path = &glyph->outline, .scale = scale};
    FT_BBox box;

    if (FT_Outline_Decompose(&slot->outline, &funcs, &d) != 0 ||
        FT_Outline_Get_BBox(&slot->outline, &box) != 0)
        return es_ft_failed(&fonts->ft, ES_E_UNSUPPORTED, "a glyph with a broken outline", err);
    if (d.open)
        es_path_close(&glyph->outline);
    if (FT_Outline_Get_Orientation(&slot->outline) == FT_ORIENTATION_POSTSCRIPT)
        es_path_reverse(&glyph->outline);
    glyph->low = (struct es_point){(double) box.xMin * scale, -(double) box.yMax * scale};
    glyph->high = (struct es_point){(double) box.xMax * scale, -(double) box.yMin * scale};
    return es_path_check(&glyph->outline, err);
}

static bool is_space(uint32_t c)
{
    return c == ' ' || c == 0xa0 || c == 0x3000;
}

/* *found: this face has the character. A glyph without ink counts only for a space. */
static es_status try_face(struct es_fonts *fonts, struct font_file *file, struct es_glyph *glyph,
                          bool *found, struct es_error *err)
{
    FT_UInt index = FT_Get_Char_Index(file->face, glyph->code_point);
    FT_GlyphSlot slot = file->face->glyph;

    *found = false;
    if (index == 0)
        return ES_OK;
    ES_TRY(load_outline(fonts, file->face, index, err));
    if (slot->outline.n_points == 0 && !is_space(glyph->code_point))
        return ES_OK;
    *found = true;
    glyph->advance = (double) slot->advance.x / file->face->units_per_EM;
    glyph->cap_height = file->cap_height;
    return take_outline(fonts, slot, 1.0 / file->face->units_per_EM, glyph, err);
}

static es_status missing(const struct es_fonts *fonts, uint32_t code_point, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(16);
    ES_AUTO(es_buf) shown = ES_BUF_INIT(32);
    bool any = false;

    for (size_t i = 0; i < fonts->count; i++)
        any = any || fonts->files[i].face != NULL;
    ES_ENSURE(any || fonts->count == 0 || code_point < 0x80, err, ES_E_MISSING_GLYPH,
              "no font for U+%04X is installed (fonts-noto-cjk, or name files in ESEAL_FONTS)",
              code_point);
    es_buf_put_utf8(&text, code_point);
    es_buf_put_shown(&shown, es_buf_span(&text), 1);
    return es_error_set(err, ES_E_MISSING_GLYPH, "no font has the character U+%04X %.*s",
                        code_point, ES_SPAN_ARG(es_buf_span(&shown)));
}

es_status es_fonts_glyph(struct es_fonts *fonts, uint32_t code_point, struct es_glyph *glyph,
                         struct es_error *err)
{
    enum font_use skipped = code_point < 0x80 ? USE_OTHER : USE_ASCII;
    bool found = false;

    *glyph = (struct es_glyph){.code_point = code_point};
    es_path_init(&glyph->outline);
    for (size_t i = 0; i < fonts->count && !found; i++) {
        struct font_file *file = &fonts->files[i];

        if (file->use == skipped)
            continue;
        ES_TRY(open_file(fonts, file, err));
        if (!file->useless)
            ES_TRY(try_face(fonts, file, glyph, &found, err));
    }
    return found ? ES_OK : missing(fonts, code_point, err);
}
