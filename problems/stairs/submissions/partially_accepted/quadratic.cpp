// @EXPECTED_SCORE@: 70
// Partially accepted, 70 points: adds the last k steps up anew for every step, too slow for group 3b.
#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    int n, k, b;
    std::cin >> n >> k >> b;
    std::vector<char> broken(n + 1);
    for (int step; b-- > 0 && std::cin >> step;) broken[step] = 1;
    std::vector<unsigned long long> counts(n + 1);
    counts[0] = 1;
    for (int step = 1; step <= n; step++) {
        if (broken[step]) continue;
        for (int from = std::max(0, step - k); from < step; from++) {
            counts[step] = (counts[step] + counts[from]) % 1'000'000'007;
        }
    }
    std::cout << counts[n] << '\n';
}
