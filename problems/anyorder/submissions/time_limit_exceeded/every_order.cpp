// Time limit exceeded: tries all orders. 1000 witnesses have more of them than the court has time.
#include <algorithm>
#include <iostream>
#include <numeric>
#include <vector>

int main() {
    int n, m;
    std::cin >> n >> m;
    std::vector<std::pair<int, int>> demands(m);
    for (auto& [a, b] : demands) std::cin >> a >> b;
    std::vector<int> order(n), place(n + 1);
    std::iota(order.begin(), order.end(), 1);
    do {
        for (int i = 0; i < n; i++) place[order[i]] = i;
        if (std::all_of(demands.begin(), demands.end(),
                        [&](const auto& d) { return place[d.first] < place[d.second]; })) {
            for (int w : order) std::cout << w << '\n';
            return 0;
        }
    } while (std::next_permutation(order.begin(), order.end()));
    std::cout << "mistrial\n";
}
