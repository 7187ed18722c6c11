/* What the files of the wrapper share. */
#ifndef ES_STORE_CORE_H
#define ES_STORE_CORE_H

#include "store_internal.h"

/** A channel's name is a lower-case word; it stands in a statement where no value can. */
ES_CHECKED es_status store_check_channel(const char *channel, struct es_error *err);

#endif
