// Right, but the yard holds only 40 crates: a failed assertion (SIGABRT) on larger harvests.
#include <assert.h>
#include <stdio.h>

enum { yard = 40 };
static int weight[yard + 1], price[yard + 1], best[yard + 1][2001];

int main(void) {
  int n, load, count = 0, cart[yard];
  if (scanf("%d %d", &n, &load) != 2) return 1;
  assert(n <= yard);
  for (int i = 1; i <= n; ++i) {
    if (scanf("%d %d", &weight[i], &price[i]) != 2) return 1;
    for (int room = 0; room <= load; ++room) {
      best[i][room] = best[i - 1][room];
      if (room >= weight[i] && best[i - 1][room - weight[i]] + price[i] > best[i][room])
        best[i][room] = best[i - 1][room - weight[i]] + price[i];
    }
  }
  for (int i = n, room = load; i > 0; --i)
    if (best[i][room] != best[i - 1][room]) {
      cart[count++] = i;
      room -= weight[i];
    }
  printf("%d\n", count);
  for (int i = 0; i < count; ++i) printf("%d ", cart[i]);
  puts("");
  return 0;
}
