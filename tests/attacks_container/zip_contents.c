/* verification.md 9.1 zip-17, zip-18: encrypted, packed in unknown ways, broken or cut contents. */
#include "attack.h"

/* Entry arg encrypted, or packed by method arg2. */
static void build_unsupported(struct attack *a)
{
    struct zip_build_part *part;

    attack_parts(a);
    part = attack_part(a, a->c->arg);
    if (strcmp(a->c->arg2, "encrypted") == 0) {
        part->local.flags |= 1;
        part->central.flags |= 1;
    } else {
        part->local.method = part->central.method = (uint16_t) attack_number(a->c->arg2);
    }
}

/* GM/T 0099: an encrypted package. */
static void build_encryptions(struct attack *a)
{
    attack_parts(a);
    (void) zip_build_add(&a->zip, "Encryptions.xml", "<Encryptions/>");
}

/* Both headers agree on a wrong checksum of entry arg. */
static void build_wrong_crc(struct attack *a)
{
    struct zip_build_part *part;

    attack_parts(a);
    part = attack_part(a, a->c->arg);
    part->local.crc ^= 0x80000000u;
    part->central.crc ^= 0x80000000u;
}

/* The same container with entry arg deflated. */
static struct zip_build_part *deflated(struct attack *a, const char *name)
{
    struct zip_build_part *part = NULL;

    for (size_t i = 0; i < a->pkg.count; i++) {
        const struct pkg_entry *e = &a->pkg.entries[i];

        if (strcmp(e->name, name) == 0)
            part = zip_build_add_deflated(&a->zip, name, es_buf_span(&e->bytes));
        else
            (void) zip_build_add_bytes(&a->zip, es_span_str(e->name), es_buf_span(&e->bytes));
    }
    assert_non_null(part);
    return part;
}

static void set_packed(struct zip_build_part *part, struct es_span packed)
{
    part->packed = packed;
    part->local.packed_len = part->central.packed_len = (uint32_t) packed.len;
}

/* The packed bytes end early. */
static void build_cut_entry(struct attack *a)
{
    struct zip_build_part *part = deflated(a, PAGE);

    set_packed(part, es_span_sub(part->packed, 0, part->packed.len - 20));
}

/* Bytes behind the deflate data that no reader shows. */
static void build_surplus(struct attack *a)
{
    struct zip_build_part *part = deflated(a, PAGE);
    ES_AUTO(es_buf) longer = ES_BUF_INIT(1u << 20);
    const char *copy;

    es_buf_put_span(&longer, part->packed);
    es_buf_put_str(&longer, "surplus");
    copy = es_arena_text(&a->zip.arena, es_buf_span(&longer));
    assert_non_null(copy);
    set_packed(part, es_span_of(copy, longer.len));
}

/* The file ends arg bytes too early. */
static void build_cut_file(struct attack *a)
{
    struct es_span whole;

    attack_parts(a);
    whole = zip_build_finish(&a->zip);
    es_buf_put_span(&a->out, es_span_sub(whole, 0, whole.len - (size_t) attack_number(a->c->arg)));
}

/* Sizes in a descriptor behind the data; byte arg of it is wrong. */
static void build_descriptor(struct attack *a)
{
    struct zip_build_part *part;
    uint8_t bytes[24];
    const char *copy;

    attack_parts(a);
    part = attack_part(a, PAGE);
    zip_build_descriptor(&a->zip, part, true, false);
    if (a->c->arg == NULL)
        return;
    memcpy(bytes, part->descriptor.ptr, part->descriptor.len);
    bytes[attack_number(a->c->arg)] ^= 1;
    copy = es_arena_text(&a->zip.arena, es_span_of(bytes, part->descriptor.len));
    assert_non_null(copy);
    part->descriptor.ptr = (const uint8_t *) copy;
}

#define BAD ES_OUTCOME_INVALID
#define GOOD ES_OUTCOME_VALID
#define OPEN ES_OUTCOME_INDETERMINATE
#define UNSUPPORTED "container_unsupported"
#define MALFORMED "container_malformed"
#define CRC "container_crc_mismatch"

/* clang-format off */
static const struct attack_case rows[] = {
    {"zip-17: page encrypted", build_unsupported, OPEN, UNSUPPORTED, ES_E_OFD, PAGE, "encrypted"},
    {"zip-17: attachment encrypted", build_unsupported, OPEN, UNSUPPORTED, ES_E_OFD,
     "Doc_0/Attachs/data.txt", "encrypted"},
    {"zip-17: signature list encrypted", build_unsupported, OPEN, UNSUPPORTED, ES_E_OFD, LIST,
     "encrypted"},
    {"zip-17: bzip2", build_unsupported, OPEN, UNSUPPORTED, ES_E_OFD, PAGE, "12"},
    {"zip-17: WinZip AES", build_unsupported, OPEN, UNSUPPORTED, ES_E_OFD, PAGE, "99"},
    {"zip-17: package encrypted by GM/T 0099", build_encryptions, OPEN, UNSUPPORTED,
     ES_E_ENCRYPTED},
    {"zip-18: checksum of a page wrong", build_wrong_crc, BAD, CRC, ES_E_OFD, PAGE},
    {"zip-18: checksum of the last page wrong", build_wrong_crc, BAD, CRC, ES_E_OFD,
     "Doc_0/Pages/Page_2/Content.xml"},
    {"zip-18: checksum of an image wrong", build_wrong_crc, BAD, CRC, ES_E_OFD,
     "Doc_0/Res/image.png"},
    {"zip-18: checksum of the entry point wrong", build_wrong_crc, BAD, CRC, ES_E_OFD, "OFD.xml"},
    {"zip-18: checksum of the signature wrong", build_wrong_crc, BAD, CRC, ES_E_OFD, SIGNATURE},
    {"zip-18: checksum of the signature value wrong", build_wrong_crc, BAD, CRC, ES_E_OFD,
     "Doc_0/Signs/Sign_0/SignedValue.dat"},
    {"zip-18: checksum of the seal file wrong", build_wrong_crc, BAD, CRC, ES_E_OFD,
     "Doc_0/Signs/Sign_0/Seal.esl"},
    {"zip-18: packed data cut", build_cut_entry, BAD, MALFORMED, ES_E_OFD},
    {"zip-18: bytes behind the packed data", build_surplus, BAD, CRC, ES_E_OFD},
    {"zip-18: last byte of the file missing", build_cut_file, BAD, MALFORMED, ES_E_OFD, "1"},
    {"zip-18: end record missing", build_cut_file, BAD, MALFORMED, ES_E_OFD, "22"},
    {"zip-18: directory cut", build_cut_file, BAD, MALFORMED, ES_E_OFD, "500"},
    {"zip-18: descriptor tells the truth", build_descriptor, GOOD, "!" MALFORMED, ES_OK},
    {"zip-18: descriptor lies about the checksum", build_descriptor, BAD, MALFORMED, ES_E_OFD, "4"},
    {"zip-18: descriptor lies about the packed size", build_descriptor, BAD, MALFORMED, ES_E_OFD,
     "8"},
    {"zip-18: descriptor lies about the size", build_descriptor, BAD, MALFORMED, ES_E_OFD, "12"},
};
/* clang-format on */

const struct attack_table attack_zip_contents = ATTACK_TABLE(rows);
