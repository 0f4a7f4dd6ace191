// Whether a line begins in a shout depends on the line before, which is asked twice: good for a
// dozen lines, and for forty not before the end of the year. (The count keeps a compiler from
// asking once.)
#include <cctype>
#include <iostream>
#include <string>
#include <vector>

std::vector<std::string> lines;
std::vector<int> stars;
long long asked = 0;

bool loud(int k) {
    asked++;
    if (k == 0) return false;
    bool odd = stars[k - 1] % 2 != 0;
    return (loud(k - 1) && !odd) || (!loud(k - 1) && odd);
}

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        int count = 0;
        for (char c : line) count += c == '*';
        lines.push_back(line);
        stars.push_back(count);
    }
    for (std::size_t k = 0; k < lines.size(); k++) {
        bool shouting = loud(int(k));
        for (unsigned char c : lines[k]) {
            if (c == '*') shouting = !shouting;
            else std::cout << char(shouting ? std::toupper(c) : c);
        }
        std::cout << '\n';
    }
}
