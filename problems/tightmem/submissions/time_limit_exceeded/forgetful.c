// Needs no memory at all: for every tick it lives through the year again. 3 * 10^13 steps.
#include <stdint.h>
#include <stdio.h>

int main(void) {
  int64_t n, d, fall = 0, level = 0;
  uint32_t x;
  if (scanf("%ld %u %ld", &n, &x, &d) != 3) return 1;
  for (int64_t i = 0; i <= n; ++i) {
    uint32_t y = x;
    int64_t later = level;
    for (int64_t j = i; j < n; ++j) {
      y = 1664525u * y + 1013904223u;
      later += (int64_t)(y >> 24) - d;
      if (level - later > fall) fall = level - later;
    }
    x = 1664525u * x + 1013904223u;
    level += (int64_t)(x >> 24) - d;
  }
  printf("%.2f\n", (double)fall / 100);
  return 0;
}
