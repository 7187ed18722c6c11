/*
 * Attacks as rows of a table: how the file is built, what verifying says, what sealing says. Each
 * build starts from the sealed document of the world and changes one thing, so that a reviewer can
 * read what was done. The same rows run through verification and through sealing.
 *
 * A builder leaves its file in one of three places: out (whole files), zip (containers field by
 * field), else pkg (entries, written by the ordinary writer).
 */
#ifndef ES_TESTS_ATTACK_H
#define ES_TESTS_ATTACK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"
#include "zip_builder.h"

#define PAGE "Doc_0/Pages/Page_0/Content.xml"
#define DOCUMENT "Doc_0/Document.xml"
#define LIST "Doc_0/Signs/Signatures.xml"
#define SIGNATURE "Doc_0/Signs/Sign_0/Signature.xml"
#define TAG "Doc_0/Tags/CustomTag.xml"

struct attack;
struct attack_case {
    const char *name; /* "zip-01: page twice, good one first" */
    void (*build)(struct attack *a);
    enum es_outcome outcome; /* under assured */
    const char *codes;       /* as for expect_report */
    es_status sign;          /* what es_ofd_prepare says to the same file */
    const char *arg, *arg2;  /* for the builder */
    enum es_outcome strict;  /* under strict; unknown: not asked */
};

struct attack {
    struct world *w;
    const struct attack_case *c;
    struct pkg pkg; /* entries of the sealed document */
    struct zip_builder zip;
    struct es_buf out;
};

/** Build the case; the bytes live until attack_clear. */
struct es_span attack_build(struct attack *a, struct world *w, const struct attack_case *c);
void attack_clear(struct attack *a);

/* ---- for builders ---- */

/** An argument as a number. */
long attack_number(const char *arg);
/** All entries of pkg, stored, as parts of zip. */
void attack_parts(struct attack *a);
struct zip_build_part *attack_part(struct attack *a, const char *name);
/** Page 1 with another amount of money. */
struct es_span attack_bad_page(struct attack *a);
/** pkg becomes the unsealed document. */
void attack_unsealed(struct attack *a);
/** Seal pkg with the signer who is entitled and signs anything. */
void attack_sign(struct attack *a);
/**
 * Replace text so that the change itself is what is judged: files under the signature's care are
 * changed before the sealing, Signature.xml is signed anew, Signatures.xml needs neither.
 */
void attack_change(struct attack *a, const char *entry, const char *from, const char *to);
/** The same for the whole content of an entry. */
void attack_content(struct attack *a, const char *entry, struct es_span bytes);

/* ---- tables ---- */

struct attack_table {
    const struct attack_case *rows;
    size_t count;
};
extern const struct attack_table attack_zip_names, attack_zip_layout, attack_zip_contents,
    attack_zip_bombs, attack_xml_files, attack_xml_signature;
#define ATTACK_TABLE(rows)                                                                         \
    {                                                                                              \
        (rows), sizeof(rows) / sizeof(rows)[0]                                                     \
    }

/** Run check(w, case) over tables (NULL-ended), each case a test. Returns the number of failures.
 */
int attack_run(const char *group, const struct attack_table *const *tables,
               void (*check)(struct world *w, const struct attack_case *c));

#endif
