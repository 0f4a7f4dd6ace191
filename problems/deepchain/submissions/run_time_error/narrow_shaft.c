// The same recursion on a thread with a stack of 256 KiB: SIGSEGV on the guard page below it,
// whatever the stack limit of the process is.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

enum { limit = 1000001, prime = 998244353 };
static int first_answer[limit], next_answer[limit], longest;
static uint64_t result;

__attribute__((noinline)) static uint64_t seal(int v, int depth) {
  uint64_t inside = 1;
  if (depth > longest) longest = depth;
  for (int a = first_answer[v]; a; a = next_answer[a]) inside += seal(a, depth + 1);
  return inside % prime * (uint64_t)v % prime;
}

static void *descend(void *unused) {
  (void)unused;
  result = seal(1, 1);
  return NULL;
}

int main(void) {
  int n, s;
  uint32_t x;
  pthread_attr_t shaft;
  pthread_t diver;
  if (scanf("%d %d %u", &n, &s, &x) != 3) return 1;
  for (int i = 2; i <= n; ++i) {
    x = 1664525u * x + 1013904223u;
    int p = i - 1 - (int)((x >> 8) % (uint32_t)s);
    if (p < 1) p = 1;
    next_answer[i] = first_answer[p];
    first_answer[p] = i;
  }
  if (pthread_attr_init(&shaft) || pthread_attr_setstacksize(&shaft, 256 * 1024)) return 1;
  if (pthread_create(&diver, &shaft, descend, NULL) || pthread_join(diver, NULL)) return 1;
  printf("%d %lu\n", longest, result);
  return 0;
}
