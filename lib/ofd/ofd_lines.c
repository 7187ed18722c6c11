/*
 * Reading order: horizontal runs whose baselines lie close together are one line, lines go from
 * the top, runs in a line from the left. Vertical and slanted runs stand as lines of their own.
 */
#include "ofd_text.h"

#include <math.h>

#define SAME_LINE 0.3 /* of the size */
#define JOIN_GAP 4.0  /* of the size: further apart is another column */

static int compare(double a, double b)
{
    return a < b ? -1 : a > b;
}

static int by_baseline(const void *a, const void *b)
{
    const struct es_ofd_run *x = a, *y = b;
    bool flat_x = x->way == ES_OFD_ALONG_X, flat_y = y->way == ES_OFD_ALONG_X;

    if (flat_x != flat_y)
        return flat_x ? -1 : 1;
    if (compare(x->y, y->y) != 0)
        return compare(x->y, y->y);
    return x->first < y->first ? -1 : x->first > y->first;
}

static int by_line(const void *a, const void *b)
{
    const struct es_ofd_run *x = a, *y = b;

    if (compare(x->line_y, y->line_y) != 0)
        return compare(x->line_y, y->line_y);
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (compare(x->x, y->x) != 0)
        return compare(x->x, y->x);
    return x->first < y->first ? -1 : x->first > y->first;
}

void es_ofd_sort_runs(struct es_ofd_page_text *text)
{
    uint32_t line = 0;

    if (text->run_count == 0)
        return;
    qsort(text->runs, text->run_count, sizeof(*text->runs), by_baseline);
    for (uint32_t i = 0, first = 0; i < text->run_count; i++) {
        struct es_ofd_run *run = &text->runs[i], *head = &text->runs[first];

        if (i > 0 && (run->way != ES_OFD_ALONG_X ||
                      run->y - head->y > SAME_LINE * fmin(run->size, head->size))) {
            first = i;
            line++;
        }
        run->line = line;
        run->line_y = text->runs[first].y;
    }
    qsort(text->runs, text->run_count, sizeof(*text->runs), by_line);
}

bool es_ofd_runs_join(const struct es_ofd_run *run, const struct es_ofd_run *next)
{
    return run->line == next->line &&
           next->x - run->end_x <= JOIN_GAP * fmax(run->size, next->size);
}
