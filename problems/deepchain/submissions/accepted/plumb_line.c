// Recursion again, with plain narrow frames: about 50 MiB of stack.
#include <stdint.h>
#include <stdio.h>

enum { limit = 1000001, prime = 998244353 };
static int first_answer[limit], next_answer[limit], longest;

__attribute__((noinline)) static uint64_t seal(int v, int depth) {
  uint64_t inside = 1;
  if (depth > longest) longest = depth;
  for (int a = first_answer[v]; a; a = next_answer[a]) inside += seal(a, depth + 1);
  return inside % prime * (uint64_t)v % prime;
}

int main(void) {
  int n, s;
  uint32_t x;
  if (scanf("%d %d %u", &n, &s, &x) != 3) return 1;
  for (int i = 2; i <= n; ++i) {
    x = 1664525u * x + 1013904223u;
    int p = i - 1 - (int)((x >> 8) % (uint32_t)s);
    if (p < 1) p = 1;
    next_answer[i] = first_answer[p];
    first_answer[p] = i;
  }
  uint64_t w = seal(1, 1);
  printf("%d %lu\n", longest, w);
  return 0;
}
