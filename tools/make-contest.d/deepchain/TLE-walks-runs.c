/* Walks back along every run of letters that answer the one before: 5 * 10^11 steps if all do. */
#include <stdint.h>
#include <stdio.h>

enum { limit = 1000001, prime = 998244353 };
static int answered[limit], depth[limit];
static uint64_t inside[limit];

int main(void) {
  int n, s, longest = 1;
  uint32_t x;
  if (scanf("%d %d %u", &n, &s, &x) != 3) return 1;
  depth[1] = 1;
  for (int i = 2; i <= n; ++i) {
    x = 1664525u * x + 1013904223u;
    int p = i - 1 - (int)((x >> 8) % (uint32_t)s);
    answered[i] = p < 1 ? 1 : p;
    int v = i;
    while (v > 1 && answered[v] == v - 1) --v;
    depth[i] = v == i ? depth[answered[i]] + 1 : depth[v] + i - v;
    if (depth[i] > longest) longest = depth[i];
  }
  for (int v = n; v > 1; --v) inside[answered[v]] += (inside[v] + 1) % prime * v % prime;
  printf("%d %lu\n", longest, (inside[1] + 1) % prime);
  return 0;
}
