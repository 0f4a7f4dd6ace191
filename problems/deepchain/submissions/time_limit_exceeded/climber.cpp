// Counts every letter's chain by climbing up to letter 1: 5 * 10^11 steps on a single chain.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <vector>

int main() {
  int n, s;
  std::uint32_t x;
  std::cin >> n >> s >> x;
  std::vector<int> answered(n + 1);
  std::vector<std::uint64_t> inside(n + 1, 1);
  int longest = 1;
  for (int i = 2; i <= n; ++i) {
    x = 1664525u * x + 1013904223u;
    answered[i] = std::max<int>(1, i - 1 - static_cast<int>((x >> 8) % s));
    int depth = 1;
    for (int v = i; v > 1; v = answered[v]) ++depth;
    longest = std::max(longest, depth);
  }
  for (int v = n; v > 1; --v) inside[answered[v]] += inside[v] % 998244353 * v % 998244353;
  std::cout << longest << ' ' << inside[1] % 998244353 << '\n';
}
