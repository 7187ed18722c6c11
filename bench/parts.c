/* The floor under a verification: the same bytes inflated and hashed with nothing around it. */
#include "bench.h"

#include <expat.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <stdlib.h>

void bench_parts_new(struct bench_parts *p, const struct bench_case *c)
{
    const struct es_source src = es_source_memory(es_buf_span(&c->sealed));
    const struct es_zip_limits limits = es_zip_limits_default();

    *p = (struct bench_parts){.c = c};
    es_buf_init(&p->scratch, (size_t) 1 << 28);
    bench_must(es_zip_open(&src, &limits, NULL, &p->zip, NULL) == ES_OK, "no package");
    p->count = es_zip_count(p->zip);
    p->entries = calloc(p->count, sizeof *p->entries);
    bench_must(p->entries != NULL, "out of memory");
    for (uint32_t i = 0; i < p->count; i++) {
        es_buf_init(&p->entries[i], (size_t) 1 << 28);
        bench_must(es_zip_read(p->zip, es_zip_at(p->zip, i), &p->entries[i], NULL) == ES_OK,
                   "entry does not unpack");
        p->unpacked += p->entries[i].len;
        es_buf_reset(&p->scratch);
        bench_must(es_buf_reserve(&p->scratch, p->entries[i].len + 1) != NULL, "out of memory");
    }
}

void bench_parts_clear(struct bench_parts *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        es_buf_clear(&p->entries[i]);
    free(p->entries);
    es_buf_clear(&p->scratch);
    es_zip_free(p->zip);
}

void bench_inflate(void *ctx)
{
    struct bench_parts *p = ctx;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    size_t made;

    for (uint32_t i = 0; i < p->count; i++) {
        const struct es_zip_entry *entry = es_zip_at(p->zip, i);
        const uint8_t *packed = p->c->sealed.ptr + entry->data_off;

        if (entry->method == 8)
            bench_must(libdeflate_deflate_decompress(d, packed, (size_t) entry->packed_len,
                                                     p->scratch.ptr, (size_t) entry->len,
                                                     &made) == LIBDEFLATE_SUCCESS,
                       "inflate");
        bench_must(libdeflate_crc32(0, entry->method == 8 ? p->scratch.ptr : packed,
                                    (size_t) entry->len) == entry->crc,
                   "checksum");
    }
    libdeflate_free_decompressor(d);
}

static void sm3(struct es_span bytes)
{
    static const EVP_MD *md;
    uint8_t out[ES_SM3_LEN];

    if (md == NULL)
        md = EVP_MD_fetch(NULL, "SM3", NULL);
    bench_must(EVP_Digest(bytes.ptr, bytes.len, out, NULL, md, NULL) == 1, "SM3");
}

void bench_sm3_entries(void *ctx)
{
    const struct bench_parts *p = ctx;

    for (uint32_t i = 0; i < p->count; i++)
        sm3(es_buf_span(&p->entries[i]));
}

void bench_sm3_file(void *ctx)
{
    const struct bench_parts *p = ctx;

    sm3(es_buf_span(&p->c->sealed));
}

static void no_start(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
    (void) ctx;
    (void) name;
    (void) attrs;
}

static void no_end(void *ctx, const XML_Char *name)
{
    (void) ctx;
    (void) name;
}

static void no_text(void *ctx, const XML_Char *text, int len)
{
    (void) ctx;
    (void) text;
    (void) len;
}

void bench_expat(void *ctx)
{
    const struct bench_parts *p = ctx;

    for (uint32_t i = 0; i < p->count; i++) {
        const struct es_buf *bytes = &p->entries[i];
        XML_Parser parser;

        if (bytes->len < 5 || memcmp(bytes->ptr, "<?xml", 5) != 0)
            continue;
        parser = XML_ParserCreateNS("UTF-8", '\x01');
        XML_SetElementHandler(parser, no_start, no_end);
        XML_SetCharacterDataHandler(parser, no_text);
        bench_must(XML_Parse(parser, (const char *) bytes->ptr, (int) bytes->len, 1) ==
                       XML_STATUS_OK,
                   "XML");
        XML_ParserFree(parser);
    }
}
