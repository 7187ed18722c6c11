/* See ofd_fixture.h. */
#include "ofd_fixture.h"

#include <sys/stat.h>

void put(struct fixture *f, const char *name, const char *text)
{
    size_t i = 0;

    while (i < f->count && strcmp(f->files[i].name, name) != 0)
        i++;
    assert_true(i < FILES_MAX);
    assert_true(strlen(text) < sizeof(f->files[i].text));
    snprintf(f->files[i].name, sizeof(f->files[i].name), "%s", name);
    snprintf(f->files[i].text, sizeof(f->files[i].text), "%s", text);
    if (i == f->count)
        f->count++;
}

static size_t index_of(const struct fixture *f, const char *name)
{
    size_t i = 0;

    while (i < f->count && strcmp(f->files[i].name, name) != 0)
        i++;
    assert_true(i < f->count);
    return i;
}

void drop(struct fixture *f, const char *name)
{
    size_t i = index_of(f, name);

    memmove(&f->files[i], &f->files[i + 1], (f->count - i - 1) * sizeof(f->files[0]));
    f->count--;
}

void change(struct fixture *f, const char *name, const char *from, const char *to)
{
    char text[sizeof(f->files[0].text)];
    char *old = f->files[index_of(f, name)].text;
    char *at = strstr(old, from);

    assert_non_null(at);
    assert_true(strlen(old) + strlen(to) < sizeof(text));
    snprintf(text, sizeof(text), "%.*s%s%s", (int) (at - old), old, to, at + strlen(from));
    put(f, name, text);
}

void put_good(struct fixture *f)
{
    put(f, "OFD.xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ofd:OFD " OFD_NS " Version=\"1.0\">"
        "<ofd:DocBody><ofd:DocInfo><ofd:DocID>0</ofd:DocID></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>");
    put(f, "Doc_0/Document.xml",
        "<ofd:Document " OFD_NS "><ofd:CommonData><ofd:MaxUnitID>9</ofd:MaxUnitID><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
        "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>"
        "<ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages></ofd:Document>");
    put(f, "Doc_0/PublicRes.xml",
        "<ofd:Res " OFD_NS " BaseLoc=\"Res\"><ofd:Fonts><ofd:Font ID=\"2\" FontName=\"a\"/>"
        "</ofd:Fonts></ofd:Res>");
    put(f, "Doc_0/Pages/Page_0/Content.xml",
        "<ofd:Page " OFD_NS "><ofd:Content><ofd:Layer ID=\"3\">"
        "<ofd:TextObject ID=\"4\" Boundary=\"20 30 100 10\" Font=\"2\" Size=\"5\">"
        "<ofd:TextCode X=\"0\" Y=\"5\" DeltaX=\"g 3 5\">甲乙丙丁</ofd:TextCode></ofd:TextObject>"
        "</ofd:Layer></ofd:Content></ofd:Page>");
}

void put_signed(struct fixture *f)
{
    change(f, "OFD.xml", "</ofd:DocRoot>",
           "</ofd:DocRoot><ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>");
    put(f, "Doc_0/Signs/Signatures.xml",
        "<ofd:Signatures " OFD_NS "><ofd:MaxSignId>1</ofd:MaxSignId>"
        "<ofd:Signature ID=\"001\" BaseLoc=\"Sign_0/Signature.xml\"/></ofd:Signatures>");
    put(f, "Doc_0/Signs/Sign_0/Signature.xml",
        "<ofd:Signature " OFD_NS "><ofd:SignedInfo><ofd:Seal>"
        "<ofd:BaseLoc>/Doc_0/Signs/Sign_0/Seal.esl</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>"
        "<ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>");
    put(f, "Doc_0/Signs/Sign_0/Seal.esl", "seal");
    put(f, "Doc_0/Signs/Sign_0/SignedValue.dat", "value");
}

/* ---- ZIP, stored ---- */

static void put_u16(struct es_buf *out, size_t value)
{
    es_buf_put_byte(out, (uint8_t) (value & 0xFF));
    es_buf_put_byte(out, (uint8_t) (value >> 8 & 0xFF));
}

static void put_u32(struct es_buf *out, size_t value)
{
    put_u16(out, value & 0xFFFF);
    put_u16(out, value >> 16 & 0xFFFF);
}

static uint32_t crc_of(const char *text, size_t len)
{
    uint32_t crc = 0xFFFFFFFFu;

    for (size_t i = 0; i < len; i++) {
        crc ^= (uint8_t) text[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* From "version needed" to "extra length": the same in local header and directory. */
static void put_common(struct es_buf *out, const char *name, const char *text)
{
    put_u16(out, 20);
    put_u16(out, 0x0800); /* names are UTF-8 */
    put_u16(out, 0);
    put_u32(out, 0x58210000);
    put_u32(out, crc_of(text, strlen(text)));
    put_u32(out, strlen(text));
    put_u32(out, strlen(text));
    put_u16(out, strlen(name));
    put_u16(out, 0);
}

static void put_directory(struct es_buf *out, const char *name, const char *text, size_t offset)
{
    put_u32(out, 0x02014B50);
    put_u16(out, 20);
    put_common(out, name, text);
    put_u16(out, 0);
    put_u16(out, 0);
    put_u16(out, 0);
    put_u32(out, 0);
    put_u32(out, offset);
    es_buf_put_str(out, name);
}

struct es_span pack(struct fixture *f)
{
    size_t offsets[FILES_MAX], directory;

    es_buf_reset(&f->bytes);
    for (size_t i = 0; i < f->count; i++) {
        offsets[i] = f->bytes.len;
        put_u32(&f->bytes, 0x04034B50);
        put_common(&f->bytes, f->files[i].name, f->files[i].text);
        es_buf_put_str(&f->bytes, f->files[i].name);
        es_buf_put_str(&f->bytes, f->files[i].text);
    }
    directory = f->bytes.len;
    for (size_t i = 0; i < f->count; i++)
        put_directory(&f->bytes, f->files[i].name, f->files[i].text, offsets[i]);
    put_u32(&f->bytes, 0x06054B50);
    put_u32(&f->bytes, 0);
    put_u16(&f->bytes, f->count);
    put_u16(&f->bytes, f->count);
    put_u32(&f->bytes, f->bytes.len - directory - 12);
    put_u32(&f->bytes, directory);
    put_u16(&f->bytes, 0);
    assert_int_equal(es_buf_check(&f->bytes, NULL), ES_OK);
    return es_buf_span(&f->bytes);
}

/* ---- opening ---- */

void close_it(struct fixture *f)
{
    es_ofd_free(f->ofd);
    f->ofd = NULL;
    es_arena_clear(&f->arena);
    es_arena_init(&f->arena, 0);
    es_findings_init(&f->findings, &f->arena);
    f->err = (struct es_error){0};
}

es_status open_bytes(struct fixture *f, struct es_span bytes, const struct es_ofd_limits *limits)
{
    close_it(f);
    f->src = es_source_memory(bytes);
    return es_ofd_open(&f->src, limits, &f->findings, &f->ofd, &f->err);
}

es_status open_it(struct fixture *f)
{
    struct es_ofd_limits limits = es_ofd_limits_default();

    return open_bytes(f, pack(f), &limits);
}

bool have(const struct fixture *f, enum es_code code)
{
    return es_findings_have(&f->findings, code);
}

bool have_value(const struct fixture *f, enum es_code code, const char *text)
{
    for (const struct es_finding *x = f->findings.first; x; x = x->next) {
        if (x->code == code &&
            (strcmp(x->where, text) == 0 || (x->value[0] && strcmp(x->value[0], text) == 0)))
            return true;
    }
    return false;
}

int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    es_buf_init(&f->bytes, 16u << 20);
    close_it(f);
    put_good(f);
    *state = f;
    return 0;
}

int teardown(void **state)
{
    struct fixture *f = *state;

    close_it(f);
    es_arena_clear(&f->arena);
    es_buf_clear(&f->bytes);
    free(f);
    return 0;
}

const char *samples(void)
{
    const char *path = getenv("ESEAL_SAMPLES");
    struct stat info;

    if (!path)
        path = ES_SOURCE_ROOT "/../shared/samples";
    if (stat(path, &info) != 0) {
        print_message("skipped: samples absent\n");
        skip();
    }
    return path;
}
