// A static array of 64 MB. It costs nothing until it is written to, so short years still pass.
#include <stdint.h>
#include <stdio.h>

static int64_t levels[8000001];

int main(void) {
  int64_t n, d, fall = 0;
  uint32_t x;
  if (scanf("%ld %u %ld", &n, &x, &d) != 3) return 1;
  for (int64_t i = 1; i <= n; ++i) {
    x = 1664525u * x + 1013904223u;
    levels[i] = levels[i - 1] + (int64_t)(x >> 24) - d;
  }
  int64_t lowest = levels[n];
  for (int64_t i = n; i >= 0; --i) {
    if (levels[i] < lowest) lowest = levels[i];
    if (levels[i] - lowest > fall) fall = levels[i] - lowest;
  }
  printf("%.2f\n", (double)fall / 100);
  return 0;
}
