// Radix sort: two rounds of 65,536 pigeonholes.
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>

enum { holes = 65536 };

static unsigned read_number(void) {
  int c = getchar_unlocked();
  unsigned x = 0;
  while (c < '0') c = getchar_unlocked();
  for (; c >= '0'; c = getchar_unlocked()) x = 10 * x + (unsigned)(c - '0');
  return x;
}

static void distribute(const unsigned *from, unsigned *to, unsigned n, int shift) {
  static unsigned start[holes + 1];
  for (int h = 0; h <= holes; ++h) start[h] = 0;
  for (unsigned i = 0; i < n; ++i) ++start[(from[i] >> shift) % holes + 1];
  for (int h = 0; h < holes; ++h) start[h + 1] += start[h];
  for (unsigned i = 0; i < n; ++i) to[start[(from[i] >> shift) % holes]++] = from[i];
}

int main(void) {
  unsigned n = read_number(), s = read_number();
  unsigned *cards = malloc(n * sizeof *cards), *yard = malloc(n * sizeof *yard);
  if (!cards || !yard) return 1;
  for (unsigned i = 0; i < n; ++i) cards[i] = read_number();
  distribute(cards, yard, n, 0);
  distribute(yard, cards, n, 16);
  for (unsigned i = s; i <= n; i += s) printf("%u\n", cards[i - 1]);
  return 0;
}
