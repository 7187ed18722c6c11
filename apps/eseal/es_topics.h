/* Topics of eseal help: texts about things that several commands share. */
#ifndef ES_TOPICS_H
#define ES_TOPICS_H

#include <stddef.h>

struct es_topic {
    const char *name;
    const char *en;
    const char *zh;
};
extern const struct es_topic es_topics[];
extern const size_t es_topic_count;

#endif
