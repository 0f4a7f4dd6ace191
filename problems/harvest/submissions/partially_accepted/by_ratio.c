// Loads by price per weight, or only the dearest crate if that is worth more: never below a half.
#include <stdio.h>
#include <stdlib.h>

struct crate {
  int number, weight, price;
};

static int by_ratio(const void *a, const void *b) {
  const struct crate *x = a, *y = b;
  int left = y->price * x->weight, right = x->price * y->weight;
  return left != right ? (left > right) - (left < right) : x->number - y->number;
}

int main(void) {
  int n, load, worth = 0, count = 0, cart[60];
  struct crate crates[60], dearest = {0, 0, 0};
  if (scanf("%d %d", &n, &load) != 2) return 1;
  for (int i = 0; i < n; ++i) {
    crates[i].number = i + 1;
    if (scanf("%d %d", &crates[i].weight, &crates[i].price) != 2) return 1;
    if (crates[i].weight <= load && crates[i].price > dearest.price) dearest = crates[i];
  }
  qsort(crates, (size_t)n, sizeof *crates, by_ratio);
  for (int i = 0; i < n; ++i)
    if (crates[i].weight <= load) {
      load -= crates[i].weight;
      worth += crates[i].price;
      cart[count++] = crates[i].number;
    }
  if (dearest.price > worth) {
    count = 1;
    cart[0] = dearest.number;
  }
  printf("%d\n", count);
  for (int i = 0; i < count; ++i) printf("%d ", cart[i]);
  puts("");
  return 0;
}
