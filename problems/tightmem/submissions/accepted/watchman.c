#include <stdint.h>
#include <stdio.h>

int main(void) {
  int64_t n, d, level = 0, highest = 0, fall = 0;
  uint32_t x;
  if (scanf("%ld %u %ld", &n, &x, &d) != 3) return 1;
  while (n-- > 0) {
    x = 1664525u * x + 1013904223u;
    level += (int64_t)(x >> 24) - d;
    if (level > highest) highest = level;
    if (highest - level > fall) fall = highest - level;
  }
  printf("%.2f\n", (double)fall / 100);
  return 0;
}
