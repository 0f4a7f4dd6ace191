// Looks at falls that end here: each is the one before, deeper by this tick, or none.
#include <algorithm>
#include <cstdint>
#include <iostream>

int main() {
  std::int64_t n, d, here = 0, worst = 0;
  std::uint32_t x;
  std::cin >> n >> x >> d;
  while (n-- > 0) {
    x = 1664525u * x + 1013904223u;
    here = std::max<std::int64_t>(0, here + d - (x >> 24));
    worst = std::max(worst, here);
  }
  std::cout.precision(9);
  std::cout << worst / 100.0 << '\n';
}
