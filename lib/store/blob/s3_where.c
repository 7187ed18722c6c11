/* Where the bucket is and who asks. Every part has an alphabet, so nothing needs quoting later. */
#include "s3.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define CREDENTIALS_MAX 1024u

static bool all_of(struct es_span text, const char *alphabet)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0' || strchr(alphabet, text.ptr[i]) == NULL)
            return false;
    return true;
}

/* What stands before byte c, or all; rest moves behind it. */
static struct es_span cut(struct es_span *rest, uint8_t c)
{
    size_t at = es_span_find(*rest, c);
    struct es_span part = es_span_sub(*rest, 0, at);

    *rest = es_span_sub(*rest, at + 1, rest->len);
    return part;
}

static void keep(char *out, struct es_span text)
{
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
}

/* ---- the address ---- */

static es_status check_port(struct es_span port, const char *usual, struct es_error *err)
{
    unsigned long value = 0;

    ES_ENSURE(port.len > 0 && port.len <= 5 && all_of(port, DIGITS) && port.ptr[0] != '0', err,
              ES_E_CONFIG, "port of the S3 address, allowed are 1 to 65535");
    for (size_t i = 0; i < port.len; i++)
        value = value * 10 + (port.ptr[i] - '0');
    ES_ENSURE(value <= 65535, err, ES_E_CONFIG, "port of the S3 address, allowed are 1 to 65535");
    ES_ENSURE(!es_span_is(port, usual), err, ES_E_CONFIG,
              "leave out port %s of the S3 address, it is the usual one", usual);
    return ES_OK;
}

static es_status take_host(struct es_span authority, bool plain, struct s3 *s3,
                           struct es_error *err)
{
    bool six = authority.len > 0 && authority.ptr[0] == '[';
    size_t bracket = es_span_find(authority, ']');
    size_t len = six ? bracket + 1 : es_span_find(authority, ':');
    struct es_span host = es_span_sub(authority, 0, len);
    struct es_span port = es_span_sub(authority, len, authority.len);

    ES_ENSURE(host.len > 0 && host.len <= S3_HOST_MAX && len <= authority.len, err, ES_E_CONFIG,
              "host of the S3 address, allowed are 1 to %d bytes", S3_HOST_MAX);
    ES_ENSURE(six ? all_of(es_span_sub(host, 1, host.len - 2), "abcdef:" DIGITS)
                  : all_of(host, LOWER DIGITS ".-"),
              err, ES_E_CONFIG, "host of the S3 address, allowed are a-z, 0-9, '.' and '-'");
    if (port.len > 0) {
        ES_ENSURE(port.ptr[0] == ':', err, ES_E_CONFIG, "host of the S3 address");
        ES_TRY(check_port(es_span_sub(port, 1, port.len), plain ? "80" : "443", err));
    }
    keep(s3->host, authority);
    (void) snprintf(s3->origin, sizeof s3->origin, "%s://%s", plain ? "http" : "https", s3->host);
    return ES_OK;
}

static es_status take_bucket(struct es_span bucket, struct s3 *s3, struct es_error *err)
{
    ES_ENSURE(bucket.len >= 3 && bucket.len <= 63 && all_of(bucket, LOWER DIGITS ".-") &&
                  bucket.ptr[0] != '.',
              err, ES_E_CONFIG, "bucket of S3, allowed are 3 to 63 of a-z, 0-9, '.' and '-'");
    keep(s3->bucket, bucket);
    return ES_OK;
}

static es_status take_prefix(struct es_span prefix, struct s3 *s3, struct es_error *err)
{
    struct es_span rest = prefix;

    ES_ENSURE(prefix.len <= S3_PREFIX_MAX, err, ES_E_CONFIG,
              "prefix in the bucket of %zu bytes, at most %d", prefix.len, S3_PREFIX_MAX);
    while (rest.len > 0) {
        struct es_span part = cut(&rest, '/');

        ES_ENSURE(part.len > 0 && all_of(part, LOWER UPPER DIGITS "._-") &&
                      !es_span_is(part, ".") && !es_span_is(part, ".."),
                  err, ES_E_CONFIG,
                  "prefix in the bucket, allowed are a-z, A-Z, 0-9, '.', '_', '-' between '/'");
    }
    keep(s3->prefix, prefix);
    if (prefix.len > 0 && prefix.ptr[prefix.len - 1] != '/')
        keep(s3->prefix + prefix.len, es_span_str("/"));
    return ES_OK;
}

static es_status take_region(struct es_span query, struct s3 *s3, struct es_error *err)
{
    struct es_span region = es_span_sub(query, strlen("region="), query.len);

    ES_ENSURE(es_span_starts(query, "region=") && region.len > 0 && region.len <= 32 &&
                  all_of(region, LOWER DIGITS "-_"),
              err, ES_E_CONFIG, "the S3 address ends in \"?region=\" and 1 to 32 of a-z, 0-9, '-'");
    keep(s3->region, region);
    return ES_OK;
}

es_status s3_where_parse(struct es_span rest, struct s3 *s3, struct es_error *err)
{
    bool plain = es_span_starts(rest, "http://");
    struct es_span address, authority;

    ES_ENSURE(plain || es_span_starts(rest, "https://"), err, ES_E_CONFIG,
              "the S3 address begins with https://");
    rest = es_span_sub(rest, plain ? 7 : 8, rest.len);
    address = cut(&rest, '?');
    authority = cut(&address, '/');
    ES_TRY(take_host(authority, plain, s3, err));
    ES_TRY(take_bucket(cut(&address, '/'), s3, err));
    ES_TRY(take_prefix(address, s3, err));
    ES_TRY(take_region(rest, s3, err));
    ES_ENSURE(es_http_check_url(s3->origin, err) == ES_OK, err, ES_E_CONFIG,
              "the S3 address begins with https://, or http:// and a loopback address");
    return ES_OK;
}

/* ---- the credentials ---- */

static es_status read_into(int fd, struct es_secret *secret, struct es_error *err)
{
    struct stat st;

    ES_ENSURE(fstat(fd, &st) == 0 && S_ISREG(st.st_mode), err, ES_E_CONFIG,
              "the file of S3 credentials is not a regular file");
    ES_ENSURE((st.st_mode & 077) == 0, err, ES_E_CONFIG,
              "the file of S3 credentials may be read by others (mode %03o, allowed is 600)",
              (unsigned) st.st_mode & 0777u);
    while (secret->len < secret->cap) {
        ssize_t got = read(fd, secret->ptr + secret->len, secret->cap - secret->len);

        if (got < 0 && errno == EINTR)
            continue;
        ES_ENSURE(got >= 0, err, ES_E_IO, "S3 credentials: %s", strerror(errno));
        if (got == 0)
            return ES_OK;
        secret->len += (size_t) got;
    }
    return es_error_set(err, ES_E_CONFIG, "the file of S3 credentials has more than %u bytes",
                        CREDENTIALS_MAX - 1);
}

static struct es_span line_of(struct es_span *rest)
{
    struct es_span line = cut(rest, '\n');

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static es_status split(struct s3 *s3, struct es_error *err)
{
    struct es_span all = es_span_of(s3->credentials.ptr, s3->credentials.len), rest = all;
    struct es_span access = line_of(&rest);
    struct es_span secret = line_of(&rest);

    ES_ENSURE(access.len >= 1 && access.len <= 128 && all_of(access, LOWER UPPER DIGITS "-_.") &&
                  secret.len >= 1 && rest.len == 0,
              err, ES_E_CONFIG,
              "the file of S3 credentials has two lines: the access key and the secret");
    for (size_t i = 0; i < secret.len; i++)
        ES_ENSURE(secret.ptr[i] > ' ' && secret.ptr[i] < 0x7f, err, ES_E_CONFIG,
                  "the secret of S3 has characters that none has");
    s3->access_len = access.len;
    s3->secret_off = (size_t) (secret.ptr - all.ptr);
    s3->secret_len = secret.len;
    return ES_OK;
}

es_status s3_credentials_read(const char *path, struct s3 *s3, struct es_error *err)
{
    es_status status;
    int fd;

    ES_TRY(es_secret_init(&s3->credentials, CREDENTIALS_MAX, err));
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ES_ENSURE(fd >= 0, err, ES_E_CONFIG, "the file of S3 credentials cannot be read: %s",
              strerror(errno));
    status = read_into(fd, &s3->credentials, err);
    (void) close(fd);
    ES_TRY(status);
    return split(s3, err);
}
