/* A bucket that misbehaves: what is believed, what is sent again, what is told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answerer.h"
#include "s3.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define ABC "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
#define ABC_KEY "66/c7/" ABC

struct fixture {
    struct answerer answerer;
    struct s3 *s3;
    struct es_error err;
};

static es_status open_bucket(struct fixture *f, const char *bucket)
{
    char rest[200];
    void *self = NULL;

    (void) snprintf(rest, sizeof rest, "http://127.0.0.1:%u/%s?region=%s", f->answerer.port, bucket,
                    ANSWERER_REGION);
    ES_TRY(es_blob_s3.open(rest, &self, &f->err));
    f->s3 = self;
    return ES_OK;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    answerer_start(&f->answerer, NULL, NULL);
    assert_int_equal(open_bucket(f, ANSWERER_BUCKET), ES_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->s3 != NULL)
        es_blob_s3.close(f->s3);
    assert_string_equal(answerer_tell(&f->answerer, "leaked"), "0");
    answerer_stop(&f->answerer);
    free(f);
    return 0;
}

static void tell(struct fixture *f, const char *command)
{
    assert_string_equal(answerer_tell(&f->answerer, "%s", command), "ok");
}

static void assert_count(struct fixture *f, const char *method, const char *expected)
{
    assert_string_equal(answerer_tell(&f->answerer, "count %s", method), expected);
}

static es_status put_abc(struct fixture *f)
{
    struct es_source source = es_source_memory(es_span_str("abc"));
    char name[ES_BLOB_NAME_LEN + 1];

    return es_blob_s3.put(f->s3, &source, name, &f->err);
}

static es_status open_abc(struct fixture *f)
{
    struct es_source source = {.fd = -1};
    es_status status = es_blob_s3.open_blob(f->s3, ABC, &source, &f->err);

    es_source_clear(&source);
    return status;
}

static es_status see(void *ctx, const char *name, struct es_error *err)
{
    (void) ctx;
    (void) name;
    (void) err;
    return ES_OK;
}

static es_status list(struct fixture *f)
{
    return es_blob_s3.each(f->s3, see, NULL, &f->err);
}

/* ---- reading ---- */

static void a_changed_answer_is_refused(void **state)
{
    struct fixture *f = *state;

    tell(f, "put " ABC_KEY " 616263");
    tell(f, "mode GET corrupt");
    assert_int_equal(open_abc(f), ES_E_INTEGRITY);
    tell(f, "mode GET none");
    assert_int_equal(open_abc(f), ES_OK);
}

static void a_cut_answer_is_no_answer(void **state)
{
    struct fixture *f = *state;

    tell(f, "put " ABC_KEY " 616263");
    tell(f, "mode GET cut");
    assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
    tell(f, "mode GET drop");
    assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
}

static void an_answer_that_does_not_come_is_given_up(void **state)
{
    struct fixture *f = *state;

    tell(f, "mode * slow");
    f->s3->timeout_ms = 200;
    assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
    assert_int_equal(list(f), ES_E_UNREACHABLE);
    assert_int_equal(put_abc(f), ES_E_UNREACHABLE);
    assert_count(f, "*", "3"); /* what was sent is not sent again */
}

static void an_answer_without_end_is_given_up(void **state)
{
    struct fixture *f = *state;

    tell(f, "mode GET endless");
    f->s3->blob_max = 1 << 20;
    assert_int_equal(open_abc(f), ES_E_LIMIT);
    assert_int_equal(list(f), ES_E_LIMIT);
}

static void redirects_are_not_followed(void **state)
{
    struct fixture *f = *state;

    tell(f, "mode * redirect");
    assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
    assert_string_equal(f->err.text, "S3: answered with status 307");
    assert_int_equal(list(f), ES_E_UNREACHABLE);
    assert_count(f, "*", "2");
}

static void failures_of_the_server_are_not_absence(void **state)
{
    static const char *const modes[] = {"mode * 500", "mode * 503:SlowDown", "mode * 502",
                                        "mode * 429", "mode * 400:Weird",    "mode * 418"};
    struct fixture *f = *state;
    bool found;

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        tell(f, modes[i]);
        assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
        assert_int_equal(es_blob_s3.exists(f->s3, ABC, &found, NULL), ES_E_UNREACHABLE);
        assert_int_equal(es_blob_s3.remove(f->s3, ABC, NULL), ES_E_UNREACHABLE);
        assert_int_equal(put_abc(f), ES_E_UNREACHABLE);
        assert_int_equal(list(f), ES_E_UNREACHABLE);
    }
    tell(f, "mode * 503:SlowDown");
    assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
    assert_string_equal(f->err.text, "S3: answered with status 503 SlowDown");
}

static void a_missing_bucket_is_not_a_missing_object(void **state)
{
    struct fixture *f = *state;
    bool found = false;

    es_blob_s3.close(f->s3);
    f->s3 = NULL;
    assert_int_equal(open_bucket(f, "no-such-bucket"), ES_OK);
    assert_int_equal(open_abc(f), ES_E_CONFIG);
    assert_string_equal(f->err.text, "S3: there is no such bucket");
    assert_int_equal(es_blob_s3.exists(f->s3, ABC, &found, NULL), ES_E_CONFIG);
    assert_int_equal(es_blob_s3.remove(f->s3, ABC, NULL), ES_E_CONFIG);
    assert_int_equal(put_abc(f), ES_E_CONFIG);
    assert_int_equal(list(f), ES_E_CONFIG);
}

static void a_404_of_somebody_else_is_not_absence(void **state)
{
    struct fixture *f = *state;

    tell(f, "mode GET 404:PageNotFound");
    assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
    tell(f, "mode GET 404:NoSuchKey");
    assert_int_equal(open_abc(f), ES_E_ABSENT);
    tell(f, "mode DELETE 404:PageNotFound");
    assert_int_equal(es_blob_s3.remove(f->s3, ABC, &f->err), ES_E_UNREACHABLE);
    tell(f, "mode DELETE 404:NoSuchKey");
    assert_int_equal(es_blob_s3.remove(f->s3, ABC, &f->err), ES_OK);
}

/* ---- writing ---- */

static void a_put_is_sent_once(void **state)
{
    static const char *const modes[] = {"mode PUT 500", "mode PUT drop", "mode PUT 503:SlowDown"};
    static const char *const counts[] = {"1", "2", "3"};
    struct fixture *f = *state;

    for (size_t i = 0; i < 3; i++) {
        tell(f, modes[i]);
        assert_int_equal(put_abc(f), ES_E_UNREACHABLE);
        assert_count(f, "PUT", counts[i]);
    }
}

static void what_was_taken_and_not_kept_is_found(void **state)
{
    struct fixture *f = *state;

    tell(f, "mode PUT lose");
    assert_int_equal(put_abc(f), ES_E_INTEGRITY);
    tell(f, "mode PUT short");
    assert_int_equal(put_abc(f), ES_E_INTEGRITY);
    assert_string_equal(f->err.text, "object " ABC " is stored with 2 bytes and came with 3");
    assert_count(f, "GET", "0"); /* the length was enough */
}

static void another_etag_makes_us_read_what_is_stored(void **state)
{
    struct fixture *f = *state;

    tell(f, "mode PUT etag");
    assert_int_equal(put_abc(f), ES_OK);
    assert_count(f, "GET", "1");
    assert_string_equal(answerer_tell(&f->answerer, "get " ABC_KEY), "616263");
    tell(f, "rm " ABC_KEY);
    tell(f, "mode GET corrupt");
    assert_int_equal(put_abc(f), ES_E_INTEGRITY);
}

static void the_same_etag_spares_reading(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(put_abc(f), ES_OK);
    assert_count(f, "GET", "0");
    assert_count(f, "*", "3");
}

static void a_full_bucket_is_told(void **state)
{
    struct fixture *f = *state;

    tell(f, "mode PUT 507:StorageFull");
    assert_int_equal(put_abc(f), ES_E_WRITE);
}

static void an_object_that_changed_on_the_way_is_told(void **state)
{
    struct fixture *f = *state;
    struct s3_answer answer;
    struct es_source source = es_source_memory(es_span_str("abd"));
    /* printf abc | sha256sum */
    const struct s3_request request = {
        .method = "PUT",
        .name = ABC,
        .body = &source,
        .body_sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};

    assert_int_equal(s3_call(f->s3, &request, &answer, &f->err), ES_E_INTEGRITY);
    tell(f, "mode PUT 400:BadDigest");
    assert_int_equal(put_abc(f), ES_E_INTEGRITY);
}

/* ---- who asks ---- */

static void a_wrong_secret_is_refused_and_nothing_of_it_is_told(void **state)
{
    struct fixture *f = *state;

    f->s3->credentials.ptr[f->s3->secret_off] ^= 1;
    assert_int_equal(put_abc(f), ES_E_DENIED);
    assert_int_equal(open_abc(f), ES_E_DENIED);
    assert_string_equal(f->err.text, "S3: refused with status 403 SignatureDoesNotMatch");
    assert_int_equal(list(f), ES_E_DENIED);
    f->s3->credentials.ptr[0] ^= 1;
    assert_int_equal(open_abc(f), ES_E_DENIED);
    assert_string_equal(f->err.text, "S3: refused with status 403 InvalidAccessKeyId");
}

static void without_credentials_nothing_is_opened(void **state)
{
    struct fixture *f = *state;
    struct es_blobs *blobs = NULL;

    assert_int_equal(unsetenv("ESEAL_S3_CREDENTIALS"), 0);
    assert_int_equal(es_blobs_open("s3:https://h/bkt?region=r", &blobs, &f->err), ES_E_CONFIG);
    assert_int_equal(setenv("ESEAL_S3_CREDENTIALS", "/nonexistent", 1), 0);
    assert_int_equal(es_blobs_open("s3:https://h/bkt?region=r", &blobs, &f->err), ES_E_CONFIG);
    assert_int_equal(setenv("ESEAL_S3_CREDENTIALS", f->answerer.credentials, 1), 0);
    assert_int_equal(es_blobs_open("s3:http://h/bkt?region=r", &blobs, &f->err), ES_E_CONFIG);
    assert_int_equal(es_blobs_open("s3:https://h/bkt?region=r", &blobs, &f->err), ES_OK);
    es_blobs_free(blobs);
}

/* ---- connections ---- */

struct door {
    int listener;
    unsigned port;
    atomic_uint accepted;
    pthread_t thread;
};

/* Lets callers in and closes at once, until the listener is shut. */
static void *open_and_close(void *ctx)
{
    struct door *door = ctx;

    for (;;) {
        int fd = accept(door->listener, NULL, NULL);

        if (fd < 0)
            return NULL;
        atomic_fetch_add(&door->accepted, 1);
        (void) close(fd);
    }
}

static void door_open(struct door *door)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;

    *door = (struct door){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(door->listener, (struct sockaddr *) &address, len), 0);
    assert_int_equal(listen(door->listener, 8), 0);
    assert_int_equal(getsockname(door->listener, (struct sockaddr *) &address, &len), 0);
    door->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&door->thread, NULL, open_and_close, door), 0);
}

static void door_close(struct door *door)
{
    (void) shutdown(door->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(door->thread, NULL), 0);
    (void) close(door->listener);
}

static void a_connection_that_fails_is_tried_once_more(void **state)
{
    struct fixture *f = *state;
    struct door door;

    door_open(&door);
    (void) snprintf(f->s3->origin, sizeof f->s3->origin, "https://127.0.0.1:%u", door.port);
    assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
    door_close(&door);
    assert_int_equal(atomic_load(&door.accepted), 2);
}

/* A certificate that nobody vouches for, made by another program. */
static void a_certificate_nobody_vouches_for_is_refused(void **state)
{
    struct fixture *f = *state;
    struct answerer tls;
    char cert[96], key[96], command[512], credentials[96];

    (void) snprintf(cert, sizeof cert, "%s/cert.pem", f->answerer.folder);
    (void) snprintf(key, sizeof key, "%s/key.pem", f->answerer.folder);
    (void) snprintf(command, sizeof command,
                    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
                    "-addext subjectAltName=IP:127.0.0.1 -out %s -keyout %s 2>/dev/null",
                    cert, key);
    assert_int_equal(system(command), 0);
    memcpy(credentials, f->answerer.credentials, sizeof credentials);
    answerer_start(&tls, cert, key);
    (void) snprintf(f->s3->origin, sizeof f->s3->origin, "https://127.0.0.1:%u", tls.port);
    assert_int_equal(open_abc(f), ES_E_UNREACHABLE);
    assert_string_equal(f->err.text, "S3: SSL peer certificate or SSH remote key was not OK");
    assert_string_equal(answerer_tell(&tls, "count *"), "0");
    answerer_stop(&tls);
    assert_int_equal(setenv("ESEAL_S3_CREDENTIALS", credentials, 1), 0);
    assert_int_equal(unlink(cert), 0);
    assert_int_equal(unlink(key), 0);
}

static void a_file_without_a_name_takes_the_answer(void **state)
{
    struct fixture *f = *state;
    struct es_source source = {.fd = -1};
    char link[64], target[256];
    ssize_t len;

    tell(f, "put " ABC_KEY " 616263");
    assert_int_equal(es_blob_s3.open_blob(f->s3, ABC, &source, NULL), ES_OK);
    (void) snprintf(link, sizeof link, "/proc/self/fd/%d", source.fd);
    len = readlink(link, target, sizeof target - 1);
    assert_true(len > 0);
    target[len] = '\0';
    assert_non_null(strstr(target, "(deleted)"));
    es_source_clear(&source);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_changed_answer_is_refused),
        CASE(a_cut_answer_is_no_answer),
        CASE(an_answer_that_does_not_come_is_given_up),
        CASE(an_answer_without_end_is_given_up),
        CASE(redirects_are_not_followed),
        CASE(failures_of_the_server_are_not_absence),
        CASE(a_missing_bucket_is_not_a_missing_object),
        CASE(a_404_of_somebody_else_is_not_absence),
        CASE(a_put_is_sent_once),
        CASE(what_was_taken_and_not_kept_is_found),
        CASE(another_etag_makes_us_read_what_is_stored),
        CASE(the_same_etag_spares_reading),
        CASE(a_full_bucket_is_told),
        CASE(an_object_that_changed_on_the_way_is_told),
        CASE(a_wrong_secret_is_refused_and_nothing_of_it_is_told),
        CASE(without_credentials_nothing_is_opened),
        CASE(a_connection_that_fails_is_tried_once_more),
        CASE(a_certificate_nobody_vouches_for_is_refused),
        CASE(a_file_without_a_name_takes_the_answer),
    };

    return cmocka_run_group_tests_name("s3", tests, NULL, NULL);
}
