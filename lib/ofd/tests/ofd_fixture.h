/*
 * Packages for the tests of lib/ofd: a stored ZIP written byte by byte here, apart from lib/zip,
 * and a small good document that a test changes before it is opened.
 */
#ifndef OFD_FIXTURE_H
#define OFD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../ofd_internal.h"

#define OFD_NS "xmlns:ofd=\"http://www.ofdspec.org/2016\""
#define FILES_MAX 48

struct fixture {
    struct {
        char name[128];
        char text[16384];
    } files[FILES_MAX];
    size_t count;
    struct es_buf bytes;
    struct es_source src;
    struct es_arena arena;
    struct es_findings findings;
    struct es_ofd *ofd;
    struct es_error err;
};

/** Adds a file or replaces its text. */
void put(struct fixture *f, const char *name, const char *text);
void drop(struct fixture *f, const char *name);
/** First occurrence of from in a file becomes to. */
void change(struct fixture *f, const char *name, const char *from, const char *to);
/** OFD.xml, Document.xml, one page with text, PublicRes.xml; no signature. */
void put_good(struct fixture *f);
/** Signatures.xml with one signature and its files. */
void put_signed(struct fixture *f);

/** Writes the ZIP and opens it with the default limits. */
es_status open_it(struct fixture *f);
es_status open_bytes(struct fixture *f, struct es_span bytes, const struct es_ofd_limits *limits);
void close_it(struct fixture *f);
/** Writes the ZIP only. */
struct es_span pack(struct fixture *f);

bool have(const struct fixture *f, enum es_code code);
/** A finding of that code whose first value or place is text. */
bool have_value(const struct fixture *f, enum es_code code, const char *text);

int setup(void **state);
int teardown(void **state);

/** Folder of the samples, or skips the test. */
const char *samples(void);

#endif
