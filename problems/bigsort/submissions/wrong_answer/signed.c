// Compares as signed integers: every card from 2^31 on ends up in front.
#include <stdio.h>
#include <stdlib.h>

static int by_number(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

int main(void) {
  int n, s;
  if (scanf("%d %d", &n, &s) != 2) return 1;
  unsigned *cards = malloc((size_t)n * sizeof *cards);
  if (!cards) return 1;
  for (int i = 0; i < n; ++i)
    if (scanf("%u", &cards[i]) != 1) return 1;
  qsort(cards, (size_t)n, sizeof *cards, by_number);
  for (int i = s; i <= n; i += s) printf("%u\n", cards[i - 1]);
  return 0;
}
