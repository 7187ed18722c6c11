/*
 * Property: an address of a bucket that is taken has only parts of their alphabets, and put
 * together again in their order they are the address (the one blank spot: a '/' at its end).
 */
#include "s3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct s3 *s3, struct es_span where)
{
    char again[1024], slash[1024];
    const char *path = s3->prefix;
    int len = (int) strlen(path) - (path[0] != '\0');

    (void) snprintf(again, sizeof again, "%s/%s%s%.*s?region=%s", s3->origin, s3->bucket,
                    len > 0 ? "/" : "", len, path, s3->region);
    (void) snprintf(slash, sizeof slash, "%s/%s/%s?region=%s", s3->origin, s3->bucket, path,
                    s3->region);
    ES_BUG_ON(!es_span_is(where, again) && !es_span_is(where, slash));
    ES_BUG_ON(strpbrk(path, "%?#@ \\") != NULL || strstr(path, "//") != NULL);
    ES_BUG_ON(strchr(s3->origin, '@') != NULL || strstr(s3->origin, s3->host) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct s3 s3 = {0};

    if (s3_where_parse(es_span_of(data, size), &s3, NULL) == ES_OK)
        check(&s3, es_span_of(data, size));
    return 0;
}
