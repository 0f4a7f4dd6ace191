// Wrong answer from case 06 on that differs in nothing but spaces: every run becomes one space.
#include <cctype>
#include <iostream>
#include <sstream>
#include <string>

int main() {
    bool shouting = false;
    for (std::string line; std::getline(std::cin, line);) {
        std::string heard;
        for (unsigned char c : line) {
            if (c == '*') shouting = !shouting;
            else heard += char(shouting ? std::toupper(c) : c);
        }
        std::istringstream words(heard);
        std::string word, between;
        while (words >> word) {
            std::cout << between << word;
            between = " ";
        }
        std::cout << '\n';
    }
}
