// @EXPECTED_RESULTS@: COMPILER_ERROR
// Does not compile: the loop is never closed and `sum` is never declared.
#include <iostream>

int main() {
    for (long long value; std::cin >> value;) {
        sum += value;
    std::cout << sum << '\n';
}
