// Wrong answer, although it never ends: the guess 0 is refused first, and then it spins.
#include <iostream>

int main() {
    int n, guesses;
    std::cin >> n >> guesses;
    std::cout << 0 << std::endl;
    for (volatile unsigned spins = 0;;) spins = spins + 1;
}
