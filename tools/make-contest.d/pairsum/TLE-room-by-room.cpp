// Puts lanterns with the same rest into a room and looks at all pairs of two rooms that fit: too
// many where k is 1 or 2.
#include <cstdint>
#include <iostream>
#include <vector>

int main() {
  std::int64_t n, p, q, r, m, pairs = 0;
  std::uint32_t k;
  std::cin >> n >> k >> p >> q >> r >> m;
  std::vector<std::vector<std::uint32_t>> rooms(k);
  for (std::int64_t i = 1; i <= n; ++i) {
    std::uint32_t brightness = (p * i * i + q * i + r) % m;
    rooms[brightness % k].push_back(brightness);
  }
  for (std::uint32_t rest = 0; rest <= k / 2; ++rest) {
    const std::uint32_t partner = (k - rest) % k;
    if (partner < rest) continue;
    for (std::size_t i = 0; i < rooms[rest].size(); ++i)
      for (std::size_t j = rest == partner ? i + 1 : 0; j < rooms[partner].size(); ++j)
        pairs += (rooms[rest][i] + rooms[partner][j]) % k == 0;
  }
  std::cout << pairs << '\n';
}
