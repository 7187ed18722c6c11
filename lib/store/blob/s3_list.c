/*
 * What S3 says in XML: pages of names, and the code of an error. Names count only where one of our
 * objects can be; they must rise, so a server cannot make a listing turn in circles.
 */
#include "es_xml.h"
#include "s3.h"

#define VALUE_MAX 4096u
#define NAMES_MAX (4u << 20)

static const struct es_xml_limits limits = {.bytes_max = 8u << 20,
                                            .depth_max = 8,
                                            .attributes_max = 8,
                                            .elements_max = 100000,
                                            .text_max = VALUE_MAX};

/* ---- a walk that keeps the path and the text of the leaf it stands in ---- */

#define DEPTH 3u
struct walk {
    char path[128];         /* of the elements down to DEPTH, "a/b/c" */
    size_t ends[DEPTH + 1]; /* length of path at each depth */
    size_t depth;
    struct es_buf text;
    es_status (*leaf)(void *ctx, const char *path, struct es_span text, struct es_error *err);
    void *ctx;
};

static es_status on_start(void *ctx, const char *name, const char *uri,
                          const struct es_xml_attr *attrs, struct es_error *err)
{
    struct walk *walk = ctx;
    size_t used;
    int put;

    (void) uri;
    (void) attrs;
    (void) err;
    es_buf_reset(&walk->text);
    if (++walk->depth > DEPTH)
        return ES_OK;
    used = walk->ends[walk->depth - 1];
    put = snprintf(walk->path + used, sizeof walk->path - used, "%s%s", used > 0 ? "/" : "", name);
    /* An element of a longer name is none we know; its path ends in something no name has. */
    if (put < 0 || (size_t) put >= sizeof walk->path - used)
        put = snprintf(walk->path + used, sizeof walk->path - used, "%s", "?");
    walk->ends[walk->depth] = used + (size_t) put;
    return ES_OK;
}

static es_status on_text(void *ctx, struct es_span text, struct es_error *err)
{
    struct walk *walk = ctx;

    es_buf_put_span(&walk->text, text);
    return es_buf_check(&walk->text, err);
}

static es_status on_end(void *ctx, const char *name, struct es_error *err)
{
    struct walk *walk = ctx;
    es_status status = ES_OK;

    (void) name;
    if (walk->depth <= DEPTH) {
        walk->path[walk->ends[walk->depth]] = '\0';
        status = walk->leaf(walk->ctx, walk->path, es_buf_span(&walk->text), err);
    }
    es_buf_reset(&walk->text);
    walk->depth--;
    return status;
}

static es_status walk_leaves(struct es_span xml, struct walk *walk, struct es_error *err)
{
    const struct es_xml_handler handler = {.start = on_start, .end = on_end, .text = on_text};
    es_status status;

    es_buf_init(&walk->text, VALUE_MAX);
    status = es_xml_scan(xml, &limits, &handler, walk, err);
    es_buf_clear(&walk->text);
    return status;
}

/* ---- names ---- */

struct paging {
    struct s3_page *page;
    const char *prefix;
    unsigned truncated, tokens; /* how often each came */
};

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False when it is not URL-encoded or longer than one of our keys can be. */
static bool decode_key(struct es_span text, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (uint8_t) (high * 16 + low);
            i += 2;
        }
        if (c == '\0' || used + 1 >= size)
            return false;
        out[used++] = (char) c;
    }
    out[used] = '\0';
    return true;
}

/* The name when text is "PREFIX/ab/cd/<name>" and all agrees; NULL: not one of ours. */
static const char *name_of(const char *key, const char *prefix)
{
    size_t skip = strlen(prefix);
    char expected[ES_BLOB_KEY_LEN + 1];
    const char *name;

    if (strncmp(key, prefix, skip) != 0 || strlen(key + skip) != ES_BLOB_KEY_LEN)
        return NULL;
    name = key + skip + 6;
    if (!es_blob_is_name(es_span_str(name)))
        return NULL;
    es_blob_key(name, expected);
    return strcmp(key + skip, expected) == 0 ? name : NULL;
}

static es_status take_key(struct paging *paging, struct es_span text, struct es_error *err)
{
    char key[S3_PREFIX_MAX + 2 + ES_BLOB_KEY_LEN];
    struct s3_page *page = paging->page;
    const char *name = NULL;

    page->keys++;
    if (decode_key(text, key, sizeof key))
        name = name_of(key, paging->prefix);
    if (name == NULL)
        return ES_OK;
    ES_ENSURE(strcmp(name, page->last) > 0, err, ES_E_FORMAT,
              "S3: the listing is not in order at %s", name);
    memcpy(page->last, name, sizeof page->last);
    es_buf_put_str(&page->names, name);
    return es_buf_check(&page->names, err);
}

static es_status take_truncated(struct paging *paging, struct es_span text, struct es_error *err)
{
    ES_ENSURE(es_span_is(text, "true") || es_span_is(text, "false"), err, ES_E_FORMAT,
              "S3: the listing does not say whether it goes on");
    paging->page->more = text.ptr[0] == 't';
    paging->truncated++;
    return ES_OK;
}

static es_status take_token(struct paging *paging, struct es_span text, struct es_error *err)
{
    ES_ENSURE(text.len > 0 && text.len <= S3_TOKEN_MAX, err, ES_E_FORMAT,
              "S3: continuation token of %zu bytes, allowed are 1 to %u", text.len, S3_TOKEN_MAX);
    memcpy(paging->page->token, text.ptr, text.len);
    paging->page->token[text.len] = '\0';
    paging->tokens++;
    return ES_OK;
}

static es_status on_list_leaf(void *ctx, const char *path, struct es_span text,
                              struct es_error *err)
{
    if (strcmp(path, "ListBucketResult/Contents/Key") == 0)
        return take_key(ctx, text, err);
    if (strcmp(path, "ListBucketResult/IsTruncated") == 0)
        return take_truncated(ctx, text, err);
    if (strcmp(path, "ListBucketResult/NextContinuationToken") == 0)
        return take_token(ctx, text, err);
    return ES_OK;
}

es_status s3_page_read(struct es_span xml, const char *prefix, struct s3_page *page,
                       struct es_error *err)
{
    struct paging paging = {.page = page, .prefix = prefix};
    struct walk walk = {.leaf = on_list_leaf, .ctx = &paging};

    es_buf_reset(&page->names);
    page->names.max = NAMES_MAX;
    page->keys = 0;
    page->more = false;
    page->token[0] = '\0';
    ES_TRY(walk_leaves(xml, &walk, err));
    ES_ENSURE(paging.truncated == 1 && paging.tokens <= 1, err, ES_E_FORMAT,
              "S3: the answer is not a listing");
    ES_ENSURE(!page->more || paging.tokens == 1, err, ES_E_FORMAT,
              "S3: the listing goes on and does not say where");
    return ES_OK;
}

/* ---- errors ---- */

static es_status on_error_leaf(void *ctx, const char *path, struct es_span text,
                               struct es_error *err)
{
    char *code = ctx;

    (void) err;
    if (strcmp(path, "Error/Code") != 0 || text.len > 64)
        return ES_OK;
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] | 0x20) >= 'a' && (text.ptr[i] | 0x20) <= 'z') &&
            !(text.ptr[i] >= '0' && text.ptr[i] <= '9'))
            return ES_OK;
    if (text.len > 0)
        memcpy(code, text.ptr, text.len);
    code[text.len] = '\0';
    return ES_OK;
}

void s3_error_code(struct es_span xml, char code[65])
{
    struct walk walk = {.leaf = on_error_leaf, .ctx = code};

    code[0] = '\0';
    if (xml.len > 0 && walk_leaves(xml, &walk, NULL) != ES_OK)
        code[0] = '\0';
}
