// A stream for every line.
#include <iostream>
#include <sstream>
#include <string>

int main() {
    int towns;
    std::string line;
    std::cin >> towns;
    std::getline(std::cin, line);
    while (towns-- > 0 && std::getline(std::cin, line)) {
        std::istringstream numbers(line);
        long long sum = 0;
        for (long long value; numbers >> value;) sum += value;
        std::cout << sum << '\n';
    }
}
