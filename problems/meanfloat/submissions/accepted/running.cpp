// Accepted: Welford's running update, printed with exponents and an explicit sign.
#include <cmath>
#include <iomanip>
#include <iostream>

int main() {
    int n;
    std::cin >> n;
    double mean = 0, spread = 0;
    for (int i = 1; i <= n; i++) {
        double time;
        std::cin >> time;
        double before = time - mean;
        mean += before / i;
        spread += before * (time - mean);
    }
    std::cout << std::scientific << std::showpos << std::setprecision(12)
              << mean << "\t" << std::sqrt(spread / n) << '\n';
}
