/*
 * The ground everything stands on: errors, spans, buffers, arenas, secrets, time, text, files.
 * libc only, but for case folding of names, which is libutf8proc's. Nothing here knows seals.
 */
#ifndef ES_BASE_H
#define ES_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_banned.h"
#include "es_error.h"

/* ---- sizes ------------------------------------------------------------------------------ */

/** *out = a + b, or ES_E_LIMIT when that does not fit. */
ES_CHECKED es_status es_size_add(size_t a, size_t b, size_t *out, struct es_error *err);
/** *out = a * b, or ES_E_LIMIT when that does not fit. */
ES_CHECKED es_status es_size_mul(size_t a, size_t b, size_t *out, struct es_error *err);

/* ---- spans: borrowed bytes --------------------------------------------------------------- */

/** Bytes owned by somebody else. ptr may be NULL when len is 0. */
struct es_span {
    const uint8_t *ptr;
    size_t len;
};

static inline struct es_span es_span_of(const void *ptr, size_t len)
{
    return (struct es_span){.ptr = (const uint8_t *) ptr, .len = len};
}
/** The bytes of a C string without its NUL; NULL gives the empty span. */
struct es_span es_span_str(const char *s);
bool es_span_equal(struct es_span a, struct es_span b);
bool es_span_is(struct es_span a, const char *s);
bool es_span_starts(struct es_span a, const char *prefix);
/** <0, 0, >0 like memcmp, shorter first among equals. */
int es_span_compare(struct es_span a, struct es_span b);
/** a[from, from+len); parts outside a are left off. */
struct es_span es_span_sub(struct es_span a, size_t from, size_t len);
/** a without white space (space, tab, CR, LF) at both ends. */
struct es_span es_span_trim(struct es_span a);
/** Position of byte c in a, or a.len. */
size_t es_span_find(struct es_span a, uint8_t c);
/** True when needle occurs in a; *at (may be NULL) gets its first position. */
bool es_span_search(struct es_span a, struct es_span needle, size_t *at);
/** For printf("%.*s", ES_SPAN_ARG(s)); only for text that was checked before. */
#define ES_SPAN_ARG(s) ((int) (s).len), ((const char *) (s).ptr)

/* ---- buffers: owned, growable bytes with a maximum from birth ------------------------------ */

/** The first write that fails marks the buffer; later writes do nothing; es_buf_check tells. */
struct es_buf {
    uint8_t *ptr;
    size_t len;
    size_t cap;
    size_t max;
    es_status failed; /* ES_OK, ES_E_LIMIT or ES_E_NOMEM */
};

#define ES_BUF_INIT(maximum)                                                                       \
    {                                                                                              \
        .ptr = NULL, .len = 0, .cap = 0, .max = (maximum), .failed = ES_OK                         \
    }
void es_buf_init(struct es_buf *buf, size_t max);
/** Frees and zeroes; the maximum stays. Safe to call twice. */
void es_buf_clear(struct es_buf *buf);
/** Forget the content and a failure, keep the memory. */
void es_buf_reset(struct es_buf *buf);
void es_buf_put(struct es_buf *buf, const void *ptr, size_t len);
void es_buf_put_span(struct es_buf *buf, struct es_span s);
void es_buf_put_byte(struct es_buf *buf, uint8_t b);
void es_buf_put_str(struct es_buf *buf, const char *s);
void es_buf_printf(struct es_buf *buf, const char *format, ...) ES_PRINTF(2, 3);
/** Insert bytes at position at <= len. */
void es_buf_insert(struct es_buf *buf, size_t at, const void *ptr, size_t len);
/** Room for len more bytes at buf->ptr + buf->len; the caller then raises len. NULL: failed. */
uint8_t *es_buf_reserve(struct es_buf *buf, size_t len);
/** Append NUL without counting it in len and give the text; NULL when the buffer failed. */
const char *es_buf_cstr(struct es_buf *buf);
static inline struct es_span es_buf_span(const struct es_buf *buf)
{
    return es_span_of(buf->ptr, buf->len);
}
/** ES_OK, or the first failure since birth: ES_E_LIMIT, ES_E_NOMEM. */
ES_CHECKED es_status es_buf_check(const struct es_buf *buf, struct es_error *err);

/* ---- arenas: many small pieces freed at once ------------------------------------------------ */

struct es_arena_block;
struct es_arena {
    struct es_arena_block *blocks;
    size_t used; /* bytes handed out in all */
    size_t max;  /* no more than this in all; 0: no bound */
};
void es_arena_init(struct es_arena *arena, size_t max);
void es_arena_clear(struct es_arena *arena);
/** Zeroed memory aligned for any type; NULL when out of memory or past the maximum. */
void *es_arena_alloc(struct es_arena *arena, size_t len);
/** Copy of s with a NUL behind it; NULL like es_arena_alloc. */
char *es_arena_text(struct es_arena *arena, struct es_span s);
char *es_arena_printf(struct es_arena *arena, const char *format, ...) ES_PRINTF(2, 3);
#define ES_ARENA_NEW(arena, type) ((type *) es_arena_alloc((arena), sizeof(type)))

/* ---- secrets ------------------------------------------------------------------------------- */

/** Key material or a PIN: own pages, locked in memory, not in core dumps, wiped by clear. */
struct es_secret {
    uint8_t *ptr;
    size_t len;
    size_t cap;
};
ES_CHECKED es_status es_secret_init(struct es_secret *secret, size_t cap, struct es_error *err);
void es_secret_clear(struct es_secret *secret);
/** Copy bytes in; ES_E_LIMIT when they do not fit the capacity. */
ES_CHECKED es_status es_secret_set(struct es_secret *secret, struct es_span value,
                                   struct es_error *err);
/** Constant time in the content; lengths are not secret. */
bool es_secret_equal(const struct es_secret *a, struct es_span b);
/** Read one line (without its end) from a file, a descriptor or the terminal into secret. */
ES_CHECKED es_status es_secret_read_file(struct es_secret *secret, const char *path,
                                         struct es_error *err);
ES_CHECKED es_status es_secret_read_fd(struct es_secret *secret, int fd, struct es_error *err);
/** Ask on the controlling terminal without echo. ES_E_ABSENT when there is none. */
ES_CHECKED es_status es_secret_ask(struct es_secret *secret, const char *prompt,
                                   struct es_error *err);
/** Overwrite memory in a way the compiler keeps. */
void es_wipe(void *ptr, size_t len);

/* ---- time: seconds since 1970, UTC; no leap seconds; years 1 to 9999 ----------------------- */

struct es_date {
    int year, month, day, hour, minute, second;
};
/** False when the fields are no date of the Gregorian calendar. */
bool es_date_to_s(const struct es_date *date, int64_t *out_s);
void es_date_from_s(int64_t time_s, struct es_date *out);
#define ES_TIME_TEXT_MAX 32
/** "2026-03-01T08:00:00Z" */
void es_time_iso(int64_t time_s, char out[ES_TIME_TEXT_MAX]);
/** "20260301080000Z" */
void es_time_generalized(int64_t time_s, char out[ES_TIME_TEXT_MAX]);
/** "2026-03-01 16:00:00" at China standard time (UTC+8), for people. */
void es_time_china(int64_t time_s, char out[ES_TIME_TEXT_MAX]);
/**
 * Read what a person gives: 2026-01-15 (midnight UTC), 2026-01-15T08:00[:00[.fff]][Z|+08:00],
 * 20260115080000Z, now, now-7d, now+2h (units s m h d). now_s stands for "now".
 */
ES_CHECKED es_status es_time_parse(const char *text, int64_t now_s, int64_t *out_s,
                                   struct es_error *err);
/** Exactly YYYYMMDDHHMMSSZ. */
ES_CHECKED es_status es_time_parse_generalized(struct es_span text, int64_t *out_s,
                                               struct es_error *err);
/** Exactly YYMMDDHHMMSSZ; years 50 to 99 are 19xx. */
ES_CHECKED es_status es_time_parse_utc(struct es_span text, int64_t *out_s, struct es_error *err);

/** Time and random numbers always come this way, so that tests repeat. */
struct es_clock {
    int64_t (*now_s)(void *self);
    void *self;
    int64_t (*now_ms)(void *self); /* NULL: now_s times 1000 */
};
/** Milliseconds since 1970 of a clock. */
int64_t es_clock_ms(const struct es_clock *clock);
/** The system's clock. */
struct es_clock es_clock_system(void);
/** A clock that stands still at *time_s, which the caller keeps alive. */
struct es_clock es_clock_fixed(const int64_t *time_s);

/* ---- hex, base64 --------------------------------------------------------------------------- */

/** Lower case; out gets 2*len characters and a NUL. */
void es_hex_encode(struct es_span in, char *out);
void es_buf_put_hex(struct es_buf *out, struct es_span in);
ES_CHECKED es_status es_hex_decode(struct es_span in, struct es_buf *out, struct es_error *err);
/** Standard alphabet, padded, no line breaks. */
void es_buf_put_base64(struct es_buf *out, struct es_span in);
/**
 * Strict RFC 4648: standard alphabet, right padding, no bits set behind the end. White space
 * (space, tab, CR, LF) between characters is skipped; *spaces (may be NULL) tells if any was.
 */
ES_CHECKED es_status es_base64_decode(struct es_span in, struct es_buf *out, bool *spaces,
                                      struct es_error *err);

/* ---- text ---------------------------------------------------------------------------------- */

/** Well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool es_utf8_valid(struct es_span s);
/** Next code point at *at, moving *at on; -1 at the end or at a malformed byte (then *at += 1). */
int32_t es_utf8_next(struct es_span s, size_t *at);
void es_buf_put_utf8(struct es_buf *out, uint32_t code_point);
/** UTF-8 and no control characters (C0, DEL, C1). */
bool es_text_clean(struct es_span s);
/** Compatibility case fold (NFKC_Casefold): two names a person or a file system could confuse. */
ES_CHECKED es_status es_text_fold(struct es_span s, struct es_buf *out, struct es_error *err);
/**
 * Append s fit to be shown: malformed bytes and control characters as \xNN, bidirectional
 * controls as \u{…}; cut to max_chars characters with "…" when longer.
 */
void es_buf_put_shown(struct es_buf *out, struct es_span s, size_t max_chars);

/* ---- files --------------------------------------------------------------------------------- */

/** Random access to bytes that do not change while open: a file or memory. */
struct es_source {
    int fd; /* -1: memory */
    const uint8_t *mem;
    uint64_t len;
};
/** Opens a regular file for reading ("-" is not handled here). ES_E_ABSENT, ES_E_IO, ES_E_LIMIT
 *  when longer than max (0: no bound). */
ES_CHECKED es_status es_source_open(struct es_source *src, const char *path, uint64_t max,
                                    struct es_error *err);
struct es_source es_source_memory(struct es_span bytes);
void es_source_clear(struct es_source *src);
/** Reads exactly len bytes at off; ES_E_IO on failure or when the range lies outside. */
ES_CHECKED es_status es_source_read(const struct es_source *src, uint64_t off, void *out,
                                    size_t len, struct es_error *err);

/** Whole file into out (whose maximum bounds it); path "-" is standard input. */
ES_CHECKED es_status es_file_read(const char *path, struct es_buf *out, struct es_error *err);

/** A file being written: under a temporary name beside the target until commit renames it. */
struct es_outfile {
    int fd; /* -1: closed */
    char *path;
    char *temp_path;
    uint64_t len;
    unsigned mode;
    bool to_stdout;
    bool force;
    bool unnamed; /* temp_path comes into being on commit: a killed process leaves nothing */
};
/**
 * Begin writing path. force false: ES_E_EXISTS when path is there. "-" writes to standard output
 * (refused with ES_E_USAGE when that is a terminal). mode such as 0644 or 0600.
 */
ES_CHECKED es_status es_outfile_open(struct es_outfile *out, const char *path, unsigned mode,
                                     bool force, struct es_error *err);
ES_CHECKED es_status es_outfile_write(struct es_outfile *out, struct es_span bytes,
                                      struct es_error *err);
/** fsync, rename over the target, fsync of the folder. */
ES_CHECKED es_status es_outfile_commit(struct es_outfile *out, struct es_error *err);
/** Without commit the temporary file is removed and the target stays as it was. */
void es_outfile_clear(struct es_outfile *out);
/** open + write + commit. */
ES_CHECKED es_status es_file_write(const char *path, struct es_span bytes, unsigned mode,
                                   bool force, struct es_error *err);

/** Names (no "." and "..", no hidden files) in folder, sorted by bytes; each() false ends it. */
ES_CHECKED es_status es_dir_each(const char *path,
                                 es_status (*each)(void *ctx, const char *name,
                                                   struct es_error *err),
                                 void *ctx, struct es_error *err);

#endif
