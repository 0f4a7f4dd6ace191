#include <archive.h>
#include <archive_entry.h>
#include <linux/falloc.h>
#include <sys/types.h>

/* Declared by <unistd.h> for _GNU_SOURCE only, which Swift's importer does not set. A store of
   unpacked archives needs one flush for thousands of files, and POSIX has none. */
int syncfs(int fd);

/* The same. */
int fallocate(int fd, int mode, off_t offset, off_t length);
