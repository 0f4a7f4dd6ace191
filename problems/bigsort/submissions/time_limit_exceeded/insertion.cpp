// Insertion sort, right but quadratic: about 6 * 10^10 moves for a full catalogue.
#include <iostream>
#include <vector>

int main() {
  std::ios::sync_with_stdio(false);
  std::size_t n, s;
  std::cin >> n >> s;
  std::vector<unsigned> cards(n);
  for (std::size_t i = 0; i < n; ++i) {
    unsigned card;
    std::cin >> card;
    std::size_t j = i;
    for (; j > 0 && cards[j - 1] > card; --j) cards[j] = cards[j - 1];
    cards[j] = card;
  }
  for (std::size_t i = s; i <= n; i += s) std::cout << cards[i - 1] << '\n';
}
