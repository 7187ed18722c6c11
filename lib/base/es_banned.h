/* Functions that overrun, hide errors or depend on the place are compile errors here. */
#ifndef ES_BANNED_H
#define ES_BANNED_H

/* The headers that declare them come first, so that only their use is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef sprintf /* macros where Clang meets _FORTIFY_SOURCE */
#undef vsprintf

#pragma GCC poison strcpy strcat sprintf vsprintf gets atoi atol atoll atof strtok localtime       \
    gmtime asctime ctime tmpnam mktemp

#endif
