// Two files.
#include <algorithm>
#include <iostream>

#include "sea.h"

int main() {
  std::int64_t n, d, level = 0, highest = 0, fall = 0;
  std::uint32_t x;
  std::cin >> n >> x >> d;
  Sea sea(x, d);
  while (n-- > 0) {
    level += sea.tick();
    highest = std::max(highest, level);
    fall = std::max(fall, highest - level);
  }
  std::cout.precision(9);
  std::cout << fall / 100.0 << '\n';
}
