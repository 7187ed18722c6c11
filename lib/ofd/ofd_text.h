/*
 * Text of one page with its places: ofd_text.c reads a page's objects into runs of characters,
 * ofd_lines.c puts runs in reading order, ofd_find.c searches them. All of it lives for one page.
 */
#ifndef OFD_TEXT_H
#define OFD_TEXT_H

#include "ofd_internal.h"

struct es_ofd_char {
    uint32_t code_point;
    float x, y, width, height; /* box in page space, mm */
};

/** Which way a run goes on the page. */
enum es_ofd_way { ES_OFD_ALONG_X, ES_OFD_ALONG_Y, ES_OFD_SLANTED };

/** Characters that belong together: a TextCode, or several of an object on one line. */
struct es_ofd_run {
    uint32_t first, count; /* of chars */
    double x, y;           /* baseline origin of its first character, page space */
    double end_x;          /* right end of its boxes */
    double size;           /* of a character, page space */
    enum es_ofd_way way;
    uint32_t line; /* given by es_ofd_sort_runs */
    double line_y;
};

struct es_ofd_page_text {
    struct es_ofd_char *chars;
    uint32_t char_count, char_cap;
    struct es_ofd_run *runs;
    uint32_t run_count, run_cap;
};
void es_ofd_page_text_clear(struct es_ofd_page_text *text);

/** What may still be scanned: many pages can share one file. */
struct es_ofd_budget {
    uint64_t bytes;
};
struct es_ofd_budget es_ofd_budget_for(const struct es_ofd *ofd);

/** Runs of a page and its templates, in reading order. */
ES_CHECKED es_status es_ofd_read_text(struct es_ofd *ofd, uint32_t number,
                                      struct es_ofd_budget *budget, struct es_ofd_page_text *out,
                                      struct es_error *err);
/** Line by line from the top, within a line from the left; lines are numbered. */
void es_ofd_sort_runs(struct es_ofd_page_text *text);
/** True when next stands on the line of run, near enough to be read as one text. */
bool es_ofd_runs_join(const struct es_ofd_run *run, const struct es_ofd_run *next);

/** One list of advances: DeltaX or DeltaY. SPEC GB/T 33190-2016 11.3: "g n v" is n times v. */
struct es_ofd_deltas {
    struct es_span rest;
    uint32_t repeat;
    double value; /* of the last advance given; a list too short repeats it */
    bool present;
};
struct es_ofd_deltas es_ofd_deltas_of(struct es_span list);
double es_ofd_deltas_next(struct es_ofd_deltas *deltas);

/** Next character of a TextCode at *at, with its \hhhh escapes undone; -1 at the end. */
int32_t es_ofd_text_next(struct es_span text, size_t *at);
/** A character as wide as the size of the font; others are taken as half as wide. */
bool es_ofd_is_wide(uint32_t code_point);

#endif
