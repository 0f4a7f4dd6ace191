// The demands as lists of followers, and how many each witness still waits for.
#pragma once
#include <istream>
#include <vector>

struct Demands {
    std::vector<std::vector<int>> followers;
    std::vector<int> waiting;

    explicit Demands(std::istream& in) {
        int n, m;
        in >> n >> m;
        followers.resize(n + 1);
        waiting.resize(n + 1);
        for (int a, b; m-- > 0 && in >> a >> b;) {
            followers[a].push_back(b);
            waiting[b]++;
        }
    }
};
