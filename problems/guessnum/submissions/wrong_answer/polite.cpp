// Wrong answer: "Is it 5, please?" is not a guess. Breaks the protocol with its first word.
#include <iostream>
#include <string>

int main() {
    int low = 1, high, guesses;
    std::cin >> high >> guesses;
    for (std::string reply; reply != "right";) {
        int guess = low + (high - low) / 2;
        std::cout << "Is it " << guess << ", please?" << std::endl;
        if (!(std::cin >> reply)) return 0;
        if (reply == "higher") low = guess + 1;
        if (reply == "lower") high = guess - 1;
    }
}
