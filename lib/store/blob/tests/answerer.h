/* Starts s3_answerer.py for a test and talks to it. Every failure ends the test. */
#ifndef ANSWERER_H
#define ANSWERER_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ANSWERER_BUCKET "bucket-1"
#define ANSWERER_REGION "cn-test-1"
#define ANSWERER_ACCESS "AKTEST"
#define ANSWERER_SECRET "s3cret/with+every=thing"

struct answerer {
    pid_t pid;
    FILE *to, *from;
    unsigned port;
    char folder[64];      /* of the test, made by start, removed by stop */
    char credentials[96]; /* the file that $ESEAL_S3_CREDENTIALS names */
};
/** cert and key: NULL for plain http. */
void answerer_start(struct answerer *a, const char *cert, const char *key);
/** Sends "format" and gives the line that comes back, valid until the next call. */
const char *answerer_tell(struct answerer *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void answerer_stop(struct answerer *a);
/** Write text to a.folder/name with a mode; path gets the whole path. */
void answerer_file(const struct answerer *a, const char *name, const char *text, unsigned mode,
                   char path[96]);

#endif
