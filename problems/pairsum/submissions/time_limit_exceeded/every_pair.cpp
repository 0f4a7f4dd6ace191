// Right, but looks at all 2 * 10^10 pairs, with a division for each.
#include <cstdint>
#include <iostream>
#include <vector>

int main() {
  std::int64_t n, p, q, r, m, pairs = 0;
  std::uint32_t k;
  std::cin >> n >> k >> p >> q >> r >> m;
  std::vector<std::uint32_t> brightness;
  for (std::int64_t i = 1; i <= n; ++i) brightness.push_back((p * i * i + q * i + r) % m);
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < j; ++i) pairs += (brightness[i] + brightness[j]) % k == 0;
  std::cout << pairs << '\n';
}
