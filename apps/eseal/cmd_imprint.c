/* eseal imprint: draw a seal's picture, compare two of them. */
#include "cli.h"

#include "es_image.h"
#include "es_json.h"
#include "es_pki.h"

#define PICTURE_MAX (16u << 20)
#define END_OF_OPTIONS                                                                             \
    {                                                                                              \
        NULL, 0, NULL, false, NULL, NULL                                                           \
    }

const struct cli_option cmd_imprint_draw_options[] = {
    {"output", 'o', "FILE", false, "picture, .png or .svg", "图像文件(.png 或 .svg)"},
    {"shape", 0, "SHAPE", false, "circle (default), ellipse, square",
     "形状:circle(默认)、ellipse、square"},
    {"size", 0, "WxH", false, "mm (default 42, ellipse 40x30, square 20)",
     "尺寸(毫米;默认 42,椭圆 40x30,方形 20)"},
    {"ring", 0, "TEXT", false, "name along the ring", "环形文字(单位名称)"},
    {"line", 0, "TEXT", false, "horizontal line below the centre", "下方横排文字"},
    {"middle", 0, "TEXT", false, "ellipse: number on the centre line", "椭圆:中部税号"},
    {"sequence", 0, "TEXT", false, "ellipse: such as (1)", "椭圆:序号,如 (1)"},
    {"name", 0, "TEXT", false, "square: name in two columns", "方形:姓名"},
    {"code", 0, "DIGITS", false, "digits along the lower ring", "下缘编码"},
    {"star", 0, NULL, false, "five-pointed star in the centre", "中心五角星"},
    {"border", 0, "MM", false, "width of the border", "边框宽度(毫米)"},
    {"white", 0, NULL, false, "square: white characters on red", "方形:阴文(白字)"},
    {"colour", 0, "RRGGBB", false, "colour (default e60012)", "颜色(默认 e60012)"},
    {"dpi", 0, "N", false, "resolution of PNG (default 600)", "PNG 分辨率(默认 600)"},
    {"font", 0, "FILE", false, "font file", "字体文件"},
    {"maker", 0, "FILE", false, "certificate of the maker who draws: no 样章 watermark",
     "由该制章者绘制(给出证书):不加“样章”水印"},
    {"key", 'k', "NAME", false, "that maker's key", "该制章者的密钥名"},
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},
    {"password-file", 0, "FILE", false, "password of the key", "密钥口令文件"},
    {"password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"},
    END_OF_OPTIONS};
const struct cli_option cmd_imprint_compare_options[] = {
    {"size", 0, "WxH", false, "size of both, mm", "两图尺寸(毫米)"},
    {"difference", 'd', "FILE", false, "write a picture of the differences", "输出差异图像"},
    END_OF_OPTIONS};

static es_status take_shape(const struct cli *cli, struct es_imprint *imprint, struct es_error *err)
{
    const char *shape = cli_get(cli, "shape");
    const char *size = cli_get(cli, "size");

    imprint->shape = ES_IMPRINT_CIRCLE;
    imprint->width_mm = imprint->height_mm = 42;
    if (shape != NULL && strcmp(shape, "ellipse") == 0) {
        imprint->shape = ES_IMPRINT_ELLIPSE;
        imprint->width_mm = 40;
        imprint->height_mm = 30;
    } else if (shape != NULL && strcmp(shape, "square") == 0) {
        imprint->shape = ES_IMPRINT_SQUARE;
        imprint->width_mm = imprint->height_mm = 20;
    } else {
        ES_ENSURE(shape == NULL || strcmp(shape, "circle") == 0, err, ES_E_USAGE,
                  "--shape \"%s\", allowed are circle, ellipse and square", shape);
    }
    return size == NULL ? ES_OK
                        : cli_size(size, 5, 200, &imprint->width_mm, &imprint->height_mm, err);
}

static es_status take_style(const struct cli *cli, struct es_imprint *imprint, struct es_error *err)
{
    const char *border = cli_get(cli, "border"), *dpi = cli_get(cli, "dpi");
    const char *colour = cli_get(cli, "colour");

    if (border != NULL)
        ES_TRY(cli_number("--border", border, 0.1, 10, &imprint->border_mm, err));
    if (dpi != NULL)
        ES_TRY(cli_uint("--dpi", dpi, 72, 1200, &imprint->dpi, err));
    if (colour != NULL) {
        char *end = NULL;

        imprint->colour = (uint32_t) strtoul(colour, &end, 16);
        ES_ENSURE(strlen(colour) == 6 && *end == 0, err, ES_E_USAGE,
                  "--colour \"%s\", it must be six hex digits", colour);
    }
    return ES_OK;
}

/*
 * SPEC seal-imprints.md 9: an imprint is a specimen unless a maker draws it, who shows by
 * certificate and key that it is one.
 */
static es_status take_maker(const struct cli *cli, bool *specimen, struct es_error *err)
{
    const char *path = cli_get(cli, "maker");
    ES_AUTO_PTR(es_cert) cert = NULL;
    ES_AUTO_PTR(es_key) key = NULL;
    const char *name = NULL;

    *specimen = path == NULL;
    if (path == NULL)
        return ES_OK;
    ES_TRY(cli_need(cli, "key", &name, err));
    ES_TRY(cli_load_cert(path, &cert, err));
    ES_TRY(cli_open_key(cli, name, &key, err));
    return cli_check_key(cert, key, name, path, err);
}

static bool is_svg(const char *path)
{
    size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, ".svg") == 0;
}

es_status cmd_imprint_draw(struct cli *cli, struct es_error *err)
{
    struct es_imprint imprint = {
        .ring_text = cli_get(cli, "ring"),
        .centre_line = cli_get(cli, "line"),
        .middle_line = cli_get(cli, "middle"),
        .sequence = cli_get(cli, "sequence"),
        .name = cli_get(cli, "name"),
        .code = cli_get(cli, "code"),
        .centre = cli_has(cli, "star") ? ES_CENTRE_STAR : ES_CENTRE_NONE,
        .white = cli_has(cli, "white"),
        .font_file = cli_get(cli, "font"),
    };
    ES_AUTO(es_buf) out = ES_BUF_INIT(PICTURE_MAX);
    const char *path = NULL;

    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(take_shape(cli, &imprint, err));
    ES_TRY(take_style(cli, &imprint, err));
    ES_TRY(take_maker(cli, &imprint.specimen, err));
    ES_TRY(is_svg(path) ? es_imprint_svg(&imprint, &out, err)
                        : es_imprint_png(&imprint, &out, err));
    ES_TRY(cli_write(cli, path, es_buf_span(&out), 0644, err));
    CLI_SAY(cli, "%s: %u x %u mm%s", "%s:%u x %u 毫米%s", path, imprint.width_mm, imprint.height_mm,
            imprint.specimen ? cli_text(cli, ", marked as a specimen (样章)", ",已加“样章”水印")
                             : "");
    return cli_answer(cli, "output", path, err);
}

/* ---- compare ---- */

static void put_comparison(const struct cli *cli, const struct es_imprint_comparison *c,
                           struct es_buf *out)
{
    static const char *const names[] = {"match", "review", "mismatch"};
    static const char *const zh[] = {"一致", "需人工复核", "不一致"};
    struct es_json_out json = {.buf = out};

    if (!cli->json) {
        es_buf_printf(out, "%s\n", cli->zh ? zh[c->outcome] : names[c->outcome]);
        CLI_PUT(cli, out, "similarity %.4f at %.2f degrees, scale %.3f\n",
                "相似度 %.4f,旋转 %.2f 度,缩放 %.3f\n", c->correlation, c->rotation_deg, c->scale);
        CLI_PUT(
            cli, out, "outer size %.2f / %.2f mm, border %.2f / %.2f mm, centre %.2f / %.2f mm\n",
            "外径 %.2f / %.2f 毫米,边宽 %.2f / %.2f 毫米,中心 %.2f / %.2f 毫米\n", c->outer_a_mm,
            c->outer_b_mm, c->border_a_mm, c->border_b_mm, c->centre_a_mm, c->centre_b_mm);
        return;
    }
    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "outcome", names[c->outcome]);
    es_json_key(&json, "correlation");
    es_json_put_number(&json, c->correlation);
    es_json_key(&json, "rotation_deg");
    es_json_put_number(&json, c->rotation_deg);
    es_json_key(&json, "scale");
    es_json_put_number(&json, c->scale);
    es_json_key(&json, "difference_share");
    es_json_put_number(&json, c->difference_share);
    es_json_end_object(&json);
    es_buf_put_byte(out, '\n');
}

es_status cmd_imprint_compare(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) a = ES_BUF_INIT(PICTURE_MAX);
    ES_AUTO(es_buf) b = ES_BUF_INIT(PICTURE_MAX);
    ES_AUTO(es_buf) difference = ES_BUF_INIT(PICTURE_MAX);
    ES_AUTO(es_buf) out = ES_BUF_INIT(65536);
    struct es_imprint_comparison comparison;
    const char *size = NULL, *path = cli_get(cli, "difference");
    uint32_t width = 0, height = 0;

    ES_TRY(cli_need(cli, "size", &size, err));
    ES_TRY(cli_size(size, 5, 200, &width, &height, err));
    ES_TRY(es_file_read(cli->args[0], &a, err));
    ES_TRY(es_file_read(cli->args[1], &b, err));
    ES_TRY(es_imprint_compare(es_buf_span(&a), es_buf_span(&b), width, height, &comparison,
                              path == NULL ? NULL : &difference, err));
    if (path != NULL)
        ES_TRY(cli_write(cli, path, es_buf_span(&difference), 0644, err));
    cli->exit_code = comparison.outcome == ES_MATCH_YES  ? 0
                     : comparison.outcome == ES_MATCH_NO ? 1
                                                         : 2;
    put_comparison(cli, &comparison, &out);
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}
