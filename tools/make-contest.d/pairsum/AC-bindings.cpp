// Needs C++17.
#include <cstdint>
#include <iostream>
#include <unordered_map>

int main() {
  std::int64_t n, k, p, q, r, m, pairs = 0;
  std::cin >> n >> k >> p >> q >> r >> m;
  std::unordered_map<std::int64_t, std::int64_t> tally;
  for (std::int64_t i = 1; i <= n; ++i) ++tally[(p * i * i + q * i + r) % m % k];
  for (const auto& [rest, count] : tally) {
    if (const auto partner = (k - rest) % k; partner == rest) {
      pairs += count * (count - 1) / 2;
    } else if (auto found = tally.find(partner); rest < partner && found != tally.end()) {
      pairs += count * found->second;
    }
  }
  std::cout << pairs << '\n';
}
