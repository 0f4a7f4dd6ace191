// Refuses to believe in a level below zero and leaves with exit code 3, its answer half right.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>

int main() {
  std::int64_t n, d, level = 0, highest = 0, fall = 0;
  std::uint32_t x;
  std::cin >> n >> x >> d;
  while (n-- > 0) {
    x = 1664525u * x + 1013904223u;
    level += static_cast<std::int64_t>(x >> 24) - d;
    highest = std::max(highest, level);
    fall = std::max(fall, highest - level);
    if (level < 0) std::exit(3);
  }
  std::cout.precision(9);
  std::cout << fall / 100.0 << '\n';
}
