/* What the checks of codes share: length, alphabet, and how an odd byte is shown. */
#ifndef CODES_INTERNAL_H
#define CODES_INTERNAL_H

#include "es_codes.h"

#define CODES_DIGITS "0123456789"
#define CODES_ALNUM CODES_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/** What a code is called in messages, its alphabet, and how that is written for people. */
struct codes_shape {
    const char *what, *alphabet, *shown;
};

ES_CHECKED es_status codes_check_len(struct es_span code, const char *what, size_t len,
                                     struct es_error *err);
/** Bytes from .. to-1 of code (0-based) stand in the alphabet. */
ES_CHECKED es_status codes_check_bytes(struct es_span code, size_t from, size_t to,
                                       const struct codes_shape *shape, struct es_error *err);
/** Index in an alphabet, -1 when not in it; NUL is in none. */
int codes_index(const char *alphabet, uint8_t byte);
/** Copy bytes and end them with NUL; out has room. */
void codes_copy(char *out, struct es_span s);
/** Value of digits that were checked; at most 18 of them. */
uint64_t codes_number(struct es_span digits);

ES_CHECKED es_status codes_es24_check(struct es_span code, const struct es_division_set *known,
                                      unsigned *warnings, struct es_error *err);

#endif
