// Recursion, a million calls deep on a single chain. The frames are wide on purpose: together they
// take about 140 MiB of stack, so this passes only where the stack may grow to the memory limit.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <vector>

constexpr std::uint64_t prime = 998244353;
std::vector<int> first_answer, next_answer;
int longest = 0;

[[gnu::noinline]] std::uint64_t seal(int v, int depth) {
  volatile char desk[96];
  desk[v % sizeof desk] = 1;
  longest = std::max(longest, depth);
  std::uint64_t inside = desk[v % sizeof desk];
  for (int a = first_answer[v]; a; a = next_answer[a]) inside += seal(a, depth + 1);
  return inside % prime * v % prime;
}

int main() {
  int n, s;
  std::uint32_t x;
  std::cin >> n >> s >> x;
  first_answer.resize(n + 1);
  next_answer.resize(n + 1);
  for (int i = 2; i <= n; ++i) {
    x = 1664525u * x + 1013904223u;
    const int p = std::max<int>(1, i - 1 - static_cast<int>((x >> 8) % s));
    next_answer[i] = first_answer[p];
    first_answer[p] = i;
  }
  const auto w = seal(1, 1);
  std::cout << longest << ' ' << w << '\n';
}
