// Counts lanterns by their rest modulo k. Linear.
#include <stdint.h>
#include <stdio.h>

static int64_t seen[1000000];

int main(void) {
  int64_t n, k, p, q, r, m, pairs = 0;
  if (scanf("%ld %ld %ld %ld %ld %ld", &n, &k, &p, &q, &r, &m) != 6) return 1;
  for (int64_t i = 1; i <= n; ++i) {
    int64_t rest = (p * i * i + q * i + r) % m % k;
    pairs += seen[(k - rest) % k];
    ++seen[rest];
  }
  printf("%ld\n", pairs);
  return 0;
}
