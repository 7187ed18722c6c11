/* Folders for a crash test: one to work in, one for the disk that is looked at. */
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>

#define PLACE_MAX 512
struct place {
    char root[PLACE_MAX - 16];
    char live[PLACE_MAX];
    char image[PLACE_MAX];
};
void place_make(struct place *place);
/** Remove the files of the image folder. */
void place_empty(const struct place *place);
/** SQLite's own check finds no fault in a database of the image folder. */
bool place_sound(const struct place *place, const char *name);
void place_remove(const struct place *place);
/** A positive number from the environment, or absent. */
unsigned place_number(const char *variable, unsigned absent);

#endif
