// Tries every set of crates: fine for ten, hopeless for sixty.
#include <cstdint>
#include <iostream>
#include <vector>

int main() {
  int n, load, most = -1;
  std::cin >> n >> load;
  std::vector<int> weight(n), price(n);
  for (int i = 0; i < n; ++i) std::cin >> weight[i] >> price[i];
  std::uint64_t best = 0;
  for (std::uint64_t cart = 0; cart >> n == 0; ++cart) {
    int heavy = 0, worth = 0;
    for (int i = 0; i < n; ++i)
      if (cart >> i & 1) heavy += weight[i], worth += price[i];
    if (heavy <= load && worth > most) most = worth, best = cart;
  }
  std::cout << __builtin_popcountll(best) << '\n';
  for (int i = 0; i < n; ++i)
    if (best >> i & 1) std::cout << i + 1 << ' ';
  std::cout << '\n';
}
