// @EXPECTED_RESULTS@: MEMORY_LIMIT
// Memory limit exceeded: counts strikes in a table of 512 MiB and writes to every byte of it.
#include <cmath>
#include <cstdio>
#include <iostream>
#include <set>
#include <vector>

int main() {
    std::vector<unsigned char> strikes(std::size_t(512) << 20, 1);
    std::set<int> seen;
    int n;
    std::cin >> n;
    double mean = 0, spread = 0;
    for (int i = 0; i < n; i++) {
        int time;
        std::cin >> time;
        strikes[time]++;
        seen.insert(time);
        mean += double(time) / n;
    }
    for (int time : seen) spread += (strikes[time] - 1) * (time - mean) * (time - mean) / n;
    std::printf("%.9f %.9f\n", mean, std::sqrt(spread));
}
