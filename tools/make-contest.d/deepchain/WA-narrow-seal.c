/* Multiplies seals in 32 bits. */
#include <stdint.h>
#include <stdio.h>

enum { limit = 1000001, prime = 998244353 };
static int answered[limit], depth[limit];
static uint32_t inside[limit];

int main(void) {
  int n, s, longest = 1;
  uint32_t x;
  if (scanf("%d %d %u", &n, &s, &x) != 3) return 1;
  depth[1] = 1;
  for (int i = 2; i <= n; ++i) {
    x = 1664525u * x + 1013904223u;
    int p = i - 1 - (int)((x >> 8) % (uint32_t)s);
    answered[i] = p < 1 ? 1 : p;
    depth[i] = depth[answered[i]] + 1;
    if (depth[i] > longest) longest = depth[i];
  }
  for (int v = n; v > 1; --v) inside[answered[v]] += (inside[v] + 1) * (uint32_t)v % prime;
  printf("%d %u\n", longest, (inside[1] + 1) % prime);
  return 0;
}
