/* Names of event types: a number is never reused, an unknown one is shown as a number. */
#include "es_ledger.h"

static const struct event {
    const char *name;
    uint16_t number;
} events[] = {
#define ES_LOG_EVENT(name, number) {#name, number},
#include "events.def"
#undef ES_LOG_EVENT
};
#define EVENT_COUNT (sizeof events / sizeof events[0])

const char *es_log_event_name(uint16_t type)
{
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        if (events[i].number == type)
            return events[i].name;
    }
    return NULL;
}

uint16_t es_log_event_by_name(const char *name)
{
    for (size_t i = 0; name != NULL && i < EVENT_COUNT; i++) {
        if (strcmp(events[i].name, name) == 0)
            return events[i].number;
    }
    return 0;
}
