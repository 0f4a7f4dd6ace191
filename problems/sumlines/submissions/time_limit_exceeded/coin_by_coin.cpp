// Time limit exceeded from case 201 on: counts every coin, and 10^12 of them take an hour.
#include <iostream>
#include <sstream>
#include <string>

int main() {
    std::string line;
    std::getline(std::cin, line);
    while (std::getline(std::cin, line)) {
        std::istringstream town(line);
        volatile long long sum = 0;
        for (long long value; town >> value;) {
            for (; value > 0; value--) sum = sum + 1;
            for (; value < 0; value++) sum = sum - 1;
        }
        std::cout << sum << '\n';
    }
}
