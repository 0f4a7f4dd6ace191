// Throws away cards that bear the same number.
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  std::size_t n, s;
  std::cin >> n >> s;
  std::vector<unsigned> cards(n);
  for (auto &card : cards) std::cin >> card;
  std::sort(cards.begin(), cards.end());
  cards.erase(std::unique(cards.begin(), cards.end()), cards.end());
  for (std::size_t i = s; i <= cards.size(); i += s) std::cout << cards[i - 1] << '\n';
}
