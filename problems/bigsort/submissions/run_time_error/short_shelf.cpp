// The shelf has room for 100,000 cards; the next one is an uncaught std::out_of_range (SIGABRT).
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  std::size_t n, s;
  std::cin >> n >> s;
  std::vector<unsigned> shelf(100000);
  for (std::size_t i = 0; i < n; ++i) std::cin >> shelf.at(i);
  std::sort(shelf.begin(), shelf.begin() + n);
  for (std::size_t i = s; i <= n; i += s) std::cout << shelf[i - 1] << '\n';
}
