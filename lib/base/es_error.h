/*
 * Status codes and errors (style guide, section 5). A function that can fail returns an
 * es_status, is marked ES_CHECKED and fills the caller's es_error, which may be NULL.
 */
#ifndef ES_ERROR_H
#define ES_ERROR_H

#include <stddef.h>

typedef enum es_status {
    ES_OK = 0,
#define ES_ERROR(symbol, number, name, http, exit_code, en, zh) symbol = number,
#include "errors.def"
#undef ES_ERROR
} es_status;

#define ES_ERROR_TEXT_MAX 512

/** What went wrong. The zero value means no error. text is UTF-8 and always ends with NUL. */
struct es_error {
    es_status status;
    char text[ES_ERROR_TEXT_MAX];
};

/** The result of the function must be read. */
#define ES_CHECKED __attribute__((warn_unused_result))
#define ES_PRINTF(f, a) __attribute__((format(printf, f, a)))

/** Fill err (may be NULL) and return status. Only ES_ENSURE and code that cannot use it call this.
 */
es_status es_error_set(struct es_error *err, es_status status, const char *format, ...)
    ES_PRINTF(3, 4);

/** Put "where: " before the text of err (may be NULL); returns status unchanged. */
es_status es_error_at(struct es_error *err, es_status status, const char *format, ...)
    ES_PRINTF(3, 4);

/** Facts about a status from errors.def. An unknown value reads as ES_E_INTERNAL. */
const char *es_status_name(es_status status);
const char *es_status_text_en(es_status status);
const char *es_status_text_zh(es_status status);
int es_status_http(es_status status);
int es_status_exit(es_status status);

/** Stop the process: an invariant of ours is broken. Never reached by input. */
void es_bug(const char *file, int line, const char *what) __attribute__((noreturn, cold));

#define ES_BUG_ON(condition)                                                                       \
    do {                                                                                           \
        if (__builtin_expect(!!(condition), 0))                                                    \
            es_bug(__FILE__, __LINE__, #condition);                                                \
    } while (0)

/** Pass a failure up. */
#define ES_TRY(call)                                                                               \
    do {                                                                                           \
        es_status es_try_status_ = (call);                                                         \
        if (es_try_status_ != ES_OK)                                                               \
            return es_try_status_;                                                                 \
    } while (0)

/** Start a failure: ES_ENSURE(good, err, ES_E_RANGE, "side of %u mm, allowed are 1 to %u", …). */
#define ES_ENSURE(condition, err, status, ...)                                                     \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            return es_error_set((err), (status), __VA_ARGS__);                                     \
    } while (0)

#ifdef __clang_analyzer__
/* The analyser sees one file at a time; here it learns that these return the status given. */
#define es_error_set(err, status, ...) (es_error_set((err), (status), __VA_ARGS__), (status))
#define es_error_at(err, status, ...) (es_error_at((err), (status), __VA_ARGS__), (status))
#endif

/** Call the named clear or free function when the variable goes out of scope. */
#define ES_AUTO(type) __attribute__((cleanup(type##_clear))) struct type
#define ES_AUTO_PTR(type) __attribute__((cleanup(type##_free_at))) struct type *
/** Beside "void x_free(struct x *)": lets ES_AUTO_PTR(x) be written. */
#define ES_DEFINE_FREE_AT(type)                                                                    \
    static inline void type##_free_at(struct type **p)                                             \
    {                                                                                              \
        type##_free(*p);                                                                           \
    }
/** Hand ownership on: gives the pointer and leaves NULL behind. */
#define ES_TAKE(p)                                                                                 \
    __extension__({                                                                                \
        __typeof__(p) es_take_ = (p);                                                              \
        (p) = NULL;                                                                                \
        es_take_;                                                                                  \
    })

#endif
