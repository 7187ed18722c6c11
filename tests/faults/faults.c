/*
 * Failures by number. Those of the database come from the store's own fault VFS; those of the
 * journal from write() and fdatasync(), which the linker leads here (--wrap) and which fail only
 * for the journal's file. A journal that failed once works again: a process that tried once more
 * would be seen by what it appended.
 */
#include <errno.h>
#include <sys/stat.h>

#include "fault_vfs.h"
#include "keeper.h"

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

static struct {
    bool asked;
    struct fault database;
    char journal[512];
    int write_at, short_at, sync_at;
    atomic_int writes, syncs;
} faults;

bool faults_set(const char *text)
{
    const char *colon = strchr(text, ':');
    int at = colon == NULL ? 0 : (int) strtol(colon + 1, NULL, 10);

    faults.asked = true;
    if (strncmp(text, "write:", 6) == 0)
        faults.database.write_at = at;
    else if (strncmp(text, "sync:", 5) == 0)
        faults.database.sync_at = at;
    else if (strncmp(text, "journal-write:", 14) == 0)
        faults.write_at = at;
    else if (strncmp(text, "journal-short:", 14) == 0)
        faults.short_at = at;
    else if (strncmp(text, "journal-sync:", 13) == 0)
        faults.sync_at = at;
    else
        return strcmp(text, "none") == 0;
    return at > 0;
}

const char *faults_vfs(void)
{
    if (!faults.asked)
        return NULL;
    fault_vfs_register(&faults.database);
    return "fault";
}

void faults_journal(const char *path)
{
    (void) snprintf(faults.journal, sizeof faults.journal, "%s", path);
}

void faults_print(void)
{
    if (faults.asked)
        printf("counts %d %d %d %d\n", faults.database.writes, faults.database.syncs, faults.writes,
               faults.syncs);
}

static bool is_journal(int fd)
{
    struct stat of_fd, of_path;

    return faults.asked && faults.journal[0] != '\0' && fstat(fd, &of_fd) == 0 &&
           stat(faults.journal, &of_path) == 0 && of_fd.st_ino == of_path.st_ino &&
           of_fd.st_dev == of_path.st_dev;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    int number = is_journal(fd) ? atomic_fetch_add(&faults.writes, 1) + 1 : -1;

    if (number == faults.short_at)
        return __real_write(fd, bytes, len / 2);
    if (number != faults.write_at)
        return __real_write(fd, bytes, len);
    errno = ENOSPC;
    return -1;
}

int __wrap_fdatasync(int fd)
{
    int number = is_journal(fd) ? atomic_fetch_add(&faults.syncs, 1) + 1 : -1;

    if (number != faults.sync_at)
        return __real_fdatasync(fd);
    errno = EIO;
    return -1;
}
