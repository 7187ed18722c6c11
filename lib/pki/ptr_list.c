/* Sorted lists of pointers. Insertion moves pointers only, so ten thousand cost milliseconds. */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

size_t ptr_list_find(const struct ptr_list *list, const void *key, ptr_compare *compare)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(list->at[mid], key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static size_t find_end(const struct ptr_list *list, const void *key, ptr_compare *compare)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(list->at[mid], key) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static es_status make_room(struct ptr_list *list, struct es_error *err)
{
    size_t cap, len;
    void **grown;

    if (list->count < list->cap)
        return ES_OK;
    ES_TRY(es_size_mul(list->cap ? list->cap : 8, 2, &cap, err));
    ES_TRY(es_size_mul(cap, sizeof *grown, &len, err));
    grown = realloc(list->at, len);
    ES_ENSURE(grown != NULL, err, ES_E_NOMEM, "out of memory");
    list->at = grown;
    list->cap = cap;
    return ES_OK;
}

es_status ptr_list_insert(struct ptr_list *list, void *item, ptr_compare *compare,
                          struct es_error *err)
{
    size_t at;

    ES_TRY(make_room(list, err));
    at = find_end(list, item, compare);
    memmove(list->at + at + 1, list->at + at, (list->count - at) * sizeof *list->at);
    list->at[at] = item;
    list->count++;
    return ES_OK;
}
