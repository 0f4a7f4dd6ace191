// Run-time error, 0 points: an assertion that is upside down aborts every run.
#undef NDEBUG
#include <cassert>
#include <iostream>

int main() {
    int n, k, b;
    std::cin >> n >> k >> b;
    assert(n < k);
    std::cout << 1 << '\n';
}
