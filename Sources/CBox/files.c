// Files that come and go between runs. Paths are relative to an area and are walked one component
// at a time without following links, because a program that ran before may have planted some.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"

static int area_root(const struct box *box, uint32_t area) {
  return area == BOX_PROGRAM ? box->program : area == BOX_SCRATCH ? box->scratch : -1;
}

static bool owner_of(const struct box *box, uint32_t identity, uid_t *uid) {
  switch (identity) {
    case BOX_ROOT: *uid = 0; return true;
    case BOX_BUILDER: *uid = box->builder; return true;
    case BOX_RUNNER: *uid = box->runner; return true;
    default: return false;
  }
}

// No absolute path, no empty, `.` or `..` component, no NUL inside.
static bool path_is_plain(const struct message *message) {
  size_t length = message->request.text_length;
  const char *path = message->text;
  if (length == 0 || length > BOX_PATH_MAX || strlen(path) != length) return false;
  for (const char *p = path;;) {
    const char *end = strchrnul(p, '/');
    size_t n = (size_t)(end - p);
    if (n == 0 || n > 255 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
      return false;
    if (!*end) return true;
    p = end + 1;
  }
}

// Opens directory `name` below `at`, making it when it is absent. A descriptor or -errno.
static int enter(int at, const char *name, uid_t owner) {
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  bool made = mkdirat(at, name, 0755) == 0;
  if (!made && errno != EEXIST) return -errno;
  int directory = openat(at, name, flags);
  if (directory < 0) return -errno;
  if (made && owner != 0 && fchown(directory, owner, owner) != 0) {
    int error = errno;
    close(directory);
    return -error;
  }
  return directory;
}

// Opens the directory that holds the path's last component, which is stored in *name.
static int enter_parents(int root, const char *path, uid_t owner, const char **name) {
  int at = fcntl(root, F_DUPFD_CLOEXEC, 3);
  if (at < 0) return -errno;
  for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
    char part[256];
    size_t n = (size_t)(slash - path);
    memcpy(part, path, n);
    part[n] = 0;
    int next = enter(at, part, owner);
    close(at);
    if (next < 0) return next;
    at = next;
  }
  *name = path;
  return at;
}

static int copy_contents(int from, int to) {
  off_t offset = 0;
  for (;;) {
    ssize_t n = sendfile(to, from, &offset, 1 << 20);
    if (n > 0) continue;
    if (n == 0) return 0;
    if (errno == EINTR) continue;
    return errno;
  }
}

int files_put(const struct box *box, const struct message *message, uint32_t *stage) {
  const struct box_request *request = &message->request;
  int root = area_root(box, request->area);
  uid_t owner;
  *stage = BOX_STAGE_REQUEST;
  if (root < 0 || !owner_of(box, request->identity, &owner) || message->descriptor_count != 1)
    return EINVAL;
  *stage = BOX_STAGE_PATH;
  if (!path_is_plain(message)) return EINVAL;
  const char *name;
  int directory = enter_parents(root, message->text, owner, &name);
  if (directory < 0) return -directory;
  int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) {
    int error = errno;
    close(directory);
    return error;
  }
  *stage = BOX_STAGE_COPY;
  int error = copy_contents(message->descriptors[0], file);
  if (!error && fchown(file, owner, owner) != 0) error = errno;
  if (!error && fchmod(file, request->file_mode & 0777) != 0) error = errno;
  if (error) unlinkat(directory, name, 0);
  close(file);
  close(directory);
  return error;
}

int files_make_directory(const struct box *box, const struct message *message, uint32_t *stage) {
  const struct box_request *request = &message->request;
  int root = area_root(box, request->area);
  uid_t owner;
  *stage = BOX_STAGE_REQUEST;
  if (root < 0 || !owner_of(box, request->identity, &owner)) return EINVAL;
  *stage = BOX_STAGE_PATH;
  if (!path_is_plain(message)) return EINVAL;
  const char *name;
  int parent = enter_parents(root, message->text, owner, &name);
  if (parent < 0) return -parent;
  int directory = enter(parent, name, owner);
  close(parent);
  if (directory < 0) return -directory;
  close(directory);
  return 0;
}

int files_open(const struct box *box, const struct message *message, uint32_t *stage, int *out) {
  int root = area_root(box, message->request.area);
  *stage = BOX_STAGE_REQUEST;
  if (root < 0) return EINVAL;
  *stage = BOX_STAGE_PATH;
  if (!path_is_plain(message)) return EINVAL;
  // O_NONBLOCK so that a FIFO does not wait for a writer; it is refused below.
  struct open_how how = {
      .flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  int file = (int)syscall(SYS_openat2, root, message->text, &how, sizeof how);
  if (file < 0) return errno;
  struct stat info;
  int error = fstat(file, &info) != 0 ? errno : S_ISREG(info.st_mode) ? 0 : EISDIR;
  if (error) {
    close(file);
    return error;
  }
  *out = file;
  return 0;
}
