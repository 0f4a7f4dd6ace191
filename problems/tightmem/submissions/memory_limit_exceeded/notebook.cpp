// Writes every level down: 64 MB for a full year.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <vector>

int main() {
  std::int64_t n, d;
  std::uint32_t x;
  std::cin >> n >> x >> d;
  std::vector<std::int64_t> levels{0};
  while (n-- > 0) {
    x = 1664525u * x + 1013904223u;
    levels.push_back(levels.back() + static_cast<std::int64_t>(x >> 24) - d);
  }
  std::int64_t lowest = levels.back(), fall = 0;
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    lowest = std::min(lowest, *level);
    fall = std::max(fall, *level - lowest);
  }
  std::cout.precision(9);
  std::cout << fall / 100.0 << '\n';
}
