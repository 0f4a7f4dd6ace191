// Trusts the fog: plain binary without a mark for the direction. Fails in the second pass.
#include <stdio.h>

int main(void) {
  char mode[8], line[64];
  int k;
  if (scanf("%7s %d", mode, &k) != 2) return 1;
  while (k-- > 0) {
    unsigned x = 0;
    if (mode[0] == 's') {
      if (scanf("%u", &x) != 1) return 1;
      for (int bit = 29; bit >= 0; --bit) putchar(x >> bit & 1 ? 'o' : '.');
      putchar('\n');
    } else {
      if (scanf("%63s", line) != 1) return 1;
      for (const char *c = line; *c; ++c) x = 2 * x + (*c == 'o');
      printf("%u\n", x);
    }
  }
  return 0;
}
