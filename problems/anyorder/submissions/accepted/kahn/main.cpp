// Accepted: hears whoever waits for nobody. A submission of two files.
#include <iostream>

#include "demands.h"

int main() {
    Demands demands(std::cin);
    const int n = int(demands.waiting.size()) - 1;
    std::vector<int> order;
    for (int w = 1; w <= n; w++) if (demands.waiting[w] == 0) order.push_back(w);
    for (std::size_t i = 0; i < order.size(); i++) {
        for (int follower : demands.followers[order[i]]) {
            if (--demands.waiting[follower] == 0) order.push_back(follower);
        }
    }
    if (int(order.size()) < n) std::cout << "mistrial\n";
    else for (int w : order) std::cout << w << '\n';
}
