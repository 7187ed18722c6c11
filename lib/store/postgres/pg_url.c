/*
 * Where the database is: what a URL may say. Passwords come from a passfile or a service file,
 * never from here, where they would show in process lists and logs. To another machine the
 * connection is TLS with the server's name checked, unless the URL already says so; asking for
 * less is refused. What cannot be known before connecting (a service file) counts as another
 * machine.
 */
#include "postgres/pg.h"

static const char *option(const PQconninfoOption *options, const char *key)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, key) == 0 && options->val != NULL && *options->val != '\0')
            return options->val;
    return NULL;
}

/** A socket's folder or a loopback address. */
static bool is_local_host(struct es_span host)
{
    return host.len == 0 || host.ptr[0] == '/' || host.ptr[0] == '@' ||
           es_span_is(host, "localhost") || es_span_is(host, "::1") ||
           (es_span_starts(host, "127.") &&
            strspn((const char *) host.ptr, "0123456789.,") >= host.len);
}

/** All of a list of hosts, as libpq reads it. */
static bool are_local_hosts(const char *hosts)
{
    struct es_span rest = es_span_str(hosts);

    while (true) {
        size_t comma = es_span_find(rest, ',');

        if (!is_local_host(es_span_sub(rest, 0, comma)))
            return false;
        if (comma == rest.len)
            return true;
        rest = es_span_sub(rest, comma + 1, rest.len);
    }
}

static bool is_local(const PQconninfoOption *options)
{
    const char *hosts = option(options, "hostaddr");

    if (hosts == NULL)
        hosts = option(options, "host");
    if (hosts == NULL && (option(options, "service") != NULL || getenv("PGSERVICE") != NULL))
        return false;
    if (hosts == NULL)
        hosts = getenv("PGHOSTADDR");
    if (hosts == NULL)
        hosts = getenv("PGHOST");
    return hosts == NULL || are_local_hosts(hosts);
}

static es_status check(const PQconninfoOption *options, bool *add_verify, struct es_error *err)
{
    const char *mode = option(options, "sslmode");

    ES_ENSURE(option(options, "password") == NULL && option(options, "sslpassword") == NULL, err,
              ES_E_CONFIG,
              "a password in the store's URL: put it into a passfile or a service file");
    ES_ENSURE(mode == NULL || strcmp(mode, "verify-full") == 0 || is_local(options), err,
              ES_E_CONFIG, "sslmode=%.16s to another machine, it must be verify-full", mode);
    *add_verify = mode == NULL && !is_local(options);
    return ES_OK;
}

es_status pg_target_init(struct pg_target *target, const char *url, unsigned wait_ms,
                         struct es_error *err)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool add_verify = false;
    int len;
    es_status status;

    /* libpq's own message would repeat parts of the URL. */
    ES_ENSURE(options != NULL, err, ES_E_CONFIG, "the store's URL is not one that libpq reads");
    *target = (struct pg_target){.wait_ms = wait_ms};
    status = check(options, &add_verify, err);
    PQconninfoFree(options);
    ES_TRY(status);
    len = asprintf(&target->url, "%s%s", url,
                   !add_verify                ? ""
                   : strchr(url, '?') == NULL ? "?sslmode=verify-full"
                                              : "&sslmode=verify-full");
    if (len < 0)
        target->url = NULL;
    ES_ENSURE(len >= 0, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

void pg_target_clear(struct pg_target *target)
{
    free(target->url);
    target->url = NULL;
}

static void add(struct pg_keywords *out, unsigned *at, const char *key, const char *value)
{
    out->keys[*at] = key;
    out->values[*at] = value;
    ++*at;
}

/* Of two values for one keyword the later counts: in front of the URL stand proposals. */
void pg_target_keywords(const struct pg_target *target, struct pg_keywords *out)
{
    unsigned at = 0, s = target->wait_ms / 1000;

    *out = (struct pg_keywords){0};
    (void) snprintf(out->timeout_s, sizeof out->timeout_s, "%u", s < 2 ? 2 : s > 10 ? 10 : s);
    (void) snprintf(out->user_timeout_ms, sizeof out->user_timeout_ms, "%u", target->wait_ms);
    add(out, &at, "connect_timeout", out->timeout_s);
    add(out, &at, "tcp_user_timeout", out->user_timeout_ms);
    add(out, &at, "keepalives_idle", "15");
    add(out, &at, "keepalives_interval", "5");
    add(out, &at, "keepalives_count", "3");
    add(out, &at, "fallback_application_name", "eseal");
    add(out, &at, "dbname", target->url);
    add(out, &at, "client_encoding", "UTF8");
    add(out, &at, "gssencmode", "disable");
}
