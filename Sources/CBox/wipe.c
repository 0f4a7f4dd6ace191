// Empties a directory that a hostile program filled.
//
// A recursive walk fails on directories nested tens of thousands deep: it runs out of stack or of
// descriptors. So nothing here recurses: the children of a directory that is not empty are moved up
// into the root under new names, which empties it, and the root is read again until nothing is
// left. Each entry is moved once per level at most, two directories are open at a time, no link is
// followed, and permissions do not matter to CAP_DAC_OVERRIDE and CAP_FOWNER.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

// The areas are bounded in inodes; this only ends a loop that should not exist.
enum { STEPS_MAX = 8 * 1000 * 1000 };

struct wiper {
  int root;
  unsigned next_name;
  unsigned steps;
  int removed;
};

static bool is_self_or_parent(const char *name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

static bool removed_at(struct wiper *w, int directory, const char *name) {
  w->steps++;
  if (unlinkat(directory, name, 0) != 0 && unlinkat(directory, name, AT_REMOVEDIR) != 0)
    return false;
  w->removed++;
  return true;
}

static bool move_up(struct wiper *w, int directory, const char *name) {
  char fresh[24];
  while (w->steps++ < STEPS_MAX) {
    snprintf(fresh, sizeof fresh, ".wipe%u", w->next_name++);
    if (syscall(SYS_renameat2, directory, name, w->root, fresh, RENAME_NOREPLACE) == 0) return true;
    // The program may have taken the name itself, which only costs another try.
    if (errno != EEXIST) return false;
  }
  return false;
}

static DIR *open_directory(int at, const char *name) {
  int descriptor = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return NULL;
  DIR *directory = fdopendir(descriptor);
  if (!directory) close(descriptor);
  return directory;
}

// Removes one subdirectory of the root; its own subdirectories end up in the root.
static bool flatten(struct wiper *w, const char *name) {
  DIR *directory = open_directory(w->root, name);
  if (!directory) return false;
  bool ok = true;
  struct dirent *entry;
  while (ok && (entry = readdir(directory))) {
    if (is_self_or_parent(entry->d_name)) continue;
    if (!removed_at(w, dirfd(directory), entry->d_name))
      ok = move_up(w, dirfd(directory), entry->d_name);
  }
  closedir(directory);
  // readdir may have missed entries while the directory shrank: then it stays for the next round.
  if (ok) removed_at(w, w->root, name);
  return ok;
}

int wipe_directory(int root) {
  struct wiper w = {.root = root};
  for (;;) {
    DIR *directory = open_directory(root, ".");
    if (!directory) return -1;
    bool empty = true, ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(directory))) {
      if (is_self_or_parent(entry->d_name)) continue;
      empty = false;
      if (!removed_at(&w, root, entry->d_name)) ok = flatten(&w, entry->d_name);
    }
    closedir(directory);
    if (!ok || w.steps >= STEPS_MAX) return -1;
    if (empty) return w.removed;
  }
}
