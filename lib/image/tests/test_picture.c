/* es_picture_probe: refusals first, then what must be accepted, by kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_image.h"
#include "picture.h"
#include "picture_make.h"

/* "What's in a GIF", sample_1.gif: 10 x 10, four colours (giflib.sourceforge.net). */
static const uint8_t gif_sample[] = {
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x0A, 0x00, 0x0A, 0x00, 0x91, 0x00, 0x00, 0xFF,
    0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0x00, 0x00, 0x00, 0x21, 0xF9, 0x04,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x0A, 0x00, 0x0A, 0x00,
    0x00, 0x02, 0x16, 0x8C, 0x2D, 0x99, 0x87, 0x2A, 0x1C, 0xDC, 0x33, 0xA0, 0x02, 0x75,
    0xEC, 0x95, 0xFA, 0xA8, 0xDE, 0x60, 0x8C, 0x04, 0x91, 0x4C, 0x01, 0x00, 0x3B};

/* 2 x 2 bitmap of 24 bits, rows bottom up: blue, green / red, white. */
static const uint8_t bmp_sample[] = {
    'B', 'M', 70, 0, 0,  0, 0,    0, 0, 0, 54,   0, 0, 0, 40, 0, 0,    0,    2,    0,    0, 0, 2, 0,
    0,   0,   1,  0, 24, 0, 0,    0, 0, 0, 16,   0, 0, 0, 0,  0, 0,    0,    0,    0,    0, 0, 0, 0,
    0,   0,   0,  0, 0,  0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0,  0, 0xff, 0xff, 0xff, 0xff, 0, 0};

static const uint8_t tiff_sample[] = {'I', 'I', 42, 0, 8,  0,   0, 0, 2, 0, 0, 1, 3,
                                      0,   1,   0,  0, 0,  100, 0, 0, 0, 1, 1, 4, 0,
                                      1,   0,   0,  0, 50, 0,   0, 0, 0, 0, 0, 0};

static es_status probe(struct es_span data, struct es_picture_facts *facts)
{
    /* An exact copy on the heap, so that reading past it shows under the sanitizer. */
    uint8_t *copy = malloc(data.len + 1);
    struct es_error err = {0};
    es_status status;

    assert_non_null(copy);
    if (data.len > 0)
        memcpy(copy, data.ptr, data.len);
    copy = realloc(copy, data.len > 0 ? data.len : 1);
    status = es_picture_probe(es_span_of(copy, data.len), facts, &err);
    assert_int_equal(err.status, status);
    free(copy);
    return status;
}

static void assert_cuts_refused(struct es_span data, size_t needed)
{
    struct es_picture_facts facts;

    for (size_t len = 0; len < needed; len++)
        assert_int_not_equal(probe(es_span_sub(data, 0, len), &facts), ES_OK);
}

static void assert_flips_survived(struct es_span data)
{
    struct es_picture_facts facts;
    uint8_t *copy = malloc(data.len);

    assert_non_null(copy);
    for (size_t i = 0; i < data.len; i++) {
        memcpy(copy, data.ptr, data.len);
        for (int v = 1; v < 256; v = v * 2 + 1) {
            copy[i] = (uint8_t) (data.ptr[i] ^ v);
            (void) !probe(es_span_of(copy, data.len), &facts);
        }
    }
    free(copy);
}

static void unknown_bytes_are_no_picture(void **state)
{
    struct es_picture_facts facts;
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_picture_probe(es_span_str(""), &facts, &err), ES_E_FORMAT);
    assert_int_equal(es_picture_probe(es_span_str("hello"), &facts, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "no picture: not PNG, JPEG, GIF, BMP, TIFF, SVG or OFD");
    assert_int_equal(facts.kind, ES_PICTURE_UNKNOWN);
}

static void png_is_refused_when_cut_anywhere(void **state)
{
    ES_AUTO(es_buf) png = ES_BUF_INIT(1 << 20);

    (void) state;
    make_png(&png, 9, 7, PNG_FORMAT_RGBA);
    assert_cuts_refused(es_buf_span(&png), png.len);
}

static void png_with_any_byte_flipped_is_refused(void **state)
{
    ES_AUTO(es_buf) png = ES_BUF_INIT(1 << 20);
    struct es_picture_facts facts;
    size_t accepted = 0;

    (void) state;
    make_png(&png, 9, 7, PNG_FORMAT_GRAY);
    for (size_t i = 0; i < png.len; i++) {
        png.ptr[i] ^= 0x04;
        accepted += probe(es_buf_span(&png), &facts) == ES_OK;
        png.ptr[i] ^= 0x04;
    }
    /* Chunks that may be left out do not carry pixels: gAMA and the like are passed over. */
    assert_true(accepted <= 24);
    assert_flips_survived(es_buf_span(&png));
}

static void png_of_a_hundred_megapixels_is_over_the_limit(void **state)
{
    ES_AUTO(es_buf) png = ES_BUF_INIT(1 << 20);
    struct es_picture_facts facts;
    struct es_error err = {0};
    static const uint8_t size[8] = {0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10};

    (void) state;
    make_png(&png, 9, 7, PNG_FORMAT_GRAY);
    memcpy(png.ptr + 16, size, 8);
    assert_int_equal(es_picture_probe(es_buf_span(&png), &facts, &err), ES_E_LIMIT);
    assert_string_equal(err.text, "PNG picture: picture of 10000 x 10000 pixels, allowed are "
                                  "64000000 in all");
    memset(png.ptr + 16, 0xff, 4);
    assert_int_equal(es_picture_probe(es_buf_span(&png), &facts, &err), ES_E_LIMIT);
    memset(png.ptr + 16, 0, 4);
    assert_int_equal(es_picture_probe(es_buf_span(&png), &facts, &err), ES_E_FORMAT);
}

static void png_of_each_colour_type_is_accepted(void **state)
{
    static const uint32_t formats[] = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB,
                                       PNG_FORMAT_RGBA, PNG_FORMAT_LINEAR_RGB_ALPHA};

    (void) state;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        ES_AUTO(es_buf) png = ES_BUF_INIT(1 << 20);
        struct es_picture_facts facts;

        make_png(&png, 300, 200, formats[i]);
        assert_int_equal(probe(es_buf_span(&png), &facts), ES_OK);
        assert_int_equal(facts.kind, ES_PICTURE_PNG);
        assert_int_equal(facts.width_px, 300);
        assert_int_equal(facts.height_px, 200);
        assert_false(facts.active);
    }
}

static void jpeg_is_refused_when_cut_and_accepted_whole(void **state)
{
    static uint8_t rgb[40 * 30 * 3];

    (void) state;
    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (uint8_t) (i * 13);
    for (int progressive = 0; progressive < 2; progressive++) {
        ES_AUTO(es_buf) jpeg = ES_BUF_INIT(1 << 20);
        struct es_picture_facts facts;

        make_jpeg(&jpeg, rgb, 40, 30, 80, progressive != 0);
        assert_cuts_refused(es_buf_span(&jpeg), jpeg.len - 2);
        assert_int_equal(probe(es_buf_span(&jpeg), &facts), ES_OK);
        assert_int_equal(facts.kind, ES_PICTURE_JPEG);
        assert_int_equal(facts.width_px, 40);
        assert_int_equal(facts.height_px, 30);
        assert_flips_survived(es_buf_span(&jpeg));
    }
}

static void gif_is_refused_when_cut_and_decoded_whole(void **state)
{
    struct es_span data = es_span_of(gif_sample, sizeof gif_sample);
    struct es_picture_facts facts;
    struct es_raster raster = {0};
    struct es_picture_target target = {.raster = &raster};

    (void) state;
    assert_cuts_refused(data, data.len);
    assert_int_equal(probe(data, &facts), ES_OK);
    assert_int_equal(facts.kind, ES_PICTURE_GIF);
    assert_int_equal(facts.width_px, 10);
    assert_int_equal(es_picture_read(data, &target, NULL), ES_OK);
    assert_memory_equal(raster.rgba, "\xff\0\0\xff", 4);              /* row 0: red */
    assert_memory_equal(raster.rgba + 4 * 5, "\0\0\xff\xff", 4);      /* from column 5: blue */
    assert_memory_equal(raster.rgba + 4 * 34, "\xff\xff\xff\xff", 4); /* the white middle */
    assert_memory_equal(raster.rgba + 4 * 99, "\xff\0\0\xff", 4);
    es_raster_clear(&raster);
    assert_flips_survived(data);
}

static void gif_frame_outside_its_screen_is_refused(void **state)
{
    uint8_t gif[sizeof gif_sample];
    struct es_picture_facts facts;

    (void) state;
    memcpy(gif, gif_sample, sizeof gif);
    gif[34] = 1; /* left */
    assert_int_equal(probe(es_span_of(gif, sizeof gif), &facts), ES_E_FORMAT);
}

static void bmp_is_refused_when_cut_and_decoded_whole(void **state)
{
    struct es_span data = es_span_of(bmp_sample, sizeof bmp_sample);
    struct es_raster raster = {0};
    struct es_picture_target target = {.raster = &raster};

    (void) state;
    assert_cuts_refused(data, data.len);
    assert_int_equal(es_picture_read(data, &target, NULL), ES_OK);
    assert_int_equal(target.facts.kind, ES_PICTURE_BMP);
    assert_memory_equal(raster.rgba, "\xff\0\0\xff\xff\xff\xff\xff", 8);
    assert_memory_equal(raster.rgba + 8, "\0\0\xff\xff\0\xff\0\xff", 8);
    es_raster_clear(&raster);
    assert_flips_survived(data);
}

static void tiff_gives_the_size_of_its_first_directory(void **state)
{
    struct es_span data = es_span_of(tiff_sample, sizeof tiff_sample);
    struct es_picture_facts facts;

    (void) state;
    assert_int_equal(probe(data, &facts), ES_OK);
    assert_int_equal(facts.kind, ES_PICTURE_TIFF);
    assert_int_equal(facts.width_px, 100);
    assert_int_equal(facts.height_px, 50);
    assert_cuts_refused(data, 34);
    assert_flips_survived(data);
}

static void ofd_is_known_by_its_package(void **state)
{
    struct es_picture_facts facts;
    uint8_t zip[30] = {'P', 'K', 3, 4};

    (void) state;
    assert_int_equal(probe(es_span_of(zip, sizeof zip), &facts), ES_OK);
    assert_string_equal(es_picture_kind_name(facts.kind), "OFD");
    assert_int_equal(facts.width_px, 0);
}

static void svg_that_is_quiet_is_not_active(void **state)
{
    static const char *const quiet[] = {
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- 印章 -->\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
        "<defs><path id=\"p\" d=\"M0 0L1 1Z\"/></defs><use xlink:href=\"#p\" "
        "fill=\"url(#g)\"/><style>path{fill:red}</style><text>&#x4e2d;</text></svg>\n",
    };

    (void) state;
    for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++) {
        struct es_picture_facts facts;

        assert_int_equal(probe(es_span_str(quiet[i]), &facts), ES_OK);
        assert_int_equal(facts.kind, ES_PICTURE_SVG);
        assert_false(facts.active);
        assert_int_equal(facts.width_px, 0);
        assert_cuts_refused(es_span_str(quiet[i]), strlen(quiet[i]) - 1);
        assert_flips_survived(es_span_str(quiet[i]));
    }
}

static void svg_that_acts_or_reaches_out_is_active(void **state)
{
    static const char *const acting[] = {
        "<svg><script>alert(1)</script></svg>",
        "<svg><SCRIPT/></svg>",
        "<svg><x:script/></svg>",
        "<svg><foreignObject><p/></foreignObject></svg>",
        "<svg onload='x()'/>",
        "<svg><rect ONCLICK = \"x()\"/></svg>",
        "<svg><use href='http://a/b.svg#c'/></svg>",
        "<svg><use xlink:href='&#x68;ttp:a'/></svg>",
        "<svg><image href='data:image/png;base64,AA=='/></svg>",
        "<svg><set attributeName='href' to='http://a'/></svg>",
        "<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>",
        "<!DOCTYPE svg><svg/>",
        "<svg><style>@import 'a.css';</style></svg>",
        "<svg><style><![CDATA[@IMPORT url(a.css);]]></style></svg>",
        "<svg><style>p{fill:u\\72l(http://a)}</style></svg>",
        "<svg><rect fill=\"url( 'http://a#b')\"/></svg>",
        "<svg><rect style='fill:&#117;rl(http://a)'/></svg>",
        "<?xml-stylesheet href='a.css'?><svg/>",
        "<svg><a href='#x'/></svg>",
    };

    (void) state;
    for (size_t i = 0; i < sizeof acting / sizeof acting[0]; i++) {
        struct es_picture_facts facts;

        assert_int_equal(probe(es_span_str(acting[i]), &facts), ES_OK);
        assert_true(facts.active);
    }
}

static void svg_that_is_ill_formed_is_refused(void **state)
{
    static const char *const broken[] = {
        "<svg>",
        "<svg></svg2>",
        "<svg a=b/>",
        "<svg a/>",
        "<svg/><svg/>",
        "<svg a='<'/>",
        "<svg><g></svg></g>",
        "<svg/>text",
        "<svg>\xff</svg>",
        "<svg><!-- </svg>",
        "<?xml version='1.0'?><html/>",
        "<?xml version='1.0' encoding='gb18030'?><svg/>",
    };
    struct es_picture_facts facts;

    (void) state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_int_equal(probe(es_span_str(broken[i]), &facts), ES_E_FORMAT);
}

static void svg_deeper_than_allowed_is_over_the_limit(void **state)
{
    ES_AUTO(es_buf) svg = ES_BUF_INIT(1 << 20);
    struct es_picture_facts facts;

    (void) state;
    es_buf_put_str(&svg, "<svg>");
    for (int i = 0; i < 300; i++)
        es_buf_put_str(&svg, "<g>");
    assert_int_equal(probe(es_buf_span(&svg), &facts), ES_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_bytes_are_no_picture),
        cmocka_unit_test(png_is_refused_when_cut_anywhere),
        cmocka_unit_test(png_with_any_byte_flipped_is_refused),
        cmocka_unit_test(png_of_a_hundred_megapixels_is_over_the_limit),
        cmocka_unit_test(png_of_each_colour_type_is_accepted),
        cmocka_unit_test(jpeg_is_refused_when_cut_and_accepted_whole),
        cmocka_unit_test(gif_is_refused_when_cut_and_decoded_whole),
        cmocka_unit_test(gif_frame_outside_its_screen_is_refused),
        cmocka_unit_test(bmp_is_refused_when_cut_and_decoded_whole),
        cmocka_unit_test(tiff_gives_the_size_of_its_first_directory),
        cmocka_unit_test(ofd_is_known_by_its_package),
        cmocka_unit_test(svg_that_is_quiet_is_not_active),
        cmocka_unit_test(svg_that_acts_or_reaches_out_is_active),
        cmocka_unit_test(svg_that_is_ill_formed_is_refused),
        cmocka_unit_test(svg_deeper_than_allowed_is_over_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
