// The best worth for every load, crate by crate, then backwards to find the crates.
#include <iostream>
#include <vector>

int main() {
  int n, load;
  std::cin >> n >> load;
  std::vector<int> weight(n), price(n), cart;
  std::vector<std::vector<int>> best(n + 1, std::vector<int>(load + 1));
  for (int i = 0; i < n; ++i) {
    std::cin >> weight[i] >> price[i];
    for (int room = 0; room <= load; ++room) {
      best[i + 1][room] = best[i][room];
      if (room >= weight[i])
        best[i + 1][room] = std::max(best[i][room], best[i][room - weight[i]] + price[i]);
    }
  }
  for (int i = n, room = load; i > 0; --i)
    if (best[i][room] != best[i - 1][room]) {
      cart.push_back(i);
      room -= weight[i - 1];
    }
  std::cout << cart.size() << '\n';
  for (int crate : cart) std::cout << crate << ' ';
  std::cout << '\n';
}
