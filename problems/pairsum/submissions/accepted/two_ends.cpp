// Sorts the rests and walks in from both ends. O(n log n).
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <vector>

int main() {
  std::int64_t n, k, p, q, r, m;
  std::cin >> n >> k >> p >> q >> r >> m;
  std::vector<std::int64_t> rests(n);
  for (std::int64_t i = 1; i <= n; ++i) rests[i - 1] = (p * i * i + q * i + r) % m % k;
  std::sort(rests.begin(), rests.end());

  // Rests of zero go with each other, the remaining ones with a partner that completes k.
  auto low = std::upper_bound(rests.begin(), rests.end(), 0);
  const std::int64_t zeros = low - rests.begin();
  std::int64_t pairs = zeros * (zeros - 1) / 2;
  for (auto high = rests.end(); low < high;) {
    const auto sum = *low + *(high - 1);
    if (sum < k) {
      ++low;
    } else if (sum > k) {
      --high;
    } else if (2 * *low == k) {
      const std::int64_t halves = high - low;
      pairs += halves * (halves - 1) / 2;
      break;
    } else {
      const auto a = *low, b = *(high - 1);
      std::int64_t as = 0, bs = 0;
      for (; *low == a; ++low) ++as;
      for (; *(high - 1) == b; --high) ++bs;
      pairs += as * bs;
    }
  }
  std::cout << pairs << '\n';
}
