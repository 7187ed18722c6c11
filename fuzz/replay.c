/*
 * Runs a fuzz target over files without a fuzzer: each argument is a file, or a folder whose files
 * are taken. Says in TAP how many were fed, so that make check counts them; a property that does
 * not hold stops the process.
 *
 * Beside each file as it is, the target gets it cut in half and with one byte changed: cheap, and
 * the first thing that finds a reader which trusts its input.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <stdint.h>

#define FILE_BYTES_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feed a copy of exactly its size, so that sanitizers see a read past the end. */
static int feed(const uint8_t *data, size_t size, size_t flip)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);

    if (copy == NULL)
        return -1;
    if (size > 0)
        memcpy(copy, data, size);
    if (flip < size)
        copy[flip] ^= 0x41;
    (void) LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 0;
}

static int feed_file(const char *path)
{
    uint8_t *data = malloc(FILE_BYTES_MAX);
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    int answer = -1;

    if (file != NULL && data != NULL) {
        size = fread(data, 1, FILE_BYTES_MAX, file);
        answer = ferror(file) != 0 ? -1 : feed(data, size, SIZE_MAX);
        if (answer == 0)
            answer = feed(data, size / 2, SIZE_MAX) | feed(data, size, size / 3);
    }
    if (file != NULL)
        (void) fclose(file);
    free(data);
    return answer;
}

static int feed_folder(const char *path, unsigned *fed)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int answer = 0;

    if (folder == NULL)
        return 0; /* no seeds of this kind on this machine */
    while (answer == 0 && (entry = readdir(folder)) != NULL) {
        char file[4096];

        if (entry->d_name[0] == '.')
            continue;
        (void) snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        answer = feed_file(file);
        *fed += answer == 0;
    }
    (void) closedir(folder);
    return answer;
}

int main(int argc, char **argv)
{
    unsigned fed = 0;
    int answer = feed((const uint8_t *) "", 0, SIZE_MAX);

    for (int i = 1; i < argc && answer == 0; i++) {
        struct stat info;

        if (stat(argv[i], &info) == 0 && !S_ISDIR(info.st_mode)) {
            answer = feed_file(argv[i]);
            fed += answer == 0;
        } else {
            answer = feed_folder(argv[i], &fed);
        }
    }
    printf("1..1\n%sok 1 - the property holds for %u files, their halves and a changed byte\n",
           answer == 0 ? "" : "not ", fed);
    return answer == 0 ? 0 : 1;
}
