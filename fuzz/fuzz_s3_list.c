/*
 * Property: a page of a bucket's listing, whatever it says, gives whole names that rise, each a
 * name that may be asked for; and a code of an error holds letters and digits.
 */
#include "s3.h"

#include <ctype.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const struct s3_page *page)
{
    const uint8_t *names = page->names.ptr;

    ES_BUG_ON(page->names.len % ES_BLOB_NAME_LEN != 0);
    ES_BUG_ON(page->names.len / ES_BLOB_NAME_LEN > page->keys);
    for (size_t off = 0; off < page->names.len; off += ES_BLOB_NAME_LEN) {
        ES_BUG_ON(!es_blob_is_name(es_span_of(names + off, ES_BLOB_NAME_LEN)));
        ES_BUG_ON(off > 0 &&
                  memcmp(names + off - ES_BLOB_NAME_LEN, names + off, ES_BLOB_NAME_LEN) >= 0);
    }
    ES_BUG_ON(strlen(page->token) > S3_TOKEN_MAX);
}

/* The first byte chooses the prefix; the rest is read as a page and as an error. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_span xml = es_span_of(data, size);
    const char *prefix = size > 0 && data[0] == '\n' ? "p/q/" : "";
    struct s3_page page = {0};
    char code[65];

    if (s3_page_read(xml, prefix, &page, NULL) == ES_OK) {
        check_names(&page);
        ES_BUG_ON(page.more && page.token[0] == '\0');
    }
    es_buf_clear(&page.names);
    s3_error_code(xml, code);
    for (const char *p = code; *p != '\0'; p++)
        ES_BUG_ON(!isalnum((unsigned char) *p));
    return 0;
}
